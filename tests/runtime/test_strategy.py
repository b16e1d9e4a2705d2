"""Scheduling strategies: what they find, what they record, what they refuse."""

from __future__ import annotations

import asyncio
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alyslab.errors import BadInputError
from alyslab.runtime import simulate
from alyslab.runtime.strategy import Fifo, Pct, Recorded, SeededRandom, make_strategy
from tests.runtime.programs import execute, programs
from tests.runtime.workloads import busy, lost_update, starved

SPECS = ("fifo", "random", "pct", "pct:2:50", "recorded")


def test_first_in_first_out_misses_the_planted_race():
    """Otherwise the next two tests would show nothing about the strategies."""
    assert {simulate(lost_update, seed=seed).result for seed in range(5)} == {2}


@pytest.mark.parametrize("strategy", ["random", "pct", "pct:3:60"])
def test_reordering_strategies_find_the_planted_race(strategy):
    """Finding races that plain testing misses is what a strategy is for."""
    found = [seed for seed in range(60) if simulate(lost_update, seed=seed, strategy=strategy).result < 2]
    assert found


@pytest.mark.parametrize("strategy", SPECS)
def test_same_seed_gives_the_same_schedule(strategy):
    """A race that is found once must be found again."""
    first, second = (simulate(busy, seed=11, strategy=strategy) for _ in range(2))
    assert (first.digest, first.choices) == (second.digest, second.choices)


@pytest.mark.parametrize("strategy", ["random", "pct"])
def test_another_seed_gives_another_schedule(strategy):
    """A search that always takes the same way searches nothing."""
    digests = {simulate(lost_update, seed=seed, strategy=strategy).choices_digest for seed in range(20)}
    assert len(digests) > 5


@pytest.mark.parametrize("strategy", ["random", "pct"])
@given(program=programs(timed=True), seed=st.integers(0, 2**63 - 1))
def test_recorded_choices_repeat_any_schedule(strategy, program, seed):
    """Shrinking and sharing a schedule both rest on the choices being all there is to it."""
    parameters = {"program": [[list(op) for op in task] for task in program]}
    first = simulate(execute, seed=seed, strategy=strategy, parameters=parameters)
    again = simulate(execute, seed=seed, strategy="recorded", choices=first.choices, parameters=parameters)
    assert again.result == first.result
    assert again.choices_digest == first.choices_digest
    assert again.choices == first.choices
    assert again.steps == first.steps


@given(st.lists(st.integers(0, 9), max_size=30), st.data())
def test_edited_choices_are_still_a_schedule(choices, data):
    """A shrinker zeroes and cuts without knowing how many tasks were ready."""
    kept = data.draw(st.lists(st.booleans(), min_size=len(choices), max_size=len(choices)))
    edited = [choice if keep else 0 for choice, keep in zip(choices, kept, strict=True)]
    run = simulate(lost_update, seed=1, strategy="recorded", choices=edited)
    assert 1 <= run.result <= 2
    same = simulate(lost_update, seed=1, strategy="recorded", choices=run.choices)
    assert same.choices_digest == run.choices_digest


def test_race_shrinks_to_few_choices_by_zeroing():
    """The point of choices: a found schedule becomes a small one that still fails."""
    seed = next(seed for seed in range(60) if simulate(lost_update, seed=seed, strategy="random").result < 2)
    choices = list(simulate(lost_update, seed=seed, strategy="random").choices)
    for at in range(len(choices)):
        shorter = [*choices[:at], 0, *choices[at + 1 :]]
        if simulate(lost_update, seed=seed, strategy="recorded", choices=shorter).result < 2:
            choices = shorter
    final = simulate(lost_update, seed=seed, strategy="recorded", choices=choices)
    assert final.result < 2
    assert 1 <= sum(choice != 0 for choice in final.choices) <= 6


def test_exported_choices_end_with_one_that_matters():
    """Trailing zeros are what comes anyway; without them tokens stay short."""
    seen = [simulate(lost_update, seed=seed, strategy="random").choices for seed in range(20)]
    assert any(seen)
    assert all(type(choice) is int and choice >= 0 for choices in seen for choice in choices)
    assert all(choices[-1] != 0 for choices in seen if choices)
    assert simulate(lost_update, seed=1).choices == ()


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("strategy", ["random", "pct", "pct:1:1", "fifo"])
def test_spinning_task_does_not_starve_the_others(strategy, seed):
    """PCT runs the highest priority only; a task that polls would run alone for ever."""
    assert simulate(starved, seed=seed, strategy=strategy, max_steps=50_000).result > 0


def test_pct_keeps_running_the_highest_priority_until_a_change_point():
    """Without persistence it would be a random walk, which needs deep bugs to be lucky often."""
    strategy = Pct(random.Random(1), depth=1, horizon=10)
    first = strategy.choose([0, 1, 2, 3])
    assert {strategy.choose([0, 1, 2, 3]) for _ in range(20)} == {first}


def test_pct_drops_the_running_task_at_its_change_points():
    """The lowered priority is what meets a bug of depth two and more."""
    strategy = Pct(random.Random(1), depth=3, horizon=3)
    picked = [strategy.choose([0, 1, 2, 3]) for _ in range(10)]
    assert 2 <= len(set(picked)) <= 3
    assert len(set(picked[3:])) == 1


@given(st.integers(2, 9), st.integers(0, 2**32))
def test_seeded_random_can_choose_each_ready_task(ready, seed):
    """A task that is never chosen hides every bug that needs it first."""
    strategy = SeededRandom(random.Random(seed))
    drawn = [strategy.choose(list(range(ready))) for _ in range(400)]
    assert set(drawn) == set(range(ready))


def test_recorded_choice_beyond_the_ready_tasks_means_the_last():
    """An edited list of choices must never be an error in the middle of a run."""
    strategy = Recorded([7, 1])
    assert [strategy.choose([4, 5, 6]), strategy.choose([4, 5]), strategy.choose([4, 5])] == [2, 1, 0]


@pytest.mark.parametrize("spec", SPECS)
def test_spec_makes_the_same_strategy(spec):
    """The token carries the spec and nothing else about the strategy."""
    assert make_strategy(spec, random.Random(1)).spec == spec


def test_plain_names_make_their_strategies():
    """The defaults of the names are part of the contract."""
    rng = random.Random(1)
    assert isinstance(make_strategy("fifo", rng), Fifo)
    assert isinstance(make_strategy("random", rng), SeededRandom)
    assert make_strategy("pct:3:1000", rng).spec == "pct"


@pytest.mark.parametrize(
    ("spec", "choices"),
    [
        ("", ()),
        ("FIFO", ()),
        ("fifo:1", ()),
        ("random:", (1,)),
        ("random:1", ()),
        ("pct:", (0,)),
        ("pct:3", ()),
        ("pct:0:5", ()),
        ("pct:6:5", ()),
        ("pct:3:-9", ()),
        ("pct:²:5", ()),
        ("pct:3:99999999999", ()),
        ("pct:1:2:3", ()),
        ("recorded:1", ()),
        ("recorded", (-1,)),
        ("recorded", (1.0,)),
        ("recorded", ("1",)),
        ("recorded", (True,)),
        ("fifo", (1,)),
        (None, ()),
        ("recorded", 5),
    ],
)
def test_malformed_strategy_is_bad_input(spec, choices):
    """A mistyped strategy must not silently be another one."""

    async def main():
        await asyncio.sleep(0)

    with pytest.raises(BadInputError) as caught:
        simulate(main, seed=1, strategy=spec, choices=choices)
    assert caught.value.problems[0].key in ("strategy", "choices")
    assert caught.value.problems[0].allowed
