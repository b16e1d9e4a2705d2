"""The steps of a machine: as text, as a replay token, and run again in one simulation."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from alyslab.errors import BadInputError, Problem
from alyslab.property.property import faults_falsify, run_behind, strategy_of, told
from alyslab.runtime import simulate
from alyslab.runtime.replay import runs_what

if TYPE_CHECKING:
    from alyslab.property.machine import SimulationMachine

    Steps = Sequence[tuple[str, dict[str, Any]]]


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


@runs_what("machine")
async def replay_steps(*, machine: str, steps: list[list[Any]]) -> None:
    """Run the steps of a machine in one go: the workload that replay tokens of machines name.

    Parameters
    ----------
    machine
        ``module:Class``.
    steps
        Pairs of a rule's name and its arguments.

    Raises
    ------
    Falsified
        If a claim does not hold.
    BadInputError
        If there is no such machine, or no such rule.
    """
    found = machine_at(machine)
    tested = found()
    tested.within()
    with told(machine):
        for name, values in steps:
            await _rule_of(tested, name)(**values)
        await tested.finish()


def machine_at(place: str) -> type[SimulationMachine]:
    """Return the machine that ``module:Class`` names; raises :class:`BadInputError` if there is none."""
    import importlib

    from alyslab.property.machine import SimulationMachine

    module, _, path = place.partition(":")
    found: Any = importlib.import_module(module)
    for name in path.split("."):
        found = getattr(found, name, None)
    if not isinstance(found, type) or not issubclass(found, SimulationMachine):
        raise BadInputError(Problem(where="machine", what="there is no machine of that name", value=place))
    return found


def _rule_of(tested: SimulationMachine, name: str) -> Callable[..., Any]:
    known = {one.function.__name__ for one in (*tested.rules, *type(tested).setup_state().initializers)}
    if name not in known:
        problem = Problem(where="machine", key="steps", what="no such rule", value=name, allowed=str(known))
        raise BadInputError(problem)
    found: Callable[..., Any] = getattr(tested, name)
    return found
