"""Do the tests of alerts/ notice? Changes an operator, number or statement at a time and runs the tests that pass it.

    python -m tests.alerts.mutate --n 150 --seed 1      a sample by lot; without --n all of them
    python -m tests.alerts.mutate --only policy.py      mutants whose name has this in it, "policy.py:210" for a line
    python -m tests.alerts.mutate --only policy.py tests/alerts/test_policy.py      as far as these tests notice

Prints who killed each mutant, those that survived, and the share that died with its 95 % interval (Wilson). Nothing is
written: each mutant lives in a forked process, in which the functions of one module get the changed code.

Only what stands in functions is changed: the numbers of settings and tables are compared with docs/rules.md by a test
and would flatter the score. Property tests draw the same every time. Mutants that behave like the original are counted
as survivors: judge the list by eye.
"""

from __future__ import annotations

import argparse
import ast
import math
import os
import random
import resource
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

import coverage
import pytest

ROOT = Path(__file__).parents[2]
TESTS = "tests/alerts"
LIMIT_S = 120  # of processor time: a mutant that needs more hangs, and a hang is noticed
MEMORY_BYTES = 4 << 30

# --- what is changed ------------------------------------------------------------------------------------------------

_EDGE = {ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt}
_OPPOSITE = {
    ast.Lt: ast.GtE, ast.LtE: ast.Gt, ast.Gt: ast.LtE, ast.GtE: ast.Lt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip
_OTHER = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.Mod: ast.Mult, ast.Pow: ast.Mult,
    ast.And: ast.Or, ast.Or: ast.And, ast.BitOr: ast.BitAnd, ast.BitAnd: ast.BitOr, ast.USub: ast.UAdd,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Site:
    """A place in a syntax tree and what may be done to it."""

    line: int
    what: str
    change: Callable[[], None]  # of the tree itself


def sites(tree: ast.Module) -> list[Site]:
    """Every change that may be made to the functions of a module, in the order of the tree."""
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    nested = {inner for outer in functions for inner in ast.walk(outer) if inner is not outer}
    return [site for function in functions if function not in nested for site in _of_function(function)]


def _of_function(function: ast.FunctionDef) -> Iterator[Site]:
    for top in (*function.args.defaults, *filter(None, function.args.kw_defaults), *function.body):
        for node in _without_types(top):
            yield from _of_node(node)
    yield from _gone(function.body)


def _without_types(node: ast.AST) -> Iterator[ast.AST]:
    yield node
    for name, value in ast.iter_fields(node):
        if name not in ("annotation", "returns", "decorator_list"):
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, ast.AST):
                    yield from _without_types(child)


def _of_node(node: ast.AST) -> Iterator[Site]:
    match node:
        case ast.Compare():
            for place, operator in enumerate(node.ops):
                for table in (_EDGE, _OPPOSITE):
                    if new := table.get(type(operator)):
                        yield _swap(node, node.ops, place, new())
        case ast.BoolOp() | ast.BinOp() | ast.AugAssign() | ast.UnaryOp() if new := _OTHER.get(type(node.op)):
            yield _site(node, f"{type(node.op).__name__} → {new.__name__}", lambda: setattr(node, "op", new()))
        case ast.UnaryOp(op=ast.Not()):
            yield _site(node, "not gone", lambda: setattr(node, "operand", ast.UnaryOp(ast.Not(), node.operand)))
        case ast.Constant(value=bool() | int() | float() as value):
            other = not value if isinstance(value, bool) else value + 1
            yield _site(node, f"{value} → {other}", lambda: setattr(node, "value", other))
        case (
            ast.If(test=ast.Name() | ast.Attribute() | ast.Call())
            | ast.IfExp(test=ast.Name() | ast.Attribute() | ast.Call())
        ):
            yield _site(node, "if → if not", lambda: setattr(node, "test", ast.UnaryOp(ast.Not(), node.test)))
    for name in ("body", "orelse"):
        if isinstance(node, ast.stmt) and not isinstance(node, ast.FunctionDef) and hasattr(node, name):
            yield from _gone(getattr(node, name))


