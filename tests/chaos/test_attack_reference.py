"""The page about attacks says what the code does."""

from __future__ import annotations

from alyslab.chaos.attack_reference import attack_lines
from alyslab.chaos.byzantine import BOUNDS, BYZANTINE, COMMON
from alyslab.chaos.noticing import NOTICING, WITH_PROOF
from alyslab.harnesses.consensus.suspicion import LIMITS, SILENT_SLOTS


def test_the_page_has_every_attack_dial_bound_and_limit() -> None:
    """What is left out is not known to whoever reads; the page is made, not written."""
    text = "\n".join(attack_lines())

    assert all(f"| `{fault.name}` |" in text for fault in BYZANTINE)
    assert all(f"`{one.name}` (" in text for one in COMMON)
    assert all(bound.formula in text for bound in BOUNDS.values())
    assert all(f"| {one.formula} |" in text for one in NOTICING.values())
    assert f"| `peers_silent` | {SILENT_SLOTS} slots in a row |" in text
    assert all(f"| `{what}` | {limit} of the last {of} |" in text for what, (limit, of) in LIMITS.items())


def test_what_has_no_bound_is_said_to_have_none() -> None:
    """Nothing is claimed that no test holds."""
    lines = [line for line in attack_lines() if line.endswith("| no bound claimed |")]
    unbound = [line for line in attack_lines() if f"| {WITH_PROOF} |" in line]

    assert len(lines) == len(BYZANTINE) - len(BOUNDS)
    assert len(unbound) == sum(one.slots is None for one in NOTICING.values())
