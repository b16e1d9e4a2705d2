"""Checkpoints: true, complete, and none trusted that was damaged."""

from __future__ import annotations

from alyslab.checkers.sync_checkpoints import checkpoints_hold
from alyslab.runtime.event import Event
from tests.checkers.sync_rows import at, failed, imported, log

TRUSTED = "no damaged checkpoint is recovered from"
LEFT_OUT = "a checkpoint is made wherever one is due"


def created(seconds: float, height: int, state_root: str = "") -> Event:
    roots = {"root": f"r{height}", "state_root": state_root or f"s{height}"}
    where = {"directory": f"checkpoint/{height // 10 % 3}", "bytes": 100}
    return at(seconds, "sync.checkpoint_created", height=height, **roots, **where)


def test_checkpoints_are_true_and_complete() -> None:
    """The last that is due may still be under way."""
    rows = (created(1, 10), created(2, 20), imported(3, 30))

    assert failed(checkpoints_hold(log(*rows))) == []
    assert failed(checkpoints_hold(log(created(1, 10, "other"), *rows[1:]))) == [
        "a checkpoint bears the roots of its own height"
    ]
    assert failed(checkpoints_hold(log(rows[1], rows[2]))) == [LEFT_OUT]


def test_a_damaged_checkpoint_may_not_be_recovered_from() -> None:
    """Until it has been made anew."""
    rot = at(2, "fault.checkpoint", height=10)
    back = at(4, "sync.checkpoint_recovered", height=10, root="r10", state_root="s10")

    assert failed(checkpoints_hold(log(created(1, 10), rot, back))) == [TRUSTED]
    assert failed(checkpoints_hold(log(created(1, 10), rot, created(3, 10), back))) == []


def test_a_damaged_checkpoint_that_is_refused_was_a_decision_too() -> None:
    """With no good one left the node begins at the genesis; that it did not trust it was seen."""
    rot = at(2, "fault.checkpoint", height=10)
    refused = at(4, "sync.checkpoint_refused", directory="checkpoint/1", rule="state_damaged", height=10)
    check = {each.name: each for each in checkpoints_hold(log(created(1, 10), rot, refused)).checks}[TRUSTED]

    assert check.passed is True
    assert checkpoints_hold(log(created(1, 10), refused)).checks[1].passed is None


def fault(seconds: float, what: str, place: int = 0) -> Event:
    return at(seconds, "disk.fault", what=what, file="checkpoint/1/state", at=place)


def test_a_state_that_rotted_may_not_be_recovered_from() -> None:
    """What stands behind the state's end, and a bit that flipped twice, are no damage that is sure."""
    back = at(4, "sync.checkpoint_recovered", height=10, root="r10", state_root="s10")
    rotten = fault(2, "rot", 99)

    assert failed(checkpoints_hold(log(created(1, 10), rotten, back))) == [TRUSTED]
    for rows in ((fault(2, "rot", 100),), (rotten, rotten), (rotten, created(3, 10))):
        assert failed(checkpoints_hold(log(created(1, 10), *rows, back))) == []


def test_what_the_disk_refused_is_not_left_out() -> None:
    """Only where the disk refused at that moment: a node's word alone is no excuse."""
    refused = at(2, "sync.checkpoint_refused", directory="checkpoint/1", rule="not_written", height=10)
    rows = (refused, created(3, 20), imported(4, 30))

    assert failed(checkpoints_hold(log(fault(2, "full"), *rows))) == []
    assert failed(checkpoints_hold(log(fault(1, "full"), *rows))) == [LEFT_OUT]
