"""simulate() and Simulation: determinism, resuming, failures, parameters."""

# Spinning tasks and tasks left behind are what is tested.
# ruff: noqa: ASYNC110, RUF006

from __future__ import annotations

import asyncio
import gc
import json
import os
import pickle
import random
import subprocess
import sys
import traceback
import warnings
import weakref

import numpy as np
import pytest
from hypothesis import given, note, target
from hypothesis import strategies as st

from alyslab.errors import (
    BadInputError,
    BudgetError,
    IsolationError,
    JournalError,
    StallError,
    StateError,
    UnhandledError,
)
from alyslab.runtime import Simulation, current, failed_run, require_current, simulate
from alyslab.runtime.token import Token
from tests.runtime.workloads import busy, counted, digests, failing, lost_update, needs

# --- determinism ---------------------------------------------------------------------------------


def _other_work(rng: random.Random) -> None:
    """Do what changes addresses, generators and the collector's state."""
    junk = [[object() for _ in range(rng.randrange(200))] for _ in range(rng.randrange(200))]
    rng.shuffle(junk)
    del junk[::2]
    asyncio.run(asyncio.sleep(0))
    random.random()
    np.random.random()
    if rng.random() < 0.5:
        gc.collect()


@pytest.mark.parametrize(("strategy", "seeds"), [("fifo", 20), ("random", 10), ("pct", 10)])
def test_digests_are_equal_twice_in_one_process_after_other_work(strategy, seeds):
    """The first promise: the same seed gives the same run, whatever went before."""
    rng, kept = random.Random(1), []
    expected = digests(range(seeds), strategy)
    for seed in range(seeds):
        _other_work(rng)
        kept.append([object() for _ in range(rng.randrange(100))])
        assert digests([seed], strategy) == [expected[seed]]
    assert len(set(expected)) == seeds


def _in_a_process(hash_seed: str, first: int, last: int, strategy: str = "fifo") -> list[str]:
    command = [sys.executable, "-m", "tests.runtime.workloads", str(first), str(last), strategy]
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONHASHSEED": hash_seed},
        timeout=900,
    )
    return json.loads(done.stdout)


def test_digests_are_equal_in_other_processes_under_other_hash_seeds():
    """CI and the engineer's kernel are other processes."""
    here = digests(range(20), "random")
    assert _in_a_process("1", 0, 20, "random") == here
    assert _in_a_process("2", 0, 20, "random") == here


def test_digest_is_the_same_inside_a_running_loop():
    """A Jupyter cell runs inside the kernel's loop."""

    async def kernel():
        task = asyncio.current_task()
        inside = digests(range(5))
        await asyncio.sleep(0)
        assert asyncio.current_task() is task
        return inside

    assert asyncio.run(kernel()) == digests(range(5))


def test_first_run_of_a_workload_is_like_its_second():
    """What a first run imports or caches moves the collector; abandoned generators must not notice."""
    cache = []

    async def stream():
        try:
            while True:
                yield 1
        finally:
            require_current().journal.record("closed", "stream")

    async def main():
        if not cache:
            cache.extend([number] for number in range(5_000))
        for _ in range(3):
            generator = stream()
            await anext(generator)
            cycle = [generator]
            cycle.append(cycle)

    assert len({simulate(main, seed=1).digest for _ in range(3)}) == 1


def test_finished_run_is_freed_without_waiting_for_the_collector():
    """A search runs thousands of simulations; their journals must not pile up."""

    async def main():
        node = current().node("a")
        node.spawn(asyncio.sleep(1))
        await asyncio.gather(*(asyncio.sleep(1) for _ in range(3)))
        await node.disk.write("log", b"x")

    gc.disable()
    try:
        run = simulate(main, seed=1)
        journal = weakref.ref(run.journal)
        del run
        assert journal() is None
    finally:
        gc.enable()


@pytest.mark.slow
@pytest.mark.timeout(1_800)  # 85 s of processor time each, and machines are shared
@pytest.mark.parametrize("strategy", ["fifo", "random"])
def test_thousand_seeds_agree_twice_here_and_in_another_process(strategy):
    """The issue's number, on a workload of everything that could differ."""
    first = digests(range(1_000), strategy)
    assert digests(range(1_000), strategy) == first
    assert _in_a_process("77", 0, 1_000, strategy) == first


@given(st.integers(0, 2**63 - 1))
def test_every_seed_runs_and_repeats(seed):
    """No seed may be special."""
    runs = [simulate(counted, seed=seed, parameters={"rows": 1}) for _ in range(2)]
    assert runs[0].digest == runs[1].digest
    assert runs[0].seed == seed


