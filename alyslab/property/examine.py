"""Searching for a counterexample of a property, with everything that the search did returned as data."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Final

from alyslab.property.case import describe, to_json
from alyslab.property.examination import Counterexample, Examination, Tally
from alyslab.property.profiles import profile
from alyslab.property.property import Falsified, Property, run_behind, run_case, run_in_simulation
from alyslab.runtime.sites import planting

if TYPE_CHECKING:
    from hypothesis import settings

SCHEDULES_MAX: Final = 255
"""Schedules to draw from: 0 is first in, first out; each other one a random order of its own."""


def examine(
    tested: Property,
    *,
    cases: int | None = None,
    seed: int | None = None,
    planted: Iterable[str] = (),
    shrink: bool = True,
    profile_name: str | None = None,
) -> Examination:
    """Search for a case for which the claim does not hold, and shrink the first that is found.

    Parameters
    ----------
    tested
        The property.
    cases
        How many valid cases to try; None for what the profile says, divided by the property's weight.
    seed
        Of Hypothesis' draws; None leaves them to the profile.
    planted
        Defects to switch on while the property runs.
    shrink
        Whether to look for a smaller case once one fails.
    profile_name
        One of :data:`~alyslab.property.profiles.CASES`.

    Raises
    ------
    BadInputError
        For an unknown profile or defect; nothing has started then.
    hypothesis.errors.HypothesisException
        If the search itself failed: a health check, a property that gives two answers for one case.
    Exception
        Whatever else the property raised: it is broken then, and not falsified.
    """
    from hypothesis import given
    from hypothesis import strategies as st

    planted = tuple(planted)
    with planting(*planted):
        pass  # refuses unknown names before anything starts
    how = chosen(profile(profile_name), cases, seed, shrink, tested.weight)
    strategy, schedules = tested.cases(), st.integers(0, SCHEDULES_MAX)
    tally = Tally()
    last: list[tuple[Any, int, str]] = []

    def test(data: Any) -> None:
        with Discards(tally, data):
            case = data.draw(strategy)
            schedule = data.draw(schedules) if tested.simulated else 0
        tally.count(tested.features(case))
        try:
            run_case(tested, case, schedule, planted)
        except AssertionError as error:
            tally.fail()
            last[:] = [(case, schedule, str(error))]
            raise

    began_s = time.perf_counter()
    search(how(given(data=st.data())(test)), seed)
    found = None
    if tally.found_after is not None:
        case, schedule, seen = last[0]
        found = Counterexample(
            case=describe(case) + (f" under schedule {schedule}" if schedule else ""),
            data={"case": to_json(case), "schedule": schedule},
            seen=seen,
            token=_token(tested, case, schedule, planted),
            found_after=tally.found_after,
            runs=tally.runs,
        )
    return Examination(
        name=tested.name,
        claim=tested.claim,
        planted=planted,
        seed=seed,
        cases=tally.cases,
        discarded=tally.discarded,
        cut_short=tally.cut_short,
        wall_s=time.perf_counter() - began_s,
        distribution={name: dict(counts) for name, counts in tally.features.items()},
        counterexample=found,
    )


class Discards:
    """Counts a case whose drawing is given up in the block; a context manager.

    A strategy that refused what it drew is one thing; a case that the engine
    cut short is another: it asks for small cases first, and a strategy can't
    know how small.
    """

    def __init__(self, tally: Tally, data: Any) -> None:
        self._tally = tally
        self._data = data

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None:
            # Hypothesis ends both by the same exception; only its own record tells them apart.
            self._tally.discard(cut_short=self._data.conjecture_data.status.name == "OVERRUN")


def chosen(base: settings, cases: int | None, seed: int | None, shrink: bool, weight: int = 1) -> settings:
    """Return the profile's settings with what the caller chose; a seed ends derandomisation."""
    from hypothesis import Phase, settings

    phases = [Phase.explicit, Phase.reuse, Phase.generate, Phase.target, *[Phase.shrink] * shrink]
    # The phase that explains runs the smallest case a hundred times more, and says it to nobody here.
    changes: dict[str, Any] = {"report_multiple_bugs": False, "phases": phases}
    changes["max_examples"] = max(1, base.max_examples // weight) if cases is None else cases
    if seed is not None:
        changes |= {"derandomize": False, "database": None}
    return settings(base, **changes)


def search(test: Callable[..., None], seed: int | None) -> None:
    """Run a Hypothesis test; what falsified it stays with the caller, what broke it passes through."""
    import hypothesis

    if seed is not None:
        test = hypothesis.seed(seed)(test)
    try:
        test()
    except AssertionError:
        return


def _token(tested: Property, case: Any, schedule: int, planted: Iterable[str]) -> str:
    """Run the case once more in a simulation and return the token of that run; empty if it holds there."""
    try:
        run_in_simulation(tested, case, schedule, planted)
    except Falsified as error:
        run = run_behind(error)
        return "" if run is None else run.token
    return ""
