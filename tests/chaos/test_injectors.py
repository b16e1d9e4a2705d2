"""Every fault bites: the journal of a run shows its effect where it took effect."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from alyslab.chaos.faults import FAULTS
from alyslab.chaos.plan import Entry, Phases
from alyslab.chaos.systems import system_named
from alyslab.runtime import Event, Journal

from .plans import entry, outcome

Proof = Callable[[Journal], object]


def rows(kind: str, **fields: Any) -> Proof:
    """A proof: there is a row of this kind with these fields."""

    def found(journal: Journal) -> list[Event]:
        return [
            event
            for event in journal.select(kind=kind)
            if all(str(event.fields.get(name)).startswith(str(value)) for name, value in fields.items())
        ]

    return found


def slower(journal: Journal) -> bool:
    """A proof: messages took longer while the fault lasted than before."""
    began_ns = next(event.time_ns for event in journal.select(kind="chaos.injected"))
    healed_ns = next(event.time_ns for event in journal.select(kind="chaos.healed"))
    before, during = [
        max(
            e.time_ns - e.fields["sent_ns"]
            for e in journal.select(kind="net.message", after_ns=after, before_ns=before)
        )
        for after, before in ((0, began_ns), (began_ns, healed_ns + 1))
    ]
    return during > 2 * before


def slow_disk(journal: Journal) -> bool:
    """A proof: a sync came later than the write before it, which without the fault it never does."""
    wrote: dict[str, int] = {}
    for event in journal.select(kind=("disk.write", "disk.sync")):
        if event.kind == "disk.write":
            wrote[event.subject] = event.time_ns
        elif event.time_ns > wrote[event.subject]:
            return True
    return False


PHASES = Phases(steady_s=2.5, faults_s=3.5, converge_s=20.0)
CRASH = entry("process.crash", "all", start_s=2.0, end_s=2.5)
GROUPS = [["member-0", "member-1"], ["member-2", "member-3"]]
PROOFS: dict[str, tuple[Entry, Proof]] = {
    "network.partition": (entry("network.partition"), rows("net.drop", cause="e1/")),
    "network.groups": (
        entry("network.groups", "all", parameters={"groups": GROUPS}),
        rows("net.drop", cause="e1/"),
    ),
    "network.matrix": (
        entry("network.matrix", "all", parameters={"cuts": [["member-0", "member-1"]]}),
        rows("net.drop", cause="e1/0", sender="member-0"),
    ),
    "network.one_way": (entry("network.one_way"), rows("net.drop", cause="e1/0")),
    "network.bridge": (entry("network.bridge", "one"), rows("net.drop", cause="e1/")),
    "network.majorities_ring": (entry("network.majorities_ring", "all"), rows("net.drop", cause="e1/")),
    "network.isolate": (entry("network.isolate"), rows("net.drop", cause="e1/")),
    "network.latency": (entry("network.latency", "all"), slower),
    "network.jitter": (entry("network.jitter", "all"), slower),
    "network.loss": (entry("network.loss", "all"), rows("net.drop", cause="loss")),
    "network.loss_bursts": (entry("network.loss_bursts", "all"), rows("net.drop", cause="loss")),
    "network.duplicate": (entry("network.duplicate", "all"), rows("net.message", copy=1)),
    "network.reorder": (entry("network.reorder", "all"), slower),
    "network.corrupt": (entry("network.corrupt", "all"), rows("net.corrupt")),
    "network.bandwidth": (entry("network.bandwidth", "all", intensity=1.0), slower),
    "network.clog": (entry("network.clog", "all", parameters={"clog_ms": 300.0, "clog_ratio": 0.5}), slower),
    "network.hold": (entry("network.hold", "one"), slower),
    "network.disconnect": (entry("network.disconnect"), rows("net.reset", local=True)),
    "process.crash": (entry("process.crash"), rows("node.crash")),
    "process.pause": (entry("process.pause"), rows("node.pause")),
    "process.slow": (entry("process.slow"), rows("node.pause")),
    "resource.memory": (entry("resource.memory", "all", intensity=1.0), rows("net.drop", cause="e1/0")),
    "resource.cpu": (entry("resource.cpu"), rows("node.pause")),
    "resource.disk_full": (
        entry("resource.disk_full", "all", intensity=1.0),
        rows("disk.fault", what="full"),
    ),
    "resource.disk_slow": (entry("resource.disk_slow", "all"), slow_disk),
    "resource.io_errors": (entry("resource.io_errors", "all"), rows("disk.fault", what="write")),
    "storage.lost_writes": (
        entry("storage.lost_writes", "all", intensity=1.0),
        rows("disk.crash", fate="lost"),
    ),
    "storage.torn_writes": (
        entry("storage.torn_writes", "all", intensity=1.0),
        rows("disk.crash", fate="torn"),
    ),
    "storage.misdirected_writes": (
        entry("storage.misdirected_writes", "all", intensity=1.0),
        rows("disk.crash", fate="misdirected"),
    ),
    "storage.bit_rot": (entry("storage.bit_rot"), rows("disk.fault", what="rot")),
    "storage.read_errors": (
        entry("storage.read_errors", "all", intensity=1.0),
        rows("disk.fault", what="read"),
    ),
    "clock.offset": (entry("clock.offset"), rows("clock.set", entry="e1")),
    "clock.drift": (entry("clock.drift"), rows("clock.set", entry="e1")),
    "clock.step": (entry("clock.step"), rows("clock.set", entry="e1")),
    "clock.strobe": (entry("clock.strobe"), rows("clock.set", entry="e1")),
}
NEEDS_PENDING = {"storage.lost_writes", "storage.torn_writes", "storage.misdirected_writes"}
NEEDS_CRASH = NEEDS_PENDING | {"storage.read_errors"}


def test_every_fault_of_the_store_but_one_is_proved_here() -> None:
    """A fault without a proof may do nothing; the store opens one file, so descriptors are proved apart."""
    assert set(PROOFS) == system_named("quorum").faults - {"resource.descriptors"}


@pytest.mark.parametrize("fault", PROOFS)
def test_the_fault_bites_and_is_healed(fault: str) -> None:
    """An injector that only counts itself would pass every other test."""
    first, proof = PROOFS[fault]
    ends = {} if FAULTS[fault].instant else {"end_s": 3.0}
    entries = [first.model_copy(update={"start_s": 0.5, **ends})]
    if fault in NEEDS_CRASH:
        entries.append(CRASH)
    if fault in NEEDS_PENDING:  # a slow sync leaves something pending for the crash
        slow = {"read_ms": 0.0, "write_ms": 0.0, "sync_ms": 900.0}
        entries.append(entry("resource.disk_slow", "all", start_s=0.6, end_s=3.0, parameters=slow))

    done = outcome(*entries, seed=5, recoverable=False, phases=PHASES)

    assert proof(done.run.journal)
    assert done.verdict.checks[-1].name == "every fault was healed"
    assert done.verdict.checks[-1].passed


def test_nothing_of_the_kind_happens_without_a_fault() -> None:
    """Otherwise the proofs above would show the store's own noise."""
    journal = outcome(seed=5, phases=PHASES).run.journal
    noise = {"net.drop", "net.corrupt", "node.crash", "node.pause", "disk.fault", "clock.set", "net.reset"}
    before_the_end = next(e.time_ns for e in journal.select(kind="chaos.phase", subject="end"))

    assert list(journal.select(kind=noise, before_ns=before_the_end)) == []
