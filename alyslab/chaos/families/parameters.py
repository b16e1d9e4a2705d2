"""Dials that faults of several families have."""

from __future__ import annotations

from alyslab.chaos.vocabulary import Parameter


def ratio(name: str, summary: str, severe: float, *, mild: float = 0.01, high: float = 1.0) -> Parameter:
    """Return a share, from mild to severe."""
    return Parameter(name=name, summary=summary, kind="ratio", high=high, mild=mild, severe=severe)


def ms(name: str, summary: str, mild: float, severe: float, *, low: float = 0.0) -> Parameter:
    """Return a time in ms, of an hour at most."""
    return Parameter(name=name, summary=summary, low=low, high=3_600_000, mild=mild, severe=severe)


def choice(name: str, summary: str, *choices: str) -> Parameter:
    """Return a choice; the first is the default."""
    return Parameter(name=name, summary=summary, kind="choice", choices=choices)
