"""The hunt for one planted bug: how many seeds it takes until a run of its cases breaks a promise."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from alyslab.chaos.catalogue import cases_for
from alyslab.chaos.trial import attempt
from alyslab.chaos.workers import workers

if TYPE_CHECKING:
    from alyslab.chaos.trial import Trial

CHUNK: Final = 10
"""Seeds that a process tries before it asks for more: what an interrupt has to wait for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hunt:
    """The search for one planted bug."""

    defect: str
    cases: tuple[str, ...]
    """What every seed was run with, until one showed the bug; empty where no case can show it."""
    first_seed: int
    limit: int
    """Seeds after which it was given up."""
    seeds: int | None = None
    """How many seeds it took; None if it was not found."""
    checks: tuple[str, ...] = ()
    """The checks that found it."""
    case: str = ""
    """Where it showed."""
    token: str = ""
    """Repeats the first run that showed it."""
    errors: int = 0
    """Runs before that which ended with an exception."""
    alarms: int = 0
    """Runs before that which break no other promise than without the bug: no finds of it."""
    version: str = ""
    """The code that it was hunted with."""

    def as_dict(self) -> dict[str, Any]:
        """Return the hunt as JSON values."""
        return asdict(self)

    @property
    def outcome(self) -> str:
        """What came of it, in two words."""
        if not self.cases:
            return "not hunted"
        if self.seeds is None:
            return "NOT FOUND"
        return f"{self.seeds} seed{'s' if self.seeds > 1 else ''}"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Chunk:
    """The next seeds of a hunt."""

    defect: str
    first_seed: int
    limit: int
    version: str
    tried: int = 0
    errors: int = 0
    alarms: int = 0


def hunt_all(
    defects: Sequence[str], *, limit: int, first_seed: int = 0, jobs: int = 1, version: str = ""
) -> Generator[Hunt, None, None]:
    """Hunt planted bugs, and yield each hunt as it ends; which seeds find a bug does not depend on ``jobs``.

    Closing the generator ends the chunks that are under way, and starts no other.
    """
    waiting = deque(
        _Chunk(defect=defect, first_seed=first_seed, limit=limit, version=version) for defect in defects
    )
    if jobs == 1:
        while waiting:
            found = _hunt_chunk(waiting.popleft())
            if isinstance(found, Hunt):
                yield found
            else:
                waiting.appendleft(found)
        return
    running: set[Future[Hunt | _Chunk]] = set()
    with workers(jobs) as pool:
        while waiting or running:
            while waiting and len(running) < jobs:
                running.add(pool.submit(_hunt_chunk, waiting.popleft()))
            done, running = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                found = future.result()
                if isinstance(found, Hunt):
                    yield found
                else:
                    waiting.appendleft(found)


def _hunt_chunk(chunk: _Chunk) -> Hunt | _Chunk:
    """Try some seeds, each with all cases; returns the hunt if it is over, else what is left of it."""
    cases = cases_for(chunk.defect)
    last = min(chunk.tried + CHUNK, chunk.limit) if cases else chunk.tried
    seen: Trial | None = None
    while chunk.tried < last and seen is None:
        seed, chunk = chunk.first_seed + chunk.tried, replace(chunk, tried=chunk.tried + 1)
        for case in cases:
            trial = attempt(case, seed, (chunk.defect,))
            chunk = replace(chunk, errors=chunk.errors + (trial.status == "error"))
            if trial.violates and (seen := _due_to_the_bug(trial)) is not None:
                break
            chunk = replace(chunk, alarms=chunk.alarms + trial.violates)
    if seen is None and cases and chunk.tried < chunk.limit:
        return chunk
    return Hunt(
        defect=chunk.defect,
        cases=cases,
        first_seed=chunk.first_seed,
        limit=chunk.limit,
        version=chunk.version,
        errors=chunk.errors,
        alarms=chunk.alarms,
        seeds=chunk.tried if seen is not None else None,
        checks=seen.checks if seen is not None else (),
        case=seen.case if seen is not None else "",
        token=seen.token if seen is not None else "",
    )


def _due_to_the_bug(trial: Trial) -> Trial | None:
    """Return a run with what it breaks only because of the bug, by running it without; None if nothing."""
    without = attempt(trial.case, trial.seed)
    checks = tuple(check for check in trial.checks if check not in without.checks)
    return replace(trial, checks=checks) if checks else None
