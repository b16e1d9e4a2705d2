"""Whether links did what their conditions say: losses, bursts and latencies held against closed forms.

Statistics of a finite sample are off; each check says by how many standard
deviations, and fails beyond :data:`~alyslab.checkers.link_statistic.SIGMAS`,
which an honest link exceeds about once in 100,000 checks.  The formulas are derived here anew from the
conditions in the journal, not taken from what drew the messages.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

from alyslab.checkers.link_forms import (
    cumulative,
    distribution,
    loss_ratio,
    loss_variance,
    moments_ms,
    normal_score,
    persistence,
)
from alyslab.checkers.link_statistic import SIGMAS, LinkStatistic
from alyslab.checkers.network_log import CONTROL, NetworkLog
from alyslab.checkers.verdict import Check, Verdict

if TYPE_CHECKING:
    from alyslab.runtime import Event, Journal

KOLMOGOROV: Final = 2.5
"""Largest distance between two distributions, times the root of the sample; 7 in a million exceed it."""
LEAST: Final = 100
"""Messages without which nothing is said of a link."""


@dataclass(frozen=True, slots=True)
class LinkStudy:
    """Everything that a journal shows of its links' statistics."""

    statistics: tuple[LinkStatistic, ...]
    distances: Mapping[str, float]
    """Kolmogorov's distance of each line's latencies from their distribution, times √n."""
    latencies_ms: Mapping[str, tuple[float, ...]]
    """The latencies of each line, in the order of sending, in ms."""

    @property
    def verdict(self) -> Verdict:
        """A check for each statistic and each distribution."""
        checks = [
            Check(
                name=f"{each.name} of {each.line}",
                observed=round(each.sigmas, 3),
                comparison="<=",
                limit=SIGMAS,
                unit="standard deviations",
                source=each.formula,
                note=f"observed {each.observed:.6g}, closed form {each.expected:.6g} {each.unit}".rstrip(),
            )
            for each in self.statistics
        ]
        checks += [
            Check(
                name=f"distribution of latencies of {line}",
                observed=round(distance, 3),
                comparison="<=",
                limit=KOLMOGOROV,
                unit="√n·D",
                source="Kolmogorov-Smirnov against the distribution's closed form",
            )
            for line, distance in self.distances.items()
        ]
        return (
            Verdict(tuple(checks))
            if checks
            else Verdict.inconclusive(
                "links do what their conditions say", f"no link carried {LEAST} messages under one condition"
            )
        )


def check_links(journal: Journal) -> LinkStudy:
    """Measure every line that kept its conditions and carried enough messages."""
    log = NetworkLog.read(journal)
    by_line: dict[tuple[str, str], list[Event]] = {}
    for event in (*log.messages, *log.drops):
        if not event.fields["topic"].startswith(CONTROL):
            by_line.setdefault((event.fields["sender"], event.subject), []).append(event)
    corrupted = {(event.fields["id"], event.fields["copy"]) for event in log.corrupted}
    statistics: list[LinkStatistic] = []
    distances: dict[str, float] = {}
    samples: dict[str, tuple[float, ...]] = {}
    for (sender, receiver), events in by_line.items():
        _, specs = log.lines[sender, receiver]
        events.sort(key=lambda event: (event.fields["id"], event.fields["copy"]))
        if len(specs) != 1 or len(events) < LEAST:
            continue
        line, spec = f"{sender} → {receiver}", specs[0]
        statistics += _chances(line, spec, events, corrupted)
        if spec.get("fifo", True) or spec.get("reorder_ratio"):
            continue  # a message may have waited for another one, or was let past it
        sample = _latencies_ms(events)
        samples[line] = tuple(sample)
        statistics += _moments(line, spec, sample)
        if distribution(spec) != "constant" and not spec.get("correlation"):
            distances[line] = _distance(sample, cumulative(spec))
    return LinkStudy(tuple(statistics), distances, samples)


def _chances(
    line: str, spec: Mapping[str, Any], events: Sequence[Event], corrupted: set[tuple[int, int]]
) -> Iterator[LinkStatistic]:
    """Yield what is counted: losses and their runs, duplicates, overtaking, corruption."""
    sent = [event for event in events if event.fields.get("cause") in (None, "loss")]
    n = len(sent)
    lost = [event.fields.get("cause") == "loss" for event in sent]
    expected = loss_ratio(spec)
    if expected and n:
        formula = "(1-k)·r/(p+r) + (1-h)·p/(p+r)" if "gemodel" in spec else "loss_ratio"
        deviation = math.sqrt(loss_variance(spec) / n)
        yield LinkStatistic(line, "loss ratio", sum(lost) / n, expected, deviation, "", formula, "share")
    if "gemodel" in spec and spec["gemodel"][2:] == (1.0, 0.0):
        runs, r = _runs(lost), spec["gemodel"][1]
        if runs:
            deviation = math.sqrt((1 - r) / len(runs)) / r
            mean = sum(runs) / len(runs)
            yield LinkStatistic(line, "mean run of losses", mean, 1 / r, deviation, "messages", "1/r", "run")
    originals = len({event.fields["id"] for event in sent})
    for name, field, hits in (
        ("duplicate ratio", "duplicate_ratio", sum(event.fields["copy"] > 0 for event in sent)),
        (
            "corruption ratio",
            "corrupt_ratio",
            sum((event.fields["id"], event.fields["copy"]) in corrupted for event in sent),
        ),
    ):
        ratio = spec.get(field, 0.0)
        if ratio:
            count = originals if field == "duplicate_ratio" else n
            inflated = persistence(spec.get(field.replace("ratio", "correlation"), 0.0))
            deviation = math.sqrt(ratio * (1 - ratio) * inflated / count)
            yield LinkStatistic(line, name, hits / count, ratio, deviation, "", field, "share")
    if spec.get("reorder_ratio") and any(_arrived(event) for event in sent):
        yield _overtaking(line, spec, sent)


