"""Which of its children a supervisor restarts when one of them fails."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import TypeVar

ChildT = TypeVar("ChildT")


class Strategy(StrEnum):
    """Who goes down with an actor that fails.

    Source: alys v2 ACT/foundation/config.rs, ``SupervisionStrategy``, after Erlang's supervisors.
    """

    ONE_FOR_ONE = "one_for_one"
    """Nobody else."""
    ONE_FOR_ALL = "one_for_all"
    """All its siblings."""
    REST_FOR_ONE = "rest_for_one"
    """The siblings that were started after it."""

    def affected(self, children: Sequence[ChildT], failed: ChildT) -> list[ChildT]:
        """Return the children to restart, ``failed`` among them, in the order in which they were started."""
        match self:
            case Strategy.ONE_FOR_ONE:
                return [failed]
            case Strategy.ONE_FOR_ALL:
                return list(children)
            case Strategy.REST_FOR_ONE:
                return list(children[children.index(failed) :])
