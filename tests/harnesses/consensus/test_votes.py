from __future__ import annotations

from typing import Any

from alyslab.harnesses.consensus.defects import Defects
from alyslab.harnesses.consensus.votes import FILE, RECORD_BYTES, RECORDS, Vote, VoteBook
from alyslab.runtime import require_current, simulate
from alyslab.runtime.disk import CrashFaults

ROOT, OTHER = b"\1" * 32, b"\2" * 32


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
    known = await again.recover()
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


def test_a_damaged_record_costs_itself_alone() -> None:
    """A flipped bit must not make an authority forget what else it signed."""

    async def main() -> list[Any]:
        disk = require_current().node("voter").disk
        book = VoteBook(disk, Defects.read())
        for slot in (1, 2, 3):
            await book.write(Vote(1, slot, ROOT))
        await disk.write(FILE, b"\xff", offset=RECORD_BYTES + 3)
        await disk.write(FILE, b"torn", offset=3 * RECORD_BYTES)
        again = VoteBook(disk, Defects.read())
        return [await again.recover(), again.may_sign(9, 2, OTHER), again.may_sign(9, 3, OTHER)]

    assert simulate(main, seed=1).result == [2, True, False]


def test_a_new_disk_has_no_votes() -> None:
    """The first boot is a boot like any other."""

    async def main() -> int:
        return await VoteBook(require_current().node("voter").disk, Defects.read()).recover()

    assert simulate(main, seed=1).result == 0
