"""Checkpoints: trusted only if every byte agrees, and an earlier one serves where the latest can't."""

from __future__ import annotations

import pytest

from alyslab.harnesses.sync.checkpoints import Checkpoints, resume_height
from alyslab.harnesses.sync.errors import CheckpointError
from alyslab.harnesses.sync.ledger import Ledger
from alyslab.harnesses.sync.manifest import Checkpoint
from alyslab.runtime import Node
from tests.harnesses.sync.stage import CHAIN, on_node, opened

INTERVAL = 10


async def synced(node: Node, height: int = 35) -> Ledger:
    ledger = await opened(node, checkpoint_interval=INTERVAL, checkpoints_kept=3)
    imported = await ledger.import_batch(CHAIN.blocks[:height])
    assert (imported.count, imported.error) == (height, None)
    return ledger


async def spoiled(node: Node, file: str, data: bytes, offset: int = 0) -> None:
    await node.disk.write(file, data, offset=offset)
    await node.disk.sync(file)


def test_the_latest_good_checkpoint_is_the_highest() -> None:
    """Whoever recovers must lose as little as possible."""

    async def work(node: Node) -> Checkpoint | None:
        ledger = await synced(node)
        return await ledger.checkpoints.latest_good(ledger.store)

    found = on_node(work).result

    assert (found.height, found.root, found.state_root) == (30, CHAIN.roots[30], CHAIN.state_root(30))
    assert found.pow_height == CHAIN.pointers[30].height


@pytest.mark.parametrize(
    ("file", "data", "rule"),
    [
        ("state", b"\xff\xff", "state_damaged"),
        ("manifest", b"\xff\xff\xff\xff", "manifest_damaged"),
        ("manifest", b"\0\0\0\0\0\0\0\0", "manifest_unreadable"),
    ],
)
def test_a_damaged_checkpoint_is_refused_and_the_one_before_serves(file: str, data: bytes, rule: str) -> None:
    """Nothing is lost by a damaged checkpoint but the blocks since the one before."""

    async def work(node: Node) -> tuple[int | None, str]:
        ledger = await synced(node)
        where = ledger.checkpoints.directory(30)
        await spoiled(node, f"{where}/{file}", data)
        with pytest.raises(CheckpointError) as caught:
            await ledger.checkpoints.verify(where, await ledger.checkpoints.read(where), ledger.store)
        found = await ledger.checkpoints.latest_good(ledger.store)
        return (None if found is None else found.height), caught.value.rule

    assert on_node(work).result == (20, rule)


def test_a_half_written_directory_is_refused_by_name() -> None:
    """A crash between the two files is the ordinary case."""

    async def work(node: Node) -> str:
        ledger = await synced(node)
        await spoiled(node, "checkpoint/7/state", b"some state")
        with pytest.raises(CheckpointError) as caught:
            await ledger.checkpoints.read("checkpoint/7")
        found = await ledger.checkpoints.latest_good(ledger.store)
        assert found is not None
        assert found.height == 30
        return caught.value.rule

    assert on_node(work).result == "half_written"


def test_a_checkpoint_of_another_chain_is_refused() -> None:
    """Its height may exist here too, with other blocks."""

    async def work(node: Node) -> str:
        from dataclasses import replace

        await synced(node)
        other = Checkpoints(node.disk, replace(CHAIN.spec, chain_id=4_242), interval=INTERVAL, keep=3)
        with pytest.raises(CheckpointError) as caught:
            await other.read(other.directory(30))
        return caught.value.rule

    assert on_node(work).result == "other_spec"


def test_a_checkpoint_whose_block_differs_is_refused() -> None:
    """The planted bug: a manifest of the wrong height."""

    async def work(node: Node) -> int | None:
        ledger = await synced(node)
        found = await ledger.checkpoints.latest_good(ledger.store)
        return None if found is None else found.height

    assert on_node(work, planted=("sync.checkpoint_wrong_height",)).result is None


def test_a_state_that_contradicts_its_head_is_not_checkpointed() -> None:
    """A bit that flips in memory must not become durable."""

    async def work(node: Node) -> object:
        ledger = await synced(node, 10)
        address = min(ledger.chain.state.accounts)
        nonce, balance = ledger.chain.state.accounts[address]
        ledger.chain.state.apply({address: (nonce, balance ^ 1)})
        return await ledger.checkpoints.create(ledger.chain)

    assert on_node(work).result is None


@pytest.mark.parametrize(
    ("checkpoint_height", "store_height", "expected"),
    [(30, 35, 30), (30, 30, 30), (1_000, 950, 900), (1_000, 850, 850), (50, 20, 0)],
)
def test_a_missing_block_means_a_hundred_earlier(
    checkpoint_height: int, store_height: int, expected: int
) -> None:
    """Alys's rule, as far as the store reaches."""

    async def work(node: Node) -> Checkpoint | None:
        ledger = await synced(node)
        return await ledger.checkpoints.latest_good(ledger.store)

    from dataclasses import replace

    checkpoint = replace(on_node(work).result, height=checkpoint_height)

    assert resume_height(checkpoint, store_height) == expected
    assert resume_height(None, store_height) == 0


def test_a_recovery_forgets_the_memory_and_goes_back() -> None:
    """The state is rebuilt from what is durable, and the chain goes on from the checkpoint."""

    async def work(node: Node) -> tuple[int, int, bool]:
        ledger = await synced(node)
        address = min(ledger.chain.state.accounts)
        ledger.chain.state.apply({address: (7, 7)})
        checkpoint = await ledger.recover()
        assert checkpoint is not None
        imported = await ledger.import_batch(CHAIN.blocks)
        return checkpoint.height, imported.count, ledger.state_root == CHAIN.state_root(40)

    assert on_node(work).result == (30, 10, True)
