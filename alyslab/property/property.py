"""A property: a claim about every case that a strategy can draw, and the function that tests it on one."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from alyslab.errors import BadInputError, Problem, StallError, UnhandledError
from alyslab.property.case import from_json, to_json
from alyslab.runtime import failed_run, require_current, simulate
from alyslab.runtime.replay import runs_what
from alyslab.runtime.sites import planting

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

    from alyslab.runtime import Run

SCHEDULES_MAX: Final = 255
"""Schedules to draw from: 0 is first in, first out; each other one a random order of its own."""
Features = Mapping[str, Hashable]
"""What describes a case in a distribution: ``{"blocks": 3, "forks": 1}``."""


class Falsified(AssertionError):  # noqa: N818 - a result, not an error of the laboratory
    """The claim does not hold for a case; a result that Hypothesis shrinks."""


def claim(holds: object, otherwise: str) -> None:
    """Go on if ``holds`` is true; otherwise raise :class:`Falsified` with what was seen instead."""
    if not holds:
        raise Falsified(otherwise)


def no_features(_: Any) -> Features:
    """Return nothing: the cases of this property are not told apart."""
    return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Property:
    """One claim, usable from pytest, from a notebook and from a phase.

    Bind it to a name at the top level of a module, so that a replay token can
    name it.
    """

    name: str
    """What tables call it."""
    claim: str
    """What holds for every case, in a sentence."""
    cases: Callable[[], SearchStrategy[Any]]
    """Makes the strategy; what it draws must be a case, see :mod:`alyslab.property.case`."""
    check: Callable[[Any], Any]
    """Raises :class:`Falsified` for a case for which the claim does not hold.

    A function, or an async function, which then runs in a simulation of its
    own under a drawn schedule.
    """
    source: str
    """Where the promise stands."""
    features: Callable[[Any], Features] = no_features
    """What to count of a case, so that a report can show what was generated."""

    weight: int = 1
    """Divides the cases of the profile ``quick``: what takes a tenth of a second can't be tried as often."""
    weight_reason: str = ""
    """What of a case costs so much; empty where the weight is 1."""

    @property
    def simulated(self) -> bool:
        """Whether it runs in a simulation."""
        return inspect.iscoroutinefunction(self.check)

    @property
    def place(self) -> str:
        """``module:NAME`` under which a token finds it.

        Raises
        ------
        LookupError
            If it is not bound at the top level of the module of its check.
        """
        module = self.check.__module__
        for name, value in vars(sys.modules[module]).items():
            if value is self:
                return f"{module}:{name}"
        raise LookupError(f"property {self.name!r} is bound to no name in {module}, so no token can name it")


@runs_what("place")
async def check_case(*, place: str, case: Any) -> None:
    """Test one case of a property: the workload that replay tokens of properties name.

    Parameters
    ----------
    place
        ``module:NAME`` of the property.
    case
        The case, as :func:`~alyslab.property.case.to_json` writes it.

    Raises
    ------
    Falsified
        If the claim does not hold for it.
    BadInputError
        If there is no such property, or this is none of its cases.
    """
    import importlib

    module, _, name = place.partition(":")
    tested = getattr(importlib.import_module(module), name, None)
    if not isinstance(tested, Property):
        what = "there is no property of that name"
        raise BadInputError(Problem(where="check_case", key="place", what=what, value=place))
    with told(place):
        outcome = tested.check(from_json(case))
        if inspect.isawaitable(outcome):
            await outcome


@contextmanager
def told(subject: str) -> Iterator[None]:
    """Write a falsified claim into the journal, so that a replay that meets another end is another run."""
    try:
        yield
    except Falsified as error:
        require_current().journal.record("claim.falsified", subject, seen=str(error))
        raise


def strategy_of(schedule: int) -> str:
    """Return the scheduling strategy that a drawn schedule stands for: 0 is first in, first out."""
    return "random" if schedule else "fifo"


def run_in_simulation(tested: Property, case: Any, schedule: int = 0, planted: Iterable[str] = ()) -> Run:
    """Test one case in a simulation and return the run, for its journal and token.

    Raises
    ------
    Falsified
        If the claim does not hold, or what is tested stalled the run or left a failed task behind.
    """
    with faults_falsify():
        return simulate(
            check_case,
            seed=schedule,
            strategy=strategy_of(schedule),
            planted=planted,
            parameters={"place": tested.place, "case": to_json(case)},
        )


@contextmanager
def faults_falsify() -> Iterator[None]:
    """Turn a stall, or a failed task that nobody looked at, into :class:`Falsified`.

    Elsewhere these mean that the laboratory failed; here all that runs in the
    simulation is what is tested, and neither may happen for any case.
    """
    try:
        yield
    except (StallError, UnhandledError) as error:
        raise Falsified(str(error)) from error


def run_behind(error: BaseException) -> Run | None:
    """Return the run that a falsified claim ended, if one did."""
    return failed_run(error) or (None if error.__cause__ is None else failed_run(error.__cause__))


def run_case(tested: Property, case: Any, schedule: int = 0, planted: Iterable[str] = ()) -> None:
    """Test one case, in a simulation only where the property needs one; raises :class:`Falsified`."""
    if tested.simulated:
        run_in_simulation(tested, case, schedule, planted)
        return
    with planting(*planted):
        tested.check(case)
