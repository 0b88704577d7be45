"""One plain sentence in three languages: every measure, cause, signal and reason has its words."""

import string

import pytest

from alerts.always import ALWAYS
from alerts.rules import MEASURES as KNOWN
from alerts.types import Alert, Cause, Explanation, Level
from cabinwatch.rules import load_rules
from cabinwatch.sentences import amount, sentence
from cabinwatch.sentences_words import CAUSES, FRAMES, LANGUAGES, MEASURES, REASONS, SIGNALS
from vision.types import Reason

BUNDLED = ("house", "eu-ddaw", "eu-addw", "ncap-2023", "ncap-2026")


def explained(rule, **more):
    measure = KNOWN[rule.measure]
    values = {"value": rule.limit * 1.01, "threshold": rule.limit, "unit": measure.unit, "clears_at": rule.limit * 0.9}
    return Explanation(
        rule=f"house/{rule.id}", since_s=0.0, until_s=1.0, clears_when="", measure=rule.measure, **values | more
    )


def said(rule, language, **more):
    alert = Alert(1.0, Level[rule.level.upper()], Cause[rule.cause.upper()], 1, explained(rule, **more))
    return sentence(alert, language)


def house(name):
    return next(rule for one in (*load_rules(["house"]), ALWAYS) for rule in one.rules if rule.id == name)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_rule_of_every_set_has_a_sentence(language):
    """No placeholder is left, it is one line, and its numbers are in it."""
    for rules in (ALWAYS, *load_rules(BUNDLED)):
        for rule in rules.rules:
            text = said(rule, language)
            assert not {"{", "}", "\n", "%s"} & set(text), text
            assert text.endswith(".")
            assert text.startswith(CAUSES[rule.cause][language])
            assert amount(rule.limit, KNOWN[rule.measure].unit, language) in text


def test_the_tables_are_complete():
    """Every measure that a rule may name, every cause, every reason of vision; each in every language, none twice."""
    assert set(MEASURES) == set(KNOWN)
    assert set(CAUSES) == {cause.name.lower() for cause in Cause if cause}
    assert set(SIGNALS) == {"face", "eyes", "mouth", "head", "gaze"}
    assert {reason.value for reason in Reason} <= set(REASONS)
    for table in (MEASURES, CAUSES, SIGNALS, REASONS):
        for name, words in table.items():
            assert set(words) == set(LANGUAGES), name
            assert all(any(part) for part in words.values()), name
            assert table is SIGNALS or len(set(words.values())) == len(LANGUAGES), name
    assert set(FRAMES) == set(LANGUAGES)


def test_the_words_of_observability_are_known():
    """What alerts/ calls a reason, people are told in their language."""
    from alerts import observability

    assert set(observability.WORDS) <= set(REASONS)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_names_the_same_numbers(language):
    for name, words in MEASURES.items():
        for part, english in zip(words[language], words["en"], strict=True):
            assert _places(part) == _places(english), name


def _places(text):
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_numbers_as_the_languages_write_them():
    assert [amount(1.04, "s", language) for language in LANGUAGES] == ["1.0 s", "1,0 s", "1,0 detik"]
    assert [amount(0.0812, "share", language) for language in LANGUAGES] == ["8.1 %", "8,1 %", "8,1%"]
    assert [amount(7320.0, "s", language) for language in LANGUAGES] == ["2 h 2 min", "2 h 2 min", "2 jam 2 menit"]
    assert [amount(180.0, "s", language) for language in LANGUAGES] == ["3 min", "3 min", "3 menit"]
    assert [amount(7.25, "KSS", language) for language in LANGUAGES] == ["7.2", "7,2", "7,2"]
    assert [amount(3.0, "yawns", language) for language in LANGUAGES] == ["3", "3", "3"]


def test_a_microsleep_word_for_word():
    assert said(house("microsleep"), "en", value=1.03, clears_at=0.2) == (
        "Microsleep: the eyes have been closed for 1.0 s (limit 1.0 s); this ends when the eyes stay open for 0.2 s."
    )
    assert said(house("microsleep"), "de", value=1.03, clears_at=0.2) == (
        "Sekundenschlaf: die Augen sind seit 1,0 s geschlossen (Grenze 1,0 s); "
        "das endet, wenn die Augen 0,2 s offen bleiben."
    )
    assert said(house("microsleep"), "id", value=1.03, clears_at=0.2) == (
        "Tidur sekejap: mata terpejam selama 1,0 detik (batas 1,0 detik); "
        "berakhir bila mata tetap terbuka selama 0,2 detik."
    )


def test_what_could_not_be_seen_is_said():
    """A covered mouth is worth saying; a gaze that this set-up never measures is not."""
    unseen = (("mouth", "covered"), ("gaze", "not_measured"))
    assert "; nicht zu sehen: Mund (verdeckt)." in said(house("microsleep"), "de", unseen=unseen)


def test_blindness_says_what_still_works():
    """Only the eyes are lost: the head is still judged. All is lost: nothing is."""
    text = said(house("eyes_unseen"), "en", unseen=(("eyes", "covered"),), still=("mouth", "head"))
    assert text.endswith("; not seen: eyes (covered); still judged: mouth, head direction.")
    text = said(house("cannot_see"), "id", unseen=(("face", "no_face"),))
    assert text.endswith("wajah (wajah tidak ditemukan); masih dinilai: tidak ada hal apa pun dari pengemudi.")


def test_doubt_is_said():
    assert "only 55.0 % certain" in said(house("microsleep"), "en", confidence=0.55)
    assert "certain" not in said(house("microsleep"), "en", confidence=0.9)


def test_quiet():
    assert [sentence(Alert(0.0), language) for language in LANGUAGES] == [
        "No alert.",
        "Keine Warnung.",
        "Tidak ada peringatan.",
    ]


def test_the_service_logs_in_the_language_of_the_config(tmp_path, caplog):
    """`language: de`: the journal's sentence is German; an unknown language is one line."""
    from cabinwatch.config import ConfigError, load
    from cabinwatch.report import Reporter

    file = tmp_path / "c.yaml"
    file.write_text("language: de")
    alert = Alert(1.0, Level.WARNING, Cause.MICROSLEEP, 1, explained(house("microsleep")))
    caplog.set_level("INFO", logger="cabinwatch")
    Reporter(load(file).language)._alerts(alert)
    assert "Sekundenschlaf: die Augen sind seit 1,0 s geschlossen" in caplog.text
    file.write_text("language: fr")
    with pytest.raises(ConfigError, match="language = 'fr': must be one of"):
        load(file)
