"""An alert in one plain sentence, in the languages of sentences_words.py.

Knows how parts and numbers are put together. Must not know when an alert comes up.
"""

from __future__ import annotations

from alerts.rules import MEASURES as UNITS
from alerts.types import Alert, Explanation
from cabinwatch.sentences_words import CAUSES, FRAMES, MEASURES, REASONS, SIGNALS, Language

UNSURE_BELOW = 0.7  # a confidence that a person should hear of
_MINUTES_FROM_S = 120.0  # a longer time reads better in minutes
# No news in a sentence: what this set-up never measures, and that closed eyes look nowhere.
_SILENT_REASONS = ("not_measured", "eyes_closed")
_BLIND_MEASURES = ("unseen_s", "eyes_unseen_s")


def sentence(alert: Alert, language: Language = "en") -> str:
    """What is shown and why, what ends it, and what could not be seen."""
    frame, why = FRAMES[language], alert.why
    if why is None or not alert.level:
        return frame.quiet
    phrase, unit = MEASURES[why.measure][language], UNITS[why.measure].unit
    numbers = {
        "value": amount(why.value, unit, language),
        "limit": amount(why.threshold, unit, language),
        "at": amount(why.clears_at, unit if unit in ("share", "KSS") else "s", language),
    }
    return frame.sentence.format(
        cause=CAUSES[alert.cause.name.lower()][language],
        said=phrase.said.format(**numbers),
        clears=phrase.clears.format(**numbers),
        more=_more(why, language),
    )


def amount(value: float, unit: str, language: Language) -> str:
    """A number with its unit, as the language writes it."""
    frame = FRAMES[language]
    if unit == "share":
        return frame.percent.format(_number(value * 100.0, 1, language))
    if unit == "KSS":
        return _number(value, 1, language)
    if unit != "s":
        return _number(value, 0, language)
    return _time(value, language)


def _time(seconds: float, language: Language) -> str:
    frame = FRAMES[language]
    if seconds < _MINUTES_FROM_S:
        return frame.seconds.format(_number(seconds, 1, language))
    hours, minutes = divmod(int(seconds // 60.0), 60)
    return frame.hours.format(hours, minutes) if hours else frame.minutes.format(minutes)


def _number(value: float, decimals: int, language: Language) -> str:
    return f"{value:.{decimals}f}".replace(".", FRAMES[language].comma)


def _more(why: Explanation, language: Language) -> str:
    """What could not be seen; what still works, where that is the point; and doubt, where there is much."""
    frame, parts = FRAMES[language], []
    unseen = [(signal, reason) for signal, reason in why.unseen if reason not in _SILENT_REASONS]
    if unseen:
        what = ", ".join(f"{SIGNALS[signal][language]} ({_reason(reason, language)})" for signal, reason in unseen)
        parts.append(frame.unseen.format(what=what))
    if why.measure in _BLIND_MEASURES:
        still = ", ".join(SIGNALS[signal][language] for signal in why.still)
        parts.append(frame.still.format(what=still or frame.nothing))
    elif why.confidence < UNSURE_BELOW:
        parts.append(frame.unsure.format(confidence=amount(why.confidence, "share", language)))
    return "".join(parts)


def _reason(reason: str, language: Language) -> str:
    return REASONS[reason][language]
