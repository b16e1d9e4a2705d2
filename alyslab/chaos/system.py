"""What chaos needs to know of a system under test.

A :class:`SystemSpec` says before a run what could be hit, and how its journal
is judged; its ``open`` brings the system up inside a run and yields a
:class:`LiveSystem`, which is what injectors act on.  The harnesses know nothing
of this: adapters in :mod:`alyslab.chaos.systems` stand between.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Protocol

from alyslab.chaos.plan import Phases

if TYPE_CHECKING:
    from alyslab.checkers.verdict import Verdict
    from alyslab.harnesses.network.network import Network
    from alyslab.runtime import Event, Journal, Node

SHORT: Final = Phases(steady_s=6.0, faults_s=12.0, converge_s=20.0)
"""Long enough for a system that does something every second."""
Options = Mapping[str, bool | int | float | str]


class Process(Protocol):
    """One process of the system: a node, or an actor."""

    @property
    def up(self) -> bool:
        """Whether it is neither crashed nor gone."""
        ...

    def crash(self) -> None:
        """Let it die at once."""
        ...

    def restart(self) -> None:
        """Start it again; does nothing where the system itself does that."""
        ...

    def pause(self) -> None:
        """Hold it."""
        ...

    def resume(self) -> None:
        """Let it go on."""
        ...


class Cheat(Protocol):
    """What makes members of a system misbehave, where the system has such roles."""

    @property
    def members(self) -> tuple[str, ...]:
        """Those that can."""
        ...

    def begin(self, entry: str, behaviour: str, members: Sequence[str], options: Mapping[str, Any]) -> None:
        """Let these members misbehave from now on."""
        ...

    def end(self, entry: str) -> int:
        """Let them be honest again; returns how often they misbehaved."""
        ...


class LiveSystem(Protocol):
    """A system that runs."""

    @property
    def members(self) -> tuple[str, ...]:
        """Everything that a target can name, in a fixed order."""
        ...

    @property
    def network(self) -> Network | None:
        """The network between the members, if there is one."""
        ...

    @property
    def cheat(self) -> Cheat | None:
        """What makes members misbehave, if the system has it."""
        ...

    def primaries(self) -> tuple[str, ...]:
        """Return the members that lead at this moment; empty where nobody does."""
        ...

    def node(self, member: str) -> Node | None:
        """Return the node on which a member lives: its clock and disk; None if it has none of its own."""
        ...

    def process(self, member: str) -> Process:
        """Return the member as a process."""
        ...

    def quiet(self) -> None:
        """Learn that all faults have ended."""
        ...

    def converged(self, since_ns: int) -> bool:
        """Return whether the system is whole again now; all faults ended at ``since_ns``."""
        ...

    async def settle(self) -> None:
        """End the workload and wait until nothing is under way, so that the journal is complete."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Signals:
    """Which rows of a system's journal say that it serves."""

    kinds: tuple[str, ...]
    """Kinds of rows to read."""
    read: Callable[[Event], Iterator[tuple[str, bool]]]
    """Yields (member, whether it was served) for each thing done or failed that a row tells of."""
    window_s: float
    """A member that nothing was done for in so long was not available, in s of virtual time."""


def fewer_than_half(members: int) -> int:
    """Return what a system bears that decides by majority."""
    return (members - 1) // 2


def fewer_than_a_third(members: int) -> int:
    """Return what a finality bears: who has lost its votes may sign against them."""
    return (members - 1) // 3


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemSpec:
    """A system that chaos can be run over."""

    name: str
    """What a plan calls it."""
    summary: str
    """What it is, in a line."""
    open: Callable[[Options], AbstractAsyncContextManager[LiveSystem]]
    """Bring it up inside a run, with its workload going on; leaving takes it down."""
    judge: Callable[[Journal], Verdict]
    """Say from the journal whether its invariants held."""
    signals: Signals
    """How service is read from the journal."""
    faults: frozenset[str]
    """The faults that can act on it."""
    without: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Choices of faults that the system is not made for: ``fault.parameter`` to values."""
    options: Mapping[str, bool | int | float | str]
    """Every option with its default, whose type is the option's type."""
    least: Mapping[str, int]
    """Whole options that may be made smaller, with the least sensible value: what shrinking works on."""
    choices: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Options that are texts, with what they may be."""
    varies: Mapping[str, tuple[bool | int | float | str, ...]] = field(default_factory=dict)
    """Options that a drawn plan draws too, with what from."""
    members: Callable[[Options], tuple[str, ...]]
    """The members that there will be under these options."""
    serving: Callable[[Options], tuple[str, ...]] | None = None
    """Those of them that serve, as the signals tell; all where nothing is said."""
    has_primaries: bool = False
    """Whether some members lead."""
    byzantine: Callable[[Options], tuple[str, ...]] = field(default=lambda _: ())
    """The members that have a role in which they can misbehave."""
    bears: Callable[[int], int] = fewer_than_half
    """Of so many members, how many may lose durable data in a recoverable plan."""
    phases: Phases = SHORT
    """How long the phases of a drawn plan last."""
    defects: tuple[str, ...] = ()
    """The planted bugs that runs of this system can show."""

    def resolved(self, given: Options) -> dict[str, bool | int | float | str]:
        """Return all options: those given, the others at their defaults."""
        return {**self.options, **given}
