"""A simulated disk: what was synced survives a crash, and nothing else has to."""

from __future__ import annotations

import random
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alyslab.errors import BadInputError, DiskError
from alyslab.runtime import current, simulate
from alyslab.runtime.disk import SECTOR_BYTES, CrashFaults, DiskLatency

DATA = st.binary(max_size=3 * SECTOR_BYTES)
WRITES = st.lists(st.tuples(DATA, st.one_of(st.none(), st.integers(0, 4 * SECTOR_BYTES))), max_size=6)
NAMES = count()


def on_disk(work, *, seed=1):
    """Run ``work(node)`` in a simulation and return its run."""

    async def main():
        return await work(current().node("a"))

    return simulate(main, seed=seed)


def _model(content: bytes, data: bytes, offset: int | None) -> bytes:
    at = len(content) if offset is None else offset
    padded = content.ljust(at, b"\0")
    return padded[:at] + data + padded[at + len(data) :]


@given(WRITES)
def test_reads_see_every_write_as_a_plain_file_would(writes):
    """Until it crashes, a node must not be able to tell that its disk is simulated."""

    async def work(node):
        expected = b""
        for data, offset in writes:
            await node.disk.write("log", data, offset=offset)
            expected = _model(expected, data, offset)
            assert await node.disk.read("log") == expected

    on_disk(work)


@given(WRITES, WRITES)
def test_strict_crash_keeps_exactly_what_was_synced(synced, pending):
    """The default is the strictest reading of the contract: a write is gone unless it was synced."""

    async def work(node):
        expected = b""
        for data, offset in synced:
            await node.disk.write("log", data, offset=offset)
            expected = _model(expected, data, offset)
        if synced:
            await node.disk.sync("log")
        for data, offset in pending:
            await node.disk.write("log", data, offset=offset)
        node.crash()
        node.restart()
        if synced:
            assert await node.disk.read("log") == expected
        else:
            assert node.disk.files() == ()

    on_disk(work)


@given(WRITES, st.integers(0, 1_000))
def test_crash_that_keeps_all_keeps_all(writes, seed):
    """With every ratio at zero a crash touches nothing."""

    async def work(node):
        node.disk.crash_faults = CrashFaults(lost_ratio=0)
        expected = b""
        for data, offset in writes:
            await node.disk.write("log", data, offset=offset)
            expected = _model(expected, data, offset)
        node.crash()
        node.restart()
        if writes:
            assert await node.disk.read("log") == expected

    on_disk(work, seed=seed)


@given(st.integers(0, 4 * SECTOR_BYTES), st.integers(0, 1_000))
def test_torn_write_leaves_a_prefix_of_whole_sectors(length, seed):
    """A disk writes a sector or not; a tear within one would be a fault that disks do not have."""
    data = bytes(1 + index % 255 for index in range(length))

    async def work(node):
        node.disk.crash_faults = CrashFaults(lost_ratio=0, torn_ratio=1)
        await node.disk.write("log", data)
        node.crash()
        node.restart()
        return await node.disk.read("log") if node.disk.files() else b""

    left = on_disk(work, seed=seed).result
    assert data.startswith(left)
    assert len(left) % SECTOR_BYTES == 0


def test_torn_writes_are_torn_at_different_places():
    """A tear that is always at the same place finds one bug."""

    async def work(node):
        node.disk.crash_faults = CrashFaults(lost_ratio=0, torn_ratio=1)
        await node.disk.write("log", bytes(8 * SECTOR_BYTES))
        node.crash()
        node.restart()
        return len(await node.disk.read("log")) if node.disk.files() else 0

    assert len({on_disk(work, seed=seed).result for seed in range(30)}) >= 5


@given(st.integers(0, 5 * SECTOR_BYTES), st.integers(0, 1_000))
def test_misdirected_write_arrives_in_another_sector(offset, seed):
    """The data must be there, and not where it belongs."""

    async def work(node):
        node.disk.crash_faults = CrashFaults(lost_ratio=0, misdirected_ratio=1)
        await node.disk.write("log", b"needle", offset=offset)
        node.crash()
        node.restart()
        return await node.disk.read("log")

    at = on_disk(work, seed=seed).result.find(b"needle")
    assert at % SECTOR_BYTES == 0
    assert at // SECTOR_BYTES != offset // SECTOR_BYTES


