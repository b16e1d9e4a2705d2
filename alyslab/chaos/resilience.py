"""How well a system bore its faults, read from the journal of a run of :func:`~alyslab.chaos.conduct`.

Nothing is asked of the system here: it served when a row of its own says so
(:class:`~alyslab.chaos.system.Signals`), and a member of which no row tells was
not available.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Final

from alyslab.chaos.conduct import judge
from alyslab.chaos.systems import system_named

if TYPE_CHECKING:
    import pandas as pd

    from alyslab.runtime import Journal

NS_PER_S: Final = 1_000_000_000
SLICES_A_WINDOW: Final = 4
RESAMPLES: Final = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """What one fault did to service."""

    entry: str
    fault: str
    targets: tuple[str, ...]
    start_s: float
    """When it began, in s from the beginning of the run."""
    affected: tuple[str, ...]
    """Members that stopped serving while it lasted."""
    detect_s: float | None
    """From its beginning until something failed in the system's own rows; None if nothing did."""
    recover_s: float | None
    """From its beginning until all of them served again; None if there was none, or one never did."""
    recovered: bool
    """Whether every affected member served again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resilience:
    """The figures of one run."""

    system: str
    availability_ratio: float | None
    """Mean share of members that served after the steady phase, as a share of that in the steady phase."""
    throughput_steady_per_s: float | None
    """Things done a second before any fault."""
    throughput_dip_ratio: float | None
    """Deepest loss of throughput during the faults, as a share of the steady one."""
    throughput_lost: float | None
    """Things not done: the area between the steady rate and what was done during the faults."""
    throughput_kept_ratio: float | None
    """What was done during the faults, as a share of what the steady rate would have done; at most 1."""
    incidents: tuple[Incident, ...]
    mttr_s: float | None
    """Mean of the incidents' times to recover; None if none had one."""
    messages_lost: int
    """Rows net.drop and message.dropped from the first fault on."""
    violations: tuple[str, ...]
    """The promises that were broken, by the names of their checks."""
    converged: bool
    convergence_s: float | None
    """From the last healing until the system was whole; None if it never was."""
    converge_bound_s: float
    score: float | None
    """See :func:`score_of`; None where there was nothing to compare with."""


def score_of(
    *,
    availability_ratio: float | None,
    throughput_kept_ratio: float | None,
    convergence_s: float | None,
    bound_s: float,
    violations: int,
    unrecovered: int,
) -> float | None:
    """Return the resilience score, 0 to 1.

    ``score = availability · throughput kept · (1 - convergence / (2 · bound))``

    where availability and throughput are shares of the steady state before the
    faults, and convergence counts from the last healing.  The score is 0 if a
    promise was broken, if the system did not converge within its bound, or if a
    member that stopped serving never served again.  Without a steady state it
    is None: there is nothing to be a share of.

    No factor exceeds 1, and what was not observed counts as not served, so that
    a probe that did not run can only lower it.
    """
    if availability_ratio is None or throughput_kept_ratio is None:
        return None
    if violations or unrecovered or convergence_s is None or convergence_s > bound_s:
        return 0.0
    return availability_ratio * throughput_kept_ratio * (1 - convergence_s / (2 * bound_s))


