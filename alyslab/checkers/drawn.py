"""Which checks a run can be asked: those that have a subject in what was drawn for it.

A seed draws which scenes a run has, and most checks are about one of them.  A
scene writes a row ``workload.drawn`` (subject: what it is about, in words)
before it acts.  A check whose subject was drawn and which saw nothing is
inconclusive; one whose subject was not drawn, and which saw nothing, has no place
in the verdict.  What a check sees counts in any case.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

from alyslab.checkers.verdict import Verdict

if TYPE_CHECKING:
    from alyslab.runtime import Journal

DRAWN = "workload.drawn"


def drawn_subjects(journal: Journal) -> frozenset[str]:
    """Return the subjects of all scenes that were drawn."""
    return frozenset(event.subject for event in journal.select(kind=DRAWN))


def asked(verdict: Verdict, subjects: Mapping[str, str], drawn: Collection[str]) -> Verdict:
    """Return the verdict without the checks that saw nothing and had no subject.

    Parameters
    ----------
    verdict
        All checks.
    subjects
        What each check needs, by the check's name; all others are asked of
        every run.
    drawn
        The subjects of this run.

    Raises
    ------
    ValueError
        For a name that no check has, or a drawn subject that asks for none: what
        was meant to be asked would silently not be.
    """
    unknown = [
        *subjects.keys() - {check.name for check in verdict.checks},
        *set(drawn) - set(subjects.values()),
    ]
    if unknown:
        raise ValueError(f"no check is named, and none is asked by: {', '.join(sorted(unknown))}")
    return Verdict(
        tuple(
            check
            for check in verdict.checks
            if check.passed is not None or check.name not in subjects or subjects[check.name] in drawn
        )
    )
