"""labels.csv under other names and words, and what is said of one that cannot be used."""

from __future__ import annotations

from pathlib import Path

import pytest

from training.evaluate.columns import Labels, read, yes_or_no


def labels(tmp_path: Path, text: str) -> Labels:
    (tmp_path / "labels.csv").write_text(text, encoding="utf-8")
    return read(tmp_path)


def test_columns_by_other_names(tmp_path: Path) -> None:
    """Capitals, spaces, a byte order mark and semicolons do not matter."""
    found = labels(tmp_path, "\ufeffFileName; Head_Yaw ;Subject\na.png;12.5;p1\n")
    assert found.texts("file") == ["a.png"]
    assert found.need_degrees("yaw") == [12.5]
    assert found.persons() == ["p1"]


def test_radians_are_said_by_the_columns_name(tmp_path: Path) -> None:
    assert labels(tmp_path, "file,yaw_rad\na,0.5\n").need_degrees("yaw") == [pytest.approx(28.6479, abs=1e-4)]
    assert labels(tmp_path, "file,yaw_deg\na,0.5\n").need_degrees("yaw") == [0.5]


def test_a_missing_column_is_named_in_one_line(tmp_path: Path) -> None:
    """What is missing, in which file, what is accepted, what there is."""
    with pytest.raises(SystemExit) as stopped:
        labels(tmp_path, "file,face\na,1\n").need("state")
    text = str(stopped.value)
    assert "labels.csv: no column for state; accepted: state, eye_state" in text
    assert text.endswith("the file has: file, face")
    assert "\n" not in text


def test_a_word_in_place_of_a_number_is_named_with_its_row(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match=r"labels\.csv: row 2: yaw is 'left', not a number"):
        labels(tmp_path, "file,yaw\na,1\nb,left\n").need_degrees("yaw")


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (None, r"labels\.csv: No such file or directory; --data names a folder with a labels\.csv"),
        ("file,state\n", r"labels\.csv: holds no rows"),
    ],
)
def test_no_table(tmp_path: Path, text: str | None, complaint: str) -> None:
    if text is not None:
        (tmp_path / "labels.csv").write_text(text)
    with pytest.raises(SystemExit, match=complaint):
        read(tmp_path)


def test_what_cannot_be_used_is_counted_by_its_word(tmp_path: Path) -> None:
    """Half-closed eyes are neither: left out, and the report says how many."""
    table = labels(tmp_path, "file,state\na,open\nb,partial\nc,closed\nd,partial\n")
    kept, numbers = table.words("state", {"open": 0, "closed": 1}.get)
    assert (kept.texts("file"), numbers) == (["a", "c"], [0, 1])
    assert dict(kept.left_out) == {"state 'partial'": 2}
    assert not table.left_out, "the table that was read stays as it is"


def test_nothing_that_can_be_used_stops_with_the_words_found(tmp_path: Path) -> None:
    """A bare 0 or 1 may mean either: it is not guessed."""
    with pytest.raises(SystemExit, match="nothing to measure: column state holds '0', '1'"):
        labels(tmp_path, "file,state\na,0\nb,1\n").words("state", {"open": 0, "closed": 1}.get)


def test_held_out_are_the_sources_own_validation_or_people_by_hash(tmp_path: Path) -> None:
    """Those of data.py: "person 2" is held out on every machine, "person 1" never."""
    own = labels(tmp_path, "file,split,person\na,train,person 2\nb,Val,person 1\n")
    assert own.only_held_out().texts("file") == ["b"]
    by_hash = labels(tmp_path, "file,person\na,person 1\nb,person 2\n")
    assert by_hash.only_held_out().texts("file") == ["b"]


def test_without_a_word_of_persons_every_file_is_one(tmp_path: Path) -> None:
    assert labels(tmp_path, "image,state\na.png,open\n").persons() == ["a.png"]


def test_yes_and_no() -> None:
    assert [yes_or_no(word) for word in ("1", "true", "0", "no", "perhaps")] == [1, 1, 0, 0, None]
