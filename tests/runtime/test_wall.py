"""The same harness on the wall clock: a journal, and refusals for what only a simulation can do."""

from __future__ import annotations

import asyncio

import pytest

from alyslab.errors import NodeError
from alyslab.runtime import current, planted, register_planted
from alyslab.runtime.wall import measure

DEFECT = register_planted("tests.wall", "a defect for these tests")


async def harness(*, rows: int = 2):
    """Record rows from a node, as it would under simulation."""
    node = current().node("a")
    for number in range(rows):
        current().journal.record("row", node.name, number=number, drawn=node.random.random())
        await node.sleep(0.001)
    await node.disk.write("log", b"x")
    return planted(DEFECT)


def test_harness_runs_unchanged_in_real_time():
    """Two clocks, one harness."""
    first, second = (asyncio.run(measure(harness, seed=3, planted=[DEFECT], rows=3)) for _ in range(2))
    assert first.result is True
    assert [event.kind for event in first.journal] == ["row", "row", "row", "disk.write"]
    times = [event.time_ns for event in first.journal]
    assert times == sorted(times)
    assert times[2] >= 2_000_000
    assert first.wall_s >= 0.003
    drawn = [[event.fields["drawn"] for event in run.journal.select("row")] for run in (first, second)]
    assert drawn[0] == drawn[1]
    assert current() is None


def test_tasks_of_nodes_end_with_the_run_whatever_ended_it():
    """A failed measurement must not leave peers talking."""
    tasks = []

    async def main():
        tasks.append(current().node("a").spawn(asyncio.sleep(100)))
        await asyncio.sleep(0)
        raise ValueError("failed")

    async def kernel():
        with pytest.raises(ValueError, match="failed"):
            await measure(main, seed=1)
        return tasks[0].cancelled(), current()

    assert asyncio.run(kernel()) == (True, None)


def test_what_needs_the_simulation_is_refused_by_name():
    """Running code can't be held in real time; pretending would be worse."""

    async def main():
        node = current().node("a")
        with pytest.raises(NodeError, match="wall clock"):
            node.pause()
        return node.state

    assert asyncio.run(measure(main, seed=1)).result == "running"


def test_crash_cancels_the_nodes_tasks():
    """The nearest that real time allows, and the journal says so."""

    async def main():
        node = current().node("a")
        task = node.spawn(asyncio.sleep(100))
        await asyncio.sleep(0)
        node.crash()
        await asyncio.wait({task})
        return task.cancelled(), node.state

    run = asyncio.run(measure(main, seed=1))
    assert run.result == (True, "crashed")
    assert run.journal.kinds() == {"node.crash": 1}


def test_journal_is_closed_at_the_end():
    """What comes later did not happen in the run."""
    kept = []

    async def main():
        kept.append(current().journal)

    run = asyncio.run(measure(main, seed=1))
    kept[0].record("late", "x")
    assert len(run.journal) == 0
