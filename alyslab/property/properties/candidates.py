"""Properties of candidates: the higher slot stays, and an approval counts whenever it comes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from alyslab.model.aura import majority
from alyslab.model.candidates import Approval, Candidates
from alyslab.model.errors import ModelError
from alyslab.model.production import empty_block
from alyslab.property.case import case
from alyslab.property.generators.building import built
from alyslab.property.generators.chains import EMPTY, MEMBERS
from alyslab.property.property import Property, claim

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

SLOTS: Final = 3


@case
@dataclass(frozen=True, slots=True)
class Heard:
    """Something that a node hears of the next height."""

    slot: int = 1
    """Of the block concerned, from the head's."""
    approval: int = -1
    """Which authority approves it; -1 for the block itself."""


@case
@dataclass(frozen=True, slots=True)
class Hearsay:
    """What a node hears, in this order."""

    heard: tuple[Heard, ...] = ()
    syncing: bool = False


def hearsay(*, most: int = 10) -> SearchStrategy[Hearsay]:
    """Draw up to ``most`` blocks and approvals of one height; shrinks to a single block."""
    from hypothesis import strategies as st

    heard = st.builds(Heard, slot=st.integers(1, SLOTS), approval=st.integers(-1, MEMBERS - 1))
    return st.builds(
        Hearsay, heard=st.lists(heard, min_size=1, max_size=most).map(tuple), syncing=st.booleans()
    )


def _kept(said: Hearsay) -> None:
    builder = built(EMPTY)
    node = builder.node()
    node.import_unsigned(builder.blocks[0], builder.now_ms)
    slot = node.head.block.slot
    blocks = {ahead: empty_block(node, slot + ahead) for ahead in range(1, SLOTS + 1)}
    candidates = Candidates(node)
    best, approved = 0, set[tuple[int, int]]()
    for one in said.heard:
        block = blocks[one.slot]
        if one.approval < 0:
            best = max(best, one.slot)
            try:
                candidates.insert(block, syncing=said.syncing)
            except ModelError as error:
                claim(False, f"a candidate of slot {one.slot} was refused: {error.rule}")
            continue
        root = block.root
        point = builder.scheme.sign([builder.secrets[one.approval]], root)
        claim(candidates.approve(Approval(root, one.approval, point)), "an honest approval was refused")
        approved.add((one.slot, one.approval))
    held = candidates.candidate(2)
    seen = 0 if held is None else held.slot - slot
    claim(seen == best, f"of the candidates heard of, slot {seen} stayed, and {best} is the highest")
    counted = set(candidates.approvals(2))
    expected = {authority for ahead, authority in approved if ahead == best}
    if best and not _was_replaced(said, best):
        claim(counted == expected, f"approvals of {sorted(counted)} count, and {sorted(expected)} came")
        ready = candidates.ready(2) is not None
        claim(ready == (len(expected) >= majority(MEMBERS)), f"{len(expected)} approvals: ready is {ready}")


def _was_replaced(said: Hearsay, best: int) -> bool:
    """Return whether the best candidate came twice: a node may forget approvals between the two."""
    return sum(one.slot == best and one.approval < 0 for one in said.heard) > 1


CANDIDATES: Final = Property(
    name="candidates keep their approvals",
    claim="of the blocks for one height the highest slot stays, with every approval, early or late",
    cases=hearsay,
    check=_kept,
    source="alys-system.md §7, incident 9 and early approvals",
    features=lambda said: {
        "heard": len(said.heard),
        "blocks": sum(one.approval < 0 for one in said.heard),
        "syncing": said.syncing,
    },
)
