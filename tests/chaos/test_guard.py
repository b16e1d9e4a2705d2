"""The guard heals everything whatever happens, and overlapping faults heal one by one."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from alyslab.chaos.guard import Guard, HealError
from alyslab.chaos.systems import system_named
from alyslab.chaos.systems.quorum import LiveQuorum
from alyslab.chaos.target import Target
from alyslab.errors import HarnessError
from alyslab.runtime import Run, require_current, simulate

from .plans import entry

NAMED = Target(select="named", names=("member-1",))


def guarded(body: Callable[[Guard, LiveQuorum], Coroutine[Any, Any, None]]) -> Run:
    """Run a body with a guard over a fresh replicated store."""

    async def main() -> None:
        spec = system_named("quorum")
        async with spec.open(spec.resolved({"nodes": 3})) as live:
            assert isinstance(live, LiveQuorum)
            with Guard(require_current(), live, bears=(len(live.members) - 1) // 2) as guard:
                await body(guard, live)

    return simulate(main, seed=1)


def state_of(live: LiveQuorum, member: str = "member-1") -> str:
    node = live.node(member)
    assert node is not None
    return node.state


def test_everything_is_healed_when_the_body_raises() -> None:
    """A test that fails half-way must not leave a broken system to the next one."""
    seen: list[LiveQuorum] = []

    async def body(guard: Guard, live: LiveQuorum) -> None:
        seen.append(live)
        guard.inject(entry("process.crash", id="a", target=NAMED))
        guard.inject(entry("network.partition", id="b", target=NAMED))
        guard.inject(entry("clock.offset", id="c", target=NAMED, parameters={"offset_ms": 500.0}))
        raise KeyError("the body")

    with pytest.raises(KeyError, match="the body"):
        guarded(body)
    (live,) = seen
    node = live.node("member-1")
    assert node is not None
    assert (node.state, node.clock.offset_ns, live.network.rules.active) == ("running", 0, ())


def test_two_faults_on_one_member_heal_one_by_one() -> None:
    """A member that two faults keep down is up when the second one ends, and no sooner."""
    states = []

    async def body(guard: Guard, live: LiveQuorum) -> None:
        guard.inject(entry("process.pause", id="a", target=NAMED))
        guard.inject(entry("process.pause", id="b", target=NAMED))
        for heal in ("a", "b"):
            states.append(state_of(live))
            guard.heal(heal)
        states.append(state_of(live))

    guarded(body)
    assert states == ["paused", "paused", "running"]


def test_a_member_that_comes_back_from_a_crash_is_held_if_a_pause_still_lasts() -> None:
    """Composition: each fault's condition holds for all of its own time."""
    states = []

    async def body(guard: Guard, live: LiveQuorum) -> None:
        guard.inject(entry("process.crash", id="a", target=NAMED))
        guard.inject(entry("process.pause", id="b", target=NAMED))
        states.append(state_of(live))
        guard.heal("a")
        states.append(state_of(live))
        guard.heal("b")
        states.append(state_of(live))

    guarded(body)
    assert states == ["crashed", "paused", "running"]


def test_clocks_bent_by_two_faults_are_right_after_the_last() -> None:
    """An offset that stays behind would be a fault of the liveness phase."""
    offsets = []

    async def body(guard: Guard, live: LiveQuorum) -> None:
        node = live.node("member-1")
        assert node is not None
        for name, by_ms in (("a", 500.0), ("b", 30.0)):
            guard.inject(entry("clock.offset", id=name, target=NAMED, parameters={"offset_ms": by_ms}))
        for name in ("a", "b"):
            offsets.append(node.clock.offset_ns)
            guard.heal(name)
        offsets.append(node.clock.offset_ns)

    guarded(body)
    assert offsets == [530_000_000, 30_000_000, 0]


def test_disks_with_two_troubles_keep_the_one_that_lasts() -> None:
    """Delays add up, and go one by one."""
    delays = []

    async def body(guard: Guard, live: LiveQuorum) -> None:
        node = live.node("member-1")
        assert node is not None
        slow = {"read_ms": 1.0, "write_ms": 2.0, "sync_ms": 3.0}
        for name in ("a", "b"):
            guard.inject(entry("resource.disk_slow", id=name, target=NAMED, parameters=slow))
        for name in ("a", "b"):
            delays.append(node.disk.latency.sync_ms)
            guard.heal(name)
        delays.append(node.disk.latency.sync_ms)

    guarded(body)
    assert delays == [6.0, 3.0, 0.0]


def test_a_cut_wins_over_a_hold_that_came_first() -> None:
    """A clogged link must not carry through a partition what was sent while it lasted."""

    async def body(guard: Guard, live: LiveQuorum) -> None:
        guard.inject(entry("network.hold", id="hold", target=NAMED))
        guard.inject(entry("network.partition", id="cut", target=NAMED))
        node = live.node("member-0")
        assert node is not None
        endpoint = live.network.endpoint(node)
        live.network.join("member-0", "member-1")
        endpoint.send("member-1", "test", b"x")

    causes = [event.fields["cause"] for event in guarded(body).journal.select(kind="net.drop")]
    assert causes == ["cut/1"]


def test_data_is_destroyed_on_a_minority_only_over_the_whole_run() -> None:
    """Two entries that each hit another minority would together hit a majority."""

    async def body(guard: Guard, _: LiveQuorum) -> None:
        lost = {"state": "lost"}
        for name, member in (("a", "member-0"), ("b", "member-1")):
            target = Target(select="named", names=(member,))
            guard.inject(entry("process.crash", id=name, target=target, parameters=lost))

    effects = [(e.subject, e.fields["what"]) for e in guarded(body).journal.select(kind="chaos.effect")]
    assert effects == [("a", "down"), ("b", "spared: recovery must stay possible")]


def test_a_healing_that_fails_stops_no_other_and_is_said() -> None:
    """The first failure must not leave the rest of the system broken."""
    seen: list[LiveQuorum] = []

    async def body(guard: Guard, live: LiveQuorum) -> None:
        seen.append(live)
        guard.inject(entry("process.pause", id="a", target=NAMED))

        def fail() -> None:
            raise OSError("stuck")

        guard._active["b"] = fail

    with pytest.raises(HealError, match="b: OSError: stuck"):
        guarded(body)
    assert state_of(seen[0]) == "running"


def test_one_entry_can_t_be_at_work_twice() -> None:
    """Its healing would then be ambiguous."""

    async def body(guard: Guard, _: LiveQuorum) -> None:
        guard.inject(entry("process.pause", id="a"))
        guard.inject(entry("process.pause", id="a"))

    with pytest.raises(HarnessError, match="at work already"):
        guarded(body)
