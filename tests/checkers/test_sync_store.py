"""What was committed survives, unless a fault destroyed it."""

from __future__ import annotations

from alyslab.checkers.sync_store import survives
from alyslab.runtime.event import Event
from tests.checkers.sync_rows import at, failed, log

LOST = "a recovery finds every block that was committed"


def commit(seconds: float, height: int, pow_height: int) -> Event:
    head = {"height": height, "root": f"r{height}", "pow_height": pow_height}
    return at(seconds, "store.commit", end=100 * height, **head)


def recovered(seconds: float, height: int, pow_height: int) -> Event:
    head = {"height": height, "root": f"r{height}", "pow_height": pow_height}
    return at(seconds, "store.recovered", end=100 * height + 10, **head)


def begun(seconds: float) -> Event:
    return at(seconds, "store.begun", height=0, root="r0", pow_height=0, end=60)


def test_commits_and_pointers_survive() -> None:
    """Also after a rollback, which lowers what must survive."""
    good = log(commit(1, 10, 7), commit(2, 20, 14), recovered(3, 20, 14))
    rolled = log(commit(1, 20, 14), at(2, "store.truncate", height=10), recovered(3, 10, 7))

    assert survives(good).status == "pass"
    assert failed(survives(rolled)) == []


def test_a_commit_that_is_lost_is_seen() -> None:
    """With the recovery that did not find it."""
    verdict = survives(log(commit(1, 20, 14), recovered(3, 10, 7)))

    assert failed(verdict) == [LOST]
    assert verdict.failed[0].evidence[0]["kind"] == "store.recovered"


def test_a_pointer_that_is_forgotten_is_seen() -> None:
    """Incident 12."""
    assert failed(survives(log(commit(1, 20, 14), recovered(3, 20, 0)))) == [
        "a recovery finds the pointer to the latest proof of work"
    ]


def test_a_log_that_is_gone_without_a_fault_is_seen() -> None:
    """A node that begins anew has lost everything; the first time there is nothing to lose."""
    assert failed(survives(log(begun(0), commit(1, 20, 14), begun(2)))) == [LOST]
    assert survives(log(begun(0))).status == "inconclusive"


def fault(seconds: float, what: str, place: int = 0, file: str = "chain/log") -> Event:
    return at(seconds, "disk.fault", what=what, file=file, at=place)


def test_what_stands_behind_a_byte_that_rotted_is_not_asked_for() -> None:
    """And what stands before it is."""
    rows = (commit(1, 10, 7), commit(2, 20, 14), fault(3, "rot", 1_500), commit(4, 30, 21))

    assert failed(survives(log(*rows, recovered(5, 10, 7)))) == []
    assert failed(survives(log(*rows, recovered(5, 9, 7)))) == [LOST]


def test_after_an_opening_everything_is_asked_for_again() -> None:
    """One fault excuses one opening."""
    rows = (commit(1, 20, 14), fault(2, "rot", 0), recovered(3, 0, 0), commit(4, 30, 21))

    assert failed(survives(log(*rows, recovered(5, 29, 21)))) == [LOST]
    assert failed(survives(log(*rows, recovered(5, 30, 21)))) == []


def test_a_new_disk_and_a_misplaced_write_excuse_everything() -> None:
    """Where a misplaced write came to lie the journal does not say."""
    misplaced = at(2, "disk.crash", file="chain/log", offset=900, bytes=80, fate="misdirected")

    assert failed(survives(log(commit(1, 20, 14), fault(2, "wiped"), begun(3)))) == []
    assert failed(survives(log(commit(1, 20, 14), misplaced, recovered(3, 4, 0)))) == []


def test_what_destroys_nothing_excuses_nothing() -> None:
    """A full disk, a lost write, a checkpoint that rots."""
    lost = at(2, "disk.crash", file="chain/log", offset=900, bytes=80, fate="lost")
    for row in (fault(2, "full"), lost, fault(2, "rot", 0, "checkpoint/1/state")):
        assert failed(survives(log(commit(1, 20, 14), row, recovered(3, 10, 7)))) == [LOST]
