"""Alert driving by lot: scripts of drivers who are awake, watch the road and do what such drivers do.

Knows the scenario format and what an attentive driver's day at the wheel holds. Must not know pictures, rules or what
any of it raised. Drive k of a seed is the same whoever asks. Glasses, hours and camera places are dealt like cards, so
that few drives still show all of them; everything else is drawn.

A drive is as long as it takes to judge everything once: the pose and the eyes are learned in about 70 s of it, and
PERCLOS over five minutes speaks from 210 s.

Looks last as long as those of attentive drivers, under 2 s each (NHTSA's guideline for tasks at the wheel [S2]), with
3 s of road between two of them. There is no cup in the simulator: who drinks here takes a bite.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import yaml

from simulator.cabin.setting import FACE_PX, LEAST_FACE_PX
from simulator.dataset import draw
from simulator.script.plan import LARGEST_SEED
from simulator.types import Place

DRIVE_S = 240.0
SPEED_KMH = 90.0
TRYING_OUT = 1000  # seeds below it are for tuning; what is reported has one that no tuning saw
LONGEST_LOOK_S = 1.7

_SPEED_M_S = SPEED_KMH / 3.6
_FIRST_S, _LAST_S = 3.0, 5.0  # nothing begins so near to the beginning, or ends so near to the end
_BETWEEN_S = (3.0, 9.0)  # road between two looks
_SILENT_S = (4.0, 18.0)  # between two things that the mouth does
_LARGEST_FACE_PX = 230.0

Rng = np.random.Generator
Entry = dict[str, Any]
Act = tuple[list[Entry], float]  # entries that begin at 0, and how long all of it takes

# Dealt out like cards, each of them once a round of fifteen drives.
_DECKS: Mapping[str, Sequence[str]] = {
    "hour": 6 * ["night"] + 5 * ["day"] + 2 * ["dusk"] + 2 * ["tunnel"],
    "glasses": 9 * ["none"] + 6 * ["clear"],
    "worn": 13 * ["nothing"] + ["mask", "cap"],
    "place": 5 * ["cluster"] + 3 * ["column"] + 3 * ["a_pillar"] + 2 * ["mirror"] + 2 * ["centre_stack"],
}
_SUNGLASSES = 0.3  # of those who wear no others by day; clear at 940 nm: behind black ones "cannot see" would be right


def scripts(seed: int, count: int, *, duration_s: float = DRIVE_S) -> dict[str, str]:
    """Name → scenario file, of the first `count` drives of a seed."""
    return {name_of(drive): script(seed, drive, duration_s=duration_s) for drive in range(count)}


def name_of(drive: int) -> str:
    """What drive number so-and-so, counted from 0, is called."""
    return f"drive_{drive:02d}"


def script(seed: int, drive: int, *, duration_s: float = DRIVE_S) -> str:
    """One drive's scenario file."""
    rng, dealt = np.random.default_rng((seed, drive)), _dealt(seed, drive)
    timeline = _timeline(rng, duration_s, daylight=dealt["hour"] == "day")
    document = {
        "description": f"Alert driving by lot, drive {drive} of seed {seed}",
        "seed": int(rng.integers(LARGEST_SEED)),
        "duration_s": duration_s,
        "driver": _driver(rng, dealt),
        "camera": _camera(rng, dealt["place"]),
        "light": _light(rng, dealt["hour"], duration_s),
        "sensor": {"gain": _between(rng, 0.6, 3.0), "motion_ms": _between(rng, 1.0, 7.0)},
        "ambient": _ambient(rng),
        "timeline": sorted(timeline, key=lambda entry: entry["at_s"]),
    }
    return yaml.safe_dump(document, sort_keys=False, default_flow_style=None, width=120)


def _dealt(seed: int, drive: int) -> dict[str, str]:
    """This drive's card of each deck; a deck is shuffled anew for every round."""
    cards = {}
    for number, (kind, deck) in enumerate(_DECKS.items()):
        dealt, place = divmod(drive, len(deck))
        cards[kind] = deck[int(np.random.default_rng((seed, dealt, number)).permutation(len(deck))[place])]
    return cards


def _between(rng: Rng, low: float, high: float) -> float:
    return round(float(rng.uniform(low, high)), 2)


# --- who, where, in which light --------------------------------------------------------------------------------


def _driver(rng: Rng, dealt: Mapping[str, str]) -> Entry:
    glasses = dealt["glasses"]
    if glasses == "none" and dealt["hour"] == "day" and rng.random() < _SUNGLASSES:
        glasses = "sun_nir"
    worn = {"mask": dealt["worn"] == "mask", "cap": dealt["worn"] == "cap"}
    return {"seed": int(rng.integers(LARGEST_SEED)), "glasses": glasses, **worn}


