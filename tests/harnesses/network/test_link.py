from __future__ import annotations

from alyslab.harnesses.network.link import SLOW_FACTOR, Network, Uplink
from alyslab.harnesses.network.regions import simblock_2019
from alyslab.runtime import Node, require_current, simulate
from alyslab.runtime.sites import planting

EUROPE = simblock_2019().regions[1]
MBIT = 125_000  # bytes


def test_messages_leave_an_uplink_one_after_another():
    """At 1 Mbit/s each of these takes a second; the second waits for the first."""
    uplink = Uplink()
    assert uplink.leave_ns(0, MBIT, 1e6) == 1_000_000_000
    assert uplink.leave_ns(0, MBIT, 1e6) == 2_000_000_000


def test_an_idle_uplink_begins_at_once():
    """Time that passed unused can't be used later."""
    uplink = Uplink()
    uplink.leave_ns(0, MBIT, 1e6)
    assert uplink.leave_ns(5_000_000_000, MBIT, 1e6) == 6_000_000_000


def test_an_uplink_that_forgets_its_backlog_sends_both_at_once():
    """The planted defect does what its name says."""
    with planting("gossip.forget_backlog"):
        uplink = Uplink()
        uplink.leave_ns(0, MBIT, 1e6)
        assert uplink.leave_ns(0, MBIT, 1e6) == 1_000_000_000


async def send_two(size_bytes: int) -> None:
    """Send two messages from a to b and record when each is handled."""
    runtime = require_current()
    network = Network(runtime, {"a": EUROPE, "b": EUROPE}, simblock_2019())

    async def receive(node: Node) -> None:
        port = network.port(node)
        while True:
            message = await port.receive()
            runtime.journal.record("handled", node.name, block=message.block, left_ns=message.left_ns)
            port.handled()

    for name in ("a", "b"):
        runtime.node(name, receive).start()
    for block in (1, 2):
        network.send(block=block, sender="a", receiver="b", hops=1, size_bytes=size_bytes)
    await network.quiet()


def test_a_message_takes_its_transmission_and_at_least_the_smallest_latency():
    """In Europe the Pareto begins at 11 - 5 = 6 ms; a block of 535 kB takes 206.8 ms at 20.7 Mbit/s."""
    events = list(
        simulate(send_two, seed=1, parameters={"size_bytes": 535_000}).journal.select(kind="handled")
    )
    assert [event.fields["left_ns"] for event in events] == [206_763_285, 413_526_570]
    assert all(event.time_ns - event.fields["left_ns"] >= 6_000_000 for event in events)


def test_a_delayed_message_takes_ten_times_its_latency():
    """With every site active one visit in four fires; the same seed without shows the plain latency."""
    plain = simulate(send_two, seed=1, parameters={"size_bytes": 1})
    for seed in range(1, 40):
        plain = simulate(send_two, seed=seed, parameters={"size_bytes": 1})
        slow = simulate(send_two, seed=seed, parameters={"size_bytes": 1}, activation_ratio=1.0)
        if slow.sites[0].fired:
            break
    factors = {
        round(slowed / usual) for slowed, usual in zip(latencies_ns(slow), latencies_ns(plain), strict=True)
    }
    assert SLOW_FACTOR in factors
    assert factors <= {1, SLOW_FACTOR}


def latencies_ns(run: object) -> list[int]:
    events = sorted(run.journal.select(kind="handled"), key=lambda event: event.fields["block"])  # type: ignore[attr-defined]
    return [event.time_ns - event.fields["left_ns"] for event in events]


async def send_to_the_dead() -> None:
    """Send a message to a node that crashes while it is on its way, and wait until all is quiet."""
    runtime = require_current()
    network = Network(runtime, {"a": EUROPE, "b": EUROPE}, simblock_2019())
    a, b = runtime.node("a"), runtime.node("b")
    network.port(a)
    network.port(b)
    network.send(block=1, sender="a", receiver="b", hops=1, size_bytes=1_000)
    b.crash()
    await network.quiet()


def test_a_message_to_a_crashed_node_is_lost_and_said_so():
    """A loss counts where it took effect, and nobody waits for the message for ever."""
    run = simulate(send_to_the_dead, seed=1)
    lost = [event.as_dict() for event in run.journal.select(kind="gossip.lost")]
    assert [(event["subject"], event["fields"]) for event in lost] == [("b", {"block": 1, "sender": "a"})]


async def crash_with_a_full_port() -> None:
    """Let messages wait unhandled at a paused node, crash it, and wait until all is quiet."""
    runtime = require_current()
    network = Network(runtime, {"a": EUROPE, "b": EUROPE}, simblock_2019())
    a, b = runtime.node("a"), runtime.node("b")
    network.port(a)
    network.port(b)
    for block in (1, 2):
        network.send(block=block, sender="a", receiver="b", hops=1, size_bytes=1_000)
    await a.sleep(10)
    b.crash()
    await network.quiet()


def test_what_waited_at_a_node_is_lost_with_it():
    """A process that dies takes its unread messages along."""
    run = simulate(crash_with_a_full_port, seed=1)
    assert sorted(event.fields["block"] for event in run.journal.select(kind="gossip.lost")) == [1, 2]
