"""An account of an attack is read from what honest nodes wrote, and can come out either way."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from alyslab.chaos.attacks import Account, accounts

from .test_byzantine import CHEAT, account, cheated

HELD = Account(
    entry="e1",
    fault="byzantine.manipulate",
    attackers=("node-0",),
    members=4,
    began_s=1.0,
    ended_s=70.0,
    acts=3,
    delivered=30,
    kept_back=12,
    noticed_by=("node-2",),
    noticed_after_s=8.5,
    provable=True,
    bound_s=None,
    watched_s=90.0,
    depth_blocks=1,
    finals_in_conflict=0,
    payments_undone=0,
    honest_blocks=9,
    honest_turns=9,
)


@pytest.mark.parametrize("broken", ["depth_blocks", "finals_in_conflict", "payments_undone"])
def test_whatever_leads_honest_nodes_apart_breaks_safety(broken: str) -> None:
    """A fork of one block heals by itself; more, or two final blocks, or a payment undone, is a loss."""
    assert HELD.safe
    assert not replace(HELD, **{broken: 2}).safe  # type: ignore[arg-type]


def test_a_chain_without_honest_blocks_is_not_alive_and_without_honest_turns_nobody_knows() -> None:
    """What was not observed is no success."""
    assert [
        replace(HELD, honest_blocks=blocks, honest_turns=turns).alive
        for blocks, turns in ((1, 9), (0, 9), (0, 0))
    ] == [
        True,
        False,
        None,
    ]


def test_an_account_tells_in_a_line_and_in_json_what_follows_from_it() -> None:
    """For a terminal, and for a program that reads it."""
    lost = replace(HELD, finals_in_conflict=1, honest_blocks=0, noticed_by=(), noticed_after_s=None)

    assert "safety held, honest blocks went on; 2 of 4 members must win" in HELD.summary
    assert "MISSED, by 0 nodes; safety BROKEN, honest blocks STOPPED" in lost.summary
    assert json.loads(json.dumps(lost.as_dict()))["safe"] is False


def test_what_nobody_saw_is_neither_safe_nor_unsafe() -> None:
    """A chain of which no row tells has shown nothing; what was earned is told where it was counted."""
    unseen = replace(HELD, depth_blocks=None, earned_ratio=0.484)

    assert unseen.safe is None
    assert "earned 48.4% of all; safety was not at stake" in unseen.summary


def test_a_run_without_attacks_has_no_accounts() -> None:
    """Nothing is made up."""
    assert accounts(cheated(None).run.journal) == []


def test_only_honest_nodes_notice() -> None:
    """An attacker's own node sees the attack too, and its word counts for nothing."""
    one = account(cheated("byzantine.equivocate"))
    journal = cheated("byzantine.equivocate").run.journal
    wrote = {row.subject for row in journal.select(kind="consensus.equivocation")}

    assert CHEAT in wrote
    assert set(one.noticed_by) == wrote - {CHEAT}
    assert one.attackers == (CHEAT,)


def test_what_is_kept_back_and_what_is_delivered_are_counted_on_the_wire() -> None:
    """Three others lack each vote that is withheld; each false vote reaches the three."""
    kept, flipped = account(cheated("byzantine.withhold_votes")), account(cheated("byzantine.flip_votes"))

    assert (kept.delivered, kept.kept_back) == (0, 3 * kept.acts)
    assert (flipped.delivered, flipped.kept_back) == (3 * flipped.acts, 3 * flipped.acts)
