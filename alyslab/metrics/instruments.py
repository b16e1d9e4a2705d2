"""Counter, gauge and histogram: where observations go in and rows come out."""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterator, Mapping
from typing import Any

from alyslab.metrics.quantile import quantile
from alyslab.metrics.row import Kind, MetricError, MetricRow, Number, plain_number

QUANTILES: Mapping[str, float] = {"p50": 0.5, "p90": 0.9, "p95": 0.95, "p99": 0.99}
"""The quantiles of a histogram's rows, by the end of the metric's name."""


class Instrument:
    """What counter, gauge and histogram have in common: an identity and a unit.

    Made by :class:`alyslab.metrics.collector.MetricsCollector`, which checks
    names and hands out the same instrument for the same name and labels.
    """

    kind: Kind

    def __init__(self, name: str, *, unit: str, labels: Mapping[str, str], meaning: str) -> None:
        self.name = name
        self.unit = unit
        self.labels = labels
        self.meaning = meaning

    def rows(self) -> Iterator[MetricRow]:
        """Return what was observed so far."""
        raise NotImplementedError

    def _row(self, value: Number | None, *, statistic: str = "", unit: str | None = None) -> MetricRow:
        return MetricRow(
            metric=f"{self.name}_{statistic}" if statistic else self.name,
            value=value,
            unit=self.unit if unit is None else unit,
            labels=self.labels,
            kind=self.kind,
            statistic=statistic,
            meaning=self.meaning,
        )

    def _observed(self, value: Any) -> Number:
        number = plain_number(value, self.name)
        if number is None:
            raise MetricError(f"metric {self.name}: {value!r} is no observation; leave the call out")
        return number


class Counter(Instrument):
    """How often something happened, or how much of it there was; it only grows.

    A counter that was never added to is 0: it was watched, and nothing happened.
    """

    kind: Kind = "counter"

    def __init__(self, name: str, *, unit: str, labels: Mapping[str, str], meaning: str) -> None:
        super().__init__(name, unit=unit, labels=labels, meaning=meaning)
        self.value: Number = 0

    def add(self, amount: Number = 1) -> None:
        """Add ``amount``, at least 0; raises :class:`MetricError` for anything else, and on overflow."""
        number = self._observed(amount)
        if number < 0:
            raise MetricError(f"metric {self.name}: a counter can't go down by {-number}")
        try:
            total = self.value + number
        except OverflowError:  # a whole number that no float can hold, plus a float
            total = math.inf
        self.value = self._observed(total)

    def rows(self) -> Iterator[MetricRow]:
        """Return the count, as one row."""
        yield self._row(self.value)


class Gauge(Instrument):
    """A value that can go up and down; the last one counts."""

    kind: Kind = "gauge"

    def __init__(self, name: str, *, unit: str, labels: Mapping[str, str], meaning: str) -> None:
        super().__init__(name, unit=unit, labels=labels, meaning=meaning)
        self.value: Number | None = None

    def set(self, value: Number | None) -> None:
        """Keep ``value``; None and NaN say that it can't be observed now."""
        self.value = plain_number(value, self.name)

    def rows(self) -> Iterator[MetricRow]:
        """Return the last value, as one row; None when there is none."""
        yield self._row(self.value)


class Histogram(Instrument):
    """How values are distributed.

    Every value is kept (8 bytes each), so that the quantiles are those of the
    sample and not of buckets; 10 million observations take 80 MB.
    """

    kind: Kind = "histogram"

    def __init__(self, name: str, *, unit: str, labels: Mapping[str, str], meaning: str) -> None:
        super().__init__(name, unit=unit, labels=labels, meaning=meaning)
        self._values = array("d")
        self._ordered: list[float] = []

    def observe(self, value: Number) -> None:
        """Add one observation; raises :class:`MetricError` for what is no finite number."""
        number = self._observed(value)
        try:
            self._values.append(number)
        except OverflowError as error:
            raise MetricError(f"metric {self.name}: a number too large for a float") from error

    @property
    def count(self) -> int:
        """How many values were observed."""
        return len(self._values)

    @property
    def sum(self) -> float | None:
        """The sum of all values, correctly rounded; None when it is too large for a float."""
        try:
            return math.fsum(self._values)
        except OverflowError:
            return None

    @property
    def mean(self) -> float | None:
        """The arithmetic mean; None when nothing was observed or the sum is too large."""
        total = self.sum
        return total / self.count if self.count and total is not None else None

    def quantile(self, share_ratio: float) -> float | None:
        """Return the exact quantile of what was observed; None when nothing was."""
        if len(self._ordered) != len(self._values):
            self._ordered = sorted(self._values)
        return quantile(self._ordered, share_ratio)

    def rows(self) -> Iterator[MetricRow]:
        """Return count, sum, mean, least and greatest value, and the quantiles, a row each."""
        yield self._row(self.count, statistic="count", unit="")
        yield self._row(self.sum, statistic="sum")
        yield self._row(self.mean, statistic="mean")
        yield self._row(self.quantile(0.0), statistic="min")
        for statistic, share_ratio in QUANTILES.items():
            yield self._row(self.quantile(share_ratio), statistic=statistic)
        yield self._row(self.quantile(1.0), statistic="max")
