from __future__ import annotations

from typing import Any

import pytest

from alyslab.errors import DiskError
from alyslab.harnesses.consensus.defects import Defects
from alyslab.harnesses.consensus.votes import (
    ABSTAIN_SLOTS,
    FILE,
    GRACE_SLOTS,
    RECORD_BYTES,
    RECORDS,
    Vote,
    VoteBook,
)
from alyslab.runtime import require_current, simulate
from alyslab.runtime.disk import CrashFaults
from alyslab.runtime.disk_faults import DiskFaults

ROOT, OTHER = b"\1" * 32, b"\2" * 32
SLOT, FIRST = 2, 0
"""The present slot and the chain's first, where nothing is lost."""


async def vote_and_crash(*, votes: int, lost_ratio: float, torn_ratio: float) -> list[Any]:
    """Write votes, crash, and return what the next life knows and would sign."""
    node = require_current().node("voter")
    node.disk.crash_faults = CrashFaults(lost_ratio=lost_ratio, torn_ratio=torn_ratio)
    book = VoteBook(node.disk, Defects.read())
    for slot in range(1, votes + 1):
        await book.write(Vote(height=1, slot=slot, root=ROOT))
    node.crash()
    node.restart()
    again = VoteBook(node.disk, Defects.read())
    known = await again.recover(SLOT, FIRST)
    return [
        known,
        again.may_sign(1, votes, OTHER),
        again.may_sign(1, votes, ROOT),
        again.may_sign(1, votes + 1, OTHER),
    ]


def crashed(votes: int = 3, lost: float = 1.0, torn: float = 0.0, planted: tuple[str, ...] = ()) -> Any:
    parameters = {"votes": votes, "lost_ratio": lost, "torn_ratio": torn}
    return simulate(vote_and_crash, seed=1, planted=planted, parameters=parameters).result


def test_a_vote_survives_a_crash() -> None:
    """An authority that forgets signs a second block for its slot."""
    assert crashed() == [3, False, True, True]


def test_a_vote_that_is_not_synced_is_lost() -> None:
    """The planted bug: without the sync the contract of a disk promises nothing."""
    assert crashed(planted=("consensus.vote_not_synced",)) == [0, True, True, True]


def test_the_ring_keeps_the_latest() -> None:
    """A node signs for years; its file must not grow for as long."""
    known, second, first, later = crashed(votes=RECORDS + 5)

    assert known == RECORDS
    assert (second, first, later) == (False, True, True)


def test_one_promise_for_a_slot_and_none_for_an_earlier_one() -> None:
    """Slots of one height only ever go up, so that two quorums do not cross."""

    async def main() -> list[bool]:
        book = VoteBook(require_current().node("voter").disk, Defects.read())
        await book.write(Vote(5, 10, ROOT))
        return [
            book.may_sign(5, 10, OTHER),
            book.may_sign(5, 9, OTHER),
            book.may_sign(5, 11, OTHER),
            book.may_sign(6, 9, OTHER),
            book.may_write(6, 10),
            book.may_write(6, 12),
        ]

    assert simulate(main, seed=1).result == [False, False, True, True, False, True]


async def spoil_and_read(*, what: str) -> list[Any]:
    """Write votes, let the disk forget, and return what two lives after that know and would sign."""
    disk = require_current().node("voter").disk
    book = VoteBook(disk, Defects.read())
    for slot in (1, 2, 3):
        await book.write(Vote(1, slot, ROOT))
    if what == "rot":
        await disk.write(FILE, b"\xff", offset=RECORD_BYTES + 3)
    elif what == "misdirected":
        await disk.write(FILE, (await disk.read(FILE))[:RECORD_BYTES], offset=9 * RECORD_BYTES)
    elif what == "last":
        await disk.write(FILE, b"\xff", offset=2 * RECORD_BYTES + 9)
    elif what == "missing":
        await disk.write(FILE, bytes(RECORD_BYTES), offset=RECORD_BYTES)
    elif what == "wiped":
        disk.wipe()
    found = []
    for _ in range(2):
        again = VoteBook(disk, Defects.read())
        count = await again.recover(50, FIRST)
        limit = 50 + ABSTAIN_SLOTS
        found.append([count, again.abstains_until, again.may_write(9, limit), again.may_write(9, limit + 1)])
    return found


@pytest.mark.parametrize(
    ("what", "left"), [("rot", 2), ("misdirected", 3), ("last", 2), ("missing", 2), ("wiped", 0)]
)
def test_who_has_lost_votes_signs_nothing_that_it_may_have_signed(what: str, left: int) -> None:
    """It can't know what it signed; and it must remember that it can't, in its next life too."""
    until = 50 + ABSTAIN_SLOTS
    result = simulate(spoil_and_read, seed=1, parameters={"what": what}).result

    assert result == [[left, until, False, True]] * 2


def test_whole_votes_bind_nobody_to_silence() -> None:
    """A restart must not cost a member its next turns."""
    assert [row[1:] for row in simulate(spoil_and_read, seed=1, parameters={"what": ""}).result] == [
        [-1, True, True]
    ] * 2


def test_who_does_not_notice_lost_votes_signs_again() -> None:
    """The planted bug: then two blocks of one slot may bear one member's signature."""
    planted = ("consensus.lost_votes_unnoticed",)
    result = simulate(spoil_and_read, seed=1, planted=planted, parameters={"what": "rot"}).result

    assert result[0] == [2, -1, True, True]


def test_what_the_disk_refuses_is_not_signed() -> None:
    """A vote counts when it is kept, not when it is meant."""

    async def main() -> bool:
        disk = require_current().node("voter").disk
        disk.faults = DiskFaults(sync_error_ratio=1.0)
        with pytest.raises(DiskError):
            await VoteBook(disk, Defects.read()).write(Vote(1, 1, ROOT))
        return True

    assert simulate(main, seed=1).result


def test_a_new_disk_has_no_votes() -> None:
    """The first boot is a boot like any other."""

    async def main() -> int:
        return await VoteBook(require_current().node("voter").disk, Defects.read()).recover(
            FIRST + GRACE_SLOTS, FIRST
        )

    assert simulate(main, seed=1).result == 0
