"""A case: one thing that a search can run with a seed, and how its journal is judged."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from alyslab.runtime.randomness import Streams
from alyslab.runtime.sites import ACTIVATION_RATIO

if TYPE_CHECKING:
    from alyslab.checkers.verdict import Verdict
    from alyslab.runtime import Journal

STRATEGIES: Final = ("fifo", "random", "pct")
"""How tasks are ordered; each seed draws one."""


def nothing_drawn(_: int) -> Mapping[str, Any]:
    """Return no parameters: the workload's defaults are run with every seed."""
    return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One thing to run with a seed."""

    name: str
    """``harness:workload``; a system under drawn plans is ``chaos:system``."""
    main: Callable[..., Coroutine[Any, Any, Any]]
    """What a token names."""
    judge: Callable[[Journal], Verdict]
    parameters: Callable[[int], Mapping[str, Any]] = nothing_drawn
    """Makes the parameters of a seed."""
    strategies: tuple[str, ...] = STRATEGIES
    activation_ratio: float = ACTIVATION_RATIO
    """Share of fault sites that a run makes active."""

    def strategy(self, seed: int) -> str:
        """Return the strategy that a seed draws."""
        return Streams(seed).stream("chaos.strategy").choice(self.strategies)
