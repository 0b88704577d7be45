"""How a second of the link looks: rows for a terminal, a plain line, a JSON object. Decides nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from types import TracebackType
from typing import Protocol

from alerts.types import Cause, Level
from firmware_bridge.diagnosis import DAMAGE, Blame, Diagnosis, Sample, report_counts, reset_name
from firmware_bridge.messages import Hello, Output, Report, Verdict, Why

Say = Callable[[str], None]  # takes whole lines, newline included


@dataclass(frozen=True, slots=True)
class Second:
    """The link at the end of a second."""

    before: Sample
    now: Sample
    diagnosis: Diagnosis

    @property
    def sent_hz(self) -> float:
        """Frames to the MCU."""
        return self._rate_hz(self.now.status.counters.sent, self.before.status.counters.sent)

    @property
    def received_hz(self) -> float:
        """Sound frames from the MCU."""
        return self._rate_hz(self.now.status.counters.received, self.before.status.counters.received)

    def _rate_hz(self, now: int, before: int) -> float:
        return (now - before) / max(self.now.t_s - self.before.t_s, 1e-3)

    def refused(self, *why: Verdict) -> int:
        """Frames of the MCU that were refused for these reasons since the start."""
        return sum(self.now.status.counters.refused.get(one, 0) for one in why)


@dataclass(frozen=True, slots=True)
class Summary:
    """What a run amounts to."""

    diagnosis: Diagnosis
    seen_for: int  # seconds
    seconds: int


class LinkView(Protocol):
    """What the command needs of a view."""

    def __enter__(self) -> LinkView: ...
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
    def show(self, second: Second) -> None: ...
    def end(self, summary: Summary) -> None: ...


class PlainView:
    """One line a second, for logs; at a fault two more say why and what to do."""

    def __init__(self, say: Say) -> None:
        self._say = say

    def __enter__(self) -> PlainView:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing is held."""

    def show(self, second: Second) -> None:
        status = second.now.status
        report = status.mcu
        parts = (
            f"{second.now.t_s:5.1f} s",
            verdict_words(second.diagnosis),
            f"round trip {_ms(status.round_trip_ms)} min {_ms(status.round_trip_now_ms)} now",
            f"out {second.sent_hz:.0f}/s in {second.received_hz:.0f}/s",
            f"damaged {second.refused(*DAMAGE)}/{report.bad_crc + report.bad_format if report else '?'}",
            f"lost {status.counters.gaps}/{report.gaps if report else '?'}",
            f"MCU shows {shown_words(report)}",
        )
        self._say(" | ".join(parts) + "\n")
        if second.diagnosis.blame not in {Blame.OK, Blame.WAIT}:
            self._say(f"        {second.diagnosis.evidence}\n        to do: {second.diagnosis.remedy}\n")

    def end(self, summary: Summary) -> None:
        self._say(summary_words(summary) + "\n")


