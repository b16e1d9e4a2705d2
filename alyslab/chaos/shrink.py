"""Making a failing run small: fewer entries, shorter, weaker, fewer nodes, a plainer schedule.

The violation is held fixed: one check that failed, of one checker, by its name.
Times, ids and counts may change.  Every step is a run of its own, judged again;
nothing is assumed.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Final

from alyslab.chaos.candidate import Attempts, Candidate, Progress
from alyslab.chaos.cases import case_of
from alyslab.chaos.count_variants import smaller_counts
from alyslab.chaos.ddmin import ddmin
from alyslab.chaos.size import Size
from alyslab.chaos.trial import again
from alyslab.chaos.variants import shorter_phases, simpler_entries, smaller_systems, tidier
from alyslab.errors import BadInputError, Problem
from alyslab.runtime.token import Token, python_minor

if TYPE_CHECKING:
    from alyslab.chaos.case import Case
    from alyslab.chaos.plan import Entry, Plan
    from alyslab.runtime import Run

LIMIT_S: Final = 60.0
"""Real time that shrinking may take, unless it is told otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shrunk:
    """A failing run and the smallest one found that fails in the same way."""

    check: str
    """The check that fails in both."""
    token: str
    """Repeats the small run."""
    plan: Plan | None
    """Its plan; None for a workload that has none."""
    before: Size
    after: Size
    runs: int
    """Runs that it took."""
    wall_s: float
    complete: bool
    """Whether it ended because nothing could be made smaller, and not by its time limit or an interrupt."""
    interrupted: bool = False
    """Whether somebody stopped it."""


def shrink(
    token: str,
    *,
    check: str | None = None,
    limit_s: float = LIMIT_S,
    progress: Progress | None = None,
) -> Shrunk:
    """Make the failing run of a token small.

    Of a run under a plan that is the plan's entries, their times, targets and
    intensities, and the system's nodes and length; of a workload its counts;
    of both the schedule and the fault sites.

    Parameters
    ----------
    token
        Of a run of any case of a search.
    check
        The check to hold fixed; by default the first one that fails.
    limit_s
        Real time that it may take; no run is begun that would not end by then, if it takes as
        long as the longest so far.  The smallest run found is returned.
    progress
        Told of each smaller run.

    Raises
    ------
    BadInputError
        If the token can't be read, no case runs it, or its run breaks no promise; and for a
        limit that is none.

    An interrupt ends it in order: the smallest run until then is returned.
    """
    _check_limit(limit_s)
    began_s = time.monotonic()
    parsed = Token.parse(token)
    case = case_of(parsed)
    attempts = Attempts(parsed, case, _check_of(parsed, check), progress or (lambda _: None))
    start = Candidate.of(parsed)
    first_run = attempts.run(start)
    if first_run is None:
        raise BadInputError(Problem(where="token", what="its run does not fail the same way twice"))
    attempts.deadline_s = began_s + limit_s
    interrupted = False
    try:
        smallest, complete = _smallest(attempts, case, start)
    except KeyboardInterrupt:
        smallest, complete, interrupted = attempts.best or start, False, True
    last_run = attempts.run(smallest)
    if last_run is None:
        raise AssertionError("a run that failed does not fail again: it is not deterministic")
    return Shrunk(
        check=attempts.check,
        token=last_run.token,
        plan=smallest.plan,
        before=Size.of(start, case, first_run),
        after=Size.of(smallest, case, last_run),
        runs=attempts.runs,
        wall_s=time.monotonic() - began_s,
        complete=complete,
        interrupted=interrupted,
    )


def _check_limit(limit_s: float) -> None:
    if not 0 <= limit_s < float("inf"):
        what = "not a time limit"
        raise BadInputError(
            Problem(where="shrink", key="limit_s", what=what, value=limit_s, allowed="0 s or more")
        )


def _check_of(token: Token, check: str | None) -> str:
    """Run the token and return the check to hold fixed."""
    first = again(token)
    if not first.violates or (check is not None and check not in first.checks):
        what = f"its run ends with {first.status}: {', '.join(first.checks) or 'nothing is broken'}"
        if token.python != python_minor():
            what += f" (made under Python {token.python}, run under {python_minor()}: other steps)"
        allowed = "a token whose run breaks a promise"
        raise BadInputError(Problem(where="token", what=what, value=check, allowed=allowed))
    return check or first.checks[0]


def _smallest(attempts: Attempts, case: Case, start: Candidate) -> tuple[Candidate, bool]:
    best, before = start, None
    while best != before and not attempts.over:
        before = best
        best = _fewer_entries(attempts, best)
        best = _plainer(attempts, best)
        best = _smaller(attempts, case, best)
        best = _shorter_schedule(attempts, best)
    complete = best == before and not attempts.over
    return _tidy(attempts, best), complete


def _fewer_entries(attempts: Attempts, best: Candidate) -> Candidate:
    plan = best.plan
    if plan is None:
        return best

    def with_entries(entries: Sequence[Entry]) -> Candidate:
        return best.with_plan(plan.model_copy(update={"entries": tuple(entries), "drawn": {}}))

    kept = ddmin(plan.entries, lambda entries: attempts.fails(with_entries(entries)))
    return with_entries(kept) if len(kept) < len(plan.entries) else best


def _plainer(attempts: Attempts, best: Candidate) -> Candidate:
    """Take away the schedule, and the faults at sites, if the run fails without."""
    for plain in (replace(best, strategy="fifo", choices=()), replace(best, activation_ratio=0.0)):
        if plain != best and attempts.fails(plain):
            return _plainer(attempts, plain)
    return best


def _smaller(attempts: Attempts, case: Case, best: Candidate) -> Candidate:
    """Take every simpler variant that still fails: one kind after the other, each until none does."""
    for kind in (smaller_systems, partial(shorter_phases, check=attempts.check), simpler_entries):
        improved = True
        while improved and best.plan is not None:
            plans = kind(best.plan)
            best, improved = _first_failing(attempts, best, map(best.with_plan, plans))
    improved = True
    while improved:
        counts = smaller_counts(case.main, best.parameters)
        best, improved = _first_failing(
            attempts, best, (replace(best, parameters=parameters) for parameters in counts)
        )
    return best


def _first_failing(
    attempts: Attempts, best: Candidate, variants: Iterable[Candidate]
) -> tuple[Candidate, bool]:
    """Return the first variant that still fails and True, or what there was and False."""
    for variant in variants:
        if attempts.over:
            break
        if attempts.fails(variant):
            return variant, True
    return best, False


def _tidy(attempts: Attempts, best: Candidate) -> Candidate:
    """Write the plan as one would by hand, if it still fails so."""
    if best.plan is None:
        return best
    return _first_failing(attempts, best, map(best.with_plan, tidier(best.plan)))[0]


def _shorter_schedule(attempts: Attempts, best: Candidate) -> Candidate:
    """Write the schedule down and set as many of its choices as possible to first-in-first-out."""
    run: Run | None = None if best.strategy == "fifo" or attempts.over else attempts.run(best)
    if run is None:
        return best
    choices = run.choices
    places = [place for place, choice in enumerate(choices) if choice]

    def with_places(kept: Sequence[int]) -> Candidate:
        thinned = [0] * (max(kept, default=-1) + 1)  # what comes after is first-in-first-out anyway
        for place in kept:
            thinned[place] = choices[place]
        return replace(best, strategy="recorded", choices=tuple(thinned))

    def still(kept: Sequence[int]) -> bool:
        return not attempts.over and attempts.fails(
            with_places(kept)
        )  # a schedule is long: don't make it in vain

    return with_places(ddmin(places, still)) if still(places) else best
