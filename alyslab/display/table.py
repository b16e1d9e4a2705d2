"""A small table that a notebook shows as HTML and a terminal as text."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape
from itertools import starmap
from typing import Any, Final, Literal

Tone = Literal["good", "bad", "unsure"]

_CSS: Final = """
.alyslab-table {border-collapse: collapse; margin: .6em 0; font-variant-numeric: tabular-nums}
.alyslab-table caption {text-align: left; font-weight: 600; padding: .2em 0; caption-side: top}
.alyslab-table th, .alyslab-table td {text-align: left !important; vertical-align: top;
  padding: .2em .9em .2em 0; border-bottom: 1px solid rgba(128, 128, 128, .35)}
.alyslab-table td.alyslab-number {text-align: right !important}
.alyslab-table td.alyslab-code {font-family: monospace; overflow-wrap: anywhere}
.alyslab-table .alyslab-good {color: #00684a} .alyslab-table .alyslab-bad {color: #a32100; font-weight: 600}
.alyslab-table .alyslab-unsure {color: #6b5900}
@media (prefers-color-scheme: dark) {.alyslab-table .alyslab-good, .alyslab-table .alyslab-bad,
  .alyslab-table .alyslab-unsure {color: inherit}}
.alyslab-details pre {white-space: pre-wrap; margin: .3em 0}
""".strip()
"""Scoped by the prefix ``alyslab-``, so that it touches nothing else on the page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Rows under named columns, shown as HTML in a notebook and as aligned text elsewhere.

    Everything shown is escaped.  A tone colours a row's words; the words alone
    must say the same, because colour alone does not reach every reader.
    """

    title: str
    """What the table shows, as a caption."""
    columns: tuple[str, ...]
    """Column names, with units where the values have them."""
    rows: tuple[tuple[Any, ...], ...]
    """One tuple for each row, a value for each column."""
    tones: Mapping[int, Tone] = field(default_factory=dict)
    """Tone of a row, by its index."""
    code: frozenset[str] = frozenset()
    """Columns whose values are set in a fixed-width face: digests, keys."""
    details: tuple[tuple[str, str], ...] = ()
    """(summary, text) pairs shown below, closed until opened."""

    def __post_init__(self) -> None:
        for row in self.rows:
            if len(row) != len(self.columns):
                raise ValueError(f"table {self.title!r}: {len(row)} values for {len(self.columns)} columns")

    def __repr__(self) -> str:
        cells = [
            [str(column) for column in self.columns],
            *([show(value) for value in row] for row in self.rows),
        ]
        widths = [max(len(row[i]) for row in cells) for i in range(len(self.columns))]
        lines = [
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in cells
        ]
        lines.insert(1, "  ".join("-" * width for width in widths))
        texts = [f"{summary}\n{text}" for summary, text in self.details]
        return "\n".join([self.title, *(line.rstrip() for line in lines), *texts])

    def _repr_html_(self) -> str:
        head = "".join(f'<th scope="col">{escape(column)}</th>' for column in self.columns)
        body = "".join(
            f"<tr{self._tone(index)}>{''.join(map(self._cell, self.columns, row))}</tr>"
            for index, row in enumerate(self.rows)
        )
        caption = f"<caption>{escape(self.title)}</caption><thead><tr>{head}</tr></thead>"
        table = f'<table class="alyslab-table">{caption}<tbody>{body}</tbody></table>'
        return f"<style>{_CSS}</style>{table}{''.join(starmap(_closed, self.details))}"

    def _tone(self, index: int) -> str:
        tone = self.tones.get(index)
        return f' class="alyslab-{tone}"' if tone else ""

    def _cell(self, column: str, value: Any) -> str:
        if column in self.code or _is_code(value):
            kind = ' class="alyslab-code"'
        elif isinstance(value, int | float) and not isinstance(value, bool):
            kind = ' class="alyslab-number"'
        else:
            kind = ""
        return f"<td{kind}>{escape(show(value))}</td>"


def _closed(summary: str, text: str) -> str:
    """Return a section that shows its summary until it is opened."""
    head = f"<summary>{escape(summary)}</summary>"
    return f'<details class="alyslab-details">{head}<pre>{escape(text)}</pre></details>'


def _is_code(value: Any) -> bool:
    """Tell a token or digest, which may break anywhere, from words, which may not."""
    return isinstance(value, str) and len(value) > 24 and not any(character.isspace() for character in value)


def show(value: Any) -> str:
    """Return a value as readers expect it: yes and no, thousands apart, six significant digits."""
    match value:
        case None:
            return "not observed"
        case bool():
            return "yes" if value else "no"
        case int() | float():
            return _show_number(value)
        case Mapping():
            return ", ".join(f"{key}={show(inner)}" for key, inner in value.items())
        case list() | tuple():
            return ", ".join(show(inner) for inner in value)
        case _:
            return str(value)


def _show_number(value: float) -> str:
    if math.isnan(value):
        return "not observed"  # what a frame makes of None
    if isinstance(value, int):
        return f"{value:,}" if abs(value) >= 10_000 else str(value)
    return f"{value:,.6g}" if abs(value) < 1e6 else f"{value:,.0f}"
