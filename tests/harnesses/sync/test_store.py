"""The chain on disk: commits survive, everything else may go, and nothing is misread."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alyslab.errors import DiskError
from alyslab.harnesses.sync.errors import StoreError
from alyslab.harnesses.sync.history import history
from alyslab.harnesses.sync.store import ChainStore
from alyslab.runtime import Node
from alyslab.runtime.disk import CrashFaults, DiskLatency
from alyslab.runtime.disk_faults import NONE, DiskFaults
from tests.harnesses.sync.stage import CHAIN, extend, filled, on_node, reopened


def test_what_was_committed_is_found_again() -> None:
    """A node that loses committed blocks can contradict what it signed."""

    async def work(node: Node) -> tuple[int, bytes, int]:
        await filled(node, 23)
        store = await reopened(node)
        return store.height, store.head_root, store.pow.height

    assert on_node(work).result == (23, CHAIN.roots[23], CHAIN.pointers[23].height)


def test_blocks_come_back_as_they_were() -> None:
    """What a server sends after a restart must be what it would have sent before."""

    async def work(node: Node) -> list[bytes]:
        await filled(node, 12)
        return (await reopened(node)).frames(3, 4)

    assert on_node(work).result == CHAIN.frames[2:6]


@given(st.integers(0, 2**32), st.sampled_from(["lost", "torn", "kept"]))
def test_a_crash_in_the_middle_of_a_write_leaves_a_commit(seed: int, fate: str) -> None:
    """Whatever becomes of the unsynced write, the head is one of the two commits around it."""
    ratios = {"lost": (1.0, 0.0), "torn": (0.0, 1.0), "kept": (0.0, 0.0)}[fate]

    async def work(node: Node) -> tuple[int, bytes, int]:
        store = await filled(node, 10)
        node.disk.crash_faults = CrashFaults(lost_ratio=ratios[0], torn_ratio=ratios[1])
        node.disk.latency = DiskLatency(sync_ms=10.0)
        node.spawn(extend(store, 15))
        await node.sleep(0.005)
        again = await reopened(node)
        return again.height, again.head_root, again.pow.height

    height, root, pow_height = on_node(work, seed=seed).result

    assert height in ((10, 15) if fate != "lost" else (10,))
    assert (root, pow_height) == (CHAIN.roots[height], CHAIN.pointers[height].height)


@given(st.integers(0, 2**32))
def test_a_misdirected_write_costs_blocks_and_never_truth(seed: int) -> None:
    """It may land on what was durable: the store then ends before the damage, with true blocks only."""

    async def work(node: Node) -> tuple[int, bytes]:
        store = await filled(node, 10)
        node.disk.crash_faults = CrashFaults(lost_ratio=0.0, misdirected_ratio=1.0)
        node.disk.latency = DiskLatency(sync_ms=10.0)
        node.spawn(extend(store, 15))
        await node.sleep(0.005)
        again = await reopened(node)
        return again.height, again.head_root

    found = on_node(work, seed=seed).result

    assert found[1] == CHAIN.roots[found[0]]


@given(st.integers(0, 2**32), st.integers(1, 400))
def test_bits_that_rot_cost_blocks_and_never_truth(seed: int, flips: int) -> None:
    """Wherever they are: the store opens with true blocks only, and can go on from them."""

    async def work(node: Node) -> tuple[int, bytes, bytes]:
        await filled(node, 20)
        node.disk.rot(flips, Random(seed))
        again = await reopened(node)
        height, root = again.height, again.head_root
        await extend(again, 25)
        return height, root, (await reopened(node)).head_root

    height, root, at_last = on_node(work, seed=seed).result

    assert (root, at_last) == (CHAIN.roots[height], CHAIN.roots[25])


@pytest.mark.parametrize(
    "faults",
    [DiskFaults(write_error_ratio=1.0), DiskFaults(sync_error_ratio=1.0), DiskFaults(capacity_bytes=0)],
)
def test_a_disk_that_refuses_leaves_the_store_as_it_was(faults: DiskFaults) -> None:
    """A typed error, and a store that can go on as soon as the disk does."""

    async def work(node: Node) -> tuple[int, int, int, bytes]:
        store = await filled(node, 10)
        node.disk.faults = faults
        with pytest.raises(DiskError):
            await extend(store, 15)
        before = store.height
        node.disk.faults = NONE
        await extend(store, 20)
        again = await reopened(node)
        return before, store.height, again.height, again.head_root

    assert on_node(work).result == (10, 20, 20, CHAIN.roots[20])


def test_a_store_of_another_spec_is_refused() -> None:
    """Incident 17: one node with another genesis."""
    other = history(2, seed=5).spec

    async def work(node: Node) -> str:
        await filled(node, 5)
        with pytest.raises(StoreError) as caught:
            await ChainStore.open(node.disk, _with_other_genesis(other))
        return caught.value.rule

    assert on_node(work).result == "other_spec"


def _with_other_genesis(spec: object) -> object:
    from dataclasses import replace

    return replace(spec, chain_id=4_242)  # type: ignore[type-var]


def test_a_rollback_survives() -> None:
    """A head that comes back after it was taken back is a fork of one's own."""

    async def work(node: Node) -> tuple[int, int]:
        store = await filled(node, 20)
        await store.truncate(14, CHAIN.pointers[14])
        again = await reopened(node)
        return again.height, again.pow.height

    assert on_node(work).result == (14, CHAIN.pointers[14].height)


@pytest.mark.parametrize("height", [-1, 6])
def test_a_rollback_out_of_range_is_refused(height: int) -> None:
    """Incident 15: one below the genesis."""

    async def work(node: Node) -> str:
        store = await filled(node, 5)
        with pytest.raises(StoreError) as caught:
            await store.truncate(height, CHAIN.pointers[0])
        return caught.value.rule

    assert on_node(work).result == "truncate_out_of_range"


def test_blocks_that_do_not_stand_on_the_head_are_refused() -> None:
    """A hole in the log would be found only after the next crash."""

    async def work(node: Node) -> tuple[str, int]:
        store = await filled(node, 5)
        with pytest.raises(StoreError) as caught:
            await store.append(CHAIN.blocks[6:8], CHAIN.roots[7:9], CHAIN.pointers[8])
        return caught.value.rule, store.height

    assert on_node(work).result == ("not_on_the_head", 5)


def test_a_recovery_that_forgets_the_pointer_would_be_seen() -> None:
    """The planted bug of incident 12 changes exactly the pointer."""

    async def work(node: Node) -> tuple[int, int]:
        await filled(node, 20)
        store = await reopened(node)
        return store.height, store.pow.height

    assert on_node(work, planted=("sync.recovery_forgets_pointer",)).result == (20, 0)