def resilience(journal: Journal) -> Resilience:
    """Return the figures of a run; raises ValueError for the journal of something else."""
    timeline = Timeline.read(journal)
    steady = timeline.throughput_per_s(timeline.begin_ns, timeline.faults_ns)
    faults_s = (timeline.quiet_ns - timeline.faults_ns) / NS_PER_S
    done = timeline.count(timeline.faults_ns, timeline.quiet_ns)
    before = timeline.availability(timeline.begin_ns + timeline.window_ns, timeline.faults_ns)
    during = timeline.availability(timeline.faults_ns, timeline.end_ns)
    kept = min(1.0, done / (steady * faults_s)) if steady and faults_s else None
    available = min(1.0, during / before) if before and during is not None else None
    incidents = tuple(timeline.incidents())
    violations = tuple(dict.fromkeys(check.name for check in judge(journal).failed))
    times = [one.recover_s for one in incidents if one.recover_s is not None]
    return Resilience(
        system=timeline.system,
        availability_ratio=available,
        throughput_steady_per_s=steady or None,
        throughput_dip_ratio=timeline.dip(steady) if steady else None,
        throughput_lost=max(0.0, steady * faults_s - done) if steady else None,
        throughput_kept_ratio=kept,
        incidents=incidents,
        mttr_s=sum(times) / len(times) if times else None,
        messages_lost=timeline.lost,
        violations=violations,
        converged=timeline.convergence_s is not None,
        convergence_s=timeline.convergence_s,
        converge_bound_s=timeline.bound_s,
        score=score_of(
            availability_ratio=available,
            throughput_kept_ratio=kept,
            convergence_s=timeline.convergence_s,
            bound_s=timeline.bound_s,
            violations=len(violations),
            unrecovered=sum(not one.recovered for one in incidents),
        ),
    )


