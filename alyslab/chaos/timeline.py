"""When each member of a system served, and what each fault did to that, read from a journal.

Nothing is asked of the system here: it served when a row of its own says so
(:class:`~alyslab.chaos.system.Signals`), and a member of which no row tells was
not available.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from alyslab.chaos.faults import FAULTS
from alyslab.chaos.incidents import NS_PER_S, Incident, Injected, incidents
from alyslab.chaos.systems import system_named

if TYPE_CHECKING:
    import pandas as pd

    from alyslab.runtime import Event, Journal

SLICES_A_WINDOW: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """When each member served, and when each phase and fault began and ended; times in ns."""

    system: str
    members: tuple[str, ...]
    window_ns: int
    bound_s: float
    begin_ns: int
    faults_ns: int
    quiet_ns: int
    end_ns: int
    served: dict[str, list[int]]
    """When each member was served."""
    failed: list[int]
    """When something failed, of any member."""
    injected: tuple[Injected, ...]
    """Each fault, in the order in which they began; one that is over at once lasts a window."""
    convergence_s: float | None
    lost: int

    @classmethod
    def read(cls, journal: Journal) -> Timeline:
        """Read a journal; raises ValueError for one without a plan."""
        header = next(journal.select(kind="chaos.plan"), None)
        phases = {event.subject: event.time_ns for event in journal.select(kind="chaos.phase")}
        if header is None or "faults" not in phases:
            raise ValueError("this journal has no rows chaos.plan and chaos.phase: no plan was run in it")
        spec = system_named(header.subject)
        members = tuple(header.fields["serving"].split())
        served: dict[str, list[int]] = {name: [] for name in members}
        failed = []
        for event in journal.select(kind=spec.signals.kinds):
            for member, good in spec.signals.read(event):
                if not good:
                    failed.append(event.time_ns)
                elif member in served:
                    served[member].append(event.time_ns)
        end_ns = phases.get("end", journal[-1].time_ns)
        quiet_ns = phases.get("quiet", end_ns)
        healed = {event.subject: event.time_ns for event in journal.select(kind="chaos.healed")}
        converged = next(journal.select(kind="chaos.converged"), None)
        drops = journal.select(kind=("net.drop", "message.dropped"), after_ns=phases["faults"])
        return cls(
            system=header.subject,
            members=members,
            window_ns=header.fields["window_ns"],
            bound_s=header.fields["converge_ns"] / NS_PER_S,
            begin_ns=phases["steady"],
            faults_ns=phases["faults"],
            quiet_ns=quiet_ns,
            end_ns=end_ns,
            served=served,
            failed=failed,
            injected=tuple(
                Injected(
                    event.subject,
                    event.fields["fault"],
                    tuple(event.fields["targets"].split()),
                    event.time_ns,
                    healed.get(event.subject, _stops_ns(event, quiet_ns, header.fields["window_ns"])),
                )
                for event in journal.select(kind="chaos.injected")
            ),
            convergence_s=None if converged is None else converged.fields["took_ns"] / NS_PER_S,
            lost=sum(1 for _ in drops),
        )

    def count(self, after_ns: int, before_ns: int) -> int:
        """Return how much was done in an interval."""
        return sum(bisect_left(t, before_ns) - bisect_left(t, after_ns) for t in self.served.values())

    def throughput_per_s(self, after_ns: int, before_ns: int) -> float:
        """Return how much was done a second."""
        length_s = (before_ns - after_ns) / NS_PER_S
        return self.count(after_ns, before_ns) / length_s if length_s > 0 else 0.0

    def is_up(self, member: str, at_ns: int) -> bool:
        """Return whether a member was served in the window that ends at a moment."""
        times = self.served[member]
        return bisect_right(times, at_ns) > bisect_left(times, at_ns - self.window_ns)

    def availability(self, after_ns: int, before_ns: int) -> float | None:
        """Return the mean share of members that were up, looked at four times a window."""
        step = max(1, self.window_ns // SLICES_A_WINDOW)
        moments = range(after_ns, before_ns, step)
        if not moments:
            return None
        up = sum(self.is_up(member, at_ns) for at_ns in moments for member in self.members)
        return up / (len(moments) * len(self.members))

    def dip(self, steady_per_s: float) -> float:
        """Return the deepest loss of throughput over a window of the faults, as a share of the steady one."""
        moments = range(self.faults_ns + self.window_ns, self.quiet_ns + 1, max(1, self.window_ns // 4))
        rates = [self.throughput_per_s(at_ns - self.window_ns, at_ns) for at_ns in moments]
        return max(0.0, 1 - min(rates) / steady_per_s) if rates else 0.0

    def incidents(self) -> Iterable[Incident]:
        """Yield what each fault did to service, see :mod:`alyslab.chaos.incidents`."""
        return incidents(
            self.injected,
            self.served,
            self.failed,
            begin_ns=self.begin_ns,
            end_ns=self.end_ns,
            window_ns=self.window_ns,
        )

    def views(self) -> dict[str, list[tuple[float, float]]]:
        """Return, for each member, when it served: (begin, end) of each stretch, in s.

        A stretch goes from one thing done to the last that followed it within a window.
        """
        stretches: dict[str, list[tuple[float, float]]] = {}
        for member, times in self.served.items():
            found: list[list[int]] = []
            for at_ns in times:
                if found and at_ns - found[-1][1] <= self.window_ns:
                    found[-1][1] = at_ns
                else:
                    found.append([at_ns, at_ns])
            stretches[member] = [(begin / NS_PER_S, end / NS_PER_S) for begin, end in found]
        return stretches

    def frame(self) -> pd.DataFrame:
        """Return availability and throughput over time: time_s, available_ratio, done_per_s."""
        import pandas as pd

        step = max(1, self.window_ns // SLICES_A_WINDOW)
        rows = [
            {
                "time_s": at_ns / NS_PER_S,
                "available_ratio": sum(self.is_up(name, at_ns) for name in self.members) / len(self.members),
                "done_per_s": self.throughput_per_s(at_ns - self.window_ns, at_ns),
            }
            for at_ns in range(self.begin_ns + self.window_ns, self.end_ns + 1, step)
        ]
        return pd.DataFrame(rows, columns=["time_s", "available_ratio", "done_per_s"])


def _stops_ns(injected: Event, quiet_ns: int, window_ns: int) -> int:
    """Return when a fault without a row of its healing was over."""
    if FAULTS[str(injected.fields["fault"])].instant:
        return injected.time_ns + window_ns
    return quiet_ns
