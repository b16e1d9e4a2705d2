from __future__ import annotations

from itertools import product

import pytest

from alyslab.errors import StateError
from alyslab.phases.phase import Phase
from alyslab.phases.state import CALLS, TRANSITIONS, FrameworkState, Stage, allowed_calls

# Written out again, from the guide, so that a slip in the table does not pass unseen.
GUIDE = {
    ("Uninitialized", "Initializing"),
    ("Initializing", "Ready"),
    ("Initializing", "Error"),
    ("Ready", "Running"),
    ("Running", "Ready"),
    ("Running", "Error"),
    ("Ready", "Completed"),
    # What the guide leaves open: the end of a session.
    ("Ready", "Uninitialized"),
    ("Ready", "Error"),
    ("Completed", "Error"),
}


def state(stage: Stage) -> FrameworkState:
    phase = Phase.FOUNDATION if stage is Stage.RUNNING else None
    return FrameworkState(stage=stage, phase=phase, message="broke" if stage is Stage.ERROR else "")


@pytest.mark.parametrize(("before", "after"), list(product(Stage, Stage)), ids=lambda stage: stage.value)
def test_a_step_is_taken_if_and_only_if_the_table_has_it(before: Stage, after: Stage) -> None:
    """An illegal transition would let a phase run on harnesses that are down."""
    target = state(after)
    if (before.value, after.value) in GUIDE:
        assert state(before).to(after, phase=target.phase, message=target.message) == target
    else:
        with pytest.raises(StateError, match=f"the step to {after}"):
            state(before).to(after, phase=target.phase, message=target.message)


@pytest.mark.parametrize(("call", "stage"), list(product(CALLS, Stage)))
def test_a_wrong_call_names_the_state_and_what_it_allows(call: str, stage: Stage) -> None:
    """Who calls in the wrong order needs to know both."""
    allowed = {
        "initialize": {Stage.UNINITIALIZED},
        "run_phase": {Stage.READY},
        "complete": {Stage.READY},
        "shutdown": set(Stage),
    }
    if stage in allowed[call]:
        state(stage).require(call)
        assert call in allowed_calls(stage)
    else:
        with pytest.raises(StateError) as refusal:
            state(stage).require(call)
        assert refusal.value.state == str(state(stage))
        assert refusal.value.allowed == allowed_calls(stage)


def test_every_stage_is_in_the_table_and_can_be_reached() -> None:
    """A stage that the table forgot would be a KeyError in the middle of a session."""
    reached = {Stage.UNINITIALIZED}
    while more := {after for stage in reached for after in TRANSITIONS[stage]} - reached:
        reached |= more

    assert reached == set(TRANSITIONS) == set(Stage)


def test_a_state_reads_as_the_guide_writes_it() -> None:
    """Logs and errors show it."""
    assert str(state(Stage.RUNNING)) == "Running(foundation)"
    assert str(state(Stage.ERROR)) == "Error(broke)"
    assert str(state(Stage.READY)) == "Ready"


@pytest.mark.parametrize(
    ("stage", "phase", "message"),
    [
        (Stage.RUNNING, None, ""),
        (Stage.READY, Phase.FOUNDATION, ""),
        (Stage.ERROR, None, ""),
        (Stage.READY, None, "broke"),
    ],
)
def test_a_state_has_what_belongs_to_its_stage_and_nothing_else(
    stage: Stage, phase: Phase | None, message: str
) -> None:
    """A running session without its phase, or an error without its reason, explains nothing."""
    with pytest.raises(ValueError, match="belongs to"):
        FrameworkState(stage=stage, phase=phase, message=message)
