"""Verdicts over the journal of a workload, put together from the checkers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Final

from alyslab.checkers import agreement, approvals, conservation, finality, gate, liveness, slots, terms
from alyslab.checkers.chain import state_roots
from alyslab.checkers.drawn import asked, drawn_subjects
from alyslab.checkers.verdict import Check, Verdict

if TYPE_CHECKING:
    from alyslab.runtime import Event, Journal

FORK_BLOCKS_MOST: Final = 1
"""Approvals come in one round, so two halves may import two blocks of one height, and no more."""
MEET_WITHIN_S: Final = 60.0
"""Source: alys-system.md §3, "partition recovery <= 60 s"."""
BLOCKS_WITHIN_S: Final = 60.0
FINALITY_WITHIN_S: Final = 75.0
"""Two proofs of at most 20 s each, the first for a head that was given up, and four slots."""
KINDS: Final = frozenset(
    {
        *agreement.KINDS,
        *approvals.KINDS,
        *slots.KINDS,
        *liveness.KINDS,
        *gate.KINDS,
        *terms.KINDS,
        "consensus.received",
        "consensus.equivocation",
        "consensus.rejected",
        "bridge.pegin",
        "bridge.pegout",
        "bridge.balance",
        "state.recomputed",
        "workload.expects",
        "consensus.halted",
        "bridge.paid_out",
    }
)
"""Rows that some checker reads; the many others are left alone."""
SUBJECTS: Final[Mapping[str, str]] = {
    "restarts that have lost votes which were sent": "a crash",
    "candidates that lost approvals which came early": "early approvals",
    "second blocks of an author for a slot that a node got without a word": "an equivocation",
    "turns taken or left against the gate": "the gate",
    "decisions of the gate that its rule does not give": "the gate",
}
"""What must have been drawn for a run if a check is to see anything; others see it in every run."""


def judge(journal: Journal) -> Verdict:
    """Apply every checker; what was drawn and not shown is inconclusive, what was not drawn is left out."""
    return asked(judge_all(journal), SUBJECTS, drawn_subjects(journal))


def judge_all(journal: Journal) -> Verdict:
    """Apply every checker, to whatever was drawn."""
    events = list(journal.select(kind=KINDS))
    gap_most = next((event.fields["gap_most"] for event in events if event.kind == "consensus.started"), 0)
    return Verdict.of(
        (
            expectations(events),
            agreement.common_prefix_always(events, depth_blocks=FORK_BLOCKS_MOST),
            agreement.finalised_agree(events),
            agreement.heads_meet(events, within_s=MEET_WITHIN_S, lag_blocks=1),
            finality.halts(events, max_blocks_without_pow=gap_most),
            approvals.certificates(events),
            approvals.votes_kept(events),
            approvals.candidates_replaced(events),
            approvals.equivocations_noticed(events),
            slots.turns_kept(events),
            slots.own_blocks_accepted(events),
            slots.slots_answered(events),
            liveness.goes_on(events, blocks_within_s=BLOCKS_WITHIN_S, finality_within_s=FINALITY_WITHIN_S),
            Verdict(state_roots(events).checks[:1]),  # the other is the model's own, tested there
            conservation.money_conserved(events),
            gate.production_is_allowed(events),
        )
    )


def judge_observed(journal: Journal) -> Verdict:
    """Apply every checker and keep what had something to see, beside what the workload expects of itself."""
    verdict = judge_all(journal)
    expected = expectations(list(journal.select(kind=KINDS))).checks
    rest = verdict.checks[len(expected) :]
    return Verdict((*expected, *(check for check in rest if check.passed is not None)))


def expectations(events: list[Event]) -> Verdict:
    """Hold what happened against the least that the workload said would happen."""
    expected = [event for event in events if event.kind == "workload.expects"]
    if not expected:
        return Verdict.inconclusive("the workload did what it set out to do", "it wrote no expectation")
    return Verdict(
        tuple(
            Check(
                name=f"{event.subject}, at least",
                observed=_COUNTS[event.subject](events),
                comparison=">=",
                limit=event.fields["at_least"],
                source="the workload's own parameters",
            )
            for event in expected
        )
    )


def _least(kind: str, events: list[Event]) -> int:
    """Return the highest height of this kind at the node where it is lowest; nodes that never began count."""
    heights = {event.subject: 0 for event in events if event.kind == "consensus.started"}
    for event in events:
        if event.kind == kind:
            heights[event.subject] = max(heights.get(event.subject, 0), event.fields["height"])
    return min(heights.values(), default=0)


def _number(kind: str, events: list[Event]) -> int:
    return sum(event.kind == kind for event in events)


def _distinct(kind: str, field: str, events: list[Event]) -> int:
    return len({event.fields[field] for event in events if event.kind == kind})


def _federations(events: list[Event]) -> int:
    """Return of how many federations some node has imported a block."""
    federation = terms.Terms()
    signing = set()
    for event in events:
        federation.follow(event)
        if event.kind == "block.imported":
            signing.add(federation.at(event.fields["height"]).first_height)
    return len(signing)


def _with(kind: str, field: str, value: str, events: list[Event]) -> int:
    return sum(event.kind == kind and event.fields[field] == value for event in events)


_COUNTS: Final[dict[str, Callable[[list[Event]], int]]] = {
    "blocks at every node": partial(_least, "block.imported"),
    "finalised blocks at every node": partial(_least, "chain.finalised"),
    "peg-ins credited": partial(_distinct, "bridge.pegin", "txid"),
    "peg-outs proposed": partial(_distinct, "bridge.pegout", "height"),
    "peg-outs finalised": partial(_distinct, "bridge.paid_out", "txid"),
    "federations that signed blocks": _federations,
    "blocks of former members refused": partial(_with, "consensus.rejected", "rule", "author"),
    "turns asked of the gate": partial(_number, "consensus.gate"),
    "halts": partial(_number, "consensus.halted"),
}
"""What workloads may expect, and how it is counted."""