def test_digest_covers_what_is_recorded_and_what_is_scheduled():
    """A program that records nothing is covered by its steps; one that only records, by its rows."""
    quiet = {simulate(lost_update, seed=1, parameters={"increments": count}).digest for count in (1, 2)}
    noisy = {simulate(counted, seed=1, parameters={"label": label}).digest for label in "ab"}
    assert len(quiet) == 2
    assert len(noisy) == 2
    journals = {
        simulate(lost_update, seed=1, parameters={"increments": count}).journal.digest for count in (1, 2)
    }
    assert len(journals) == 1


def test_run_reports_what_it_took():
    """Virtual seconds, wall seconds and steps are what a reader asks first."""
    run = simulate(counted, seed=4, strategy="random")
    assert (run.result, run.virtual_s, run.seed, run.strategy) == (3, 3, 4, "random")
    assert run.steps > 3
    assert 0 < run.wall_s < 10
    assert len(run.journal) == 3
    assert "seed=4" in repr(run)
    assert len(run.digest) == 32


# --- resuming ------------------------------------------------------------------------------------


def test_simulation_is_resumed_with_time_tasks_and_randomness():
    """A state machine's rules are runs of one simulation, each a step further."""
    ticks = []

    async def background():
        while True:
            await asyncio.sleep(1)
            ticks.append(asyncio.get_running_loop().time())

    async def begin():
        asyncio.create_task(background())

    async def look():
        return random.random(), current().random("x").random(), current().now_ns

    with Simulation(seed=1) as sim:
        sim.run(begin())
        sim.run(asyncio.sleep(2.5))
        first = sim.run(look)
        assert ticks == [1, 2]
        random.random()
        sim.run(asyncio.sleep, delay=1)
        second = sim.run(look)
        assert ticks == [1, 2, 3]
        assert sim.now_ns == 3_500_000_000
    assert len({first[0], second[0], first[1], second[1]}) == 4
    with Simulation(seed=1) as again:
        again.run(begin())
        again.run(asyncio.sleep(2.5))
        assert again.run(look) == first


def test_collections_between_runs_change_nothing():
    """Whatever a test does between two rules, the run must not depend on the collector."""

    async def stream():
        try:
            while True:
                yield 1
        finally:
            require_current().journal.record("closed", "stream")

    async def first():
        for _ in range(3):
            generator = stream()
            await anext(generator)
            cycle = [generator]
            cycle.append(cycle)

    async def second():
        for _ in range(5):
            await asyncio.sleep(0)

    def digest(collect):
        with Simulation(seed=1) as sim:
            sim.run(first)
            if collect:
                gc.collect()
            sim.run(second)
        return sim.journal.digest, sim.loop.choices_digest

    assert digest(True) == digest(False)


def test_failure_of_one_run_leaves_the_simulation_usable():
    """A rule that expects an error goes on after it."""

    async def fail():
        await asyncio.sleep(1)
        raise KeyError("expected")

    async def wait_for_ever():
        await asyncio.Event().wait()

    with Simulation(seed=1) as sim:
        with pytest.raises(KeyError):
            sim.run(fail)
        with pytest.raises(StallError):
            sim.run(wait_for_ever)
        assert sim.run(asyncio.sleep(1, "works")) == "works"


@pytest.mark.parametrize("ending", [KeyboardInterrupt, SystemExit])
def test_interrupt_of_one_run_leaves_the_next_whole(ending):
    """A run after Ctrl-C must not end before it has begun."""

    async def interrupted():
        raise ending

    with Simulation(seed=1) as sim:
        with pytest.raises(ending):
            sim.run(interrupted)
        assert sim.run(asyncio.sleep(1, "whole")) == "whole"


def test_closed_simulation_refuses_to_run_and_leaves_no_coroutine():
    """The error must name the state; a warning on top would be ours."""
    sim = Simulation(seed=1)
    sim.close()
    sim.close()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(StateError) as caught:
            sim.run(counted())
        gc.collect()
    assert (caught.value.state, caught.value.allowed) == ("closed", ())


def test_running_simulation_can_be_neither_run_nor_closed_from_within():
    """Re-entering would turn the order of steps upside down."""

    async def main():
        with pytest.raises(StateError, match="running"):
            sim.run(counted)
        with pytest.raises(StateError, match="running"):
            sim.close()
        return "unharmed"

    with Simulation(seed=1) as sim:
        assert sim.run(main) == "unharmed"


