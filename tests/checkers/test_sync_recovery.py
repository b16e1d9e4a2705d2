"""How long a node takes to be back."""

from __future__ import annotations

import pytest

from alyslab.checkers.sync_recovery import (
    back_from_checkpoints,
    back_from_partitions,
    checkpoint_recoveries,
    partition_recoveries,
)
from tests.checkers.sync_rows import at, fault, imported, log


def test_a_partition_is_over_when_blocks_flow() -> None:
    """Counted from its end; never counts as failed."""
    state = at(1, "sync.state", state="blocks", previous="headers")
    rows = (state, fault(2, "begin"), fault(50, "end"))

    assert partition_recoveries(log(*rows, imported(58, 60))) == [pytest.approx(8.0)]
    assert partition_recoveries(log(*rows)) == [None]
    assert back_from_partitions(log(*rows, imported(111, 60))).status == "fail"
    assert back_from_partitions(log(*rows, imported(58, 60))).status == "pass"


def test_a_partition_of_a_synced_node_asks_for_nothing() -> None:
    """It has nothing to import."""
    synced = at(1, "sync.state", state="synced", previous="catching_up")

    assert partition_recoveries(log(synced, fault(2, "begin"), fault(50, "end"))) == []


def test_a_checkpoint_recovery_is_over_at_the_height_before() -> None:
    """Counted from the doubt."""
    rows = (
        imported(1, 60),
        at(2, "sync.refused", peer="peer-0", height=61, rule="state_root"),
        at(3, "sync.checkpoint_recovered", height=50, root="r50", state_root="s50"),
        imported(4, 55),
    )

    assert checkpoint_recoveries(log(*rows, imported(9, 60))) == [pytest.approx(7.0)]
    assert checkpoint_recoveries(log(*rows)) == [None]
    assert back_from_checkpoints(log(*rows, imported(33, 60))).status == "fail"
