"""What shrinking varies of a failing run, and the runs that tell whether a variant still fails."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Final

from alyslab.chaos.plan import Plan, parse_plan
from alyslab.runtime import simulate
from alyslab.runtime.simulation import MAX_STEPS, MAX_TIME_S

if TYPE_CHECKING:
    from alyslab.chaos.case import Case
    from alyslab.runtime import Run
    from alyslab.runtime.token import Token

PLAN: Final = "plan"
LONGER: Final = 4
"""A variant may take so many times the steps of the run that failed; one that takes more is not simpler."""
Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A failing run, as far as it may be varied: its seed and its bugs stay."""

    plan: Plan | None = None
    """The faults; None for a workload that has no plan."""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    """Of the workload, but for the plan."""
    strategy: str = "fifo"
    choices: tuple[int, ...] = ()
    """The recorded schedule, for the strategy ``recorded``."""
    activation_ratio: float = 0.0
    """Share of fault sites that are active."""

    @classmethod
    def of(cls, token: Token) -> Candidate:
        """Return what a token names."""
        parameters = dict(token.parameters)
        document = parameters.pop(PLAN, None)
        return cls(
            plan=None if document is None else parse_plan(document)[0],
            parameters=parameters,
            strategy=token.strategy,
            choices=tuple(token.choices),
            activation_ratio=token.activation_ratio,
        )

    def arguments(self) -> dict[str, Any]:
        """Return the parameters of the workload, the plan among them."""
        plan = {} if self.plan is None else {PLAN: self.plan.as_dict()}
        return {**self.parameters, **plan}

    def with_plan(self, plan: Plan) -> Candidate:
        """Return the same run under another plan."""
        return replace(self, plan=plan)

    @property
    def key(self) -> str:
        """What tells it from others."""
        how = [self.strategy, self.choices, self.activation_ratio]
        text = json.dumps([self.arguments(), how], sort_keys=True)
        return blake2b(text.encode(), digest_size=16).hexdigest()

    def __str__(self) -> str:
        what = f"{len(self.plan.entries)} faults" if self.plan is not None else str(dict(self.parameters))
        return f"{what}, {self.strategy}"


class Attempts:
    """Tries candidates against one check, within a time limit.

    Parameters
    ----------
    token
        The run that failed: seed, bugs and budgets are its own.
    case
        Its workload and judge.
    check
        What a candidate must break, by its name.
    say
        Told of each candidate that does.
    """

    def __init__(self, token: Token, case: Case, check: str, say: Progress) -> None:
        self.check = check
        self.runs = 0
        self.best: Candidate | None = None
        """The last one that failed: each is tried in the place of the one before."""
        self.deadline_s = float("inf")
        self._token = token
        self._case = case
        self._say = say
        self._most_steps: int | None = None
        self._longest_s = 0.0
        self._known: dict[str, bool] = {}

    @property
    def over(self) -> bool:
        """Whether there is no time for another run, and one more to repeat the best."""
        return time.monotonic() + 2 * self._longest_s >= self.deadline_s

    def fails(self, candidate: Candidate) -> bool:
        """Return whether a candidate breaks the same promise; False too when the time is up."""
        if self.over:
            return False
        key = candidate.key
        if key not in self._known:
            self.runs += 1
            self._known[key] = self._run(candidate, self._most_steps) is not None
            if self._known[key]:
                self._say(f"{candidate}, run {self.runs}")
        if self._known[key]:
            self.best = candidate
        return self._known[key]

    def run(self, candidate: Candidate) -> Run | None:
        """Run a candidate whatever the time, with the budgets of the token; None if it does not fail so."""
        run = self._run(candidate, self._token.max_steps)
        if run is not None and self._most_steps is None:
            self._most_steps = LONGER * run.steps
        return run

    def _run(self, candidate: Candidate, most_steps: int | None) -> Run | None:
        token, began_s = self._token, time.monotonic()
        try:
            run = simulate(
                self._case.main,
                seed=token.seed,
                strategy=candidate.strategy,
                choices=candidate.choices,
                parameters=candidate.arguments(),
                planted=token.planted,
                activation_ratio=candidate.activation_ratio,
                max_steps=MAX_STEPS if most_steps is None else most_steps,
                max_time_s=MAX_TIME_S if token.max_time_s is None else token.max_time_s,
            )
            failed = self._case.judge(run.journal).failed
        except Exception:  # a plan that is none, or a run that ends otherwise: not this violation
            return None
        finally:
            self._longest_s = max(self._longest_s, time.monotonic() - began_s)
        return run if any(check.name == self.check for check in failed) else None
