"""Nodes: what a crash, a pause and a restart do to tasks, disk, clock and network."""

# Tasks left behind are what is tested.
# ruff: noqa: RUF006

from __future__ import annotations

import asyncio
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alyslab.errors import BadInputError, NodeError, UnhandledError
from alyslab.runtime import Simulation, current, simulate


def run(main, **options):
    return simulate(main, seed=1, **options)


def now() -> float:
    return asyncio.get_running_loop().time()


class Network:
    """A network handle that notes what it is told."""

    def __init__(self):
        self.told = []

    def node_crashed(self):
        self.told.append("crashed")

    def node_restarted(self):
        self.told.append("restarted")


# --- crash ---------------------------------------------------------------------------------------


def test_crash_stops_tasks_where_they_stand_without_any_finally():
    """No process that is killed cleans up; a ``finally`` that ran would hide lost state."""

    async def main():
        log = []

        async def work():
            try:
                log.append("begun")
                await asyncio.sleep(10)
                log.append("went on")
            except BaseException:
                log.append("noticed")
                raise
            finally:
                log.append("cleaned up")

        node = current().node("a")
        task = node.spawn(work())
        await asyncio.sleep(1)
        node.crash()
        await asyncio.sleep(100)
        return log, task.done(), list(log)

    result = run(main).result
    assert result[2] == ["begun"]
    assert result[1]


def test_what_dying_code_says_at_the_end_is_not_in_the_journal():
    """The coroutine is freed some time; its ``finally`` must not speak for the dead."""

    async def main():
        async def work():
            try:
                await asyncio.sleep(10)
            finally:
                journal.record("dead", "a")

        journal = current().journal
        node = current().node("a")
        node.spawn(work())
        await asyncio.sleep(1)
        node.crash()

    assert "dead" not in run(main).journal.kinds()


def test_awaiters_of_a_crashed_task_get_a_node_error():
    """Whoever calls a dead node must learn of it, not hang."""

    async def main():
        node = current().node("a")
        task = node.spawn(asyncio.sleep(10))
        asyncio.get_running_loop().call_later(1, node.crash)
        with pytest.raises(NodeError, match="a crashed"):
            await task
        return now()

    assert run(main).result == 1


def test_an_exception_on_its_way_to_a_task_dies_with_the_task():
    """A node that is held, hears of a failure and dies then has no bug; the run would be an error."""

    async def main():
        node = current().node("a")
        failing = asyncio.get_running_loop().create_future()

        async def wait():
            await failing

        node.spawn(wait())
        await asyncio.sleep(1)
        node.pause()
        failing.set_exception(OSError("refused"))
        await asyncio.sleep(1)
        node.crash()
        await asyncio.sleep(1)
        return node.state

    assert run(main).result == "crashed"


def test_crash_before_the_first_step_is_a_crash_too():
    """A task that was spawned and never ran must neither run nor warn."""

    async def main():
        ran = []

        async def work():
            ran.append(1)

        node = current().node("a")
        task = node.spawn(work())
        node.crash()
        with pytest.raises(NodeError):
            await task
        await asyncio.sleep(1)
        return ran

    assert run(main).result == []


def test_crash_takes_the_groups_and_time_outs_of_the_node_along():
    """Structured code inside a node must die like anything else."""

    async def main():
        ended = []

        async def leaf():
            try:
                await asyncio.sleep(5)
            finally:
                ended.append("leaf")

        async def parent():
            async with asyncio.timeout(3), asyncio.TaskGroup() as group:
                group.create_task(leaf())
                group.create_task(leaf())

        node = current().node("a")
        task = node.spawn(parent())
        await asyncio.sleep(1)
        node.crash()
        await asyncio.sleep(50)
        return list(ended), isinstance(task.exception(), NodeError)

    assert run(main).result == ([], True)


def test_tasks_that_a_nodes_task_creates_are_the_nodes_own():
    """Code on a machine starts code on that machine, however deep."""

    async def main():
        log = []

        async def leaf():
            await asyncio.sleep(10)
            log.append("leaf survived")

        async def middle():
            asyncio.create_task(leaf())
            await asyncio.gather(leaf(), leaf())

        node = current().node("a")
        node.spawn(middle())
        await asyncio.sleep(1)
        assert len(node.unfinished()) == 4
        node.crash()
        await asyncio.sleep(50)
        return log

    assert run(main).result == []


