"""Chain and store move together, and what is told is durable."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from alyslab.harnesses.sync.ledger import Ledger
from alyslab.model.errors import ChainError, InvalidBlockError
from alyslab.runtime import Node
from alyslab.runtime.disk import DiskLatency
from tests.harnesses.sync.stage import CHAIN, on_node, opened


def test_a_bad_block_keeps_what_came_before_it() -> None:
    """What was validated is not fetched again because a liar spoilt the end of the batch."""
    bad = replace(CHAIN.blocks[7], signature=replace(CHAIN.blocks[7].signature, point=bytes(96)))

    async def work(node: Node) -> tuple[int, str, int]:
        ledger = await opened(node)
        imported = await ledger.import_batch([*CHAIN.blocks[:7], bad, *CHAIN.blocks[8:10]])
        assert imported.error is not None
        return imported.count, imported.error.rule, ledger.store.height

    assert on_node(work).result == (7, "signature", 7)


def test_blocks_that_are_there_already_are_passed_over() -> None:
    """Two peers may deliver overlapping ranges."""

    async def work(node: Node) -> tuple[int, int]:
        ledger = await opened(node)
        await ledger.import_batch(CHAIN.blocks[:10])
        imported = await ledger.import_batch(CHAIN.blocks[5:15])
        return imported.count, ledger.height

    assert on_node(work).result == (5, 15)


def test_a_single_block_that_is_refused_changes_nothing() -> None:
    """Gossip brings blocks that do not fit all the time."""

    async def work(node: Node) -> int:
        ledger = await opened(node)
        with pytest.raises(InvalidBlockError):
            await ledger.import_block(CHAIN.blocks[3])
        await ledger.import_block(CHAIN.blocks[0])
        return ledger.store.height

    assert on_node(work).result == 1


def test_a_ledger_opens_where_it_was_left() -> None:
    """State root and pointer come from replaying what is durable."""

    async def work(node: Node) -> tuple[int, bytes, Any]:
        await (await opened(node)).import_batch(CHAIN.blocks[:33])
        node.crash()
        node.restart()
        again = await opened(node)
        return again.height, again.state_root, again.chain.pow

    assert on_node(work).result == (33, CHAIN.state_root(33), CHAIN.pointers[33])


def test_nothing_is_told_of_a_block_that_a_crash_takes_away() -> None:
    """A journal that tells of a finalised block which is then lost accuses a sound node."""

    async def work(node: Node) -> tuple[list[int], int]:
        told: list[int] = []
        ledger = await opened(
            node,
            trace=lambda kind, fields: told.append(fields["height"]) if kind == "block.imported" else None,
        )
        await ledger.import_batch(CHAIN.blocks[:10])
        node.disk.latency = DiskLatency(sync_ms=10.0)
        node.spawn(ledger.import_batch(CHAIN.blocks[10:20]))
        await node.sleep(0.005)
        node.crash()
        node.restart()
        return told, (await opened(node)).height

    told, height = on_node(work).result

    assert told == list(range(1, height + 1)) == list(range(1, 11))


def test_finality_is_told_once() -> None:
    """A node that goes back to a checkpoint repeats blocks, not announcements."""

    async def work(node: Node) -> list[int]:
        heights: list[int] = []
        ledger = await opened(
            node,
            checkpoint_interval=10,
            trace=lambda kind, f: heights.append(f["height"]) if kind == "chain.finalised" else None,
        )
        await ledger.import_batch(CHAIN.blocks[:38])
        await ledger.recover()
        await ledger.import_batch(CHAIN.blocks)
        return heights

    heights = on_node(work).result

    assert len(heights) > 3
    assert heights == sorted(set(heights))


def test_a_rollback_below_finality_is_refused() -> None:
    """The store must not go where the chain may not."""

    async def work(node: Node) -> tuple[int, int]:
        ledger: Ledger = await opened(node)
        await ledger.import_batch(CHAIN.blocks[:33])
        with pytest.raises(ChainError):
            await ledger.rollback(3)
        await ledger.rollback(31)
        return ledger.height, ledger.store.height

    assert on_node(work).result == (31, 31)


def test_blocks_of_a_later_federation_need_its_members() -> None:
    """Incident 2: history fails under the members of another time."""
    from alyslab.harnesses.sync.history import history

    chain = history(30, change_height=15)

    async def work(node: Node) -> list[int]:
        counts = []
        for number, eras in enumerate(((), chain.eras)):
            other = node if number == 0 else _second(node)
            ledger = await Ledger.open(
                other, chain.spec, chain.scheme, chain.bitcoin, now_ms=lambda: chain.now_ms, eras=eras
            )
            counts.append((await ledger.import_batch(chain.blocks)).count)
        return counts

    assert on_node(work).result == [14, 30]


def _second(_node: Node) -> Node:
    from alyslab.runtime import require_current

    return require_current().node("b")
