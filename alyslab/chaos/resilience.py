"""How well a system bore its faults, read from the journal of a run of :func:`~alyslab.chaos.conduct`.

The rows that they come from are read by :class:`~alyslab.chaos.timeline.Timeline`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Final

from alyslab.chaos.conduct import judge
from alyslab.chaos.incidents import NS_PER_S, Incident
from alyslab.chaos.timeline import Timeline

if TYPE_CHECKING:
    from alyslab.runtime import Journal

RESAMPLES: Final = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Resilience:
    """The figures of one run."""

    system: str
    availability_ratio: float | None
    """Mean share of members that served after the steady phase, as a share of that in the steady phase."""
    throughput_steady_per_s: float | None
    """Things done a second before any fault, from one window after the beginning on."""
    throughput_dip_ratio: float | None
    """Deepest loss of throughput during the faults, as a share of the steady one."""
    throughput_lost: float | None
    """Things not done: the area between the steady rate and what was done during the faults."""
    throughput_kept_ratio: float | None
    """What was done during the faults, as a share of what the steady rate would have done; at most 1."""
    incidents: tuple[Incident, ...]
    mttr_s: float | None
    """Mean of the incidents' times to recover; None if none had one.  Where faults overlap, an outage counts
    once, for the fault after whose healing it ended: the rule is in :mod:`alyslab.chaos.incidents`."""
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
    up_ns = timeline.begin_ns + timeline.window_ns  # before that the system comes up, and may catch up
    steady = timeline.throughput_per_s(up_ns, timeline.faults_ns)
    faults_s = (timeline.quiet_ns - timeline.faults_ns) / NS_PER_S
    done = timeline.count(timeline.faults_ns, timeline.quiet_ns)
    before = timeline.availability(up_ns, timeline.faults_ns)
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
