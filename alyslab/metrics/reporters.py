"""Rows of metrics as JSON, as Prometheus text and as the scrap of a notebook."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from alyslab.metrics.instruments import QUANTILES
from alyslab.metrics.row import MetricError, MetricRow

# A summary has no fields for the extremes; they are its quantiles 0 and 1. Its mean is sum over count.
_SHARES = {"min": 0.0, **QUANTILES, "max": 1.0}


def to_json(rows: Iterable[MetricRow]) -> str:
    """Return the rows as a JSON document, ``{"metrics": [{metric, value, unit, labels}, …]}``."""
    return json.dumps({"metrics": to_scrap(rows)}, allow_nan=False, ensure_ascii=False, indent=2) + "\n"


def to_scrap(rows: Iterable[MetricRow]) -> list[dict[str, Any]]:
    """Return the rows as the scrap ``metrics`` has them: plain dictionaries that JSON can carry."""
    return [row.as_dict() for row in rows]


def to_prometheus(rows: Iterable[MetricRow]) -> str:
    """Return the rows in Prometheus's text exposition format, version 0.0.4.

    Families come in the order of their first rows, each with HELP and TYPE;
    histograms are summaries, with quantiles, ``_sum`` and ``_count``.  What
    was not observed has no sample.  *Source:* Prometheus documentation,
    "Exposition formats".

    Raises
    ------
    MetricError
        When two rows would be the same sample, or two kinds of instrument
        share a name: a server would refuse the whole page.
    """
    families: dict[str, list[MetricRow]] = {}
    for row in rows:
        families.setdefault(row.family, []).append(row)
    seen: set[str] = set()
    return "".join(f"{line}\n" for name, family in families.items() for line in _family(name, family, seen))


def _family(name: str, rows: list[MetricRow], seen: set[str]) -> Iterator[str]:
    """Return the lines of one family; ``seen`` collects the samples of the whole page."""
    kinds = {row.kind for row in rows}
    if len(kinds) > 1:
        raise MetricError(f"metric {name} is of several kinds: {', '.join(sorted(kinds))}")
    meaning = next((row.meaning for row in rows if row.meaning), "")
    unit = next((f"[{row.unit}]" for row in rows if row.unit), "")
    described = " ".join(filter(None, (meaning, unit)))
    kind = "summary" if rows[0].kind == "histogram" else rows[0].kind
    yield f"# HELP {name} {_escape(described)}".rstrip()
    yield f"# TYPE {name} {kind}"
    for row in rows:
        sample = _sample(name, row)
        if sample is None:
            continue
        if sample in seen:
            raise MetricError(f"the sample {sample} is there twice")
        seen.add(sample)
        if row.value is not None:
            yield f"{sample} {row.value!r}"


def _sample(name: str, row: MetricRow) -> str | None:
    """Return the sample's name with its labels; None for a row that the format has no place for."""
    labels = dict(row.labels)
    if row.statistic in _SHARES:
        labels["quantile"] = f"{_SHARES[row.statistic]:g}"
    elif row.statistic in ("sum", "count"):
        name = f"{name}_{row.statistic}"
    elif row.statistic:
        return None
    inside = ",".join(f'{label}="{_escape(value, quote=True)}"' for label, value in labels.items())
    return f"{name}{{{inside}}}" if inside else name


def _escape(text: str, *, quote: bool = False) -> str:
    """Return ``text`` with the characters escaped that the format gives a meaning."""
    text = text.replace("\\", r"\\").replace("\n", r"\n")
    return text.replace('"', r"\"") if quote else text