def _overtaking(line: str, spec: Mapping[str, Any], sent: Sequence[Event]) -> LinkStatistic:
    """Return how many messages took no time: one in every gap - 1 + 1/ratio skips the delay.

    Of the others those whose drawn latency was below 0 took none either.  A copy skips no delay.
    """
    ratio, gap = spec["reorder_ratio"], spec.get("reorder_gap", 1)
    arrived = [event for event in sent if _arrived(event)]
    hits, n = sum(event.time_ns == event.fields["left_ns"] for event in arrived), len(arrived)
    skip = 1 / (gap - 1 + 1 / ratio)
    at_once = 0.0 if distribution(spec) == "constant" else cumulative(spec)(0.0)
    skips = (1 - ratio) / ratio**2 * skip**3 * persistence(spec.get("reorder_correlation", 0.0))
    draws = (1 - skip) * at_once * (1 - at_once) * persistence(spec.get("correlation", 0.0))
    deviation = math.sqrt(((1 - at_once) ** 2 * skips + draws) / n)
    expected = skip + (1 - skip) * at_once
    formula = "s + (1 - s)·P(latency = 0) with s = 1/(gap - 1 + 1/ratio)"
    return LinkStatistic(line, "overtaking ratio", hits / n, expected, deviation, "", formula, "share")


def _runs(lost: Sequence[bool]) -> list[int]:
    """Return the lengths of the runs of losses that both began and ended."""
    runs, length, whole = [], 0, bool(lost) and not lost[0]
    for each in lost:
        if each:
            length += 1
        else:
            if length and whole:
                runs.append(length)
            length, whole = 0, True
    return runs


def _arrived(event: Event) -> bool:
    """Return whether this is a message, and no copy, that arrived."""
    return event.kind == "net.message" and not event.fields["copy"]


def _latencies_ms(events: Sequence[Event]) -> list[float]:
    return [(event.time_ns - event.fields["left_ns"]) / 1e6 for event in events if _arrived(event)]


def _moments(line: str, spec: Mapping[str, Any], sample: Sequence[float]) -> Iterator[LinkStatistic]:
    """Yield the mean latency and, of drawn ones, the correlation of neighbours."""
    n = len(sample)
    if n < LEAST:
        return
    mean_ms, variance = moments_ms(spec)
    correlation, kind = spec.get("correlation", 0.0), distribution(spec)
    if math.isfinite(variance):
        deviation = math.sqrt(variance * persistence(correlation) / n)
        yield LinkStatistic(
            line, "mean latency", math.fsum(sample) / n, mean_ms, deviation, "ms", _FORMULAS[kind]
        )
    # Of the normal scores, whose autocorrelation is the parameter itself; many equal latencies have none,
    # and where messages were lost, those that are left are no neighbours.
    if kind in ("normal", "uniform") and len(set(sample)) > n // 2 and not loss_ratio(spec):
        below = cumulative(spec)
        scores = [normal_score(below(value)) for value in sample]
        deviation = math.sqrt((1 - correlation**2) / n)
        yield LinkStatistic(
            line,
            "correlation of neighbours",
            _autocorrelation(scores),
            correlation,
            deviation,
            "",
            "correlation",
        )


_FORMULAS: Final[Mapping[str, str]] = {
    "constant": "delay_ms + distance_km/fibre",
    "uniform": "delay_ms + distance_km/fibre",
    "normal": "delay·P(Z < delay/jitter) + jitter·density(delay/jitter): nothing arrives before it left",
    "lognormal": "delay_ms",
    "pareto": "scale·shape/(shape - 1) = delay_ms",
}


def _distance(sample: Sequence[float], cumulative: Callable[[float], float]) -> float:
    """Return the largest distance between the sample's distribution and the closed form, times √n.

    Where many values are equal (latencies cut off at 0), both sides of the step
    are looked at, the left one against the distribution just below.
    """
    ordered, n = sorted(sample), len(sample)
    largest, place = 0.0, 0
    while place < n:
        value, begin = ordered[place], place
        while place < n and ordered[place] == value:
            place += 1
        largest = max(
            largest,
            abs(place / n - cumulative(value)),
            abs(begin / n - cumulative(math.nextafter(value, -math.inf))),
        )
    return largest * math.sqrt(n)


def _autocorrelation(values: Sequence[float]) -> float:
    n = len(values)
    mean = math.fsum(values) / n
    centred = [value - mean for value in values]
    spread = math.fsum(value * value for value in centred)
    return math.fsum(a * b for a, b in pairwise(centred)) / spread
