"""Verdicts over chains: rules enforced, roots right, and the three properties of a backbone.

Reads ``block.judged``, ``candidate.judged``, ``incident.judged``,
``block.imported``, ``chain.rolled_back`` and ``state.recomputed``; the subject
of an event is the node, or the scene of an incident.  Nodes and heights are
those of the journal, nothing is assumed.

Source: Garay, Kiayias, Leonardos, "The Bitcoin backbone protocol" (2015),
definitions 2-4: common prefix, chain quality, chain growth.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import combinations

from alyslab.checkers.verdict import Check, Verdict
from alyslab.runtime.event import Event

EVIDENCE_MAX = 5
"""Events shown per check; a defect that breaks one block often breaks many."""


def _evidence(events: list[Event]) -> tuple[dict[str, object], ...]:
    return tuple(event.as_dict() for event in events[:EVIDENCE_MAX])


def rules_enforced(journal: Iterable[Event]) -> Verdict:
    """Every valid block was accepted, every broken one rejected for the rule that it breaks."""
    judged = [event for event in journal if event.kind == "block.judged"]
    groups = {
        "valid blocks rejected": [e for e in judged if e.fields["expected"] == "accepted"],
        "blocks that break a rule, judged otherwise": [
            e for e in judged if e.fields["expected"] != "accepted"
        ],
    }
    checks = []
    for name, events in groups.items():
        wrong = [event for event in events if event.fields["observed"] != event.fields["expected"]]
        checks.append(
            Check(
                name=name,
                observed=len(wrong) if events else None,
                comparison="==",
                limit=0,
                source="alys-system.md §1, process_block order",
                evidence=_evidence(wrong),
                note=f"{len(events)} judged",
            )
        )
    return Verdict(tuple(checks))


def candidates_kept(journal: Iterable[Event]) -> Verdict:
    """Of two candidates the higher slot stays, and approvals that came early count."""
    judged = [event for event in journal if event.kind == "candidate.judged"]
    wrong = [
        event
        for event in judged
        if (event.fields["expected_slot"], event.fields["expected_approvals"])
        != (event.fields["observed_slot"], event.fields["observed_approvals"])
    ]
    return Verdict(
        (
            Check(
                name="candidates or approvals lost",
                observed=len(wrong) if judged else None,
                comparison="==",
                limit=0,
                source="alys-system.md §7, incident 9 and early approvals",
                evidence=_evidence(wrong),
            ),
        )
    )


def incidents_avoided(journal: Iterable[Event]) -> Verdict:
    """Every scene of an incident ended as it does with a sound node."""
    judged = [event for event in journal if event.kind == "incident.judged"]
    wrong = [event for event in judged if event.fields["observed"] != event.fields["expected"]]
    return Verdict(
        (
            Check(
                name="incidents that happen again",
                observed=len(wrong) if judged else None,
                comparison="==",
                limit=0,
                source="alys-system.md §7",
                evidence=_evidence(wrong),
                note=", ".join(event.subject for event in wrong) or f"{len(judged)} scenes",
            ),
        )
    )


def state_roots(journal: Iterable[Event]) -> Verdict:
    """Every imported block claims the root that the node computed, and the last root holds from nothing."""
    imported: dict[tuple[str, int], Event] = {}
    wrong, seen, recomputed, compared = [], 0, [], 0
    for event in journal:
        if event.kind == "block.imported":
            seen += 1
            imported[event.subject, event.fields["height"]] = event
            if event.fields["state_root"] != event.fields["claimed_state_root"]:
                wrong.append(event)
        elif event.kind == "state.recomputed":
            there = imported.get((event.subject, event.fields["height"]))
            compared += there is not None
            if there is not None and there.fields["state_root"] != event.fields["root"]:
                recomputed.append(event)
    source = "issue 4: a state root is the root of the state that the block produces"
    return Verdict(
        (
            Check(
                name="blocks that claim another state root",
                observed=len(wrong) if seen else None,
                comparison="==",
                limit=0,
                source=source,
                evidence=_evidence(wrong),
            ),
            Check(
                name="state roots that differ when recomputed from nothing",
                observed=len(recomputed) if compared else None,
                comparison="==",
                limit=0,
                source=source,
                evidence=_evidence(recomputed),
            ),
        )
    )


def chains_of(journal: Iterable[Event]) -> dict[str, list[Event]]:
    """Return each node's final chain as its ``block.imported`` events, by height from the lowest imported."""
    chains: dict[str, list[Event]] = {}
    for event in journal:
        if event.kind == "block.imported":
            chains.setdefault(event.subject, []).append(event)
        elif event.kind in ("chain.rolled_back", "consensus.started"):  # a disk may have lost blocks
            kept = chains.get(event.subject, [])
            chains[event.subject] = [
                block for block in kept if block.fields["height"] <= event.fields["height"]
            ]
    return chains