def test_tasks_of_others_go_on():
    """A crash that reached further than its node would test another fault."""

    async def main():
        first, second = current().node("a"), current().node("b")
        first.spawn(asyncio.sleep(10))
        other = second.spawn(asyncio.sleep(10, "b"))
        mine = asyncio.create_task(asyncio.sleep(10, "main"))
        await asyncio.sleep(1)
        first.crash()
        return await asyncio.gather(other, mine)

    assert run(main).result == ["b", "main"]


def test_task_that_crashes_its_own_node_ends_at_its_next_await():
    """A planned crash point inside a protocol step is the most useful of all."""

    async def main():
        log = []
        node = current().node("a")

        async def work():
            node.crash()
            log.append("on to the next await")
            await asyncio.sleep(1)
            log.append("after")

        task = node.spawn(work())
        await asyncio.sleep(5)
        return log, task.done()

    assert run(main).result == (["on to the next await"], True)


@pytest.mark.parametrize("wait", [0, 1])
def test_awaiter_of_a_task_that_crashed_its_own_node_gets_a_node_error(wait):
    """It must not matter from where the crash came."""

    async def main():
        node = current().node("a")

        async def work():
            node.crash()
            await asyncio.sleep(wait)

        with pytest.raises(NodeError):
            await node.spawn(work())
        return now()

    assert run(main).result == 0


def test_task_created_after_ones_own_crash_never_runs():
    """Code that runs on to its next await must not leave the dead something living."""

    async def main():
        ran, made = [], []

        async def late():
            ran.append("late")

        async def work():
            current().nodes["a"].crash()
            made.append(asyncio.create_task(late()))

        current().node("a").spawn(work())
        await asyncio.sleep(5)
        return ran, made[0].done()

    assert run(main).result == ([], True)


def test_generator_that_a_crashed_task_was_in_does_not_disturb_the_end():
    """Streams are async generators; a node dies in the middle of one."""

    async def main():
        async def stream():
            while True:
                await asyncio.sleep(1)
                yield 1

        async def work():
            async for _ in stream():
                pass

        node = current().node("a")
        node.spawn(work())
        await asyncio.sleep(1.5)
        node.crash()
        await asyncio.sleep(1)
        return "main is done"

    assert run(main).result == "main is done"


def test_generator_of_a_crashed_task_does_not_speak():
    """Suspended at its yield, it would be closed at the end like a living one."""

    async def main():
        journal = current().journal

        async def stream():
            try:
                while True:
                    yield 1
            finally:
                journal.record("dead", "a")

        async def work():
            async for _ in stream():
                await asyncio.sleep(1)

        node = current().node("a")
        node.spawn(work())
        await asyncio.sleep(1.5)
        node.crash()
        await asyncio.sleep(1)

    assert "dead" not in run(main).journal.kinds()


def test_crash_is_journalled_and_told_to_the_network():
    """Recovery is measured from this row on."""

    async def main():
        node = current().node("a")
        node.network = Network()
        node.spawn(asyncio.sleep(10))
        await asyncio.sleep(1)
        node.crash()
        node.restart()
        return node.network.told

    outcome = run(main)
    assert outcome.result == ["crashed", "restarted"]
    assert [(event.kind, event.subject, event.fields) for event in outcome.journal] == [
        ("node.crash", "a", {"tasks": 1}),
        ("node.restart", "a", {"incarnation": 1}),
    ]


def test_refused_task_does_not_poison_its_node():
    """A mistake in harness code (no coroutine) must be a TypeError, and the node must still crash cleanly."""
    program = """
import asyncio
from alyslab.runtime import current, simulate

async def main():
    async def work():
        try:
            asyncio.get_running_loop().create_task(3)
        except TypeError:
            print("refused")
        await asyncio.sleep(9)
    node = current().node("a")
    node.spawn(work())
    await asyncio.sleep(1)
    node.crash()
    print("crashed")

simulate(main, seed=1)
print("over")
"""
    # In a process of its own: it used to end in a segmentation fault.
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout.split()) == (0, ["refused", "crashed", "over"]), done.stderr