def _camera(rng: Rng, place: str) -> Entry:
    least_px = LEAST_FACE_PX.get(Place(place), FACE_PX[0])
    face_px = math.exp(rng.uniform(math.log(least_px), math.log(_LARGEST_FACE_PX)))  # twice as large is one step
    return {
        "place": place,
        "wheel_left": bool(rng.random() < 0.6),
        "interior": int(rng.integers(LARGEST_SEED)),
        "face_px": round(face_px, 1),
        "nudge_mm": [_between(rng, -8.0, 8.0) for _ in range(3)],
        "roll_deg": _between(rng, -2.0, 2.0),
        "leds": draw(rng, {"one": 0.3, "two": 0.5, "ring": 0.2}),
        "led_offset_mm": _between(rng, 25.0, 110.0),
        "wavelength_nm": int(rng.choice([850, 940])),
    }


def _light(rng: Rng, hour: str, duration_s: float) -> Entry:
    if hour == "night":
        return _road("night", overhead=_between(rng, 0.0, 0.12), oncoming=_traffic(rng, duration_s))
    if hour == "dusk":
        return _road("dusk", sun=_between(rng, 0.0, 0.3), oncoming=_traffic(rng, duration_s))
    by_day = _road("day", **_window_sun(rng))
    return by_day | _tunnel(rng, by_day, duration_s) if hour == "tunnel" else by_day


def _tunnel(rng: Rng, by_day: Entry, duration_s: float) -> Entry:
    """In and out again, into the same sun."""
    into_s = _between(rng, 0.2, 0.4) * duration_s
    out_s = into_s + _between(rng, 0.2, 0.4) * duration_s
    again = {"daytime": "day", "sun": by_day["sun"], "stripes": by_day["stripes"]}
    changes = [(into_s, {"daytime": "tunnel"}), (out_s, again)]
    return {"changes": [{"at_s": round(at_s, 1), "over_s": 0.8, **light} for at_s, light in changes]}


def _road(daytime: str, **light: Any) -> Entry:
    return {"daytime": daytime, "speed_m_s": _SPEED_M_S, **light}


def _window_sun(rng: Rng) -> Entry:
    """Through either window or the windscreen; under trees in half of the drives."""
    side = 1.0 if rng.random() < 0.5 else -1.0
    return {
        "sun": _between(rng, 1.0, 4.5),
        "sun_from": [side * _between(rng, 0.2, 0.95), _between(rng, 0.15, 0.6), _between(rng, 0.2, 0.8)],
        "winding_deg": _between(rng, 2.0, 12.0),
        "stripes": _between(rng, 0.3, 0.9) if rng.random() < 0.5 else 0.0,
        "stripe_mm": _between(rng, 40.0, 110.0),
        "stripe_every_m": _between(rng, 7.0, 20.0),
    }


def _traffic(rng: Rng, duration_s: float) -> list[Entry]:
    """Cars that come towards the driver, on average one in 15 s."""
    cars, at_s = [], float(rng.exponential(15.0))
    while at_s < duration_s:
        car = {"strength": _between(rng, 0.1, 0.8), "swell_s": _between(rng, 1.5, 5.0)}
        cars.append({"at_s": round(at_s, 2), **car})
        at_s += float(rng.exponential(15.0))
    return cars


def _ambient(rng: Rng) -> Entry:
    return {
        "blinks_per_min": _between(rng, 10.0, 25.0),
        "incomplete": _between(rng, 0.05, 0.2),
        "scan_deg": _between(rng, 3.0, 5.0),
        "head_deg": _between(rng, 0.6, 1.8),
        "road": _between(rng, 0.5, 2.0),
    }


# --- what is done ----------------------------------------------------------------------------------------------


def _timeline(rng: Rng, duration_s: float, *, daylight: bool) -> Iterator[Entry]:
    """Looks and hands in one row, the mouth in another: people check mirrors while they talk."""
    free, busy = ("left", "right") if rng.random() < 0.5 else ("right", "left")
    looks: dict[str, Callable[[], Act]] = {
        "mirror": lambda: _mirror(rng),
        "cluster": lambda: _glance(rng, "cluster", (0.5, 1.4)),
        "centre stack": lambda: _glance(rng, "centre_stack", (0.7, LONGEST_LOOK_S)),
        "passenger": lambda: _glance(rng, "passenger", (0.6, 1.2)),
        "lane change": lambda: _lane_change(rng),
        "rub": lambda: _rub(rng, free),
        "chin": lambda: _chin(rng, free),
    }
    odds = {"mirror": 0.45, "cluster": 0.17, "centre stack": 0.12, "passenger": 0.06}
    odds |= {"lane change": 0.08, "rub": 0.06, "chin": 0.06}
    yield from _row(rng, looks, odds, duration_s, _BETWEEN_S)
    mouth: dict[str, Callable[[], Act]] = {
        "talk": lambda: _talk(rng),
        "laugh": lambda: _laugh(rng),
        "sing": lambda: _sing(rng),
        "bite": lambda: _bite(rng, busy),
        "face": lambda: _face(rng, daylight=daylight),
    }
    odds = {"talk": 0.38, "laugh": 0.14, "sing": 0.14, "bite": 0.12, "face": 0.22}
    yield from _row(rng, mouth, odds, duration_s, _SILENT_S)


