"""A disk that fails ends the process, which comes back; a log of another kind does not."""

from __future__ import annotations

import pytest

from alyslab.harnesses.sync.log import LOG
from alyslab.harnesses.sync.records import header
from alyslab.harnesses.sync.workloads import WORKLOADS
from alyslab.harnesses.sync.workloads.durability import DAMAGES
from alyslab.harnesses.sync.workloads.faults import crash, fail_disk
from alyslab.harnesses.sync.workloads.trial import POLICY
from alyslab.harnesses.sync.workloads.world import World
from alyslab.runtime import Run, simulate
from alyslab.runtime.disk_faults import DiskFaults
from tests.harnesses.sync.stage import CHAIN

NODE = "node-0"


@pytest.mark.parametrize("what", DAMAGES)
def test_whatever_becomes_of_the_disk_the_node_arrives(what: str) -> None:
    """A typed end of the process, a start with what is left, and the chain of the source."""
    outcome = WORKLOADS["damage"].run(4, what=what, blocks=200)

    assert outcome.verdict.status == "pass"
    assert outcome.run.result is True


async def full(*, lasts_s: float) -> bool:
    """Fill the disk up while the node syncs."""
    world = World(CHAIN, policy=POLICY, import_ms=50.0)
    world.add_node(NODE)
    await world.pause(0.5)
    await fail_disk(world, NODE, DiskFaults(capacity_bytes=0), lasts_s)
    return await world.finish([NODE], 120.0)


def stops(run: Run) -> list[float]:
    return [event.time_ns / 1e9 for event in run.journal.select(kind="sync.stopped")]


def test_a_process_that_ends_again_and_again_is_started_ever_later() -> None:
    """0.5 s, doubling: it must not wear the disk out, nor stay away for long."""
    run = simulate(full, seed=1, parameters={"lasts_s": 20.0})
    waits = [later - sooner for sooner, later in zip(stops(run), stops(run)[1:], strict=False)]

    assert run.result is True
    assert waits == pytest.approx([0.5, 1, 2, 4, 8], abs=0.2)


async def replaced(*, version: int) -> tuple[bool, str, bytes, bytes]:
    """Put a log of another kind in the place of the node's, and start it."""
    world = World(CHAIN, policy=POLICY)
    node = world.add_node(NODE)
    assert await world.all_arrived([NODE], 60.0)
    genesis = CHAIN.roots[0] if version == 99 else bytes(32)
    await node.disk.write(LOG, header(genesis, version), offset=0)
    await node.disk.sync(LOG)
    before = await node.disk.read(LOG)
    await crash(world, NODE, 1.0)
    await world.pause(100.0)
    up = node.state == "running"
    node.disk.attach()
    return up, world.supervisor.refused[NODE].rule, before, await node.disk.read(LOG)


@pytest.mark.parametrize(("version", "rule"), [(99, "unknown_version"), (2, "other_spec")])
def test_a_log_of_another_kind_is_left_alone_with_the_node_down(version: int, rule: str) -> None:
    """An operator must look at it: beginning anew would be the end of the other chain's data."""
    up, refused, before, after = simulate(replaced, seed=1, parameters={"version": version}).result

    assert (up, refused) == (False, rule)
    assert before == after


def test_a_node_that_somebody_else_started_is_not_started_twice() -> None:
    """Two starts of one process would be two nodes."""

    async def main() -> tuple[int, bool]:
        world = World(CHAIN, policy=POLICY, import_ms=50.0)
        node = world.add_node(NODE)
        await world.pause(0.5)
        node.disk.faults = DiskFaults(write_error_ratio=1.0)
        while node.state != "crashed":
            await world.pause(0.05)
        node.disk.faults = DiskFaults()
        node.restart()
        arrived = await world.finish([NODE], 60.0)
        return node.incarnation, arrived

    assert simulate(main, seed=1).result == (1, True)