@given(st.lists(st.sampled_from(["crash", "restart", "pause", "resume", "spawn"]), max_size=8))
def test_any_order_of_faults_is_allowed_or_refused_by_state(calls):
    """Plans are generated; a call in the wrong state must be a NodeError that changes nothing."""
    allowed = {
        "running": {"crash": "crashed", "pause": "paused", "spawn": "running"},
        "paused": {"crash": "crashed", "resume": "running", "spawn": "paused"},
        "crashed": {"restart": "running"},
    }

    async def main():
        node, state = current().node("a"), "running"
        for call in calls:
            do = (lambda: node.spawn(asyncio.sleep(3))) if call == "spawn" else getattr(node, call)
            if call in allowed[state]:
                do()
                state = allowed[state][call]
            else:
                rows = len(current().journal)
                with pytest.raises(NodeError, match="a "):
                    do()
                assert len(current().journal) == rows
            assert node.state == state
            await asyncio.sleep(1)

    run(main)


# --- restart -------------------------------------------------------------------------------------


def test_restart_boots_again_with_what_the_disk_kept():
    """Recovery code is what a restart tests."""

    async def boot(node):
        files = node.disk.files()
        current().journal.record("booted", node.name, files=files, incarnation=node.incarnation)
        await node.disk.write("synced", b"1")
        await node.disk.sync("synced")
        await node.disk.write("not", b"2")
        await asyncio.sleep(100)

    async def main():
        node = current().node("a", boot=boot)
        node.start()
        await asyncio.sleep(1)
        node.crash()
        task = node.restart()
        await asyncio.sleep(1)
        return task.get_name(), node.incarnation

    outcome = run(main)
    assert outcome.result == ("a/boot", 1)
    assert [event.fields for event in outcome.journal.select("booted")] == [
        {"files": (), "incarnation": 0},
        {"files": ("synced",), "incarnation": 1},
    ]


def test_tasks_from_before_the_crash_stay_dead_after_the_restart():
    """A ghost of the last incarnation is a bug that real machines do not have."""

    async def main():
        log = []

        async def work():
            while True:
                await asyncio.sleep(1)
                log.append(now())

        node = current().node("a")
        node.spawn(work())
        await asyncio.sleep(2.5)
        node.crash()
        assert node.restart() is None
        await asyncio.sleep(10)
        return log

    assert run(main).result == [1, 2]


def test_spawn_on_a_crashed_node_is_refused_and_leaves_no_coroutine():
    """A warning about a coroutine that was never awaited would be ours."""

    async def main():
        node = current().node("a")
        node.crash()
        with pytest.raises(NodeError, match="restart"):
            node.spawn(asyncio.sleep(1))

    run(main)


def test_start_needs_a_boot_function():
    """Silence would look like a node that does nothing."""

    async def main():
        with pytest.raises(NodeError, match="boot"):
            current().node("a").start()

    run(main)


def test_failing_boot_is_seen():
    """A node that died at boot is a broken harness."""

    async def boot(node):
        raise ValueError("no genesis")

    async def main():
        current().node("a", boot=boot).start()
        await asyncio.sleep(1)

    with pytest.raises(UnhandledError, match="no genesis"):
        run(main)


# --- pause ---------------------------------------------------------------------------------------


def test_pause_holds_tasks_back_and_resume_lets_them_go_on_in_order():
    """A long garbage collection: time goes on, the node does not, and nothing is lost."""

    async def main():
        log = []

        async def worker(index):
            for _ in range(2):
                await asyncio.sleep(1 + index / 10)
                log.append((index, now()))

        node = current().node("a")
        for index in range(3):
            node.spawn(worker(index))
        await asyncio.sleep(0.5)
        node.pause()
        await asyncio.sleep(9.5)
        assert log == []
        node.resume()
        await asyncio.sleep(5)
        return log

    assert run(main).result == [(0, 10), (1, 10), (2, 10), (0, 11), (1, 11.1), (2, 11.2)]


def test_messages_sent_to_a_paused_node_wait_for_it():
    """What arrives meanwhile is handled afterwards, in the order of sending."""

    async def main():
        queue, got = asyncio.Queue(), []

        async def consumer():
            while True:
                got.append((await queue.get(), now()))

        node = current().node("a")
        node.spawn(consumer())
        await asyncio.sleep(1)
        node.pause()
        for item in range(3):
            queue.put_nowait(item)
            await asyncio.sleep(1)
        node.resume()
        await asyncio.sleep(1)
        return got

    assert run(main).result == [(0, 4), (1, 4), (2, 4)]


