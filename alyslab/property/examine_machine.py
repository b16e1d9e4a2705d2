"""Searching for a sequence of steps that falsifies a machine, and replaying the smallest one found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final

from alyslab.property.examination import Examination
from alyslab.property.search import Failing, Search
from alyslab.property.steps import text_of, token_of

if TYPE_CHECKING:
    from alyslab.property.machine import SimulationMachine

    Steps = Sequence[tuple[str, dict[str, Any]]]

STEPS: Final = 30
"""Most steps of an example, by default."""


def examine_machine(
    machine: type[SimulationMachine],
    *,
    cases: int | None = None,
    steps: int = STEPS,
    seed: int | None = None,
    planted: Iterable[str] = (),
    shrink: bool = True,
    profile_name: str | None = None,
) -> Examination:
    """Search for steps that falsify the machine, and shrink the first sequence that is found.

    Parameters
    ----------
    machine
        The machine, a class at the top level of a module.
    cases, seed, planted, shrink, profile_name
        As for :func:`~alyslab.property.examine.examine`.
    steps
        Most steps of one example.

    Raises
    ------
    As :func:`~alyslab.property.examine.examine` does.
    """
    from hypothesis import settings
    from hypothesis.stateful import get_state_machine_test

    search = Search(
        weight=machine.weight,
        weight_reason=machine.weight_reason,
        cases=cases,
        seed=seed,
        planted=planted,
        shrink=shrink,
        profile_name=profile_name,
    )

    def observe(ended: SimulationMachine, given_up: bool) -> None:
        if given_up:
            search.discard(cut_short=True)
            return
        search.count(_features(ended.steps))
        if ended.failure is not None:
            search.fail(lambda: _failing(ended))

    def make() -> SimulationMachine:
        made = machine()
        made.planted, made.observe = search.planted, observe
        return made

    how = settings(search.settings, stateful_step_count=steps)
    # A function that makes machines serves as well as a class, says Hypothesis' documentation.
    search.run(get_state_machine_test(make, settings=how))  # type: ignore[arg-type]
    return search.examination(machine.__name__, (machine.__doc__ or "").partition("\n")[0])


def _features(steps: Steps) -> dict[str, Any]:
    return {
        "steps": len(steps),
        **{f"rule {name}": count for name, count in Counter(n for n, _ in steps).items()},
    }


def _failing(ended: SimulationMachine) -> Failing:
    return Failing(
        case=text_of(ended.steps),
        data=[list(step) for step in ended.steps],
        seen=str(ended.failure),
        token=token_of(type(ended), ended.steps, ended.schedule, ended.planted),
    )
