"""All instruments of one run."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from alyslab.metrics.instruments import Counter, Gauge, Histogram, Instrument
from alyslab.metrics.row import MetricError, MetricRow, check_name, plain_labels

if TYPE_CHECKING:
    import pandas as pd

InstrumentT = TypeVar("InstrumentT", bound=Instrument)


class MetricsCollector:
    """Hands out instruments by name and labels, and turns them into tidy rows.

    Asking again for the same name and labels returns the same instrument, so
    nobody needs to pass instruments around::

        collector.counter("blocks_received", node="peer-3").add()
        collector.histogram("latency_ms", "ms").observe(12.5)

    One thread uses a collector.  Reads no clock and draws no chance.
    """

    def __init__(self) -> None:
        self._instruments: dict[tuple[str, tuple[tuple[str, str], ...]], Instrument] = {}
        self._families: dict[str, Instrument] = {}

    def counter(self, name: str, /, unit: str = "", *, meaning: str = "", **labels: str | int) -> Counter:
        """Return the counter of that name and labels.

        Raises
        ------
        MetricError
            For a name or label that a report can't carry, and when the name is
            in use for another kind of instrument or another unit.
        """
        return self._instrument(Counter, name, unit, meaning, labels)

    def gauge(self, name: str, /, unit: str = "", *, meaning: str = "", **labels: str | int) -> Gauge:
        """Return the gauge of that name and labels; raises as :meth:`counter` does."""
        return self._instrument(Gauge, name, unit, meaning, labels)

    def histogram(self, name: str, /, unit: str = "", *, meaning: str = "", **labels: str | int) -> Histogram:
        """Return the histogram of that name and labels; raises as :meth:`counter` does."""
        if "quantile" in labels:
            raise MetricError(f"metric {name}: the label 'quantile' belongs to the quantiles themselves")
        return self._instrument(Histogram, name, unit, meaning, labels)

    def rows(self) -> list[MetricRow]:
        """Return what all instruments observed so far, in the order in which they were first asked for."""
        return [row for instrument in self._instruments.values() for row in instrument.rows()]

    def frame(self) -> pd.DataFrame:
        """Return the rows as a frame: metric, value (float, NaN where not observed), unit, labels.

        Labels are text, ``a=1, b=2`` sorted by name, so that a frame can be
        grouped by them.
        """
        import pandas as pd

        rows = [
            (row.metric, row.value, row.unit, ", ".join(f"{k}={v}" for k, v in row.labels.items()))
            for row in self.rows()
        ]
        frame = pd.DataFrame(rows, columns=["metric", "value", "unit", "labels"])
        return frame.astype({"value": "float64"})

    def _instrument(
        self, kind: type[InstrumentT], name: str, unit: str, meaning: str, labels: dict[str, str | int]
    ) -> InstrumentT:
        check_name(name, "metric")
        plain = plain_labels(labels, name)
        first = self._families.get(name)
        if first is not None and (type(first) is not kind or first.unit != unit):
            raise MetricError(
                f"metric {name} is a {first.kind} in {first.unit!r} already, "
                f"and can't be a {kind.kind} in {unit!r} too"
            )
        identity = (name, tuple(plain.items()))
        known = self._instruments.get(identity)
        if isinstance(known, kind):
            return known
        meaning = meaning or (first.meaning if first else "")
        instrument = kind(name, unit=unit, labels=plain, meaning=meaning)
        self._families.setdefault(name, instrument)
        self._instruments[identity] = instrument
        return instrument
