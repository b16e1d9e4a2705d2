"""Searching for a sequence of steps that falsifies a machine, and replaying the smallest one found."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final

from alyslab.property.examination import Counterexample, Examination, Tally
from alyslab.property.examine import chosen, search
from alyslab.property.profiles import profile
from alyslab.property.property import faults_falsify, run_behind, strategy_of
from alyslab.runtime import simulate
from alyslab.runtime.sites import planting

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

    planted = tuple(planted)
    with planting(*planted):
        pass  # refuses unknown names before anything starts
    tally = Tally()
    last: list[tuple[list[tuple[str, dict[str, Any]]], int, str]] = []

    def observe(ended: SimulationMachine, given_up: bool) -> None:
        if given_up:
            tally.discard(cut_short=True)
            return
        tally.count(_features(ended.steps))
        if ended.failure is not None:
            tally.fail()
            last[:] = [(ended.steps, ended.schedule, str(ended.failure))]

    def make() -> SimulationMachine:
        made = machine()
        made.planted, made.observe = planted, observe
        return made

    how = settings(
        chosen(profile(profile_name), cases, seed, shrink, machine.weight), stateful_step_count=steps
    )
    began_s = time.perf_counter()
    # A function that makes machines serves as well as a class, says Hypothesis' documentation.
    test = get_state_machine_test(make, settings=how)  # type: ignore[arg-type]
    search(test, seed)
    found = None
    if tally.found_after is not None:
        done, schedule, seen = last[0]
        found = Counterexample(
            case=text_of(done),
            data=[list(step) for step in done],
            seen=seen,
            token=token_of(machine, done, schedule, planted),
            found_after=tally.found_after,
            runs=tally.runs,
        )
    return Examination(
        name=machine.__name__,
        claim=(machine.__doc__ or "").partition("\n")[0],
        planted=planted,
        seed=seed,
        cases=tally.cases,
        discarded=tally.discarded,
        cut_short=tally.cut_short,
        wall_s=time.perf_counter() - began_s,
        distribution={name: dict(counts) for name, counts in tally.features.items()},
        counterexample=found,
    )


def _features(steps: Steps) -> dict[str, Any]:
    return {
        "steps": len(steps),
        **{f"rule {name}": count for name, count in Counter(n for n, _ in steps).items()},
    }


def text_of(steps: Steps) -> str:
    """Return the steps as calls, one after another."""
    return "; ".join(
        f"{name}({', '.join(f'{key}={value!r}' for key, value in values.items())})" for name, values in steps
    )


def token_of(
    machine: type[SimulationMachine], steps: Steps, schedule: int, planted: Iterable[str] = ()
) -> str:
    """Run the steps once more, in one simulation, and return the token of that run; empty if it holds there.

    Raises
    ------
    TypeError
        If an argument of a rule is no JSON value.
    """
    from alyslab.property.machine import replay_steps

    listed = json.loads(json.dumps([list(step) for step in steps]))
    try:
        with faults_falsify():
            simulate(
                replay_steps,
                seed=schedule,
                strategy=strategy_of(schedule),
                planted=planted,
                parameters={"machine": machine.place(), "steps": listed},
            )
    except Exception as error:  # whatever ended the machine ends this run too
        run = run_behind(error)
        return "" if run is None else run.token
    return ""
