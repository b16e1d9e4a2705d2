"""Workloads that break the promise of determinism, each in its own way."""

from __future__ import annotations

from alyslab.runtime import require_current

_calls: list[None] = []


async def leaky(**_parameters: object) -> None:
    """Record how often this process has run it."""
    _calls.append(None)
    require_current().journal.record("leak", "process", calls=len(_calls))


async def hashing(**_parameters: object) -> None:
    """Record what depends on PYTHONHASHSEED."""
    require_current().journal.record("hash", "process", hash=hash("alyslab"))
