"""Faults of processes, and of a processor that others use."""

from __future__ import annotations

import asyncio
from functools import partial

from alyslab.chaos.injection import Field, Heal, Injection
from alyslab.runtime.disk import CrashFaults


def crash(field: Field, injection: Injection) -> Heal:
    """Take the targets down, with what their disks are to keep; healing starts them."""
    state = injection.text("state")
    for member in injection.targets:
        node = field.live.node(member)
        if node is not None and state == "kept":
            usual, node.disk.crash_faults = node.disk.crash_faults, CrashFaults(lost_ratio=0.0)
            taken = field.processes.crash(member)
            node.disk.crash_faults = usual
        else:
            taken = field.processes.crash(member)
            if taken and node is not None and state == "lost":
                node.disk.wipe()
        injection.effect(member, "down" if taken else "was down", 1.0)

    def heal() -> None:
        for member in injection.targets:
            field.processes.revive(member)

    return heal


def pause(field: Field, injection: Injection) -> Heal:
    """Hold the targets."""
    for member in injection.targets:
        held = field.processes.hold(member)
        injection.effect(member, "held" if held else "was not running", 1.0)

    def heal() -> None:
        for member in injection.targets:
            field.processes.release(member)

    return heal


def slow(field: Field, injection: Injection, *, held: str = "held_ratio") -> Heal:
    """Hold the targets for a share of each cycle; with ``stolen_ratio`` it is the processor's doing."""
    period_s = injection.number("period_ms") / 1e3
    held_s = period_s * injection.number(held)
    running = dict.fromkeys(injection.targets, False)

    async def cycle(member: str) -> None:
        await asyncio.sleep(injection.random.uniform(0, period_s))  # or all would be held together
        while True:
            running[member] = True
            field.processes.hold(member)
            await asyncio.sleep(held_s)
            field.processes.release(member)
            running[member] = False
            await asyncio.sleep(period_s - held_s)

    for member in injection.targets:
        field.spawn(injection.entry.id, cycle(member))

    def heal() -> None:
        field.stop(injection.entry.id)
        for member, holds in running.items():
            if holds:
                field.processes.release(member)

    return heal


starve = partial(slow, held="stolen_ratio")
"""Leave the targets a share of each long cycle."""
