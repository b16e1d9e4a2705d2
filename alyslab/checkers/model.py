"""The verdict of the notebook ``chain_model``: its workload's journal, and its studies."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from alyslab.checkers.chain import (
    candidates_kept,
    chain_growth,
    chain_quality,
    common_prefix,
    incidents_avoided,
    rules_enforced,
    state_roots,
)
from alyslab.checkers.conservation import money_conserved
from alyslab.checkers.finality import finality_holds, halts
from alyslab.checkers.verdict import Check, Verdict
from alyslab.runtime.event import Event

if TYPE_CHECKING:
    from alyslab.model.study import FinalityRow, RuleRow

MAX_BLOCKS_WITHOUT_POW = 20
"""That of the laboratory's spec.  Source: alyslab.model.presets.laboratory_spec, after chain-dev.json."""
GROWTH_LEAST = 0.5
"""Blocks per slot; one slot in ten is missed by the workload, and a chain of half is half dead."""
FORK_DEPTH_BLOCKS = 0
"""Both nodes have heard of every block when the workload ends, so nothing may differ."""
QUALITY_WINDOW_BLOCKS, SHARE_MOST = 20, 0.5
"""With five authorities in turn, one of which writes half of twenty blocks, turns are not kept."""


def judge(journal: Iterable[Event]) -> Verdict:
    """Return what all checkers of the chain read from the journal of the workload ``validation``."""
    events = list(journal)
    own = [event for event in events if event.subject == "node"]
    forks = [event for event in events if event.subject.startswith("fork ")]
    return Verdict.of(
        (
            rules_enforced(events),
            candidates_kept(events),
            incidents_avoided(events),
            common_prefix(forks, depth_blocks=FORK_DEPTH_BLOCKS),
            state_roots(events),
            finality_holds(events),
            halts(events, max_blocks_without_pow=MAX_BLOCKS_WITHOUT_POW),
            money_conserved(events),
            chain_growth(own, blocks_per_slot_least=GROWTH_LEAST),
            chain_quality(own, window_blocks=QUALITY_WINDOW_BLOCKS, share_most=SHARE_MOST),
        )
    )


def judge_studies(
    journal: Iterable[Event],
    *,
    rules: Sequence[RuleRow],
    defects: Mapping[str, str],
    offered: Sequence[FinalityRow],
    missing: Mapping[str, int],
) -> Verdict:
    """Return the verdict over the journal and over what the notebook's studies have shown.

    Parameters
    ----------
    rules
        The rules tried on one valid block.
    defects
        For each planted defect, the checks that failed; empty text for none.
    offered
        The blocks offered until the chain halted.
    missing
        What was not accounted for in the bridge, by name, in the unit that the name begins with.
    """
    heights = [row.finalised_height for row in offered]
    falls = sum(later < earlier for earlier, later in pairwise(heights))
    halted = [row.observed for row in offered if row.observed != "accepted"]
    studies = (
        Check(
            name="rules broken by a valid block",
            observed=sum(not row.held for row in rules) if rules else None,
            comparison="==",
            limit=0,
            source="alys-system.md §1",
        ),
        Check(
            name="planted defects that no checker found",
            observed=sum(not found for found in defects.values()) if defects else None,
            comparison="==",
            limit=0,
            source="design.md, principle 6",
            note=", ".join(name for name, found in defects.items() if not found),
        ),
        Check(
            name="the chain halts for want of work, and for nothing else",
            observed=", ".join(halted) if offered else None,
            comparison="==",
            limit="pow_gap",
            source="alys-system.md §1, Halt/finality",
        ),
        Check(
            name="falls of the finalised height",
            observed=falls if offered else None,
            comparison="==",
            limit=0,
            source="alys-system.md §1, Halt/finality",
        ),
        *(
            Check(
                name=f"unaccounted for: {name}",
                observed=difference,
                comparison="==",
                limit=0,
                unit=name.split()[0],
                source="alys-system.md §1, Peg-in, Peg-out, Fees",
            )
            for name, difference in missing.items()
        ),
    )
    return Verdict.of((judge(journal), Verdict(studies)))
