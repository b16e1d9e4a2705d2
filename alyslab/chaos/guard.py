"""The guard: begins faults, heals each by its own time, and heals all of them whatever happens."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING, Self

from alyslab.chaos.faults import FAULTS
from alyslab.chaos.injection import Field, Heal, Injection
from alyslab.chaos.injectors.registry import INJECTORS
from alyslab.errors import HarnessError

if TYPE_CHECKING:
    from alyslab.chaos.plan import Entry
    from alyslab.chaos.system import LiveSystem
    from alyslab.runtime import Runtime


class HealError(HarnessError):
    """Faults that could not be healed: the system that is left is not the one that was given."""


class Guard:
    """Holds the faults that are at work on one system; a context manager.

    Its rows are ``chaos.injected`` (subject: the entry's id; ``fault``,
    ``targets`` and ``values`` in one text each, ``intensity``), ``chaos.effect`` (``member``,
    ``what``, ``amount``) and ``chaos.healed`` (``why``: end, quiet or exit).

    Parameters
    ----------
    runtime
        The run.
    live
        The system that is hit.
    recoverable
        Whether durable data may be destroyed on few members only, over the whole
        run; others that a fault would hit are spared, and an effect says so.
    bears
        How many are few: fewer than half where nothing is said.
    """

    def __init__(
        self,
        runtime: Runtime,
        live: LiveSystem,
        *,
        recoverable: bool = True,
        bears: int | None = None,
    ) -> None:
        self._runtime = runtime
        self._live = live
        self.field = Field(runtime=runtime, live=live)
        self._active: dict[str, Heal] = {}
        self._damaged: set[str] = set()
        few = (len(live.members) - 1) // 2 if bears is None else bears
        self._bears = few if recoverable else len(live.members)
        self._effect = runtime.journal.recorder("chaos.effect", "member", "what", "amount")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self.heal_all("exit")
        except HealError as failed:
            if error is None:
                raise
            error.add_note(str(failed))  # what ended the block is the better story

    @property
    def active(self) -> tuple[str, ...]:
        """The entries at work, in the order in which they began."""
        return tuple(self._active)

    def inject(self, entry: Entry) -> tuple[str, ...]:
        """Begin a fault; returns the members that it hits.

        Raises
        ------
        HarnessError
            If an entry of that id is at work already.
        """
        if entry.id in self._active:
            raise HarnessError(f"entry {entry.id} is at work already")
        fault, record = FAULTS[entry.fault], self._effect
        random = self._runtime.random(f"chaos.entry:{entry.id}")
        values = fault.resolve(entry.intensity, entry.parameters)
        cheat = self._live.cheat if fault.family == "byzantine" else None
        able = None if cheat is None else cheat.members
        targets = entry.target.resolve(self._live.members, self._live.primaries(), random, able=able)
        if fault.destroys or values.get("state") == "lost":
            targets = self._within_budget(entry, targets)
        injection = Injection(
            entry=entry,
            fault=fault,
            values=values,
            targets=targets,
            random=random,
            effect=lambda member, what, amount: record(entry.id, member, what, amount),
        )
        self._runtime.journal.record(
            "chaos.injected",
            entry.id,
            fault=fault.name,
            targets=" ".join(targets),
            intensity=entry.intensity,
            values=" ".join(f"{name}={value}" for name, value in injection.values.items()),
        )
        heal = INJECTORS[fault.name](self.field, injection)
        if heal is not None:
            self._active[entry.id] = heal
        return targets

    def _within_budget(self, entry: Entry, targets: tuple[str, ...]) -> tuple[str, ...]:
        """Return the members whose data may be destroyed, and count them."""
        allowed = []
        for member in targets:
            if member in self._damaged or len(self._damaged) < self._bears:
                self._damaged.add(member)
                allowed.append(member)
            else:
                self._effect(entry.id, member, "spared: recovery must stay possible", 1.0)
        return tuple(allowed)

    def heal(self, entry: str, why: str = "end") -> None:
        """End a fault; one that has ended already is passed over."""
        heal = self._active.pop(entry, None)
        if heal is None:
            return
        heal()
        self._runtime.journal.record("chaos.healed", entry, why=why)

    def heal_all(self, why: str, *, keep: frozenset[str] = frozenset()) -> None:
        """End every fault but those to keep, the last first; one that can't be ended stops no other.

        Raises
        ------
        HealError
            With every fault that could not be healed.
        """
        failures = []
        for entry in reversed(list(self._active)):
            if entry in keep:
                continue
            try:
                self.heal(entry, why)
            except Exception as error:  # whatever it was, the others must be healed all the same
                failures.append(f"{entry}: {type(error).__name__}: {error}")
        if failures:
            raise HealError("\n".join(["these faults could not be healed:", *failures]))
