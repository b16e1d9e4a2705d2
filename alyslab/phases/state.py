"""The states of a session over the migration phases, and how they may follow each other.

Source: the testing guide, Phase 1, ``FrameworkState``.  Two of its loose ends
are tied here: what follows ``Error`` (nothing but a shutdown, because a
harness that failed once can't be trusted to be what the next phase expects)
and what a shutdown leaves behind (a session that ended well or badly stays
``Completed`` or ``Error``; one that was merely left is ``Uninitialized``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from alyslab.errors import StateError
from alyslab.phases.phase import Phase


class Stage(StrEnum):
    """Where a session stands."""

    UNINITIALIZED = "Uninitialized"
    INITIALIZING = "Initializing"
    READY = "Ready"
    RUNNING = "Running"
    COMPLETED = "Completed"
    ERROR = "Error"


TRANSITIONS: Mapping[Stage, frozenset[Stage]] = {
    Stage.UNINITIALIZED: frozenset({Stage.INITIALIZING}),
    Stage.INITIALIZING: frozenset({Stage.READY, Stage.ERROR}),
    Stage.READY: frozenset({Stage.RUNNING, Stage.COMPLETED, Stage.UNINITIALIZED, Stage.ERROR}),
    Stage.RUNNING: frozenset({Stage.READY, Stage.ERROR}),
    Stage.COMPLETED: frozenset({Stage.ERROR}),
    Stage.ERROR: frozenset(),
}
"""Which stage may follow which.  Ready and Completed fall into Error when their shutdown fails."""

CALLS: Mapping[str, frozenset[Stage]] = {
    "initialize": frozenset({Stage.UNINITIALIZED}),
    "run_phase": frozenset({Stage.READY}),
    "complete": frozenset({Stage.READY}),
    "shutdown": frozenset(Stage),
}
"""In which stages each call of the framework is allowed.  A shutdown ends whatever is under way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameworkState:
    """One state: the stage and what belongs to it."""

    stage: Stage
    phase: Phase | None = None
    """The phase that runs; only in ``Running``."""
    message: str = ""
    """What went wrong; only in ``Error``."""

    def __post_init__(self) -> None:
        if (self.phase is not None) != (self.stage is Stage.RUNNING):
            raise ValueError(f"a phase belongs to Running and to no other stage, not to {self.stage}")
        if bool(self.message) != (self.stage is Stage.ERROR):
            raise ValueError(f"a message belongs to Error and to no other stage, not to {self.stage}")

    def __str__(self) -> str:
        detail = self.phase or self.message
        return f"{self.stage}({detail})" if detail else str(self.stage)

    def require(self, call: str) -> None:
        """Raise :class:`StateError`, naming this state and the allowed calls, unless ``call`` is one."""
        if self.stage not in CALLS[call]:
            raise StateError(call, str(self), allowed_calls(self.stage))

    def to(self, stage: Stage, *, phase: Phase | None = None, message: str = "") -> FrameworkState:
        """Return the state that follows; raises :class:`StateError` where the table has no such step."""
        if stage not in TRANSITIONS[self.stage]:
            raise StateError(f"the step to {stage}", str(self), allowed_calls(self.stage))
        return FrameworkState(stage=stage, phase=phase, message=message)


def allowed_calls(stage: Stage) -> tuple[str, ...]:
    """Return the calls that ``stage`` allows, in the order in which a session makes them."""
    return tuple(call for call, stages in CALLS.items() if stage in stages)
