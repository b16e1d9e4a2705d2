"""Processes that are down or held, counted, so that overlapping faults heal one by one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from alyslab.chaos.system import Process


class Processes:
    """Lets a member be up while nothing keeps it down, and run while nothing holds it.

    Parameters
    ----------
    process
        Returns the process of a member.
    """

    def __init__(self, process: Callable[[str], Process]) -> None:
        self._process = process
        self._down: Counter[str] = Counter()
        self._held: Counter[str] = Counter()

    def crash(self, member: str) -> bool:
        """Keep a member down; returns whether that took it down now."""
        self._down[member] += 1
        process = self._process(member)
        if self._down[member] > 1 or not process.up:
            return False
        process.crash()
        return True

    def revive(self, member: str) -> None:
        """Keep it down no longer; the last to say so starts it."""
        self._down[member] -= 1
        process = self._process(member)
        if self._down[member] or process.up:
            return
        process.restart()
        if self._held[member] and self._process(member).up:
            process.pause()

    def hold(self, member: str) -> bool:
        """Hold a member; returns whether that held it now."""
        self._held[member] += 1
        process = self._process(member)
        if self._held[member] > 1 or not process.up:
            return False
        process.pause()
        return True

    def release(self, member: str) -> None:
        """Hold it no longer; the last to say so lets it go on."""
        self._held[member] -= 1
        process = self._process(member)
        if not self._held[member] and process.up:
            process.resume()
