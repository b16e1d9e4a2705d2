"""Faults of clocks."""

from __future__ import annotations

import asyncio

from alyslab.chaos.injection import Field, Heal, Injection

NS_PER_MS = 1_000_000


def offset(field: Field, injection: Injection) -> Heal:
    """Set the targets' clocks wrong."""
    return _shift(field, injection, "offset_ms")


def step(field: Field, injection: Injection) -> Heal:
    """Let the targets' clocks jump once; they are put right in the quiet phase."""
    return _shift(field, injection, "step_ms")


def drift(field: Field, injection: Injection) -> Heal:
    """Let the targets' clocks run fast or slow."""
    for member in injection.targets:
        field.clocks.bend(member, injection.entry.id, injection.number("drift_ppm"))
    return _right(field, injection)


def strobe(field: Field, injection: Injection) -> Heal:
    """Let the targets' clocks jump ahead and back, again and again."""
    by_ns = round(injection.number("amplitude_ms") * NS_PER_MS)
    period_s = injection.number("period_ms") / 1e3

    async def flicker() -> None:
        sign = 1
        while True:
            for member in injection.targets:
                field.clocks.shift(member, injection.entry.id, sign * by_ns)
            sign = -sign
            await asyncio.sleep(period_s)

    field.spawn(injection.entry.id, flicker())
    right = _right(field, injection)

    def heal() -> None:
        field.stop(injection.entry.id)
        right()

    return heal


def _shift(field: Field, injection: Injection, name: str) -> Heal:
    for member in injection.targets:
        field.clocks.shift(member, injection.entry.id, round(injection.number(name) * NS_PER_MS))
    return _right(field, injection)


def _right(field: Field, injection: Injection) -> Heal:
    def heal() -> None:
        for member in injection.targets:
            field.clocks.right(member, injection.entry.id)

    return heal
