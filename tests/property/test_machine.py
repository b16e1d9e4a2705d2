"""State machines whose rules are coroutines: they find, shrink, say how to replay, and clean up."""

from __future__ import annotations

import pytest
from hypothesis import Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from alyslab.errors import BadInputError
from alyslab.property import Counterexample, Falsified, examine_machine
from alyslab.property.profiles import profile
from alyslab.property.steps import machine_at, replay_steps
from alyslab.runtime import simulate
from alyslab.runtime.replay import replay
from tests.property.systems import Accounts

UNSAFE = "property_test.race"
PLACE = "tests.property.systems:Accounts"


@pytest.fixture(scope="module")
def found() -> Counterexample:
    """The smallest steps that show the race: searched once, read by several tests."""
    seen = examine_machine(Accounts, cases=200, steps=5, seed=1, planted=(UNSAFE,)).counterexample
    assert seen is not None
    return seen


def test_a_machine_that_holds_is_held():
    """Nothing may be found where nothing is planted."""
    seen = examine_machine(Accounts, cases=15, steps=8, seed=1)

    assert (seen.status, seen.cases, seen.counterexample) == ("held", 15, None)
    assert sum(seen.distribution["steps"].values()) == 15


def test_a_planted_race_shrinks_to_two_payments_at_one_moment(found):
    """Two deposits, no luck in the schedule, the least amounts: what a reader expects to see."""
    assert [name for name, _ in found.data] == ["begin", "open", "pay"]
    assert found.data[0][1] == {"schedule": 0, "opening": 0}
    assert found.data[2][1] == {"account": "account-0", "amounts": [1, 1]}
    assert "were paid {'account-0': 2}" in found.seen


def test_the_token_replays_the_smallest_steps_in_one_run(found):
    """The machine went step by step; the token must meet the same failure in one go."""
    again = replay(found.token)

    assert again.same
    assert found.seen in (again.error or "")
    assert again.token.planted == (UNSAFE,)
    assert again.token.parameters["machine"] == PLACE


def test_pytest_prints_the_token_with_the_failing_steps():
    """Who sees a red test in CI needs one word to run it again."""

    class Unsafe(Accounts):
        planted = (UNSAFE,)

        @classmethod
        def place(cls) -> str:
            return PLACE

    with pytest.raises(Falsified) as caught:
        run_state_machine_as_test(
            Unsafe,
            settings=settings(profile("quick"), stateful_step_count=8, phases=[Phase.generate]),
        )

    notes = "\n".join(caught.value.__notes__)
    assert "replay with: alyslab replay alys1-" in notes
    assert "state.begin(" in notes
    token = notes.partition("alyslab replay ")[2].split()[0]
    assert replay(token).same


TestAccounts = Accounts.TestCase
TestAccounts.settings = settings(profile("quick"), max_examples=10, stateful_step_count=5)


def test_steps_can_be_replayed_by_hand():
    """A shrunk example is data: somebody may leave a step out and look."""
    steps = [["begin", {"schedule": 0, "opening": 1}], ["open", {}], ["wait", {"seconds": 60}]]

    run = simulate(replay_steps, seed=0, parameters={"machine": PLACE, "steps": steps})

    assert run.virtual_s > 60


@pytest.mark.parametrize(
    "place", ["tests.property.systems:SUM", "tests.property.systems:Nothing", "os:system"]
)
def test_a_token_can_name_nothing_but_machines(place):
    """A token names what is run; it must not reach for anything else."""
    with pytest.raises(BadInputError, match="no machine of that name"):
        machine_at(place)


@pytest.mark.parametrize("name", ["teardown", "_begin", "nothing"])
def test_a_token_can_run_nothing_but_rules(name):
    """A step names a rule of the machine, not any method."""
    with pytest.raises(BadInputError, match="no such rule"):
        simulate(replay_steps, seed=0, parameters={"machine": PLACE, "steps": [[name, {}]]})
