"""One fault at work, and what it acts through."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING, Any

from alyslab.chaos.injectors.clocks import Clocks
from alyslab.chaos.injectors.disks import Disks
from alyslab.chaos.injectors.processes import Processes
from alyslab.chaos.injectors.wires import Wires

if TYPE_CHECKING:
    from alyslab.chaos.plan import Entry
    from alyslab.chaos.system import LiveSystem
    from alyslab.chaos.vocabulary import Fault, Value
    from alyslab.runtime import Runtime

Heal = Callable[[], None]
"""Ends one fault; others that act on the same members go on."""
Effect = Callable[[str, str, float], None]
"""Writes down that a fault bit: member, what, amount."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Injection:
    """One entry of a plan, as it begins."""

    entry: Entry
    fault: Fault
    values: Mapping[str, Value]
    """All parameters, as given or as the intensity says."""
    targets: tuple[str, ...]
    """The members hit."""
    random: Random
    """The entry's own stream: taking an entry out of a plan shifts no other's draws."""
    effect: Effect

    def number(self, name: str) -> float:
        """Return a parameter that is a number."""
        value = self.values[name]
        if not isinstance(value, int | float):
            raise TypeError(f"{self.fault.name}: {name} is {value!r}, no number")
        return value

    def text(self, name: str) -> str:
        """Return a parameter that is a choice."""
        return str(self.values[name])


@dataclass(slots=True, kw_only=True)
class Field:
    """What injectors act through: the books that let overlapping faults compose and heal one by one."""

    runtime: Runtime
    live: LiveSystem
    processes: Processes = field(init=False)
    disks: Disks = field(init=False)
    clocks: Clocks = field(init=False)
    wires: Wires = field(init=False)
    _tasks: dict[str, list[asyncio.Task[Any]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.processes = Processes(self.live.process)
        self.disks = Disks(self.live.node)
        self.clocks = Clocks(self.live.node, self.runtime)
        self.wires = Wires(self.live.network, self.live.members)

    def spawn(self, entry: str, work: Coroutine[Any, Any, None]) -> None:
        """Run work of an injector, on no node, until :meth:`stop`."""
        task = asyncio.get_running_loop().create_task(work, name=f"chaos {entry}")
        self._tasks.setdefault(entry, []).append(task)

    def stop(self, entry: str) -> None:
        """Cancel what an entry's injector has running."""
        for task in self._tasks.pop(entry, []):
            task.cancel()
