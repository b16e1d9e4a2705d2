"""The decision over a run: which promises were broken, and whether the run holds.

Pure: it sees how notebooks ended and what their verdicts say, and decides.
An inconclusive check is counted apart and breaks the gate only where it is
required; a notebook without a verdict counts as failed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, Literal

from alyslab.checkers import Check, Verdict
from alyslab.checkers.verdict import Observable


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What the gate needs to know of one notebook."""

    id: str
    """The executed notebook's name."""
    notebook: str
    """The source notebook's name, which ``required_checks`` use."""
    state: str
    """How its execution ended; only ``finished`` is good."""
    verdict: Verdict | None
    """Its sound verdict, or ``None``."""
    problem: str = ""
    """Why it ended badly or has no verdict."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One cause for which the gate does not hold."""

    kind: Literal["notebook", "check", "required"]
    """A notebook without a good end, a failed check, or a required check that saw nothing."""
    id: str
    """The executed notebook."""
    what: str
    """A sentence."""
    check: str | None = None
    """The check's name, if one is concerned."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The gate's answer, with its causes and counts."""

    reasons: tuple[Reason, ...]
    """Empty when every gate held."""
    passed_count: int
    """Checks that passed."""
    failed_count: int
    """Checks that failed."""
    inconclusive_count: int
    """Checks that observed nothing."""
    notebooks_count: int
    """Notebooks that were to run."""
    not_here: tuple[str, ...]
    """Required checks of notebooks that are not part of this run."""

    @property
    def holds(self) -> bool:
        """Whether every gate held."""
        return not self.reasons

    @property
    def exit_code(self) -> int:
        """0 if every gate held, else 1."""
        return 0 if self.holds else 1

    def metrics(self) -> list[dict[str, Any]]:
        """Return the counts as metric rows, for the summary's own scrap."""
        counts = {
            "checks_passed_count": self.passed_count,
            "checks_failed_count": self.failed_count,
            "checks_inconclusive_count": self.inconclusive_count,
            "notebooks_count": self.notebooks_count,
        }
        return [{"metric": name, "value": n, "unit": "", "labels": {}} for name, n in counts.items()]

    def verdict(self) -> Verdict:
        """Return the decision as the summary notebook's own verdict."""

        def count(name: str, kind: str, note: str) -> Check:
            causes = [reason for reason in self.reasons if reason.kind == kind]
            evidence = tuple(
                {"id": cause.id, "check": cause.check or "", "what": cause.what} for cause in causes
            )
            return Check(
                name=name, observed=len(causes), comparison="==", limit=0, evidence=evidence, note=note
            )

        return Verdict(
            (
                count("notebooks without a good end", "notebook", "an exception, a time-out or no verdict"),
                count("failed checks", "check", ""),
                count("required checks that saw nothing", "required", "required by the profile"),
            )
        )


def gate(
    outcomes: Sequence[Outcome], required_checks: Iterable[str] = (), summary: Outcome | None = None
) -> Decision:
    """Decide over the experiments of a run.

    Parameters
    ----------
    outcomes:
        One per notebook that was to run, executed or not.
    required_checks:
        Globs ``notebook:check name``.  What they match must pass or fail,
        not stay inconclusive, and each must match something of a notebook
        that is part of the run.
    summary:
        The notebook that reads the others.  Its checks repeat theirs and are
        not counted again, but it must have ended well with a verdict too.
    """
    reasons: list[Reason] = []
    for outcome in outcomes:
        reasons += _ending(outcome)
        reasons += _failed(outcome)
    not_here: list[str] = []
    for pattern in required_checks:
        name, _, check = pattern.partition(":")
        concerned = [outcome for outcome in outcomes if fnmatchcase(outcome.notebook, name)]
        if not concerned:
            not_here.append(pattern)
        reasons += [reason for outcome in concerned for reason in _unseen(outcome, check, pattern)]
    if summary:
        reasons += _ending(summary)
        if summary.verdict and summary.verdict.status != "pass" and not reasons:
            # Its evidence is ours; a difference means that one of the two read something else.
            what = "its verdict differs from this gate's"
            reasons.append(Reason(kind="notebook", id=summary.id, what=what))
    checks = [check for outcome in outcomes if outcome.verdict for check in outcome.verdict.checks]
    return Decision(
        # Two patterns may require the same check.
        reasons=tuple(dict.fromkeys(reasons)),
        passed_count=sum(check.passed is True for check in checks),
        failed_count=sum(check.passed is False for check in checks),
        inconclusive_count=sum(check.passed is None for check in checks),
        notebooks_count=len(outcomes),
        not_here=tuple(not_here),
    )


def sentence(observed: Observable, comparison: str, limit: Observable, unit: str) -> str:
    """Return what was seen and what was promised, in words short enough for a table."""
    seen, bound = _short(observed), _short(limit)
    if seen == bound and observed != limit:
        # Six digits would hide the very difference that decided.
        seen, bound = str(observed), str(limit)
    suffix = f" {unit}" if unit else ""
    return f"observed {seen}{suffix}, promised {comparison} {bound}{suffix}"


def _short(value: Observable) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _ending(outcome: Outcome) -> list[Reason]:
    if outcome.state != "finished":
        state = outcome.state.replace("_", " ")
        what = f"{state}: {outcome.problem}" if outcome.problem else state
        return [Reason(kind="notebook", id=outcome.id, what=what)]
    if outcome.verdict is None:
        what = f"no verdict: {outcome.problem}" if outcome.problem else "no verdict"
        return [Reason(kind="notebook", id=outcome.id, what=what)]
    if not outcome.verdict.checks:
        return [Reason(kind="notebook", id=outcome.id, what="its verdict holds no check")]
    return []


def _failed(outcome: Outcome) -> list[Reason]:
    return [
        Reason(
            kind="check",
            id=outcome.id,
            check=check.name,
            what=sentence(check.observed, check.comparison, check.limit, check.unit),
        )
        for check in (outcome.verdict.failed if outcome.verdict else ())
    ]


def _unseen(outcome: Outcome, glob: str, pattern: str) -> list[Reason]:
    if outcome.verdict is None:
        return []  # already a reason of its own
    matching = [check for check in outcome.verdict.checks if fnmatchcase(check.name, glob)]
    if not matching:
        return [Reason(kind="required", id=outcome.id, what=f"no check matches the required {pattern!r}")]
    return [
        Reason(kind="required", id=outcome.id, check=check.name, what=check.note or "nothing was observed")
        for check in matching
        if check.passed is None
    ]
