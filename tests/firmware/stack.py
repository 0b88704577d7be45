"""The deepest stack of the firmware, from what the compiler writes about each function (-fcallgraph-info=su)."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path

INTERRUPT_FRAME = 36  # eight words that the core pushes, and one to align them


class CallGraph:
    """Who calls whom, and how many bytes of stack each takes."""

    def __init__(self, folder: Path) -> None:
        self.sizes: dict[str, int] = {}
        self.calls: dict[str, set[str]] = defaultdict(set)
        for path in sorted(folder.rglob("*.ci")):
            text = path.read_text()
            for name, size, kind in re.findall(r'node: { title: "([^"]+)".*?\\n(\d+) bytes \((\w+)\)" }', text):
                assert kind == "static", f"{name}: a stack frame whose size is not known ({kind})"
                self.sizes[name] = int(size)
            for caller, called in re.findall(r'sourcename: "([^"]+)" targetname: "([^"]+)"', text):
                self.calls[caller].add(called)

    def depth(self, name: str, above: tuple[str, ...] = ()) -> int:
        """Bytes that a call takes at most. Recursion and calls whose target is not known have no depth: they fail."""
        assert name not in above, f"recursion: {' > '.join((*above, name))}"
        assert name in self.sizes, f"{above[-1] if above else 'nobody'} calls {name}, of which nothing is known"
        return self.sizes[name] + max((self.depth(called, (*above, name)) for called in self.calls[name]), default=0)


def deepest(graph: CallGraph) -> int:
    """The main program, one interrupt on top (all have one priority), and a fault on top of that."""
    interrupts = ("uart_link_interrupt", "uart_log_interrupt", "board_timer_interrupt", "board_watchdog_interrupt")
    fault = INTERRUPT_FRAME + graph.depth("lm3s6965evb/startup.c:on_fault")
    return graph.depth("on_reset") + INTERRUPT_FRAME + max(graph.depth(name) for name in interrupts) + fault
