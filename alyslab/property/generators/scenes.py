"""Scenes of actors: conversations, families, calls through a breaker, each with its size and its trouble."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from alyslab.property.case import case

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

SCENES: Final = (
    "asking",
    "broadcasting",
    "confirming",
    "calling",
    "parenting",
    "depending",
    "failing",
    "flooding",
)
"""What may happen: several ask one slow actor; replicas are told the same; requests are repeated until they
are confirmed; a flaky actor is called through a breaker; a parent crashes; actors that need each other shut
down; an actor that is watched fails; a mailbox that drops its oldest is flooded."""
FAILURES: Final = ("panic", "hang", "corrupt", "crash_on_restart")
"""How an actor that is watched may fail."""


@case
@dataclass(frozen=True, slots=True)
class ScenePlan:
    """One scene; what its numbers count, its kind says."""

    what: str = SCENES[0]
    actors: int = 1
    """Askers beside the impatient one, replicas, children, dependants; of a flooded mailbox, its room."""
    times: int = 1
    """Rounds, broadcasts, requests, failed calls, crashes, failures or messages."""
    lost_percent: int = 0
    """Of a request's answers."""
    failure: str = FAILURES[0]


@case
@dataclass(frozen=True, slots=True)
class StagePlan:
    """Scenes that are played at once on one actor system."""

    scenes: tuple[ScenePlan, ...] = (ScenePlan(),)


def scene_plans() -> SearchStrategy[ScenePlan]:
    """Draw one scene; shrinks to two that ask once."""
    from hypothesis import strategies as st

    return st.builds(
        ScenePlan,
        what=st.sampled_from(SCENES),
        actors=st.integers(1, 4),
        times=st.integers(1, 8),
        lost_percent=st.sampled_from((0, 20, 40, 60)),
        failure=st.sampled_from(FAILURES),
    )


def stage_plans(*, most: int = 4) -> SearchStrategy[StagePlan]:
    """Draw 1 to ``most`` scenes, each of another kind; shrinks to two that ask once."""
    from hypothesis import strategies as st

    def distinct(drawn: list[ScenePlan]) -> StagePlan:
        return StagePlan(tuple({one.what: one for one in reversed(drawn)}.values())[::-1])

    return st.lists(scene_plans(), min_size=1, max_size=most).map(distinct)