def test_steps_that_were_ready_are_held_too():
    """A pause between wake-up and step must not let that one step through."""

    async def main():
        log = []

        async def work():
            log.append("ran")

        node = current().node("a")
        node.spawn(work())
        node.pause()
        node.spawn(work())
        await asyncio.sleep(3)
        held = list(log)
        node.resume()
        await asyncio.sleep(0)
        return held, log

    assert run(main).result == ([], ["ran", "ran"])


def test_paused_node_that_crashes_does_nothing_any_more():
    """The steps that were held back are lost with the machine."""

    async def main():
        log = []

        async def work():
            await asyncio.sleep(1)
            log.append("ran")

        node = current().node("a")
        task = node.spawn(work())
        node.pause()
        await asyncio.sleep(3)
        node.crash()
        node.restart()
        node.pause()
        await asyncio.sleep(3)
        node.resume()
        await asyncio.sleep(3)
        return log, isinstance(task.exception(), NodeError)

    assert run(main).result == ([], True)


def test_run_that_ends_with_a_paused_node_ends_cleanly():
    """Main need not tidy up its faults."""

    async def main():
        cleaned = []

        async def work():
            try:
                await asyncio.sleep(100)
            finally:
                cleaned.append(1)

        node = current().node("a")
        node.spawn(work())
        await asyncio.sleep(1)
        node.pause()
        return cleaned

    assert run(main).result == [1]


def test_pause_by_ones_own_task_takes_hold_at_its_next_await():
    """Faults may be fired from inside."""

    async def main():
        log = []
        node = current().node("a")

        async def work():
            node.pause()
            log.append(now())
            await asyncio.sleep(1)
            log.append(now())

        node.spawn(work())
        await asyncio.sleep(5)
        node.resume()
        await asyncio.sleep(1)
        return log

    assert run(main).result == [0, 5]


# --- what belongs to a node ----------------------------------------------------------------------


def test_node_sleeps_by_its_own_clock():
    """Skew that did not reach the node's timers would be half a fault."""

    async def main():
        node = current().node("a")
        node.clock.set_drift(-500_000)
        await node.sleep(1)
        slow = now()
        node.clock.step(10**9)
        return slow, node.clock.time()

    assert run(main).result == (2, 2)


def test_streams_of_nodes_are_their_own():
    """A new node must not shift the numbers of another."""

    def drawing(*names):
        async def main():
            nodes = [current().node(name) for name in names]
            return nodes[-1].random.random()

        return run(main).result

    assert drawing("z") == drawing("a", "b", "z")
    assert drawing("z") != drawing("y")


def test_names_of_nodes_are_unique_and_listed_in_order():
    """Rows of two machines under one name could not be told apart."""

    async def main():
        runtime = current()
        for name in ("b", "a"):
            runtime.node(name)
        with pytest.raises(NodeError, match="already"):
            runtime.node("a")
        with pytest.raises(TypeError):
            runtime.nodes["c"] = None
        return list(runtime.nodes), repr(runtime.nodes["a"])

    assert run(main).result == (["b", "a"], "<Node a running>")


@pytest.mark.parametrize("name", ["", None, 5])
def test_name_of_a_node_is_a_string(name):
    """It becomes the subject of rows."""

    async def main():
        current().node(name)

    with pytest.raises(BadInputError):
        run(main)


@pytest.mark.parametrize("fault", ["crash", "pause"])
def test_faults_between_two_runs_act_on_the_node(fault):
    """A state machine's rules call them while no coroutine runs."""
    log = []

    async def work():
        while True:
            await asyncio.sleep(1)
            log.append(now())

    async def begin():
        current().node("a").spawn(work())

    with Simulation(seed=1) as sim:
        sim.run(begin)
        sim.run(asyncio.sleep(2.5))
        getattr(sim.nodes["a"], fault)()
        sim.run(asyncio.sleep(5))
        assert log == [1, 2]
        (sim.nodes["a"].restart if fault == "crash" else sim.nodes["a"].resume)()
        sim.run(asyncio.sleep(0.1))
        assert log == ([1, 2] if fault == "crash" else [1, 2, 7.5])


def test_hundreds_of_short_tasks_are_not_kept():
    """A node that serves requests for days must not keep every one of them."""

    async def main():
        node = current().node("a")
        for _ in range(1_000):
            await node.spawn(asyncio.sleep(0))
        return len(node._tasks)

    assert run(main).result < 200
