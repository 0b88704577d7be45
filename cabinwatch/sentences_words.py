"""All words of the alerts' sentences, in every language side by side. Knows words and nothing else.

Placeholders: {value} what was measured, {limit} what it reached, {at} the number at which it ends; each comes with its
unit. What is said of the driver is what the camera can tell: an expression is a word for a face, never for a feeling.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

Language = Literal["en", "de", "id"]
LANGUAGES: tuple[Language, ...] = ("en", "de", "id")

ByLanguage = dict[Language, str]


class Phrase(NamedTuple):
    """One measure: what was measured, and what ends it as the rest of "this ends when …"."""

    said: str
    clears: str


class Frame(NamedTuple):
    """How a language joins the parts, and writes numbers."""

    quiet: str
    sentence: str
    unseen: str  # what could not be seen, at the end
    unsure: str
    still: str  # what is judged all the same
    nothing: str
    comma: str
    percent: str
    seconds: str
    minutes: str
    hours: str


FRAMES: dict[Language, Frame] = {
    "en": Frame(
        quiet="No alert.",
        sentence="{cause}: {said}; this ends when {clears}{more}.",
        unseen="; not seen: {what}",
        unsure="; only {confidence} certain",
        still="; still judged: {what}",
        nothing="nothing of the driver",
        comma=".",
        percent="{} %",
        seconds="{} s",
        minutes="{} min",
        hours="{} h {} min",
    ),
    "de": Frame(
        quiet="Keine Warnung.",
        sentence="{cause}: {said}; das endet, wenn {clears}{more}.",
        unseen="; nicht zu sehen: {what}",
        unsure="; nur zu {confidence} sicher",
        still="; weiter beurteilt: {what}",
        nothing="nichts am Fahrer",
        comma=",",
        percent="{} %",
        seconds="{} s",
        minutes="{} min",
        hours="{} h {} min",
    ),
    "id": Frame(
        quiet="Tidak ada peringatan.",
        sentence="{cause}: {said}; berakhir bila {clears}{more}.",
        unseen="; tidak terlihat: {what}",
        unsure="; tingkat keyakinan hanya {confidence}",
        still="; masih dinilai: {what}",
        nothing="tidak ada hal apa pun dari pengemudi",
        comma=",",
        percent="{}%",
        seconds="{} detik",
        minutes="{} menit",
        hours="{} jam {} menit",
    ),
}

CAUSES: dict[str, ByLanguage] = {
    "drowsy": {"en": "Drowsy", "de": "Müdigkeit", "id": "Mengantuk"},
    "microsleep": {"en": "Microsleep", "de": "Sekundenschlaf", "id": "Tidur sekejap"},
    "sleep": {"en": "Asleep", "de": "Schlaf", "id": "Tertidur"},
    "long_distraction": {"en": "Distracted", "de": "Abgelenkt", "id": "Perhatian teralih"},
    "short_distraction": {
        "en": "Distracted again and again",
        "de": "Immer wieder abgelenkt",
        "id": "Perhatian berulang kali teralih",
    },
    "phone": {"en": "Like using a phone", "de": "Wie am Telefon", "id": "Seperti memakai ponsel"},
    "unresponsive": {"en": "No response", "de": "Keine Reaktion", "id": "Tidak ada respons"},
    "cannot_see": {
        "en": "Cannot see the driver",
        "de": "Fahrer nicht zu sehen",
        "id": "Pengemudi tidak terlihat",
    },
    "affect": {"en": "Time for a break", "de": "Zeit für eine Pause", "id": "Saatnya beristirahat"},
}

_PERCLOS = {
    "en": Phrase("the eyes were closed for {value} of the last %s (limit {limit})", "the share falls under {at}"),
    "de": Phrase("die Augen waren {value} %s geschlossen (Grenze {limit})", "der Anteil unter {at} fällt"),
    "id": Phrase("mata terpejam {value} dari %s terakhir (batas {limit})", "porsinya turun di bawah {at}"),
}


def _perclos(en: str, de: str, id_: str) -> dict[Language, Phrase]:
    windows: ByLanguage = {"en": en, "de": de, "id": id_}
    return {lang: Phrase(_PERCLOS[lang].said % windows[lang], _PERCLOS[lang].clears) for lang in LANGUAGES}


_ROAD: ByLanguage = {
    "en": "the driver looks at the road for {at}",
    "de": "der Blick {at} auf der Straße bleibt",
    "id": "pandangan ke jalan selama {at}",
}
_ROAD_AGAIN: ByLanguage = {
    "en": "the driver looks at the road",
    "de": "der Blick auf die Straße zurückkehrt",
    "id": "pandangan kembali ke jalan",
}
_SITS_UP: ByLanguage = {"en": "the driver sits up", "de": "der Fahrer sich aufsetzt", "id": "pengemudi duduk tegak"}
_SEEN: ByLanguage = {
    "en": "the face and an eye are seen for {at}",
    "de": "Gesicht und ein Auge {at} zu sehen sind",
    "id": "wajah dan satu mata terlihat selama {at}",
}


def _measure(en: str, de: str, id_: str, clears: ByLanguage) -> dict[Language, Phrase]:
    said: ByLanguage = {"en": en, "de": de, "id": id_}
    return {lang: Phrase(said[lang], clears[lang]) for lang in LANGUAGES}


MEASURES: dict[str, dict[Language, Phrase]] = {
    "closed_s": _measure(
        "the eyes have been closed for {value} (limit {limit})",
        "die Augen sind seit {value} geschlossen (Grenze {limit})",
        "mata terpejam selama {value} (batas {limit})",
        {
            "en": "the eyes stay open for {at}",
            "de": "die Augen {at} offen bleiben",
            "id": "mata tetap terbuka selama {at}",
        },
    ),
    "perclos_60": _perclos("minute", "der letzten Minute", "satu menit"),
    "perclos_180": _perclos("3 minutes", "der letzten 3 Minuten", "3 menit"),
    "perclos_300": _perclos("5 minutes", "der letzten 5 Minuten", "5 menit"),
    "kss": _measure(
        "the estimated drowsiness is {value} of 9 (limit {limit})",
        "die geschätzte Müdigkeit ist {value} von 9 (Grenze {limit})",
        "perkiraan tingkat kantuk {value} dari 9 (batas {limit})",
        {"en": "it falls under {at}", "de": "sie unter {at} fällt", "id": "turun di bawah {at}"},
    ),
    "yawns": _measure(
        "{value} yawns in the last 10 minutes (limit {limit})",
        "{value} Mal in den letzten 10 Minuten gegähnt (Grenze {limit})",
        "{value} kali menguap dalam 10 menit terakhir (batas {limit})",
        {"en": "there is no yawn for {at}", "de": "{at} lang kein Gähnen folgt", "id": "tidak menguap selama {at}"},
    ),
    "nods": _measure(
        "the head sank and started up {value} times in the last 5 minutes (limit {limit})",
        "der Kopf ist in den letzten 5 Minuten {value} Mal abgesackt und hochgeschreckt (Grenze {limit})",
        "kepala {value} kali terkulai lalu tersentak dalam 5 menit terakhir (batas {limit})",
        {"en": "the head stays up", "de": "der Kopf oben bleibt", "id": "kepala tetap tegak"},
    ),
    "slumped_s": _measure(
        "the driver has been slumped in the seat for {value} (limit {limit})",
        "der Fahrer ist seit {value} im Sitz zusammengesunken (Grenze {limit})",
        "pengemudi merosot di kursi selama {value} (batas {limit})",
        _SITS_UP,
    ),
    "leaning_s": _measure(
        "the driver has been leaning out of the seat for {value} (limit {limit})",
        "der Fahrer lehnt seit {value} neben dem Sitz (Grenze {limit})",
        "pengemudi condong keluar dari kursi selama {value} (batas {limit})",
        _SITS_UP,
    ),
    "glance_s": _measure(
        "one look away from the road has lasted {value} (limit {limit})",
        "ein Blick weg von der Straße dauert schon {value} (Grenze {limit})",
        "satu kali pandangan lepas dari jalan selama {value} (batas {limit})",
        _ROAD,
    ),
    "area3_s": _measure(
        "a look down has lasted {value} (limit {limit})",
        "ein Blick nach unten dauert schon {value} (Grenze {limit})",
        "pandangan ke bawah berlangsung {value} (batas {limit})",
        _ROAD,
    ),
    "away_in_30_s": _measure(
        "looks away add up to {value} within 30 s (limit {limit})",
        "Blicke weg von der Straße ergeben {value} innerhalb von 30 s (Grenze {limit})",
        "pandangan teralih berjumlah {value} dalam 30 detik (batas {limit})",
        _ROAD,
    ),
    "lap_s": _measure(
        "looks into the lap add up to {value} within 15 s (limit {limit})",
        "Blicke in den Schoß ergeben {value} innerhalb von 15 s (Grenze {limit})",
        "pandangan ke pangkuan berjumlah {value} dalam 15 detik (batas {limit})",
        {"en": "the looks end", "de": "diese Blicke aufhören", "id": "pandangan itu berhenti"},
    ),
    "inattentive_s": _measure(
        "the eyes have been closed or off the road for {value} (limit {limit})",
        "die Augen sind seit {value} geschlossen oder nicht auf der Straße (Grenze {limit})",
        "mata terpejam atau tidak ke jalan selama {value} (batas {limit})",
        _ROAD_AGAIN,
    ),
    "no_return_s": _measure(
        "the driver has not come back for {value} after a warning (limit {limit})",
        "der Fahrer reagiert seit {value} nicht auf eine Warnung (Grenze {limit})",
        "pengemudi tidak bereaksi {value} setelah peringatan (batas {limit})",
        _ROAD_AGAIN,
    ),
    "eyes_unseen_s": _measure(
        "the eyes have not been seen for {value} (limit {limit})",
        "die Augen sind seit {value} nicht zu sehen (Grenze {limit})",
        "mata tidak terlihat selama {value} (batas {limit})",
        _SEEN,
    ),
    "unseen_s": _measure(
        "nothing of the driver has been seen for {value} (limit {limit})",
        "vom Fahrer ist seit {value} nichts zu sehen (Grenze {limit})",
        "pengemudi tidak terlihat sama sekali selama {value} (batas {limit})",
        _SEEN,
    ),
    "driving_s": _measure(
        "driven for {value} without a rest (limit {limit})",
        "seit {value} ohne Pause gefahren (Grenze {limit})",
        "sudah mengemudi {value} tanpa istirahat (batas {limit})",
        {
            "en": "the vehicle rests for {at}",
            "de": "das Fahrzeug {at} steht",
            "id": "kendaraan beristirahat selama {at}",
        },
    ),
    "tension_s": _measure(
        "a tense expression has been shown for {value} (limit {limit})",
        "das Gesicht zeigt seit {value} einen angespannten Ausdruck (Grenze {limit})",
        "wajah menunjukkan ekspresi tegang selama {value} (batas {limit})",
        {"en": "the expression eases", "de": "der Ausdruck sich löst", "id": "ekspresinya mengendur"},
    ),
}

SIGNALS: dict[str, ByLanguage] = {
    "face": {"en": "face", "de": "Gesicht", "id": "wajah"},
    "eyes": {"en": "eyes", "de": "Augen", "id": "mata"},
    "mouth": {"en": "mouth", "de": "Mund", "id": "mulut"},
    "head": {"en": "head direction", "de": "Kopfrichtung", "id": "arah kepala"},
    "gaze": {"en": "gaze", "de": "Blick", "id": "arah pandang"},
}

REASONS: dict[str, ByLanguage] = {
    "no_frame": {"en": "no picture from the camera", "de": "kein Bild von der Kamera", "id": "kamera tanpa gambar"},
    "no_face": {"en": "no face found", "de": "kein Gesicht gefunden", "id": "wajah tidak ditemukan"},
    "too_dark": {"en": "too dark", "de": "zu dunkel", "id": "terlalu gelap"},
    "too_bright": {"en": "too bright", "de": "zu hell", "id": "terlalu terang"},
    "blurred": {"en": "blurred", "de": "unscharf", "id": "buram"},
    "out_of_frame": {"en": "out of the picture", "de": "außerhalb des Bildes", "id": "di luar gambar"},
    "turned_away": {"en": "head turned too far", "de": "Kopf zu weit gedreht", "id": "kepala terlalu berpaling"},
    "covered": {"en": "covered", "de": "verdeckt", "id": "tertutup sesuatu"},
    "too_small": {"en": "too small", "de": "zu klein", "id": "terlalu kecil"},
    "eyes_closed": {"en": "eyes closed", "de": "Augen zu", "id": "mata tertutup"},
    "not_measured": {"en": "not measured", "de": "nicht gemessen", "id": "tidak diukur"},
    "unsure": {"en": "not certain", "de": "nicht sicher", "id": "tidak pasti"},
    "frozen": {"en": "picture frozen", "de": "Bild eingefroren", "id": "gambar macet"},
    "not_driver_seat": {
        "en": "not in the driver's seat",
        "de": "nicht auf dem Fahrersitz",
        "id": "bukan di kursi pengemudi",
    },
    "face_unsure": {"en": "not certain", "de": "nicht sicher", "id": "tidak pasti"},
    "eyes_unsure": {"en": "not certain", "de": "nicht sicher", "id": "tidak pasti"},
    "eyes_disagree": {
        "en": "one reads as open, the other as closed",
        "de": "eines wirkt offen, das andere geschlossen",
        "id": "satu terbaca terbuka, satu terpejam",
    },
    "gaps": {
        "en": "pictures too far apart",
        "de": "Bilder zu weit auseinander",
        "id": "jarak antar gambar terlalu lama",
    },
}
