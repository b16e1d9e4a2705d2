"""How good the laboratory is at finding: every planted bug hunted, and runs with none planted."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any, Final

from alyslab.chaos.cases import all_cases
from alyslab.chaos.catalogue import planted_bugs
from alyslab.chaos.hunt import Hunt, hunt_all
from alyslab.chaos.search import Task, trials
from alyslab.chaos.trial import Trial
from alyslab.errors import BadInputError, Problem
from alyslab.wording import meant

SEEDS: Final = 200
"""Seeds within which each bug should be found.  Source: issue 7."""
SOON: Final = 50
"""Seeds within which nine tenths should be.  Source: issue 7."""
SOON_RATIO: Final = 0.9
APART: Final = 1_000_000
"""Seeds without a bug begin so far from those of the hunts."""
SAVE_EVERY: Final = 20
"""Clean runs between two reports of them."""
Told = Callable[["Detection"], None]


@dataclass(slots=True, kw_only=True)
class CleanRuns:
    """Runs with nothing planted: one case a seed, in turn."""

    version: str = ""
    """The code that was run."""
    first_seed: int = 0
    """Where the hunts beside it began; the seeds of these runs begin :data:`APART` after it."""
    runs: int = 0
    statuses: dict[str, int] = field(default_factory=dict)
    """How many ended how."""
    alarms: list[dict[str, Any]] = field(default_factory=list)
    """Those that found something, or raised: case, seed, checks, token, note."""

    def add(self, trial: Trial) -> None:
        """Count a run."""
        self.runs += 1
        self.statuses = dict(Counter(self.statuses) + Counter([trial.status]))
        if trial.status in ("fail", "error"):
            self.alarms.append(
                {
                    "case": trial.case,
                    "seed": trial.seed,
                    "checks": list(trial.checks),
                    "token": trial.token,
                    "note": trial.note,
                }
            )


@dataclass(slots=True, kw_only=True)
class Detection:
    """The hunts for planted bugs, and what was found where there was none."""

    hunts: dict[str, Hunt] = field(default_factory=dict)
    clean: CleanRuns = field(default_factory=CleanRuns)
    interrupted: bool = False
    """Whether somebody stopped it before its end."""

    @property
    def hunted(self) -> tuple[Hunt, ...]:
        """The bugs that some case can show, by name."""
        return tuple(hunt for _, hunt in sorted(self.hunts.items()) if hunt.cases)

    @property
    def missed(self) -> tuple[Hunt, ...]:
        """The hunted bugs that were not found."""
        return tuple(hunt for hunt in self.hunted if hunt.seeds is None)

    @property
    def found_ratio(self) -> float | None:
        """Share of the hunted bugs that were found; None if none was hunted."""
        return self._share(SEEDS)

    @property
    def soon_ratio(self) -> float | None:
        """Share of the hunted bugs found within :data:`SOON` seeds; None if none was hunted."""
        return self._share(SOON)

    @property
    def seeds_p50(self) -> float | None:
        """Median number of seeds over the bugs found; None if none was."""
        needed = self._needed
        return statistics.median(needed) if needed else None

    @property
    def seeds_p90(self) -> float | None:
        """The 90th percentile of seeds over the bugs found; None for fewer than two."""
        needed = self._needed
        return statistics.quantiles(needed, n=10, method="inclusive")[8] if len(needed) > 1 else None

    @property
    def _needed(self) -> list[int]:
        return [hunt.seeds for hunt in self.hunted if hunt.seeds is not None]

    def _share(self, within: int) -> float | None:
        hunted = self.hunted
        return sum(seeds <= within for seeds in self._needed) / len(hunted) if hunted else None

    def figures(self) -> dict[str, Any]:
        """Return what it all comes to, as JSON values."""
        return {
            "planted": len(self.hunts),
            "hunted": len(self.hunted),
            "found_ratio": self.found_ratio,
            "found_soon_ratio": self.soon_ratio,
            "seeds_p50": self.seeds_p50,
            "seeds_p90": self.seeds_p90,
            "clean_runs": self.clean.runs,
            "false_alarms": self.clean.alarms,
        }

    def as_dict(self) -> dict[str, Any]:
        """Return the figures and every hunt as JSON values."""
        return {**self.figures(), "hunts": [hunt.as_dict() for _, hunt in sorted(self.hunts.items())]}


def detect(
    defects: Sequence[str] = (),
    *,
    limit: int = SEEDS,
    clean: int = 0,
    first_seed: int = 0,
    jobs: int = 1,
    known: Detection | None = None,
    version: str = "",
    told: Told = lambda _: None,
    progress: Callable[[Iterator[Any], int], Iterable[Any]] = lambda results, _: results,
) -> Detection:
    """Hunt planted bugs one by one, then run seeds with none planted.

    Parameters
    ----------
    defects
        Which; all without one.
    limit
        Seeds for each.
    clean
        Runs without a bug, each with a seed of its own, over all cases in turn.
    first_seed
        Where each hunt begins.
    jobs
        Processes.
    known
        What an earlier call came to: what it found with this ``version``, from
        these seeds, is not done again.
    version
        Names the code that runs.
    told
        Called after each hunt and every so many clean runs, with all so far.
    progress
        Wraps hunts, then clean runs, with their number.

    Raises
    ------
    BadInputError
        For a bug that does not exist, or a number of processes below 1.

    An interrupt ends it in order: the result has what was done until then.
    """
    wanted = _checked(defects, jobs)
    detection = Detection(
        hunts={
            name: hunt
            for name, hunt in (known.hunts if known is not None else {}).items()
            if name in wanted
            and (hunt.version, hunt.first_seed) == (version, first_seed)
            and (hunt.seeds is not None or hunt.limit >= limit)
        },
        clean=CleanRuns(version=version, first_seed=first_seed),
    )
    if known is not None and (known.clean.version, known.clean.first_seed) == (version, first_seed):
        detection.clean = known.clean
    try:
        left = [name for name in wanted if name not in detection.hunts]
        with closing(hunt_all(left, limit=limit, first_seed=first_seed, jobs=jobs, version=version)) as hunts:
            for hunt in progress(hunts, len(left)):
                detection.hunts[hunt.defect] = hunt
                told(detection)
        with closing(trials(_clean_tasks(detection.clean.runs, clean, first_seed), jobs)) as ended:
            for trial in progress(ended, max(0, clean - detection.clean.runs)):
                detection.clean.add(trial)
                if detection.clean.runs % SAVE_EVERY == 0:
                    told(detection)
    except KeyboardInterrupt:
        detection.interrupted = True  # what was found until then is worth more than the rest
    told(detection)
    return detection


def _clean_tasks(done: int, clean: int, first_seed: int) -> list[Task]:
    """Return the runs that are left: the next case for each seed, so that all cases get as many."""
    names = list(all_cases()) if done < clean else []
    return [(names[turn % len(names)], first_seed + APART + turn, ()) for turn in range(done, clean)]


def _checked(defects: Sequence[str], jobs: int) -> list[str]:
    known = [entry.name for entry in planted_bugs()]
    problems = [
        Problem(
            where="catalogue",
            key="defect",
            what=f"no bug is named {name!r}",
            value=name,
            allowed=meant(name, known, otherwise="docs/faults.md lists them"),
        )
        for name in defects
        if name not in known
    ]
    if jobs < 1:
        problems.append(
            Problem(where="catalogue", key="jobs", what="nobody to do it", value=jobs, allowed="1 or more")
        )
    if problems:
        raise BadInputError(problems)
    return list(dict.fromkeys(defects)) or known
