"""The log on the disk: repaired where it may be, refused where it is another's, and nothing thrown away."""

from __future__ import annotations

import pytest

from alyslab.harnesses.sync.errors import StoreError
from alyslab.harnesses.sync.log import LOG
from alyslab.harnesses.sync.records import header
from alyslab.harnesses.sync.store import ChainStore
from alyslab.runtime import Node
from tests.harnesses.sync.stage import CHAIN, extend, filled, on_node, reopened


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
