"""The mutants of `python -m tests.alerts.mutate` are what they say, and they are noticed only by who looks."""

from __future__ import annotations

import ast

import pytest

from tests.alerts.mutate import mutants, sites, wilson

SOURCE = """
LIMIT_S = 3.0

def reached(elapsed_s: float = 0.0) -> bool:
    if elapsed_s >= LIMIT_S:
        told.append(elapsed_s)
        return True
    return not quiet and False
"""


def _changed(number):
    tree = ast.parse(SOURCE)
    sites(tree)[number].change()
    return ast.unparse(ast.fix_missing_locations(tree))


def test_every_operator_number_and_statement_of_a_function_is_changed_once():
    """Nothing outside of it, and no type."""
    every = {_changed(number) for number in range(len(sites(ast.parse(SOURCE))))}
    assert len(every) == len(sites(ast.parse(SOURCE)))
    assert all("LIMIT_S = 3.0" in text and "-> bool" in text for text in every)
    for part in (
        "elapsed_s: float=1.0",
        "elapsed_s > LIMIT_S",
        "elapsed_s < LIMIT_S",
        "return False\n    return not",
        "quiet or False",
        "not not quiet and False",
        "quiet and True",
    ):
        assert sum(part in text for text in every) == 1, part
    assert sum("told.append" not in text for text in every) == 1


def test_every_mutant_of_alerts_is_a_change_that_compiles():
    """Of each file the first and the last; all of them would take a minute."""
    found = {}
    for mutant in mutants():
        found.setdefault(mutant.file, []).append(mutant)
    assert {"policy.py", "timing.py", "eyes.py"} <= found.keys()
    for of_file in found.values():
        for mutant in (of_file[0], of_file[-1]):
            compile(mutant.tree(), mutant.file, "exec")
            assert ast.unparse(mutant.tree()) != ast.unparse(ast.parse(mutant.path.read_text(encoding="utf-8")))


@pytest.mark.parametrize(("died", "tried", "low", "high"), [(34, 40, 0.709, 0.929), (10, 10, 0.722, 1.0)])
def test_the_interval_of_a_share(died, tried, low, high):
    """Wilson's, worked out by hand."""
    assert wilson(died, tried) == (pytest.approx(low, abs=0.001), pytest.approx(high, abs=0.001))
