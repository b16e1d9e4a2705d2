"""What adapters of systems made of nodes share."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from alyslab.runtime import Node


class NodeProcess:
    """A node as a process that faults act on."""

    __slots__ = ("_node",)

    def __init__(self, node: Node) -> None:
        self._node = node

    @property
    def up(self) -> bool:
        """Whether it has not crashed."""
        return self._node.state != "crashed"

    def crash(self) -> None:
        """Let it die."""
        self._node.crash()

    def restart(self) -> None:
        """Boot it again."""
        self._node.restart()

    def pause(self) -> None:
        """Hold its tasks."""
        if self._node.state == "running":
            self._node.pause()

    def resume(self) -> None:
        """Let its tasks go on."""
        if self._node.state == "paused":
            self._node.resume()