class JsonView:
    """One JSON object a second."""

    def __init__(self, say: Say) -> None:
        self._say = say

    def __enter__(self) -> JsonView:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing is held."""

    def show(self, second: Second) -> None:
        self._say(json.dumps(as_json(second)) + "\n")

    def end(self, summary: Summary) -> None:
        """Nothing: every line has said how it was."""


def rows(second: Second) -> tuple[tuple[str, str], ...]:
    """Name and text of everything that a mechanic can act on."""
    status, counters = second.now.status, second.now.counters
    failed = ", ".join(f"{trouble.value} {number}" for trouble, number in counters.failed.items()) or "0"
    return (
        ("link", status.text),
        ("round trip", f"{_ms(status.round_trip_ms)} at best, {_ms(status.round_trip_now_ms)} now"),
        ("frames", f"{second.sent_hz:.0f} sent and {second.received_hz:.0f} received a second"),
        ("port", f"opened: {counters.opened}, failed: {failed}"),
        ("host", f"{_host_words(second)}; late {counters.late}, worst {counters.late_worst_ms} ms"),
        ("MCU", _mcu_words(status.mcu)),
        ("firmware", _hello_words(status.mcu_hello, status.version)),
        ("remembers", _memory_words(status.mcu_hello)),
        ("shows", shown_words(status.mcu)),
    )


def as_json(second: Second) -> dict[str, object]:
    """Everything of a second, for scripts."""
    status, counters = second.now.status, second.now.counters
    host = asdict(status.counters) | {"refused": {why.name: n for why, n in status.counters.refused.items()}}
    port = asdict(counters) | {
        "trouble": counters.trouble.value if counters.trouble else None,
        "failed": {trouble.value: number for trouble, number in counters.failed.items()},
    }
    return {
        "t_s": round(second.now.t_s, 3),
        "verdict": second.diagnosis.blame.value,
        "finding": second.diagnosis.finding,
        "evidence": second.diagnosis.evidence,
        "to_do": second.diagnosis.remedy,
        "up": status.up,
        "protocol": status.version,
        "round_trip_ms": {"min": status.round_trip_ms, "now": status.round_trip_now_ms},
        "sent_hz": round(second.sent_hz, 1),
        "received_hz": round(second.received_hz, 1),
        "host": host,
        "port": port,
        "mcu": None if status.mcu is None else _report_json(status.mcu),
        "hello": None if status.mcu_hello is None else _hello_json(status.mcu_hello),
    }


def verdict_words(diagnosis: Diagnosis) -> str:
    """The verdict, and which of its faults."""
    plain = diagnosis.finding in {diagnosis.blame.value, "starting"}
    return diagnosis.blame.value if plain else f"{diagnosis.blame.value}: {diagnosis.finding}"


def summary_words(summary: Summary) -> str:
    """The last line of a run."""
    told = f"verdict: {verdict_words(summary.diagnosis)} ({summary.seen_for} of {summary.seconds} s)"
    if summary.diagnosis.blame is Blame.OK:
        return told
    return f"{told}\n  {summary.diagnosis.evidence}\n  to do: {summary.diagnosis.remedy}"


def shown_words(report: Report | None) -> str:
    """What the MCU commands, and why."""
    if report is None:
        return "not told"
    return f"{output_names(report.outputs)} ({Why(report.why).name.lower()})"


def output_names(outputs: int) -> str:
    """Names of the outputs, or nothing."""
    return "+".join(str(bit.name).lower() for bit in Output if bit & outputs) or "nothing"


def _host_words(second: Second) -> str:
    counters = second.now.status.counters
    refused = sum(counters.refused.values())
    damaged, repeated = second.refused(*DAMAGE), second.refused(Verdict.COUNTER)
    other = refused - damaged - repeated
    return f"lost {counters.gaps}, CRC or format {damaged}, repeated {repeated}, refused else {other}"


def _mcu_words(report: Report | None) -> str:
    if report is None:
        return "has not reported"
    return (
        f"lost {report.gaps}, CRC {report.bad_crc}, format {report.bad_format}, repeated {report.bad_counter}, "
        f"too old {report.bad_age}, overruns {report.overruns}; accepted {report.accepted}"
    )


def _hello_words(hello: Hello | None, version: int) -> str:
    if hello is None:
        return "not known"
    return (
        f"build {hello.build:08x}, protocol {version} of {hello.version_min} to {hello.version_max}, "
        f"has {output_names(hello.capabilities)}, reset by {reset_name(hello.reset_cause)}"
    )


def _memory_words(hello: Hello | None) -> str:
    if hello is None:
        return "not known"
    if not hello.last_level:
        return f"{hello.lockouts} critical alerts, no last alert"
    last = f"{_level_name(hello.last_level)}, {_cause_name(hello.last_cause)}, episode {hello.last_episode_id}"
    return f"{hello.lockouts} critical alerts; last: {last}"


def _report_json(report: Report) -> dict[str, object]:
    return {
        "level": report.level,
        "cause": report.cause,
        "outputs": output_names(report.outputs),
        "silenced": output_names(report.silenced),
        "spent": output_names(report.spent),
        "why": Why(report.why).name.lower(),
        "age_ms": report.age_ms,
        "last_refusal": Verdict(report.last_refusal).name,
    } | report_counts(report)


def _hello_json(hello: Hello) -> dict[str, object]:
    return asdict(hello) | {
        "capabilities": output_names(hello.capabilities),
        "build": f"{hello.build:08x}",
        "config_crc": f"{hello.config_crc:08x}",
        "reset_cause": reset_name(hello.reset_cause),
    }


def _level_name(number: int) -> str:
    return Level(number).name.lower() if number in Level.__members__.values() else f"level {number}"


def _cause_name(number: int) -> str:
    known = number in Cause.__members__.values()
    return Cause(number).name.lower().replace("_", " ") if known else f"cause {number}"


def _ms(value: int | None) -> str:
    return "?" if value is None else f"{value} ms"
