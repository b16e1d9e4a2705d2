"""Clocks that several faults shift and bend at once; the last to go puts them right."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from alyslab.runtime.clock import DRIFT_LIMIT_PPM

if TYPE_CHECKING:
    from alyslab.runtime import Node, Runtime


class Clocks:
    """Adds up what faults do to each member's clock.

    Every change is a row ``clock.set`` with what the clock then shows beside
    the truth: ``offset_ns`` and ``drift_ppm``.  A clock shows no time before 0.

    Parameters
    ----------
    node
        Returns the node of a member.
    runtime
        Where the rows go.
    """

    def __init__(self, node: Callable[[str], Node | None], runtime: Runtime) -> None:
        self._node = node
        self._record = runtime.journal.recorder("clock.set", "offset_ns", "drift_ppm", "entry")
        self._bent: dict[str, dict[str, float]] = {}
        self._shifted: dict[str, dict[str, int]] = {}

    def shift(self, member: str, entry: str, by_ns: int) -> None:
        """Let a fault move a member's clock."""
        node = self._of(member)
        by_ns = max(by_ns, -node.clock.time_ns())
        shifts = self._shifted.setdefault(member, {})
        shifts[entry] = shifts.get(entry, 0) + by_ns
        node.clock.step(by_ns)
        self._say(member, node, entry)

    def bend(self, member: str, entry: str, drift_ppm: float) -> None:
        """Let a fault speed a member's clock up or slow it down."""
        node = self._of(member)
        self._bent.setdefault(member, {})[entry] = drift_ppm
        self._run(member, node)
        self._say(member, node, entry)

    def right(self, member: str, entry: str) -> None:
        """Take back what the fault did; the last one's going sets the clock to the true time."""
        node = self._of(member)
        self._bent.get(member, {}).pop(entry, None)
        shift = self._shifted.get(member, {}).pop(entry, 0)
        self._run(member, node)
        alone = not self._bent.get(member) and not self._shifted.get(member)
        by_ns = -node.clock.offset_ns if alone else -shift
        node.clock.step(max(by_ns, -node.clock.time_ns()))
        self._say(member, node, entry)

    def _run(self, member: str, node: Node) -> None:
        drift = sum(self._bent.get(member, {}).values())
        node.clock.set_drift(min(max(drift, -DRIFT_LIMIT_PPM), DRIFT_LIMIT_PPM))

    def _say(self, member: str, node: Node, entry: str) -> None:
        self._record(member, node.clock.offset_ns, node.clock.drift_ppm, entry)

    def _of(self, member: str) -> Node:
        node = self._node(member)
        if node is None:
            raise LookupError(f"{member} has no clock of its own")
        return node