def common_prefix(journal: Iterable[Event], *, depth_blocks: int) -> Verdict:
    """Any two nodes agree once the last ``depth_blocks`` blocks of the shorter chain are cut off.

    Observed is the greatest depth at which two chains differ, counted in
    blocks from the lower of their heads; 0 when all agree.
    """
    chains = chains_of(journal)
    worst, evidence = 0, list[Event]()
    for one, other in combinations(sorted(chains), 2):
        mine, theirs = _by_height(chains[one]), _by_height(chains[other])
        shared = sorted(mine.keys() & theirs.keys())
        differing = [h for h in shared if mine[h].fields["root"] != theirs[h].fields["root"]]
        if differing and shared[-1] - differing[0] + 1 > worst:
            worst = shared[-1] - differing[0] + 1
            evidence = [mine[differing[0]], theirs[differing[0]]]
    return Verdict(
        (
            Check(
                name="depth at which two nodes' chains differ",
                observed=worst if len(chains) > 1 else None,
                comparison="<=",
                limit=depth_blocks,
                unit="blocks",
                source="Garay et al. 2015, common prefix",
                evidence=_evidence(evidence),
                note="" if len(chains) > 1 else "fewer than two nodes imported blocks",
            ),
        )
    )


def _by_height(blocks: list[Event]) -> Mapping[int, Event]:
    return {block.fields["height"]: block for block in blocks}


def chain_growth(journal: Iterable[Event], *, blocks_per_slot_least: float) -> Verdict:
    """Each node's chain grows by at least so many blocks per slot, first to last block."""
    rates = {}
    for node, blocks in chains_of(journal).items():
        if len(blocks) > 1:
            slots = blocks[-1].fields["slot"] - blocks[0].fields["slot"]
            rates[node] = (len(blocks) - 1) / slots if slots else float("nan")
    slowest = min(rates, key=rates.__getitem__, default=None)
    return Verdict(
        (
            Check(
                name="growth of the slowest chain",
                observed=None if slowest is None else rates[slowest],
                comparison=">=",
                limit=blocks_per_slot_least,
                unit="blocks/slot",
                source="Garay et al. 2015, chain growth",
                note="no node imported two blocks" if slowest is None else f"slowest: {slowest}",
            ),
        )
    )


def chain_quality(journal: Iterable[Event], *, window_blocks: int, share_most: float) -> Verdict:
    """In any window of consecutive blocks no authority wrote more than its share."""
    greatest, note = None, "no chain is as long as the window"
    for node, blocks in chains_of(journal).items():
        for start in range(len(blocks) - window_blocks + 1):
            window = blocks[start : start + window_blocks]
            author, count = Counter(block.fields["author"] for block in window).most_common(1)[0]
            if greatest is None or count / window_blocks > greatest:
                greatest = count / window_blocks
                note = f"authority {author} on {node}, from height {window[0].fields['height']}"
    return Verdict(
        (
            Check(
                name="largest share of one authority",
                observed=greatest,
                comparison="<=",
                limit=share_most,
                unit="ratio",
                source="Garay et al. 2015, chain quality",
                note=note,
            ),
        )
    )
