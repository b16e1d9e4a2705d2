"""One measured number with its name, unit and labels: the tidy row that every report is made of."""

from __future__ import annotations

import math
import numbers
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal

from alyslab.errors import LabError

Kind = Literal["counter", "gauge", "histogram"]
Number = int | float

_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")  # what Prometheus allows, less the colon of its own rules


class MetricError(LabError):
    """A metric was given a name, label or number that a report can't carry."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricRow:
    """One number.

    Raises
    ------
    MetricError
        When a name is not letters, digits and underscores, when a label's
        value is not text, or when ``value`` is no number or is infinite.
    """

    metric: str
    """What was measured, unit last: ``latency_ms_p99``."""
    value: Number | None
    """The number, a plain int or float; None when nothing was observed, and NaN becomes that."""
    unit: str = ""
    """Unit of the value; empty for plain counts."""
    labels: Mapping[str, str] = field(default_factory=dict)
    """What tells rows of one metric apart, such as a node."""
    kind: Kind = "gauge"
    """The instrument that it comes from."""
    statistic: str = ""
    """For a histogram, which of its numbers this is: ``count``, ``sum``, ``mean``, ``min``, ``max``
    or a quantile such as ``p99``; ``metric`` ends in it."""
    meaning: str = ""
    """A sentence about the metric, for whoever reads the export."""

    def __post_init__(self) -> None:
        check_name(self.metric, "metric")
        object.__setattr__(self, "value", plain_number(self.value, self.metric))
        object.__setattr__(self, "labels", plain_labels(self.labels, self.metric))
        if self.statistic and not self.metric.endswith(f"_{self.statistic}"):
            raise MetricError(f"metric {self.metric!r} does not end in its statistic {self.statistic!r}")

    @property
    def family(self) -> str:
        """The name of the instrument: ``metric`` without the statistic."""
        return self.metric.removesuffix(f"_{self.statistic}") if self.statistic else self.metric

    def as_dict(self) -> dict[str, Any]:
        """Return metric, value, unit and labels, as a scrap has them."""
        return {"metric": self.metric, "value": self.value, "unit": self.unit, "labels": dict(self.labels)}


def check_name(name: str, what: str) -> None:
    """Raise :class:`MetricError` unless ``name`` can stand in every report."""
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise MetricError(f"{what} {name!r} is not made of letters, digits and underscores")


def plain_number(value: Any, metric: str) -> Number | None:
    """Return ``value`` as a plain int or float; None and NaN, both "not observed", as None.

    Numbers of numpy are numbers.  Raises :class:`MetricError` for anything
    else, flags included, and for an infinity, which JSON does not have.
    """
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        raise MetricError(f"metric {metric}: {value!r} is no number")
    if isinstance(value, numbers.Integral):
        return int(value)
    try:
        number = float(value)
    except OverflowError as error:
        raise MetricError(f"metric {metric}: a number too large for a float") from error
    if math.isnan(number):
        return None
    if math.isinf(number):
        raise MetricError(f"metric {metric}: {number} can't be reported; use None for what was not observed")
    return number


def plain_labels(labels: Mapping[str, object], metric: str) -> Mapping[str, str]:
    """Return the labels sorted by name, read-only; whole numbers become text.

    Raises :class:`MetricError` for a bad name or another kind of value.
    """
    plain: dict[str, str] = {}
    for name in sorted(labels):
        value = labels[name]
        check_name(name, f"metric {metric}: label")
        if isinstance(value, bool) or not isinstance(value, str | int):
            raise MetricError(f"metric {metric}: label {name} is {value!r}, neither text nor a whole number")
        plain[name] = str(value)
    return MappingProxyType(plain)
