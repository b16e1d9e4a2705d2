"""Sync scenarios: what peers have, how some of them cheat, and what happens meanwhile; and checkpoints."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from alyslab.harnesses.sync.hostile import BEHAVIOURS
from alyslab.property.case import case
from alyslab.property.generators.rhythms import Rhythm, rhythms

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

ONE_BLOCK: Final = Rhythm(blocks=1)
BLOCKS: Final = 48
"""Height of the source chain: several ranges and checkpoints of the machine's small policy."""
START_MOST: Final = 9
"""A node is given its first blocks without the checkpoints that it would have made of them, so it begins
below the first one that is due."""
MOMENTS_S: Final = (0.0, 0.5, 2.0, 6.0)


@case
@dataclass(frozen=True, slots=True)
class SyncFault:
    """One thing that goes wrong while a node syncs."""

    what: str = "partition"
    """``partition``, ``crash``, ``torn_crash``, ``spoil_state``, ``spoil_checkpoint``, or ``spoil_both``:
    the latest checkpoint rots, and then the state that it would have mended."""
    at_s: float = 0.0
    length_s: float = 1.0
    peers: int = 0
    """Of a partition: how many peers stay on the node's side."""


@case
@dataclass(frozen=True, slots=True)
class SyncScenario:
    """A node that syncs from peers."""

    start: int = 0
    """Height that its disk has already."""
    target: int = 1
    """Height that the peers have at first."""
    growth: int = 0
    """Blocks that the source grows by meanwhile."""
    behaviours: tuple[str, ...] = ("honest", "honest", "honest")
    """One for each peer; most are honest."""
    short_answers: int = 0
    """Most blocks with which the last peer answers, whatever it is asked for; 0 sets no such bound."""
    delay_ms: int = 20
    loss_ratio: float = 0.0
    faults: tuple[SyncFault, ...] = ()


@case
@dataclass(frozen=True, slots=True)
class CheckpointPlan:
    """A chain, and how often its node writes a checkpoint."""

    chain: Rhythm = ONE_BLOCK
    interval: int = 1
    spoiled: bool = False
    """Whether the state in memory is damaged at the end, so that the node must recover."""


def checkpoints(*, most: int = 40) -> SearchStrategy[CheckpointPlan]:
    """Draw a chain of up to ``most`` blocks and an interval; shrinks to one block and a checkpoint of it."""
    from hypothesis import strategies as st

    return st.builds(
        CheckpointPlan,
        chain=rhythms(least=1, most=most),
        interval=st.integers(1, 10),
        spoiled=st.booleans(),
    )


def sync_faults() -> SearchStrategy[SyncFault]:
    """Draw one fault; shrinks to a partition at the beginning."""
    from hypothesis import strategies as st

    kinds = ("partition", "crash", "torn_crash", "spoil_state", "spoil_checkpoint", "spoil_both")
    return st.builds(
        SyncFault,
        what=st.sampled_from(kinds),
        at_s=st.sampled_from(MOMENTS_S),
        length_s=st.sampled_from((1.0, 4.0, 15.0)),
        peers=st.integers(0, 2),
    )


def sync_scenarios(*, blocks: int = BLOCKS, faults_max: int = 2) -> SearchStrategy[SyncScenario]:
    """Draw a sync from three to five peers, at most one of them hostile; shrinks to one block, no fault."""
    from hypothesis import strategies as st

    def of(target: int) -> SearchStrategy[SyncScenario]:
        hostile = st.sampled_from(tuple(BEHAVIOURS))
        # Two honest peers at least: a node says that it is synced only when most of its peers answered.
        peers = st.tuples(hostile, st.integers(2, 4)).map(lambda p: (p[0], *["honest"] * p[1]))
        return st.builds(
            SyncScenario,
            start=st.integers(0, min(target - 1, START_MOST)),
            target=st.just(target),
            growth=st.integers(0, blocks - target),
            behaviours=peers,
            short_answers=st.sampled_from((0, 0, 3, 5)),
            delay_ms=st.sampled_from((20, 80, 200)),
            loss_ratio=st.sampled_from((0.0, 0.01, 0.03)),
            faults=st.lists(sync_faults(), max_size=faults_max).map(tuple),
        )

    return st.integers(1, blocks).flatmap(of)
