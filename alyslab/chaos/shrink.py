"""Making a failing run small: fewer entries, shorter, weaker, fewer nodes, a plainer schedule.

The violation is held fixed: one check that failed, of one checker, by its name.
Times, ids and counts may change.  Every step is a run of its own, judged again;
nothing is assumed.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from alyslab.chaos.cases import case_of
from alyslab.chaos.conduct import conduct
from alyslab.chaos.ddmin import ddmin
from alyslab.chaos.plan import Entry, Plan, parse_plan
from alyslab.chaos.systems import system_named
from alyslab.chaos.trial import again
from alyslab.chaos.variants import last_s, variants
from alyslab.errors import BadInputError, Problem
from alyslab.runtime import simulate
from alyslab.runtime.token import Token

if TYPE_CHECKING:
    from alyslab.runtime import Run

LIMIT_S: Final = 60.0
"""Real time that shrinking may take, unless it is told otherwise."""
ROUNDS: Final = 4
Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How big a failing run is."""

    entries: int
    """Faults of the plan."""
    faulty_s: float
    """Times of all faults together, in s."""
    intensity: float
    """Intensities of all faults together."""
    options: Mapping[str, int]
    """Nodes, and whatever else the system has of it."""
    virtual_s: float
    """Length of the run."""
    choices: int
    """Steps that were not first-in-first-out."""

    def as_dict(self) -> dict[str, Any]:
        """Return the size as JSON values."""
        return {
            "entries": self.entries,
            "faulty_s": round(self.faulty_s, 3),
            "intensity": round(self.intensity, 3),
            **self.options,
            "virtual_s": round(self.virtual_s, 3),
            "choices": self.choices,
        }


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
    """Whether it ended because nothing could be made smaller, and not by its time limit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Candidate:
    """What is varied: the plan, and how tasks are ordered."""

    plan: Plan
    strategy: str
    choices: tuple[int, ...] = ()


class _Shrinker:
    """Tries candidates against one check, within a time limit."""

    def __init__(self, token: Token, check: str, say: Progress) -> None:
        self.token = token
        self.check = check
        self.case = case_of(token)
        self.runs = 0
        self.deadline_s = float("inf")
        self.best_run: Run | None = None
        self._say = say
        self._known: dict[str, bool] = {}

    @property
    def over(self) -> bool:
        """Whether the time is up."""
        return time.monotonic() >= self.deadline_s

    def fails(self, candidate: _Candidate) -> bool:
        """Return whether a candidate breaks the same promise; False too when the time is up."""
        key = f"{candidate.strategy} {candidate.choices} {candidate.plan.dump()}"
        if key in self._known:
            return self._known[key]
        if self.over:
            return False
        self.runs += 1
        found = self._run(candidate)
        self._known[key] = found
        if found:
            self._say(f"{len(candidate.plan.entries)} faults, {candidate.strategy}, run {self.runs}")
        return found

    def _run(self, candidate: _Candidate) -> bool:
        token = self.token
        parameters = {**token.parameters, "plan": candidate.plan.as_dict()}
        try:
            run = simulate(
                conduct,
                seed=token.seed,
                strategy=candidate.strategy,
                choices=candidate.choices,
                parameters=parameters,
                planted=token.planted,
                activation_ratio=token.activation_ratio,
            )
        except Exception:  # a plan that is none, or a run that ends otherwise: not this violation
            return False
        failed = any(check.name == self.check for check in self.case.judge(run.journal).failed)
        if failed:
            self.best_run = run
        return failed


def shrink(
    token: str,
    *,
    check: str | None = None,
    limit_s: float = LIMIT_S,
    progress: Progress | None = None,
) -> Shrunk:
    """Make the failing run of a token small.

    Parameters
    ----------
    token
        Of a run of :func:`~alyslab.chaos.conduct.conduct`.
    check
        The check to hold fixed; by default the first one that fails.
    limit_s
        Real time to stop at; the smallest run found so far is returned then.
    progress
        Told of each smaller run.

    Raises
    ------
    BadInputError
        If the token can't be read, is not of a plan, or its run breaks no promise.
    """
    began_s = time.monotonic()
    parsed = Token.parse(token)
    first = again(parsed)
    if not first.violates or (check is not None and check not in first.checks):
        what = f"its run ends with {first.status}: {', '.join(first.checks) or 'nothing is broken'}"
        allowed = "a token whose run breaks a promise"
        raise BadInputError(Problem(where="token", what=what, value=check, allowed=allowed))
    if "plan" not in parsed.parameters:
        what = f"{parsed.workload} has no plan to shrink"
        raise BadInputError(Problem(where="token", what=what, allowed="a token of a chaos run"))
    shrinker = _Shrinker(parsed, check or first.checks[0], progress or (lambda _: None))
    plan, _ = parse_plan(parsed.parameters["plan"])
    start = _Candidate(plan=plan, strategy=parsed.strategy, choices=tuple(parsed.choices))
    if not shrinker.fails(start):
        raise BadInputError(Problem(where="token", what="its run does not fail the same way twice"))
    first_run = shrinker.best_run
    shrinker.deadline_s = time.monotonic() + limit_s
    smallest, complete = _smallest(shrinker, start)
    last_run = shrinker.best_run
    if first_run is None or last_run is None:
        raise AssertionError("a candidate failed, so there is a run")
    return Shrunk(
        check=shrinker.check,
        token=last_run.token,
        plan=smallest.plan,
        before=_size(start, first_run),
        after=_size(smallest, last_run),
        runs=shrinker.runs,
        wall_s=time.monotonic() - began_s,
        complete=complete,
    )


def _smallest(shrinker: _Shrinker, start: _Candidate) -> tuple[_Candidate, bool]:
    best = start
    for _ in range(ROUNDS):
        before = best
        for step in (_fewer_entries, _plainer_schedule, _smaller, _shorter_schedule):
            best = step(shrinker, best)
        if best == before or shrinker.over:
            break
    complete = best == before and not shrinker.over
    # What was tried last need not be what was kept.
    shrinker.best_run = None
    shrinker._known.clear()
    shrinker.deadline_s = float("inf")
    if not shrinker.fails(best):
        raise AssertionError("a run that failed does not fail again: it is not deterministic")
    return best, complete


def _fewer_entries(shrinker: _Shrinker, best: _Candidate) -> _Candidate:
    def with_entries(entries: Sequence[Entry]) -> _Candidate:
        return replace(best, plan=best.plan.model_copy(update={"entries": tuple(entries)}))

    kept = ddmin(best.plan.entries, lambda entries: shrinker.fails(with_entries(entries)))
    return with_entries(kept)


def _plainer_schedule(shrinker: _Shrinker, best: _Candidate) -> _Candidate:
    plain = replace(best, strategy="fifo", choices=())
    return plain if best.strategy != "fifo" and shrinker.fails(plain) else best


def _smaller(shrinker: _Shrinker, best: _Candidate) -> _Candidate:
    """Take every simpler variant that still fails, until none does."""
    improved = True
    while improved and not shrinker.over:
        improved = False
        for variant in variants(best.plan, shrinker.check):
            candidate = replace(best, plan=variant)
            if shrinker.fails(candidate):
                best, improved = candidate, True
                break
    return best


def _shorter_schedule(shrinker: _Shrinker, best: _Candidate) -> _Candidate:
    """Write the schedule down and set as many of its choices as possible to first-in-first-out."""
    if best.strategy == "fifo" or shrinker.over or shrinker.best_run is None or not shrinker.fails(best):
        return best
    choices = shrinker.best_run.choices
    places = [place for place, choice in enumerate(choices) if choice]

    def with_places(kept: Sequence[int]) -> _Candidate:
        wanted = set(kept)
        thinned = [choice if place in wanted else 0 for place, choice in enumerate(choices)]
        return replace(best, strategy="recorded", choices=tuple(thinned))

    if not shrinker.fails(with_places(places)):
        return best
    return with_places(ddmin(places, lambda kept: shrinker.fails(with_places(kept))))


def _size(candidate: _Candidate, run: Run) -> Size:
    plan = candidate.plan
    spec = system_named(plan.system) if plan.system is not None else None
    options = spec.resolved(plan.options) if spec is not None else {}
    return Size(
        entries=len(plan.entries),
        faulty_s=sum(last_s(plan, entry) - entry.start_s for entry in plan.entries),
        intensity=sum(entry.intensity for entry in plan.entries),
        options={name: int(options[name]) for name in (spec.least if spec is not None else {})},
        virtual_s=run.virtual_s,
        choices=sum(1 for choice in run.choices if choice),
    )
