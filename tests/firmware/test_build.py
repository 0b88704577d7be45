"""What can be said of the firmware without running it: size, stack, recursion, heap, and what cppcheck finds."""

from __future__ import annotations

import re
import shutil
import subprocess

import pytest

from tests.firmware.conftest import FIRMWARE
from tests.firmware.stack import CallGraph, deepest

pytestmark = pytest.mark.firmware

TEXT_MAX = 8 * 1024
RAM_MAX = 2 * 1024
CLOSE = 0.05  # other versions of the compiler differ by so much, and the README need not follow them


def tool(name, *arguments):
    return subprocess.run([f"arm-none-eabi-{name}", *arguments], capture_output=True, text=True, check=True).stdout


@pytest.fixture
def symbols(elf):
    """Name → value."""
    return {name: int(value, 16) for value, _, name in (line.split() for line in tool("nm", elf).splitlines())}


@pytest.fixture
def sizes(elf, symbols):
    """Bytes, by the names that the README gives them."""
    sections = dict(re.findall(r"^\.(\w+)\s+(\d+)", tool("size", "-A", elf), re.MULTILINE))
    return {
        "text": int(sections["text"]),
        "RAM": symbols["ram_used"],
        "data": int(sections["data"]) + int(sections["bss"]),
        "stack": int(sections["stack"]),
        "deepest stack": deepest(CallGraph(elf.parent)),
    }


def test_it_fits(sizes):
    """8 KB of flash, 2 KB of RAM with the stack, and a stack that its deepest call does not leave."""
    assert sizes["text"] <= TEXT_MAX
    assert sizes["RAM"] <= RAM_MAX
    assert sizes["deepest stack"] <= sizes["stack"]


def test_the_readme_s_sizes_are_measured(sizes):
    """Its table is what this build takes, give or take a compiler."""
    readme = (FIRMWARE / "README.md").read_text()
    rows = re.findall(r"^\| (\w[\w ]*) \| ([\d,]+) \|", readme, re.MULTILINE)
    told = {name: int(size.replace(",", "")) for name, size in rows}
    assert told.keys() == sizes.keys()
    for name, size in sizes.items():
        assert told[name] == pytest.approx(size, rel=CLOSE), name


def test_nothing_is_allocated_while_it_runs(symbols):
    """No heap, and nothing of a C library that could want one. (Recursion fails in the stack's count.)"""
    assert not {"malloc", "calloc", "realloc", "free", "_sbrk", "printf", "sprintf"} & symbols.keys()


@pytest.mark.parametrize("loop", ["a > b > a", "a > ?"])
def test_recursion_and_unknown_calls_are_found(tmp_path, loop):
    """The count of the stack is no good if it overlooks them."""
    edges = [pair.split() for pair in re.findall(r"(?=(\w > [\w?]))", loop)]
    node = 'node: {{ title: "{}" label: "x\\n8 bytes (static)" }}\n'
    edge = 'edge: {{ sourcename: "{}" targetname: "{}" label: "" }}\n'
    text = node.format("a") + node.format("b") + "".join(edge.format(caller, called) for caller, _, called in edges)
    (tmp_path / "x.ci").write_text(text)
    with pytest.raises(AssertionError, match=r"recursion|nothing is known"):
        CallGraph(tmp_path).depth("a")


def test_cppcheck_finds_nothing(cannot_run):
    """Nor does its reading of MISRA C:2012, but for the rules that the README names."""
    if not shutil.which("cppcheck"):
        cannot_run("cppcheck is needed")
    checked = subprocess.run(["make", "-C", FIRMWARE, "check"], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr
    rules = re.search(r"misra-c2012-%,([\d. ]+)\)", (FIRMWARE / "Makefile").read_text())[1].split()
    readme = (FIRMWARE / "README.md").read_text()
    assert re.findall(r"^\| (\d+\.\d+) \|", readme, re.MULTILINE) == rules
