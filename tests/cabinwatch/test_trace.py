"""What a run adds up to."""

from __future__ import annotations

import pytest

from alerts.types import Alert
from cabinwatch.trace import Row, closures_s


def rows(*answers: bool | None) -> list[Row]:
    """Ten samples a second with the eyes closed, open or unknown."""
    return [
        Row(k / 10, True, None, None, None, closed, None, None, None, Alert(k / 10), None)
        for k, closed in enumerate(answers)
    ]


@pytest.mark.parametrize(
    ("answers", "lengths_s"),
    [
        ((False, True, True, False, True, None), [0.2, 0.1]),
        ((True, True, True), [0.2]),  # the clip ends before the eyes open
        ((False, None), []),
    ],
)
def test_closures_are_counted_to_the_end(answers, lengths_s):
    """One that the clip's end cuts off is one too: the alert it raised must not stand without it."""
    assert closures_s(rows(*answers)) == pytest.approx(lengths_s)
