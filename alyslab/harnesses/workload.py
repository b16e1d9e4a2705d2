"""A workload: a function with parameters that a token can name, and how its journal is judged."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from alyslab.checkers.verdict import Verdict
from alyslab.runtime import simulate

if TYPE_CHECKING:
    from alyslab.runtime import Journal, Run


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """One experiment on a harness, usable from a notebook, from pytest and from a phase."""

    name: str
    """What the registry calls it."""
    claim: str
    """What it shows, in a line."""
    main: Callable[..., Coroutine[Any, Any, Any]]
    """Async function at the top level of a module, for :func:`alyslab.simulate`."""
    judge: Callable[[Journal], Verdict]
    """Makes the verdict from the journal alone, of a run here or of a saved file."""
    strategy: str = "random"
    """In which order ready steps run, unless a run says otherwise."""

    def run(
        self,
        seed: int,
        *,
        strategy: str | None = None,
        planted: Iterable[str] = (),
        activation_ratio: float = 0.0,
        **parameters: Any,
    ) -> Outcome:
        """Run it in virtual time and judge it.

        Raises
        ------
        BadInputError
            For a parameter, a strategy or a defect that does not exist.
        """
        run = simulate(
            self.main,
            seed=seed,
            strategy=strategy or self.strategy,
            planted=planted,
            activation_ratio=activation_ratio,
            parameters=parameters,
        )
        return Outcome(workload=self.name, run=run, verdict=self.judge(run.journal))


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """A run of a workload and its verdict."""

    workload: str
    run: Run
    verdict: Verdict
