"""The part of the documentation about members that misbehave, made from the code."""

from __future__ import annotations

from collections.abc import Iterator

from alyslab.chaos.byzantine import BOUNDS, BYZANTINE, COMMON
from alyslab.chaos.noticing import NOTICING
from alyslab.harnesses.consensus.suspicion import (
    LIMITS,
    REPEATS_LIMIT,
    SILENT_SLOTS,
    STRANGERS_LIMIT,
    WINDOW_MS,
)


def attack_lines() -> Iterator[str]:
    """Yield the section: common dials, how each is noticed, how many members win, limits of suspicion."""
    yield "## Attacks"
    yield ""
    yield "Every fault of the family byzantine has these dials, beside those in the table above:"
    yield ""
    for one in COMMON:
        span = ", ".join(one.choices) or f"{one.low:g} to {one.high:g}"
        yield f"- `{one.name}` ({span}): {one.summary}"
    yield ""
    yield "Honest nodes notice from what they received; the rows below are theirs, and any of them will do."
    yield "With n members, one attacker and all dials full, the first is there within so many slots of the"
    yield "begin.  What gives each honest node one of two signatures only can't be told from the truth until"
    yield "a node gets both; where none does, the run says `undetectable by honest nodes`, and why."
    yield ""
    yield "An attack wins with so many of n members as the last column says, where a quorum is q = ⌈2n/3⌉,"
    yield "and fails with one fewer; tests hold both sides.  For the others no bound is claimed, beyond that"
    yield "one of four is borne."
    yield "`alyslab chaos run PLAN` tells of each attack what was done, what reached others, who noticed and"
    yield "when, and what it broke."
    yield ""
    yield "| attack | honest nodes notice by | within, in slots | wins |"
    yield "| --- | --- | --- | --- |"
    for fault in BYZANTINE:
        noticing = NOTICING[fault.name]
        signs = " or ".join(f"`{kind}`, {field} `{value}`" for kind, field, value in noticing.signs)
        bound = BOUNDS.get(fault.name)
        wins = "no bound claimed" if bound is None else f"against {bound.breaks}, with {bound.formula}"
        yield f"| `{fault.name}` | {signs} | {noticing.formula} | {wins} |"
    yield ""
    yield "A suspicion (`consensus.suspected`) is no proof, and is written when so many cases came together:"
    yield ""
    yield "| suspicion | limit |"
    yield "| --- | --- |"
    for what, (limit, of) in LIMITS.items():
        yield f"| `{what}` | {limit} of the last {of} |"
    for what, limit in (("repeats", REPEATS_LIMIT), ("strangers", STRANGERS_LIMIT)):
        yield f"| `{what}` | {limit} in {WINDOW_MS // 1_000} s |"
    yield f"| `peers_silent` | {SILENT_SLOTS} slots in a row |"
