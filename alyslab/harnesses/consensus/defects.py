"""The bugs that can be planted in consensus nodes, each to be found by a checker.

They are looked up once in each life of a node, since a defect is on for a
whole run or not at all.  Several are real incidents of V1 (alys-system.md §7).
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Final

from alyslab.runtime.sites import planted, register_planted

_SUMMARIES: Final = {
    "candidate_replaced": "of two candidates at one height the latest stays, whatever its slot",
    "early_approvals_misfiled": "an approval that comes before its block is filed under height 0, for ever",
    "pegout_signatures_skipped": "a payment without enough signatures is left out of the block that needs it",
    "quorum_of_connected": "two thirds of the authorities heard of lately suffice, as in a partition",
    "quorum_of_former": "after a change of the federation the former one's quorum still imports a block",
    "federation_read_once": "a node reads the federation at its start, and does not follow a change",
    "vote_counted_twice": "an approval that comes again counts again",
    "finality_ignored": "fork choice goes back as far as a winning branch asks, below what is final too",
    "rival_taken_on_trust": "a branch that wins is taken without a look at its signatures",
    "votes_not_consulted": "an authority signs what it likes, whatever it has signed for the slot before",
    "vote_not_synced": "a vote is written but not synced before it is sent, and a crash loses it",
    "lost_votes_unnoticed": "a member whose disk has lost votes signs on as if it had given none",
    "vote_sent_before_written": "a vote is sent, and the disk may refuse it afterwards",
    "equivocation_unnoticed": "a second block of an author for one slot is taken without a word",
    "future_block_accepted": "a block whose author's clock was set ahead is held against its own timestamp",
    "batch_checks_first_only": "of approvals that are verified together only the first really is",
    "duplicate_taken_again": "a block that comes twice becomes a candidate twice, without its approvals",
    "timer_lost_on_pause": "a slot timer that fires late is not set again",
    "produces_out_of_turn": "an author counts its slots from the next member's",
    "produces_while_syncing": "a node that catches up writes blocks on what it has",
    "gate_not_asked": "a node writes in its turn without asking whether it is near enough to the others",
    "orphan_ignored": "a block on an unknown parent does not make a node look for what it missed",
    "queued_work_forgotten": "proof of work that is queued never gets into a block",
    "pegin_offered_again": "a payment that was credited is put into a block again, and credited again",
    "halt_ignored": "blocks go on without proof of work, however long",
}

DEFECTS: Final = tuple(register_planted(f"consensus.{name}", text) for name, text in _SUMMARIES.items())
"""Every defect by its full name, as ``simulate(planted=…)`` takes it."""


class Defects(SimpleNamespace):
    """Which defects are on in the present run: an attribute for each, by its name without the part."""

    def __getattr__(self, name: str) -> bool:  # tells the type checker what every attribute is
        raise AttributeError(name)

    @classmethod
    def read(cls) -> Defects:
        """Ask the present run; all are off outside one."""
        return cls(**{name: planted(f"consensus.{name}") for name in _SUMMARIES})

    @property
    def waived(self) -> frozenset[str]:
        """Rules of the model that a node with these bugs does not keep: its own check stands instead."""
        rules = {
            "quorum": self.quorum_of_connected or self.quorum_of_former or self.vote_counted_twice,
            "slot_not_in_future": self.future_block_accepted,
            "signature": self.batch_checks_first_only or self.rival_taken_on_trust,
            "pegin_unique": self.pegin_offered_again,
            "pow_gap": self.halt_ignored,
        }
        return frozenset(rule for rule, off in rules.items() if off)
