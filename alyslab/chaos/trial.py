"""One run of one case, judged; what processes of a search hand to each other."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from alyslab.chaos.cases import case_named, case_of
from alyslab.chaos.catalogue import check_planted
from alyslab.runtime import failed_run, simulate
from alyslab.runtime.simulation import MAX_STEPS, MAX_TIME_S
from alyslab.runtime.token import Token

if TYPE_CHECKING:
    from alyslab.chaos.case import Case
    from alyslab.runtime import Run
    from alyslab.runtime.sites import SiteCoverage

Status = Literal["pass", "fail", "inconclusive", "error"]
BUDGET_STEPS = 20_000_000
"""Steps that one run may take; a search must not hang on one seed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What one run came to."""

    case: str
    seed: int
    status: Status
    """``error``: code under test or the laboratory raised; no verdict then."""
    checks: tuple[str, ...]
    """Names of the checks that failed; the kind of the exception for an error."""
    token: str
    """Repeats the run; empty if it never began."""
    planted: tuple[str, ...]
    virtual_s: float
    wall_s: float
    sites: tuple[SiteCoverage, ...] = ()
    note: str = ""
    """The message of an error."""

    @property
    def violates(self) -> bool:
        """Whether a promise was broken."""
        return self.status == "fail"


def attempt(case: str, seed: int, planted: Iterable[str] = ()) -> Trial:
    """Run a case with a seed and judge it; an exception of the code under test is an outcome too.

    Raises
    ------
    BadInputError
        For a case or a bug that does not exist.
    """
    found, defects = case_named(case), tuple(planted)
    check_planted(defects)
    return _judged(
        found,
        seed,
        defects,
        strategy=found.strategy(seed),
        parameters=dict(found.parameters(seed)),
        planted=defects,
        activation_ratio=found.activation_ratio,
        max_steps=BUDGET_STEPS,
    )


def again(token: Token) -> Trial:
    """Run what a token names, whatever version made it, and judge it; raises :class:`BadInputError`."""
    case, defects = case_of(token), tuple(token.planted)
    check_planted(defects)
    return _judged(
        case,
        token.seed,
        defects,
        strategy=token.strategy,
        choices=token.choices,
        parameters=dict(token.parameters),
        planted=defects,
        activation_ratio=token.activation_ratio,
        max_steps=MAX_STEPS if token.max_steps is None else token.max_steps,
        max_time_s=MAX_TIME_S if token.max_time_s is None else token.max_time_s,
    )


def _judged(case: Case, seed: int, defects: tuple[str, ...], **arguments: Any) -> Trial:
    began_s = time.perf_counter()
    run: Run | None
    status: Status
    try:
        run = simulate(case.main, seed=seed, **arguments)
        verdict = case.judge(run.journal)
        status, checks, note = verdict.status, tuple(check.name for check in verdict.failed), ""
    except Exception as error:  # anything that code under test can raise
        run, status, checks, note = failed_run(error), "error", (type(error).__name__,), str(error)[:2_000]
    return Trial(
        case=case.name,
        seed=seed,
        status=status,
        checks=tuple(dict.fromkeys(checks)),
        token=run.token if run is not None else "",
        planted=defects,
        virtual_s=run.virtual_s if run is not None else 0.0,
        wall_s=time.perf_counter() - began_s,
        sites=run.sites if run is not None else (),
        note=note,
    )
