"""Looking for violations: many seeds, every case, several processes; the corpus first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Generator, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from alyslab.chaos.cases import chosen
from alyslab.chaos.catalogue import check_planted
from alyslab.chaos.coverage import SiteTally, registered, tally
from alyslab.chaos.trial import Trial, attempt
from alyslab.chaos.workers import in_order
from alyslab.errors import BadInputError, LabError, Problem

if TYPE_CHECKING:
    from alyslab.chaos.corpus import Corpus, Replayed

Progress = Callable[[Iterable[Trial], int], Iterable[Trial]]
Task = tuple[str, int, tuple[str, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A violation: what was broken, and the first run that showed it."""

    case: str
    checks: tuple[str, ...]
    trial: Trial
    times: int
    """How many runs of the search showed it."""


@dataclass(slots=True, kw_only=True)
class Search:
    """What a search came to."""

    trials: list[Trial] = field(default_factory=list)
    replayed: list[Replayed] = field(default_factory=list)
    """What the corpus came to, run first."""
    interrupted: bool = False
    """Whether somebody stopped it before its last run."""
    everything: bool = False
    """Whether it went over every case that there is."""
    unkept: str = ""
    """Why its findings could not be written to the corpus; empty if they were."""

    @property
    def violations(self) -> list[Trial]:
        """The runs that broke a promise."""
        return [trial for trial in self.trials if trial.violates]

    @property
    def errors(self) -> list[Trial]:
        """The runs that ended with an exception."""
        return [trial for trial in self.trials if trial.status == "error"]

    @property
    def findings(self) -> list[Finding]:
        """The violations, one for each case and set of broken promises, in the order of finding."""
        groups: dict[tuple[str, tuple[str, ...]], list[Trial]] = {}
        for trial in self.violations:
            groups.setdefault((trial.case, trial.checks), []).append(trial)
        return [
            Finding(case=case, checks=checks, trial=trials[0], times=len(trials))
            for (case, checks), trials in groups.items()
        ]

    @property
    def statuses(self) -> Counter[str]:
        """How many runs ended how."""
        return Counter(trial.status for trial in self.trials)

    @property
    def sites(self) -> list[SiteTally]:
        """What each site did, by name; one that was armed and never fired is a gap of the search.

        A search over every case also has the sites that no run came by.
        """
        names = registered() if self.everything else ()
        return tally((trial.sites for trial in self.trials), names=names)


def search(
    *,
    seeds: Iterable[int],
    cases: Sequence[str] = (),
    planted: Sequence[str] = (),
    jobs: int = 1,
    stop_at_first: bool = False,
    spread: bool = False,
    corpus: Corpus | None = None,
    progress: Progress | None = None,
) -> Search:
    """Run each case with each seed, and collect what violates a promise.

    Parameters
    ----------
    seeds
        Which ones; each runs every case before the next one begins.
    cases
        Names of cases or of harnesses; all without one.
    planted
        Defects to switch on.
    jobs
        Processes; with 1 it all happens in this one.
    stop_at_first
        Stop at the first violation, in the order of seeds and cases.
    spread
        Let each seed run one of the cases, in turn, instead of all.
    corpus
        Failing runs to run again first; new ones are added.
    progress
        Wraps the runs as they end, with their number: a bar, or log lines.

    Raises
    ------
    BadInputError
        For an unknown case or bug, no seed, or a number of processes below 1.

    An interrupt ends it in order: the result has what was run until then.
    """
    names = [case.name for case in chosen(tuple(cases))]
    defects = tuple(planted)
    check_planted(defects)
    if spread:
        tasks: list[Task] = [(names[turn % len(names)], seed, defects) for turn, seed in enumerate(seeds)]
    else:
        tasks = [(name, seed, defects) for seed in seeds for name in names]
    if not tasks or jobs < 1:
        key, value = ("seeds", 0) if not tasks else ("jobs", jobs)
        raise BadInputError(
            Problem(where="search", key=key, what="nothing to do", value=value, allowed="1 or more")
        )
    found = Search(everything=not cases)
    ended = trials(tasks, jobs)
    try:
        for replayed in corpus.replay() if corpus is not None else ():
            found.replayed.append(replayed)
        for trial in progress(ended, len(tasks)) if progress is not None else ended:
            found.trials.append(trial)
            if stop_at_first and trial.violates:
                break
    except KeyboardInterrupt:
        found.interrupted = True  # what was found until then is worth more than the rest
    finally:
        ended.close()
    if corpus is not None:
        try:
            corpus.keep(finding.trial for finding in found.findings)
        except LabError as error:
            found.unkept = str(error)  # the findings themselves are in the result
    return found


def trials(tasks: Iterable[Task], jobs: int) -> Generator[Trial, None, None]:
    """Run each task and yield what it came to, in the order of the tasks."""
    return in_order(_attempted, tasks, jobs)


def _attempted(task: Task) -> Trial:
    return attempt(*task)
