"""State machines whose rules are coroutines, on one simulation per example.

::

    class Accounts(SimulationMachine):
        @initialize(opening=st.integers(0, 100))
        async def open(self, opening): ...

        @rule(amount=st.integers(1, 10))
        async def pay(self, amount): ...

        @invariant()
        async def nobody_owes(self): ...

    TestAccounts = Accounts.TestCase

Everything else is Hypothesis' own: bundles, preconditions, shrinking.  Beside
what a machine declares, each example draws a schedule, in which 0 is first in,
first out, so that a failure that needs no luck shrinks to none.

A rule ends when everything that it set off has come to rest at that moment of
virtual time; so the same steps take the same course here, one by one, and in
the single run that a replay token names.  Faults are rules like others.
"""

from __future__ import annotations

import asyncio
import functools
import sys
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from typing import Any, ClassVar, Final

from hypothesis import note, stateful
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, multiple, precondition

from alyslab.errors import UnhandledError
from alyslab.property.property import SCHEDULES_MAX, claim, faults_falsify, strategy_of
from alyslab.runtime import Simulation

__all__ = [
    "Bundle",
    "SimulationMachine",
    "claim",
    "consumes",
    "initialize",
    "invariant",
    "multiple",
    "precondition",
    "rule",
]

REST_S: Final = 1e-9
"""A timer fires only when nothing is ready: waiting for this one lets everything else come to rest."""
_MARK: Final = "alyslab_invariant"
Method = Callable[..., Coroutine[Any, Any, Any]]


class SimulationMachine(RuleBasedStateMachine):
    """Base of machines on the simulation; see the module."""

    weight: ClassVar[int] = 1
    """Divides the cases of the profile ``quick``, as that of a property."""
    weight_reason: ClassVar[str] = ""
    """What of an example costs so much; empty where the weight is 1."""
    planted: tuple[str, ...] = ()
    """Defects that are on in every example."""
    observe: Callable[[SimulationMachine, bool], None] | None = None
    """Called at the end of each example, with whether Hypothesis gave it up half-way."""

    def __init__(self) -> None:
        super().__init__()
        self.schedule = 0
        """Drawn for each example; 0 is first in, first out."""
        self.steps: list[tuple[str, dict[str, Any]]] = []
        """Every rule that was run, with its arguments: what a token replays."""
        self.failure: Exception | None = None
        """What the first rule or check raised that failed."""
        self._invariants = _invariants_of(type(self))
        self._simulation: Simulation | None = None
        self._within = False

    async def finish(self) -> None:
        """Check what can only be said at the end; called when the last rule is done."""

    def teardown(self) -> None:
        """Run :meth:`finish` unless a rule failed or the example was given up, and end the simulation."""
        ended_by = sys.exc_info()[1]
        try:
            if self._simulation is not None:
                try:
                    if ended_by is None:
                        self._run("finish", self.finish())
                finally:
                    self._close(self._simulation)
        finally:
            if self.observe is not None:
                self.observe(self, ended_by is not None and self.failure is None)

    @classmethod
    def place(cls) -> str:
        """Return ``module:Class`` under which a token finds the machine."""
        return f"{cls.__module__}:{cls.__qualname__}"

    def within(self) -> None:
        """Let rules return coroutines: the machine is driven from within a running simulation."""
        self._within = True

    def _begin(self, schedule: int) -> None:
        self.schedule = schedule
        if not self._within:
            self._simulation = Simulation(seed=schedule, strategy=strategy_of(schedule), planted=self.planted)

    def _perform(self, name: str, work: Coroutine[Any, Any, Any], values: dict[str, Any]) -> Any:
        self.steps.append((name, values))
        return self._run(name, self._step(work))

    async def _step(self, work: Coroutine[Any, Any, Any]) -> Any:
        result = await work
        await asyncio.sleep(REST_S)
        for check in self._invariants:
            await getattr(self, check)()
        return result

    def _run(self, name: str, work: Coroutine[Any, Any, Any]) -> Any:
        if self._within:
            return work
        assert self._simulation is not None, f"{name}: no rule before the one that initialises"
        with self._watched(), faults_falsify():
            return self._simulation.run(work)

    def _close(self, simulation: Simulation) -> None:
        if self.failure is None:
            with self._watched(), faults_falsify():
                simulation.close()
        else:
            with suppress(UnhandledError):  # what failed first is the better story
                simulation.close()

    @contextmanager
    def _watched(self) -> Iterator[None]:
        try:
            yield
        except Exception as error:
            self.failure = error
            note(_Reproduction(self))
            raise


def _own_rule(kind: Any, **arguments: Any) -> Callable[[Any], Any]:
    """Return Hypothesis' decorator; its types do not foresee bundles and strategies side by side."""
    decorator: Callable[[Any], Any] = kind(**arguments)
    return decorator


def initialize(**arguments: Any) -> Callable[[Method], Any]:
    """Make a method the one that begins each example, as Hypothesis' own; also draws the schedule.

    Arguments are strategies of JSON values, or bundles.
    """

    def decorate(method: Method) -> Any:
        @functools.wraps(method)
        def begin(self: SimulationMachine, schedule: int, **values: Any) -> Any:
            self._begin(schedule)
            return self._perform(method.__name__, method(self, **values), {"schedule": schedule, **values})

        del begin.__wrapped__  # its signature lacks the schedule
        return _own_rule(stateful.initialize, schedule=st.integers(0, SCHEDULES_MAX), **arguments)(begin)

    return decorate


def rule(**arguments: Any) -> Callable[[Method], Any]:
    """Make a method a rule, as Hypothesis' own.  Arguments are strategies of JSON values, or bundles."""

    def decorate(method: Method) -> Any:
        @functools.wraps(method)
        def perform(self: SimulationMachine, **values: Any) -> Any:
            return self._perform(method.__name__, method(self, **values), values)

        return _own_rule(stateful.rule, **arguments)(perform)

    return decorate


def invariant() -> Callable[[Method], Method]:
    """Make a method an invariant, as Hypothesis' own: it must hold after every rule.

    It runs at the end of the rule and takes no time: entering a simulation
    once more for each would cost more than most rules do.
    """

    def decorate(method: Method) -> Method:
        vars(method)[_MARK] = True
        return method

    return decorate


@functools.cache
def _invariants_of(machine: type[SimulationMachine]) -> tuple[str, ...]:
    return tuple(name for name in dir(machine) if getattr(getattr(machine, name), _MARK, False))


class _Reproduction:
    """Says how to replay a failing example; works it out only for the one that Hypothesis prints."""

    def __init__(self, machine: SimulationMachine) -> None:
        self._machine = machine

    def _repr_pretty_(self, printer: Any, _cycle: bool) -> None:
        from alyslab.property.steps import token_of

        machine = self._machine
        token = token_of(type(machine), machine.steps, machine.schedule, machine.planted)
        printer.text(f"replay with: alyslab replay {token}" if token else "it has no replay token")