@pytest.mark.parametrize("main", [5, None, print, lambda: 5])
def test_simulation_runs_only_coroutines(main):
    """A plain function has nothing to schedule."""
    with Simulation(seed=1) as sim, pytest.raises(BadInputError):
        sim.run(main)


def test_budgets_cover_all_runs_together():
    """A state machine that goes on for ever is one program that does."""
    with Simulation(seed=1, max_time_s=5) as sim:
        sim.run(asyncio.sleep(4))
        with pytest.raises(BudgetError):
            sim.run(asyncio.sleep(4))


def test_leaving_the_block_cancels_what_is_left_and_seals_the_journal():
    """As ``asyncio.run`` does at its end."""
    log = []

    async def work():
        try:
            await asyncio.sleep(100)
        except asyncio.CancelledError:
            await asyncio.sleep(1)
            log.append(current().now_ns)
            raise

    async def begin():
        asyncio.create_task(work())
        await asyncio.sleep(1)

    with Simulation(seed=1) as sim:
        sim.run(begin)
    assert log == [2 * 10**9]
    sim.journal.record("late", "x")
    assert len(sim.journal) == 0


def test_exhausted_budget_still_lets_tasks_clean_up():
    """Locks and files are released in ``finally``; they must not wait for the collector and real time."""
    log = []

    async def work():
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(asyncio.sleep(10))
        finally:
            log.append(asyncio.get_running_loop().time())

    async def main():
        asyncio.create_task(work())
        while True:
            await asyncio.sleep(0)

    with pytest.raises(BudgetError) as caught:
        simulate(main, seed=1, max_steps=1_000)
    assert log == [0]
    assert failed_run(caught.value).steps >= 1_000
    gc.collect()


# --- failures ------------------------------------------------------------------------------------


def test_exception_passes_through_with_its_token_and_its_run():
    """The engineer needs the exception, the way to repeat it, and the journal up to there."""
    with pytest.raises(ValueError, match="the workload failed") as caught:
        simulate(failing, seed=9, parameters={"after_s": 2.0})
    run = failed_run(caught.value)
    assert run.token in "".join(caught.value.__notes__)
    assert "seed 9" in "".join(caught.value.__notes__)
    assert [event.kind for event in run.journal] == ["begun"]
    assert (run.result, run.virtual_s, run.seed) == (None, 2, 9)
    assert Token.parse(run.token).parameters == {"after_s": 2.0}


def test_exception_without_a_run_has_none():
    """So that a handler can ask about any exception."""
    assert failed_run(ValueError()) is None


def test_traceback_leads_to_the_line_through_few_frames_of_ours():
    """A readable traceback ends where it happened, with no machinery between."""
    with pytest.raises(ValueError, match="the workload failed") as caught:
        simulate(failing, seed=1)
    frames = traceback.extract_tb(caught.value.__traceback__)
    assert frames[-1].name == "failing"
    ours = [frame for frame in frames if "alyslab/runtime" in frame.filename]
    assert 1 <= len(ours) <= 3
    assert not any("asyncio" in frame.filename for frame in frames)


def test_failure_in_the_background_does_not_hide_the_one_of_main():
    """What ended the run is the story; the other is a note."""

    async def broken():
        raise ZeroDivisionError("in the background")

    async def main():
        task = asyncio.create_task(broken())
        await asyncio.sleep(1)
        raise ValueError(f"in main, not {task.get_name()}")

    with pytest.raises(ValueError, match="in main") as caught:
        simulate(main, seed=1)
    assert any("in the background" in each for each in caught.value.__notes__)


def test_row_that_cannot_be_kept_does_not_hide_what_ended_the_run():
    """A hot recorder finds a bad value late; the exception of main is still the story."""

    async def main():
        current().journal.record("good", "s", x=1)
        current().journal.recorder("bad", "x")("s", [1])
        raise ValueError("mine")

    with pytest.raises(ValueError, match="mine") as caught:
        simulate(main, seed=1)
    run = failed_run(caught.value)
    assert [event.kind for event in run.journal] == ["good"]
    assert any("bad.x" in each for each in caught.value.__notes__)


def test_row_that_cannot_be_kept_fails_the_run_with_its_token():
    """It is a broken harness, and must be repeatable like any other failure."""

    async def main():
        current().journal.recorder("bad", "x")("s", [1])

    with pytest.raises(JournalError, match=r"bad\.x") as caught:
        simulate(main, seed=1)
    assert failed_run(caught.value) is not None