def interval(scores: Sequence[float], random: Random, *, confidence: float = 0.95) -> tuple[float, float]:
    """Return the bootstrap interval of the mean of scores over seeds; (nan, nan) without any.

    Percentile bootstrap with 2,000 resamples drawn from ``random``.

    Source: Efron, "Bootstrap Methods", Annals of Statistics 1979.
    """
    if not scores:
        return math.nan, math.nan
    means = sorted(sum(random.choices(scores, k=len(scores))) / len(scores) for _ in range(RESAMPLES))
    tail = (1 - confidence) / 2
    return means[int(tail * RESAMPLES)], means[min(RESAMPLES - 1, int((1 - tail) * RESAMPLES))]


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """When each member served, and when each phase and fault began and ended; times in ns."""

    system: str
    members: tuple[str, ...]
    window_ns: int
    bound_s: float
    begin_ns: int
    faults_ns: int
    quiet_ns: int
    end_ns: int
    served: dict[str, list[int]]
    """When each member was served."""
    failed: list[int]
    """When something failed, of any member."""
    injected: tuple[tuple[str, str, tuple[str, ...], int, int], ...]
    """Each fault: entry, name, targets, begin, end."""
    convergence_s: float | None
    lost: int

    @classmethod
    def read(cls, journal: Journal) -> Timeline:
        """Read a journal; raises ValueError for one without a plan."""
        header = next(journal.select(kind="chaos.plan"), None)
        phases = {event.subject: event.time_ns for event in journal.select(kind="chaos.phase")}
        if header is None or "faults" not in phases:
            raise ValueError("this journal has no rows chaos.plan and chaos.phase: no plan was run in it")
        spec = system_named(header.subject)
        members = tuple(header.fields["serving"].split())
        served: dict[str, list[int]] = {name: [] for name in members}
        failed = []
        for event in journal.select(kind=spec.signals.kinds):
            for member, good in spec.signals.read(event):
                if not good:
                    failed.append(event.time_ns)
                elif member in served:
                    served[member].append(event.time_ns)
        end_ns = phases.get("end", journal[-1].time_ns)
        quiet_ns = phases.get("quiet", end_ns)
        healed = {event.subject: event.time_ns for event in journal.select(kind="chaos.healed")}
        converged = next(journal.select(kind="chaos.converged"), None)
        drops = journal.select(kind=("net.drop", "message.dropped"), after_ns=phases["faults"])
        return cls(
            system=header.subject,
            members=members,
            window_ns=header.fields["window_ns"],
            bound_s=header.fields["converge_ns"] / NS_PER_S,
            begin_ns=phases["steady"],
            faults_ns=phases["faults"],
            quiet_ns=quiet_ns,
            end_ns=end_ns,
            served=served,
            failed=failed,
            injected=tuple(
                (
                    event.subject,
                    event.fields["fault"],
                    tuple(event.fields["targets"].split()),
                    event.time_ns,
                    healed.get(event.subject, quiet_ns),
                )
                for event in journal.select(kind="chaos.injected")
            ),
            convergence_s=None if converged is None else converged.fields["took_ns"] / NS_PER_S,
            lost=sum(1 for _ in drops),
        )

    def count(self, after_ns: int, before_ns: int) -> int:
        """Return how much was done in an interval."""
        return sum(bisect_left(t, before_ns) - bisect_left(t, after_ns) for t in self.served.values())

    def throughput_per_s(self, after_ns: int, before_ns: int) -> float:
        """Return how much was done a second."""
        length_s = (before_ns - after_ns) / NS_PER_S
        return self.count(after_ns, before_ns) / length_s if length_s > 0 else 0.0

    def is_up(self, member: str, at_ns: int) -> bool:
        """Return whether a member was served in the window that ends at a moment."""
        times = self.served[member]
        return bisect_right(times, at_ns) > bisect_left(times, at_ns - self.window_ns)

    def availability(self, after_ns: int, before_ns: int) -> float | None:
        """Return the mean share of members that were up, looked at four times a window."""
        step = max(1, self.window_ns // SLICES_A_WINDOW)
        moments = range(after_ns, before_ns, step)
        if not moments:
            return None
        up = sum(self.is_up(member, at_ns) for at_ns in moments for member in self.members)
        return up / (len(moments) * len(self.members))

    def dip(self, steady_per_s: float) -> float:
        """Return the deepest loss of throughput over a window of the faults, as a share of the steady one."""
        moments = range(self.faults_ns + self.window_ns, self.quiet_ns + 1, max(1, self.window_ns // 4))
        rates = [self.throughput_per_s(at_ns - self.window_ns, at_ns) for at_ns in moments]
        return max(0.0, 1 - min(rates) / steady_per_s) if rates else 0.0

    def incidents(self) -> Iterable[Incident]:
        """Yield what each fault did to service."""
        for entry, fault, targets, start_ns, stop_ns in self.injected:
            gaps = {member: self._gap(member, start_ns, stop_ns) for member in self.members}
            affected = {member: back_ns for member, back_ns in gaps.items() if back_ns != 0}
            backs = [back_ns for back_ns in affected.values() if back_ns is not None]
            recovered = len(backs) == len(affected)
            signs = [at_ns for at_ns in self.failed if start_ns <= at_ns <= max([stop_ns, *backs])]
            yield Incident(
                entry=entry,
                fault=fault,
                targets=targets,
                start_s=start_ns / NS_PER_S,
                affected=tuple(affected),
                detect_s=(min(signs) - start_ns) / NS_PER_S if signs else None,
                recover_s=(max(backs) - start_ns) / NS_PER_S if backs and recovered else None,
                recovered=recovered,
            )

    def _gap(self, member: str, start_ns: int, stop_ns: int) -> int | None:
        """Return when a member served again that had stopped while a fault lasted; 0 if it never stopped.

        None if it never served again.  A gap counts when it is longer than the
        window and overlaps the fault.
        """
        times = [self.begin_ns, *self.served[member]]
        place = max(0, bisect_right(times, start_ns) - 1)
        back_ns = 0
        for earlier, later in zip(times[place:], [*times[place + 1 :], None], strict=True):
            if earlier > stop_ns:
                break
            if later is None:
                return None if self.end_ns - earlier > self.window_ns else back_ns
            if later - earlier > self.window_ns:
                back_ns = later
        return back_ns

    def frame(self) -> pd.DataFrame:
        """Return availability and throughput over time: time_s, available_ratio, done_per_s."""
        import pandas as pd

        step = max(1, self.window_ns // SLICES_A_WINDOW)
        rows = [
            {
                "time_s": at_ns / NS_PER_S,
                "available_ratio": sum(self.is_up(name, at_ns) for name in self.members) / len(self.members),
                "done_per_s": self.throughput_per_s(at_ns - self.window_ns, at_ns),
            }
            for at_ns in range(self.begin_ns + self.window_ns, self.end_ns + 1, step)
        ]
        return pd.DataFrame(rows, columns=["time_s", "available_ratio", "done_per_s"])