def test_fate_of_each_write_is_a_row_of_the_journal():
    """A checker has to know which loss was ours to judge a recovery."""

    async def work(node):
        await node.disk.write("a", b"one")
        await node.disk.sync("a")
        await node.disk.write("a", b"three")
        await node.disk.write("b", b"x", offset=7)
        assert [node.disk.pending_writes(file) for file in ("a", "b", "c")] == [1, 1, 0]
        assert node.disk.files() == ("a", "b")
        node.crash()

    journal = on_disk(work).journal
    assert [
        (event.kind, *event.fields.values()) for event in journal.select(["disk.write", "disk.sync"])
    ] == [
        ("disk.write", "a", 0, 3),
        ("disk.sync", "a", 1),
        ("disk.write", "a", 3, 5),
        ("disk.write", "b", 7, 1),
    ]
    assert [tuple(event.fields.values()) for event in journal.select("disk.crash")] == [
        ("a", 3, 5, "lost"),
        ("b", 7, 1, "lost"),
    ]


def test_mixed_ratios_give_each_fate_its_share():
    """Ratios that were mixed up would test something else than the plan says."""
    faults = CrashFaults(lost_ratio=0.4, torn_ratio=0.3, misdirected_ratio=0.2)
    rng = random.Random(1)
    fates = [faults.draw(rng) for _ in range(10_000)]
    shares = {fate: fates.count(fate) / 10_000 for fate in set(fates)}
    assert shares == pytest.approx({"lost": 0.4, "torn": 0.3, "misdirected": 0.2, "kept": 0.1}, abs=0.02)


@pytest.mark.parametrize(
    "ratios",
    [
        {"lost_ratio": 1.5},
        {"torn_ratio": -0.1},
        {"lost_ratio": 0.6, "torn_ratio": 0.6},
        {"lost_ratio": float("nan")},
    ],
)
def test_ratios_that_are_none_are_bad_input(ratios):
    """A plan with a typing mistake must not run."""
    with pytest.raises(BadInputError):
        CrashFaults(**ratios)


def test_operations_take_their_latency():
    """A slow disk is a fault of its own."""

    async def work(node):
        node.disk.latency = DiskLatency(read_ms=1, write_ms=10, sync_ms=100)
        await node.disk.write("a", b"x")
        await node.disk.sync("a")
        await node.disk.read("a")
        return current().now_ns

    assert on_disk(work).result == 111_000_000


def test_write_in_flight_is_lost_with_its_task():
    """A crash between call and effect must leave no effect."""

    async def work(node):
        node.disk.latency = DiskLatency(write_ms=10)
        node.spawn(node.disk.write("a", b"x"))
        import asyncio

        await asyncio.sleep(0.005)
        node.crash()
        await asyncio.sleep(1)
        node.restart()
        return node.disk.files()

    run = on_disk(work)
    assert run.result == ()
    assert list(run.journal.select("disk.write")) == []


@pytest.mark.parametrize("call", ["read", "sync"])
def test_file_that_is_not_there_is_refused_by_name(call):
    """The message must help to find the misspelt name."""

    async def work(node):
        await node.disk.write("there", b"")
        with pytest.raises(DiskError, match=r"missing.*there"):
            await getattr(node.disk, call)("missing")

    on_disk(work)


def test_disk_of_a_crashed_node_serves_nobody():
    """Whatever still holds the disk must not write to a dead machine's."""

    async def work(node):
        await node.disk.write("a", b"x")
        node.crash()
        for call in (node.disk.read("a"), node.disk.sync("a"), node.disk.write("a", b"y")):
            with pytest.raises(DiskError, match="down"):
                await call

    on_disk(work)


def test_negative_offset_is_refused_and_changes_nothing():
    """Python would take it from the end."""

    async def work(node):
        with pytest.raises(DiskError, match="-1"):
            await node.disk.write("a", b"x", offset=-1)
        return node.disk.files()

    assert on_disk(work).result == ()


@pytest.mark.parametrize("data", [5, "text", None])
def test_only_bytes_can_be_written(data):
    """``bytes(5)`` is five zeros: a mistake would look like data."""

    async def work(node):
        await node.disk.write("a", data)

    with pytest.raises((TypeError, DiskError)):
        on_disk(work)


def test_written_buffer_may_be_used_again():
    """A caller's buffer that changes later must not change the disk."""

    async def work(node):
        buffer = bytearray(b"one")
        await node.disk.write("a", buffer)
        buffer[:] = b"two"
        return await node.disk.read("a")

    assert on_disk(work).result == b"one"
