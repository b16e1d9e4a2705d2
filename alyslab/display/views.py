"""Tables of what the laboratory knows: a verdict, a configuration, digests, a frame."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final, Protocol

from alyslab.checkers.verdict import Check, Status, Verdict
from alyslab.display.table import Table, Tone, show

if TYPE_CHECKING:
    import pandas as pd

SYMBOLS: Final[Mapping[Status, str]] = {"pass": "✓ pass", "fail": "✗ fail", "inconclusive": "? inconclusive"}
"""A status as symbol and word, so that it needs no colour."""

_TONES: Final[Mapping[Status, Tone]] = {"pass": "good", "fail": "bad", "inconclusive": "unsure"}


class ResolvedConfiguration(Protocol):
    """What :func:`configuration_table` needs of a configuration."""

    @property
    def origins(self) -> Mapping[str, str]:
        """Where the value of each dotted key came from."""

    def model_dump(self) -> dict[str, Any]:
        """Return the values, sections as nested mappings."""


def verdict_table(verdict: Verdict) -> Table:
    """Show each check of a verdict: what was promised, what was seen, the limit and its source.

    Evidence and notes stand below, closed until opened.
    """
    statuses = [_status(check) for check in verdict.checks]
    return Table(
        title=f"Verdict: {SYMBOLS[verdict.status]}",
        columns=("check", "result", "observed", "limit", "unit", "source"),
        rows=tuple(
            (check.name, SYMBOLS[status], check.observed, _limit(check), check.unit, check.source)
            for check, status in zip(verdict.checks, statuses, strict=True)
        ),
        tones={index: _TONES[status] for index, status in enumerate(statuses)},
        details=tuple(_details(verdict.checks)),
    )


def configuration_table(config: ResolvedConfiguration) -> Table:
    """Show every key of a resolved configuration, its value, and where the value came from."""
    return Table(
        title="Resolved configuration",
        columns=("key", "value", "origin"),
        rows=tuple(
            (key, "none" if value is None else value, config.origins.get(key, "unknown"))
            for key, value in _flatten(config.model_dump())
            if key != "origins" and not key.startswith("origins.")
        ),
        code=frozenset({"key"}),
    )


def determinism_table(digests: Mapping[str, str]) -> Table:
    """Show the digest of the same run made in several places, each beside its agreement with the first.

    Parameters
    ----------
    digests
        The run's digest (hex), by the place where it was made; the first is
        the one that the others are held against.
    """
    first = next(iter(digests.values()), None)
    same = [digest == first for digest in digests.values()]
    distinct = len(set(digests.values()))
    return Table(
        title=f"One run, {len(digests)} places, {distinct} distinct digest{'' if distinct == 1 else 's'}",
        columns=("where", "digest", "same as the first"),
        rows=tuple(
            (where, digest, "reference" if index == 0 else "✓ same" if same[index] else "✗ different")
            for index, (where, digest) in enumerate(digests.items())
        ),
        tones={index: "good" if same[index] else "bad" for index in range(1, len(same))},
        code=frozenset({"digest"}),
    )


def frame_table(frame: pd.DataFrame, title: str) -> Table:
    """Show a short frame with the same look as the other tables; its index is left out."""
    columns = tuple(str(column) for column in frame.columns)
    rows = tuple(tuple(_plain(value) for value in row) for row in frame.itertuples(index=False, name=None))
    return Table(title=title, columns=columns, rows=rows)


def _status(check: Check) -> Status:
    return Verdict((check,)).status


def _limit(check: Check) -> str:
    return f"{check.comparison} {show(check.limit)}"


def _details(checks: Iterable[Check]) -> Iterator[tuple[str, str]]:
    for check in checks:
        if check.note:
            yield f"note on: {check.name}", check.note
        if check.evidence:
            text = "\n".join(
                json.dumps(dict(event), default=str, ensure_ascii=False) for event in check.evidence
            )
            yield f"evidence against: {check.name}", text


def _flatten(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in values.items():
        if isinstance(value, Mapping):
            yield from _flatten(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def _plain(value: Any) -> Any:
    """Return a numpy scalar as Python's own, so that it is shown as a number."""
    return value.item() if hasattr(value, "item") else value