def _row(
    rng: Rng,
    acts: Mapping[str, Callable[[], Act]],
    odds: Mapping[str, float],
    duration_s: float,
    pause_s: tuple[float, float],
) -> Iterator[Entry]:
    """One act after the other with pauses between them."""
    at_s = _FIRST_S + float(rng.uniform(0.0, pause_s[1]))
    while True:
        entries, takes_s = acts[draw(rng, odds)]()
        if at_s + takes_s > duration_s - _LAST_S:
            return
        yield from ({**entry, "at_s": round(at_s + entry["at_s"], 2)} for entry in entries)
        at_s += takes_s + float(rng.uniform(*pause_s))


_BACK_S = 0.8  # a head's way back to the road after a look
_HAND_S = 0.95  # a hand's way to the face, and again back


def _mirror(rng: Rng) -> Act:
    which = draw(rng, {"inner": 0.5, "left": 0.25, "right": 0.25})
    for_s, share = _between(rng, 0.5, 1.3), _between(rng, 0.3, 0.7)
    return [_entry("mirror_check", which=which, for_s=for_s, head_share=share)], for_s + _BACK_S


def _glance(rng: Rng, place: str, span_s: tuple[float, float]) -> Act:
    for_s, how = _between(rng, *span_s), draw(rng, {"owl": 0.5, "lizard": 0.5})
    return [_entry("glance", place=place, how=how, for_s=for_s)], for_s + _BACK_S


def _lane_change(rng: Rng) -> Act:
    """Inner mirror, outer mirror, shoulder; the turn signal goes with it (benchmarks.drives.recording)."""
    side = draw(rng, {"left": 0.5, "right": 0.5})
    inner_s, outer_s, shoulder_s = _between(rng, 0.5, 0.8), _between(rng, 0.6, 1.0), _between(rng, 0.5, 1.0)
    return [
        _entry("mirror_check", which="inner", for_s=inner_s),
        _entry("mirror_check", which=side, for_s=outer_s, at_s=2.0),
        _entry("shoulder_check", side=side, for_s=shoulder_s, at_s=4.3),
    ], 4.3 + shoulder_s + 1.3


def _rub(rng: Rng, side: str) -> Act:
    for_s = _between(rng, 0.6, 1.8)
    return [_entry("rub_eye", side=side, for_s=for_s, other=_between(rng, 0.2, 0.5))], for_s + 2 * _HAND_S


def _chin(rng: Rng, side: str) -> Act:
    """A scratched chin, a head that rests on a hand for a moment."""
    for_s = _between(rng, 1.0, 4.0)
    return [_entry("head_on_hand", side=side, for_s=for_s, tilt_deg=_between(rng, 2.0, 8.0))], for_s + 2 * _HAND_S


def _talk(rng: Rng) -> Act:
    for_s = _between(rng, 4.0, 18.0)
    return [_entry("talk", for_s=for_s, per_s=_between(rng, 3.5, 5.5), wide=_between(rng, 0.2, 0.45))], for_s + 1.0


def _laugh(rng: Rng) -> Act:
    for_s = _between(rng, 2.0, 5.0)
    return [_entry("laugh", for_s=for_s, wide=_between(rng, 0.2, 0.5))], for_s + 1.0


def _sing(rng: Rng) -> Act:
    for_s = _between(rng, 8.0, 18.0)
    beat = _between(rng, 70.0, 130.0)
    return [_entry("sing", for_s=for_s, beats_per_min=beat, wide=_between(rng, 0.4, 0.7))], for_s + 3.0


def _bite(rng: Rng, side: str) -> Act:
    bites, chew_s = int(rng.integers(1, 3)), _between(rng, 1.5, 4.0)
    return [_entry("eat", side=side, bites=bites, chew_s=chew_s)], bites * (3.5 + 1.3 * chew_s)


def _face(rng: Rng, *, daylight: bool) -> Act:
    odds = {"smile": 0.4, "raised_brows": 0.3, "pressed_lips": 0.3} | ({"squint": 1.5} if daylight else {})
    for_s = _between(rng, 1.0, 4.0)
    return [_entry("express", face=draw(rng, odds), strength=_between(rng, 0.4, 0.9), for_s=for_s)], for_s + 1.5


def _entry(do: str, *, at_s: float = 0.0, **keys: Any) -> Entry:
    return {"at_s": at_s, "do": do, **keys}
