"""The two rules that no choice of rules can leave out: whoever is not seen is told so.

Knows rules. Must not know how they are judged. All other rules are files of configs/rules, given by the caller.
"""

from __future__ import annotations

from alerts.rules import Rule, RuleSet

ALWAYS = RuleSet(
    name="always",
    title="What is said under any rules",
    source="Euro NCAP asks that the driver is told within 10 s; nobody may choose rules that leave it out",
    rules=(
        Rule(
            id="cannot_see",
            code=1,
            measure="unseen_s",
            limit=8.0,
            level="caution",
            cause="cannot_see",
            from_kmh=20.0,
            slow_level="information",
            clause="Euro NCAP: must work or say so within 10 s; ours sooner",
            mark="S2",
        ),
        Rule(
            id="eyes_unseen",
            code=2,
            measure="eyes_unseen_s",
            limit=8.0,
            level="information",
            cause="cannot_see",
            clause="Euro NCAP: must work or say so within 10 s; ours sooner",
            mark="S2",
        ),
    ),
)
