"""Searching for a counterexample of a property, with everything that the search did returned as data."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from alyslab.property.case import describe, to_json
from alyslab.property.examination import Examination
from alyslab.property.property import (
    SCHEDULES_MAX,
    Falsified,
    Property,
    run_behind,
    run_case,
    run_in_simulation,
)
from alyslab.property.search import Failing, Search


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
        How many valid cases to try; None for what the profile says (``quick``: divided by the weight).
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

    search = Search(
        weight=tested.weight,
        weight_reason=tested.weight_reason,
        cases=cases,
        seed=seed,
        planted=planted,
        shrink=shrink,
        profile_name=profile_name,
    )
    strategy, schedules = tested.cases(), st.integers(0, SCHEDULES_MAX)

    def test(data: Any) -> None:
        with Discards(search, data):
            case = data.draw(strategy)
            schedule = data.draw(schedules) if tested.simulated else 0
        search.count(tested.features(case))
        try:
            run_case(tested, case, schedule, search.planted)
        except AssertionError as error:
            seen = str(error)
            search.fail(lambda: _failing(tested, case, schedule, seen, search.planted))
            raise

    search.run(search.settings(given(data=st.data())(test)))
    return search.examination(tested.name, tested.claim)


class Discards:
    """Counts a case whose drawing is given up in the block; a context manager.

    A strategy that refused what it drew is one thing; a case that the engine
    cut short is another: it asks for small cases first, and a strategy can't
    know how small.
    """

    def __init__(self, search: Any, data: Any) -> None:
        self._search = search
        self._data = data

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None:
            # Hypothesis ends both by the same exception; only its own record tells them apart.
            self._search.discard(cut_short=self._data.conjecture_data.status.name == "OVERRUN")


def _failing(tested: Property, case: Any, schedule: int, seen: str, planted: Iterable[str]) -> Failing:
    return Failing(
        case=describe(case) + (f" under schedule {schedule}" if schedule else ""),
        data={"case": to_json(case), "schedule": schedule},
        seen=seen,
        token=_token(tested, case, schedule, planted),
    )


def _token(tested: Property, case: Any, schedule: int, planted: Iterable[str]) -> str:
    """Run the case once more in a simulation and return the token of that run; empty if it holds there."""
    try:
        run_in_simulation(tested, case, schedule, planted)
    except Falsified as error:
        run = run_behind(error)
        return "" if run is None else run.token
    return ""