def _gone(body: list[ast.stmt]) -> Iterator[Site]:
    """Statements whose effect is not a value here: without them the function still runs."""
    for place, statement in enumerate(body):
        is_call = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call)
        is_kept = isinstance(statement, ast.AugAssign) or (
            isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Attribute)
        )
        if is_call or is_kept:
            yield _swap(statement, body, place, ast.Pass())


def _swap(node: ast.AST, inside: list[ast.AST], place: int, new: ast.AST) -> Site:
    what = f"{type(inside[place]).__name__} → {type(new).__name__}"
    return _site(node, what, lambda: inside.__setitem__(place, new))


def _site(node: ast.AST, what: str, change: Callable[[], None]) -> Site:
    return Site(node.lineno, what, change)  # type: ignore[attr-defined]  # every statement and expression has a line


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change of one file."""

    file: str
    number: int  # among the sites of its file
    line: int
    what: str

    @property
    def name(self) -> str:
        return f"{self.file}:{self.line} {self.what}"

    @property
    def path(self) -> Path:
        return ROOT / "alerts" / self.file

    def tree(self) -> ast.Module:
        """The file with the change."""
        tree = ast.parse(self.path.read_text(encoding="utf-8"))
        sites(tree)[self.number].change()
        return ast.fix_missing_locations(tree)

    def put_in(self) -> None:
        """Gives the functions of the module that runs the changed code. There is no way back: for a forked process."""
        module = import_module(f"alerts.{self.path.stem}")
        changed = ModuleType(module.__name__)
        exec(compile(self.tree(), str(self.path), "exec"), vars(changed))
        for old, new in _functions(module, changed, self.path):
            old.__code__, old.__defaults__, old.__kwdefaults__ = new.__code__, new.__defaults__, new.__kwdefaults__


def _functions(old: Any, new: Any, file: Path) -> Iterator[tuple[FunctionType, FunctionType]]:
    """The functions of a module or class and of its classes, with their changed selves."""
    for name, other in vars(new).items():
        one = vars(old).get(name)
        if isinstance(other, type) and other.__module__ == old.__name__:
            yield from _functions(one, other, file)
        if hasattr(one, "cache_clear"):
            one.cache_clear()
        function, changed = _bare(one), _bare(other)
        if isinstance(changed, FunctionType) and changed.__code__.co_filename == str(file):
            yield function, changed


def _bare(function: Any) -> FunctionType:
    """Without the property or the cache around it."""
    function = getattr(function, "fget", function)
    return getattr(function, "__wrapped__", function)  # type: ignore[no-any-return]  # any wrapper has one


def mutants() -> list[Mutant]:
    """All of alerts/."""
    return [
        Mutant(path.name, number, site.line, site.what)
        for path in sorted((ROOT / "alerts").glob("*.py"))
        for number, site in enumerate(sites(ast.parse(path.read_text(encoding="utf-8"))))
    ]


# --- who notices ----------------------------------------------------------------------------------------------------


@dataclass
class Survey:
    """A pytest plugin: what the tests do with the code as it is, and then with each mutant."""

    asked: argparse.Namespace
    killed: dict[Mutant, str | None] = field(default_factory=dict)  # by which test; None = it survived
    _failed: str | None = None

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed and self._failed is None:
            self._failed = report.nodeid.removeprefix(f"{TESTS}/")

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        passes, cost_s = self._as_it_is(session.items)
        everything = sorted(session.items, key=lambda item: cost_s[item.nodeid])
        under_way: dict[int, tuple[Mutant, int]] = {}
        for mutant in self._wanted():
            if len(under_way) == self.asked.workers:
                self._take(under_way)
            names = passes.get((mutant.file, mutant.line), set())
            tests = [item for item in everything if item.nodeid in names] or everything
            child, answer = self._fork(mutant, tests)
            under_way[child] = mutant, answer
        while under_way:
            self._take(under_way)
        return True

    def _wanted(self) -> list[Mutant]:
        found = [mutant for mutant in mutants() if self.asked.only in mutant.name]
        return random.Random(self.asked.seed).sample(found, min(self.asked.n or len(found), len(found)))

    def _as_it_is(self, items: Sequence[pytest.Item]) -> tuple[dict[tuple[str, int], set[str]], dict[str, float]]:
        """Which tests pass through a line, and how long each test takes."""
        cost_s, watch = {}, coverage.Coverage(data_file=None, include=[str(ROOT / "alerts" / "*")])
        watch.start()
        for item in items:
            began_s = time.process_time()
            watch.switch_context(item.nodeid)
            self._run([item])
            cost_s[item.nodeid] = time.process_time() - began_s
        watch.stop()
        if self._failed:
            raise pytest.UsageError(f"{self._failed} fails without any mutant")
        data, passes = watch.get_data(), {}
        for path in data.measured_files():
            for line, names in data.contexts_by_lineno(path).items():
                passes[Path(path).name, line] = set(names) - {""}
        return passes, cost_s

    def _run(self, tests: Sequence[pytest.Item]) -> None:
        for test, after in zip(tests, [*tests[1:], None], strict=True):
            test.config.hook.pytest_runtest_protocol(item=test, nextitem=after)
            if self._failed:
                return

    def _fork(self, mutant: Mutant, tests: Sequence[pytest.Item]) -> tuple[int, int]:
        """A process in which the mutant is tried, and where it will say who killed it."""
        answer, told = os.pipe()
        child = os.fork()
        if child:
            os.close(told)
            return child, answer
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        resource.setrlimit(resource.RLIMIT_CPU, (LIMIT_S, LIMIT_S))
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
        status = 1  # a mutant that cannot be put in is this program's own mistake
        try:
            mutant.put_in()
            self._run(tests)
            os.write(told, (self._failed or "").encode())
            status = 0
        finally:
            os._exit(status)

    def _take(self, under_way: dict[int, tuple[Mutant, int]]) -> None:
        """Wait for one of the processes and note what came of its mutant."""
        child, status = os.wait()
        mutant, answer = under_way.pop(child)
        if os.WIFEXITED(status) and os.WEXITSTATUS(status):
            raise RuntimeError(f"{mutant.name}: could not be tried")
        with os.fdopen(answer) as told:
            by = told.read() or ("hangs" if os.WIFSIGNALED(status) else None)
        self.killed[mutant] = by
        sys.stderr.write(f"{mutant.name:45} {by or 'SURVIVED'}\n")


def wilson(died: int, tried: int) -> tuple[float, float]:
    """The 95 % interval of a share."""
    z2 = 1.96**2
    middle = (died + z2 / 2) / (tried + z2)
    half = math.sqrt(z2 * (died * (tried - died) / tried + z2 / 4)) / (tried + z2)
    return middle - half, middle + half


def main(argv: Sequence[str] | None = None) -> int:
    """Tries the code as it is, then the mutants."""
    asked = _asked(argv)
    survey = Survey(asked)
    options = ["-q", "-s", "-p", "no:cacheprovider", "--hypothesis-seed=0", f"--rootdir={ROOT}"]
    status = pytest.main([*options, *asked.tests], plugins=[survey])
    if not survey.killed:
        return int(status) or 1
    survivors = sorted(mutant.name for mutant, by in survey.killed.items() if by is None)
    tried, died = len(survey.killed), len(survey.killed) - len(survivors)
    low, high = wilson(died, tried)
    sys.stdout.write("survived:\n" + "".join(f"    {name}\n" for name in survivors))
    sys.stdout.write(f"{died} of {tried} died: {died / tried:.1%}, 95 % {low:.1%} to {high:.1%}\n")
    return 0


def _asked(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.alerts.mutate", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("tests", nargs="*", default=[TESTS], help="files or folders (%(default)s)")
    parser.add_argument("--n", type=int, help="how many, by lot; all")
    parser.add_argument("--seed", type=int, default=1, help="of the lot (%(default)s)")
    parser.add_argument("--only", default="", metavar="TEXT", help="mutants whose name has this in it")
    parser.add_argument("--workers", type=int, default=2, help="processes (%(default)s)")
    return parser.parse_args(argv)


if __name__ == "__main__":
    sys.exit(main())
