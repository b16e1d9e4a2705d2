"""The chain on disk: commits survive, everything else may go, and nothing is misread."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alyslab.errors import DiskError
from alyslab.harnesses.sync.errors import StoreError
from alyslab.harnesses.sync.history import history
from alyslab.harnesses.sync.log import LOG
from alyslab.harnesses.sync.records import header
from alyslab.harnesses.sync.store import ChainStore
from alyslab.runtime import Node
from alyslab.runtime.disk import CrashFaults, DiskLatency
from alyslab.runtime.disk_faults import NONE, DiskFaults
from tests.harnesses.sync.stage import CHAIN, extend, filled, on_node


async def reopened(node: Node, **options: bool) -> ChainStore:
    node.crash()
    node.restart()
    return await ChainStore.open(node.disk, CHAIN.spec, **options)


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


def test_after_a_repair_the_store_goes_on_and_survives_again() -> None:
    """A repaired log must not take the remains behind it for its own."""

    async def work(node: Node) -> tuple[int, bytes, str]:
        store = await filled(node, 20)
        await node.disk.write(LOG, b"\xff", offset=store.size_bytes // 2)
        await node.disk.sync(LOG)
        damaged = await reopened(node)
        cut = damaged.height
        await extend(damaged, 18)
        again = await reopened(node)
        assert 0 < cut < 18
        return again.height, again.head_root, damaged.recovery.cause

    assert on_node(work).result == (18, CHAIN.roots[18], "damaged")


def test_what_a_repair_cuts_off_is_kept() -> None:
    """Nothing is lost: an engineer can still look at it."""

    async def work(node: Node) -> tuple[int, int]:
        store = await filled(node, 20)
        whole = await node.disk.read(LOG)
        await node.disk.write(LOG, b"\xff", offset=store.size_bytes // 2)
        await node.disk.sync(LOG)
        again = await reopened(node)
        kept = await node.disk.read(again.recovery.kept_as)
        return len(kept), len(whole)

    kept, whole = on_node(work).result

    assert 0 < kept < whole


def test_a_damaged_log_is_refused_without_repair_and_left_as_it_is() -> None:
    """Whoever asks for no repair must find every byte where it was."""

    async def work(node: Node) -> bool:
        store = await filled(node, 20)
        await node.disk.write(LOG, b"\xff", offset=store.size_bytes - 3)
        await node.disk.sync(LOG)
        before = await node.disk.read(LOG)
        with pytest.raises(StoreError, match="damaged"):
            await reopened(node, repair=False)
        return before == await node.disk.read(LOG)

    assert on_node(work).result is True


@pytest.mark.parametrize(
    ("head", "rule"),
    [(header(CHAIN.roots[0], version=99), "unknown_version"), (header(bytes(32)), "other_spec")],
)
def test_a_log_of_another_kind_is_refused_by_name_and_left_as_it_is(head: bytes, rule: str) -> None:
    """Going on from another version's or another chain's bytes would destroy them."""

    async def work(node: Node) -> tuple[str, bool]:
        await filled(node, 5)
        await node.disk.write(LOG, head, offset=0)
        await node.disk.sync(LOG)
        before = await node.disk.read(LOG)
        with pytest.raises(StoreError) as caught:
            await reopened(node)
        return caught.value.rule, before == await node.disk.read(LOG)

    assert on_node(work).result == (rule, True)


@pytest.mark.parametrize(("offset", "data"), [(0, b"x"), (7, b"\x63"), (8, b"\0" * 32), (41, b"\0")])
def test_a_damaged_header_is_mended_and_costs_no_block(offset: int, data: bytes) -> None:
    """A bit that rots in the first bytes must not cost the whole chain: every commit proves itself."""

    async def work(node: Node) -> tuple[int, str, int, str]:
        await filled(node, 5)
        await node.disk.write(LOG, data, offset=offset)
        await node.disk.sync(LOG)
        damaged = await reopened(node)
        again = await reopened(node)
        return damaged.height, damaged.recovery.cause, again.height, again.recovery.cause

    assert on_node(work).result == (5, "damaged", 5, "clean")


def test_a_log_cut_off_in_its_header_is_refused_without_repair() -> None:
    """It is a log, and it says nothing: whoever asks for no repair must hear of it."""

    async def work(node: Node) -> str:
        await node.disk.write(LOG, header(CHAIN.roots[0])[:11])
        await node.disk.sync(LOG)
        with pytest.raises(StoreError) as caught:
            await ChainStore.open(node.disk, CHAIN.spec, repair=False)
        return caught.value.rule

    assert on_node(work).result == "header_cut_off"


@pytest.mark.parametrize("bytes_left", [11, 300, 4_000])
def test_a_log_cut_off_anywhere_goes_on_and_what_was_left_is_kept(bytes_left: int) -> None:
    """With repair a node starts again with what is whole, and nothing that it had is thrown away."""

    async def work(node: Node) -> tuple[int, bool, str]:
        await filled(node, 20)
        whole = await node.disk.read(LOG)
        node.disk.wipe()
        await node.disk.write(LOG, whole[:bytes_left])
        await node.disk.sync(LOG)
        store = await reopened(node)
        kept = await node.disk.read(store.recovery.kept_as)
        left = (await node.disk.read(LOG))[: store.size_bytes] + kept
        return store.height, kept in whole[:bytes_left] and len(left) >= bytes_left, store.recovery.cause

    height, kept, cause = on_node(work).result

    assert (kept, cause in ("damaged", "uncommitted")) == (True, True)
    assert height == {11: 0, 300: 0, 4_000: 5}[bytes_left]


def test_a_second_repair_keeps_what_the_first_one_kept() -> None:
    """Two accidents must leave two files."""

    async def work(node: Node) -> list[bytes]:
        for _ in range(2):
            store = await filled(node, 10) if LOG not in node.disk.files() else await reopened(node)
            await node.disk.write(LOG, b"\xff", offset=store.size_bytes - 3)
            await node.disk.sync(LOG)
            await reopened(node)
        names = [name for name in node.disk.files() if name.startswith("chain/lost/")]
        return [await node.disk.read(name) for name in names]

    first, second = on_node(work).result

    assert min(len(first), len(second)) > 0


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
