"""What examinations come to: a check for each in a verdict, and their counts as metrics."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from alyslab.checkers.verdict import Check, Verdict
from alyslab.metrics.row import MetricRow
from alyslab.property.examination import Examination
from alyslab.property.hunt import CASES_MOST, Hunt

SOURCE: Final = "issue 8, Properties"
NUMBERS: Final = "issue 8, Numbers"
DISCARDED_MOST: Final = 0.05
MEDIAN_MOST: Final = 100


def property_check(examination: Examination) -> Check:
    """Return whether a search found no counterexample, with the smallest one as evidence if it did."""
    found = examination.counterexample
    evidence = [] if found is None else [{"case": found.case, "seen": found.seen, "token": found.token}]
    return Check(
        name=f"property: {examination.name}",
        observed=len(evidence) if examination.cases else None,
        comparison="==",
        limit=0,
        unit="counterexamples",
        source=SOURCE,
        evidence=tuple(evidence),
        note=f"{examination.claim}; {examination.cases} cases, {examination.discarded} discarded",
    )


def discard_check(examinations: Iterable[Examination]) -> Check:
    """Return whether no search discarded more of its cases than allowed."""
    worst = max(examinations, key=lambda one: one.discarded_ratio, default=None)
    return Check(
        name="cases drawn in vain, the worst property",
        observed=None if worst is None else worst.discarded_ratio,
        comparison="<=",
        limit=DISCARDED_MOST,
        unit="ratio",
        source=NUMBERS,
        note="" if worst is None else worst.name,
    )


def hunt_checks(hunts: Iterable[Hunt], most: int = CASES_MOST) -> tuple[Check, ...]:
    """Return whether every planted defect was falsified, and the median one in few cases."""
    import statistics

    hunts = list(hunts)
    missed = [{"missed": one.defect, "by": one.by} for one in hunts if not one.found]
    medians = [one.median_cases for one in hunts if one.median_cases is not None]
    return (
        Check(
            name=f"planted defects not falsified within {most} cases",
            observed=len(missed) if hunts else None,
            comparison="==",
            limit=0,
            unit="defects",
            source=NUMBERS,
            evidence=tuple(missed),
            note=f"of {len(hunts)} planted",
        ),
        Check(
            name="cases until the median planted defect is falsified",
            observed=statistics.median(medians) if medians else None,
            comparison="<",
            limit=MEDIAN_MOST,
            unit="cases",
            source=NUMBERS,
        ),
    )


def verdict_of(examinations: Iterable[Examination], hunts: Iterable[Hunt] = ()) -> Verdict:
    """Return the verdict of searches and hunts together."""
    examinations, hunts = list(examinations), list(hunts)
    checks = [property_check(one) for one in examinations]
    return Verdict((*checks, discard_check(examinations), *(hunt_checks(hunts) if hunts else ())))


def metrics_of(examinations: Iterable[Examination], hunts: Iterable[Hunt] = ()) -> list[MetricRow]:
    """Return the counts of searches and hunts as tidy rows."""
    rows = []
    for one in examinations:
        labels = {"property": one.name}
        rows += [
            MetricRow(metric="property_cases", value=float(one.cases), unit="cases", labels=labels),
            MetricRow(metric="property_discarded_ratio", value=one.discarded_ratio, unit="", labels=labels),
        ]
    rows += [
        MetricRow(
            metric="cases_to_falsify",
            value=float(one.median_cases),
            unit="cases",
            labels={"defect": one.defect},
        )
        for one in hunts
        if one.median_cases is not None
    ]
    return rows