def test_task_that_will_not_be_cancelled_is_named():
    """``asyncio.run`` would hang here."""

    kept = []

    async def stubborn():
        while True:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                continue

    async def main():
        kept.append(asyncio.create_task(stubborn(), name="stubborn"))
        await asyncio.sleep(0)

    with pytest.raises(StallError, match="stubborn"):
        simulate(main, seed=1)


def test_exceptions_survive_the_way_between_processes():
    """A search runs in a pool; an exception that can't be unpickled breaks the pool."""
    for error in (
        StallError("m", ["a"]),
        BudgetError("max_steps", 1, ["a"]),
        IsolationError("a", "b"),
        UnhandledError(["x"]),
    ):
        again = pickle.loads(pickle.dumps(error))
        assert (type(again), str(again)) == (type(error), str(error))
    with pytest.raises(ValueError, match="failed") as caught:
        simulate(failing, seed=1)
    again = pickle.loads(pickle.dumps(caught.value))
    assert str(again) == "the workload failed"
    assert again.__notes__ == caught.value.__notes__


# --- input ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "options",
    [
        {"max_steps": 0},
        {"max_steps": -1},
        {"max_steps": 1.5},
        {"max_steps": True},
        {"max_steps": "9"},
        {"max_time_s": 0},
        {"max_time_s": -1.0},
        {"max_time_s": float("nan")},
        {"max_time_s": float("inf")},
        {"max_time_s": "5"},
        {"max_time_s": 10**400},
        {"max_time_s": None},
        {"parameters": {"unknown": 1}},
        {"parameters": {"rows": {1, 2}}},
        {"parameters": {"rows": float("nan")}},
        {"parameters": {"label": (1, 2)}},
        {"parameters": {"label": {1: 2}}},
        {"parameters": {5: 1}},
        {"parameters": [1]},
    ],
    ids=str,
)
def test_argument_that_is_not_what_it_should_be_is_bad_input(options):
    """One message, before anything starts."""
    with pytest.raises(BadInputError):
        simulate(counted, seed=1, **options)


@pytest.mark.parametrize("main", [None, 5, "counted", print, lambda: None, counted()])
def test_main_has_to_be_an_async_function(main):
    """Anything else is refused without being called."""
    with pytest.raises(BadInputError):
        simulate(main, seed=1)
    if asyncio.iscoroutine(main):
        main.close()


def test_parameter_that_is_missing_is_named():
    """Python's own words, and the signature."""
    with pytest.raises(BadInputError, match="value"):
        simulate(needs, seed=1)
    assert simulate(needs, seed=1, parameters={"value": 3}).result == 3


def test_token_carries_what_main_was_given():
    """Not what main made of it, and not what merely equals a default."""

    async def main(items: list[int], *, flag: bool = True, size: float = 1):
        items.append(3)
        return flag

    mine = [1]
    run = simulate(main, seed=1, parameters={"items": mine, "flag": 1, "size": 1})
    assert Token.parse(run.token).parameters == {"items": [1], "flag": 1}
    assert mine == [1]
    assert type(run.result) is int


def test_parameters_at_their_defaults_are_left_out_of_the_token():
    """They would only make it long."""
    run = simulate(counted, seed=1, parameters={"rows": 3, "label": "y"})
    assert Token.parse(run.token).parameters == {"label": "y"}


# --- under Hypothesis ----------------------------------------------------------------------------


@given(st.data())
def test_hypothesis_draws_notes_and_targets_from_within_a_run(data):
    """Properties over schedules need the draws inside; off the thread they would fail."""
    state = random.getstate()

    async def main():
        total = 0
        for _ in range(data.draw(st.integers(0, 3))):
            await asyncio.sleep(data.draw(st.floats(0, 1)))
            total += data.draw(st.integers(0, 9))
        note(f"total {total}")
        target(float(total))
        return total

    run = simulate(main, seed=data.draw(st.integers(0, 100)))
    assert 0 <= run.result <= 27
    assert random.getstate() == state


def test_busy_workload_meets_what_it_is_made_for():
    """If it no longer abandoned generators or cancelled anything, the tests above would show little."""
    kinds = {}
    details = set()
    for seed in range(10):
        journal = simulate(busy, seed=seed).journal
        for kind, rows in journal.kinds().items():
            kinds[kind] = kinds.get(kind, 0) + rows
        details |= {(event.fields["name"], event.fields["detail"]) for event in journal.select("step", "job")}
        details |= {(event.fields["name"],) for event in journal.select("step", ["group", "wait"])}
    assert kinds["closed"] >= 10
    assert any(detail[-1] == "cancelled" for detail in details)
    assert {("TimeoutError",), ("ExceptionGroup",), ("CancelledError",), ("ValueError",)} <= details
