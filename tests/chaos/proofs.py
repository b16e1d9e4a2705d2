"""What shows in a journal that a fault took effect, for each fault and in any system.

A proof looks at the rows of those that the fault acted on; the rows of the
injector itself prove nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from alyslab.runtime import Event, Journal

Proof = Callable[[Journal], object]


def rows(*kinds: str, **fields: Any) -> Proof:
    """A proof: there is a row of one of these kinds whose fields begin so, while the fault lasted."""

    def found(journal: Journal) -> list[Event]:
        return [
            event
            for event in journal.select(
                kind=kinds, after_ns=injected_ns(journal) - 1, before_ns=over_ns(journal)
            )
            if all(str(event.fields.get(name)).startswith(str(value)) for name, value in fields.items())
        ]

    return found


def injected_ns(journal: Journal, entry: str = "e1") -> int:
    return next(event.time_ns for event in journal.select(kind="chaos.injected", subject=entry))


def over_ns(journal: Journal) -> int:
    """When the run is over; after that the members are taken down, and that proves nothing."""
    return next(event.time_ns for event in journal.select(kind="chaos.phase", subject="end"))


def healed_ns(journal: Journal, entry: str = "e1") -> int:
    return next(event.time_ns for event in journal.select(kind="chaos.healed", subject=entry))


def slower(journal: Journal) -> bool:
    """A proof: the slowest message that was sent while the fault lasted took twice as long as any before."""
    began_ns, ended_ns = injected_ns(journal), healed_ns(journal)
    before, during = [0], [0]
    for event in journal.select(kind="net.message"):
        sent_ns = event.fields["sent_ns"]
        if sent_ns < ended_ns:
            (before if event.time_ns < began_ns else during).append(event.time_ns - sent_ns)
    return max(during) > 2 * max(before) > 0


def slow_disk(journal: Journal) -> bool:
    """A proof: a sync came much later than the write before it while the fault lasted than ever before."""
    began_ns = injected_ns(journal)
    wrote: dict[str, int] = {}
    before, during = [0], [0]
    for event in journal.select(kind=("disk.write", "disk.sync"), before_ns=over_ns(journal)):
        if event.kind == "disk.write":
            wrote[event.subject] = event.time_ns
        elif event.subject in wrote:
            took_ns = event.time_ns - wrote.pop(event.subject)
            (before if event.time_ns < began_ns else during).append(took_ns)
    return max(during) > 2 * max(before)


def held(journal: Journal) -> bool:
    """A proof: a node was paused, or an actor was, and it was not before."""
    actors = [e for e in journal.select(kind="actor.state") if e.fields["after"] == "paused"]
    times = [event.time_ns for event in (*actors, *journal.select(kind="node.pause"))]
    return bool(times) and min(times) >= injected_ns(journal)


CUT = rows("net.drop", cause="e1/")
CLOCK = rows("clock.set", entry="e1")
PROOFS: dict[str, Proof] = {
    "network.partition": CUT,
    "network.groups": CUT,
    "network.matrix": CUT,
    "network.one_way": CUT,
    "network.bridge": CUT,
    "network.majorities_ring": CUT,
    "network.isolate": CUT,
    "network.latency": slower,
    "network.jitter": slower,
    "network.loss": rows("net.drop", cause="loss"),
    "network.loss_bursts": rows("net.drop", cause="loss"),
    "network.duplicate": rows("net.message", copy=1),
    "network.reorder": slower,
    "network.corrupt": rows("net.corrupt"),
    "network.bandwidth": slower,
    "network.clog": slower,
    "network.hold": slower,
    "network.disconnect": rows("net.reset", local=True),
    "process.crash": rows("node.crash", "actor.failed"),
    "process.pause": held,
    "process.slow": held,
    "resource.cpu": held,
    "resource.memory": CUT,
    "resource.disk_full": rows("disk.fault", what="full"),
    "resource.disk_slow": slow_disk,
    "resource.io_errors": rows("disk.fault", what="write"),
    "resource.descriptors": rows("disk.fault", what="descriptors"),
    "storage.lost_writes": rows("disk.crash", fate="lost"),
    "storage.torn_writes": rows("disk.crash", fate="torn"),
    "storage.misdirected_writes": rows("disk.crash", fate="misdirected"),
    "storage.bit_rot": rows("disk.fault", what="rot"),
    "storage.read_errors": rows("disk.fault", what="read"),
    "clock.offset": CLOCK,
    "clock.drift": CLOCK,
    "clock.step": CLOCK,
    "clock.strobe": CLOCK,
}
"""The proof of each fault but those of members that misbehave, which are proved where they are made."""
