"""A disk fails as its faults say, changes nothing when it fails, and stays as it was without any."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from random import Random
from typing import Any

import pytest

from alyslab.errors import BadInputError, DiskError
from alyslab.runtime import Run, require_current, simulate
from alyslab.runtime.disk import Disk
from alyslab.runtime.disk_faults import NONE, DiskFaults


def with_disk(body: Callable[[Disk], Coroutine[Any, Any, None]]) -> Run:
    async def main() -> None:
        await body(require_current().node("machine").disk)

    return simulate(main, seed=1)


def faults_in(run: Run) -> list[str]:
    return [event.fields["what"] for event in run.journal.select(kind="disk.fault")]


@pytest.mark.parametrize(
    ("faults", "what"),
    [
        (DiskFaults(write_error_ratio=1.0), "write"),
        (DiskFaults(capacity_bytes=3), "full"),
        (DiskFaults(new_files=0), "descriptors"),
    ],
)
def test_a_write_that_is_refused_changes_nothing(faults: DiskFaults, what: str) -> None:
    """What a program is told has failed must not be found on the disk later."""

    async def body(disk: Disk) -> None:
        disk.faults = faults
        with pytest.raises(DiskError, match=what):
            await disk.write("log", b"four")
        disk.faults = NONE
        assert disk.files() == ()

    assert faults_in(with_disk(body)) == [what]


def test_a_sync_that_fails_leaves_its_writes_pending() -> None:
    """A later sync may still make them durable, and a crash may still take them."""

    async def body(disk: Disk) -> None:
        await disk.write("log", b"four")
        disk.faults = DiskFaults(sync_error_ratio=1.0)
        with pytest.raises(DiskError, match="sync"):
            await disk.sync("log")
        assert disk.pending_writes("log") == 1
        disk.faults = NONE
        await disk.sync("log")
        assert await disk.read("log") == b"four"

    assert faults_in(with_disk(body)) == ["sync"]


def test_a_read_error_is_of_the_moment() -> None:
    """Who tries again may be lucky."""

    async def body(disk: Disk) -> None:
        await disk.write("log", b"four")
        disk.faults = DiskFaults(read_error_ratio=1.0)
        with pytest.raises(DiskError, match="read"):
            await disk.read("log")
        disk.faults = NONE
        assert await disk.read("log") == b"four"

    assert faults_in(with_disk(body)) == ["read"]


def test_a_full_disk_takes_what_needs_no_more_room() -> None:
    """Overwriting grows nothing."""

    async def body(disk: Disk) -> None:
        await disk.write("log", b"four")
        disk.faults = DiskFaults(capacity_bytes=disk.used_bytes)
        await disk.write("log", b"FOUR", offset=0)
        assert await disk.read("log") == b"FOUR"

    assert faults_in(with_disk(body)) == []


def test_files_can_be_opened_up_to_the_limit() -> None:
    """Those that are open already stay so."""

    async def body(disk: Disk) -> None:
        await disk.write("old", b"x")
        disk.faults = DiskFaults(new_files=1)
        await disk.write("new", b"x")
        await disk.write("old", b"y")
        with pytest.raises(DiskError, match="descriptors"):
            await disk.write("newer", b"x")

    assert faults_in(with_disk(body)) == ["descriptors"]


def test_rot_flips_bits_of_durable_data_only() -> None:
    """What is still in memory does not rot on the disk."""

    async def body(disk: Disk) -> None:
        assert disk.rot(3, Random(1)) == 0
        await disk.write("log", bytes(64))
        assert disk.rot(3, Random(1)) == 0
        await disk.sync("log")
        assert disk.rot(1, Random(1)) == 1
        assert sum(byte.bit_count() for byte in await disk.read("log")) == 1

    assert faults_in(with_disk(body)) == ["rot"]


def test_a_wiped_disk_is_empty() -> None:
    """As a machine that comes back with a new one."""

    async def body(disk: Disk) -> None:
        await disk.write("log", b"four")
        disk.wipe()
        assert disk.files() == ()

    assert faults_in(with_disk(body)) == ["wiped"]


@pytest.mark.parametrize(
    "values", [{"read_error_ratio": 1.5}, {"write_error_ratio": float("nan")}, {"capacity_bytes": -1}]
)
def test_impossible_faults_are_refused(values: dict[str, Any]) -> None:
    """A ratio above 1 is a mistake of units."""
    with pytest.raises(BadInputError):
        DiskFaults(**values)
