from __future__ import annotations

import asyncio

import pytest

from alyslab.errors import ParameterError
from alyslab.harnesses.network.errors import LinkError, TopologyError, UnknownPeerError
from alyslab.harnesses.network.link import LinkSpec
from alyslab.harnesses.network.network import Network
from alyslab.harnesses.network.shapes import ring
from alyslab.runtime import require_current
from tests.harnesses.network.bench import Bench, rows, run


def test_conditions_change_for_as_long_as_a_block_lasts():
    """A fault that is not taken back is a different experiment."""

    async def main() -> list[int]:
        bench = Bench()
        times = []
        with bench.network.shaped("a", None, delay_ms=50), bench.network.shaped(None, "b", jitter_ms=0):
            bench.ends["a"].send("b", "t", b"")
            bench.ends["b"].send("a", "t", b"")
            await bench.network.quiet()
            times += [message.sent_ns for message in bench.got["a"] + bench.got["b"]]
        bench.ends["a"].send("b", "t", b"")
        await bench.network.quiet()
        return times

    found = run(main)
    assert [(row["subject"], row["ms"]) for row in rows(found, "net.message")] == [
        *[("a", 10.0), ("b", 50.0), ("b", 60.0)],
    ]
    assert [row["spec"] for row in rows(found, "net.line")] == [
        *[(("delay_ms", 10),), (("delay_ms", 10),), (("delay_ms", 50),), (("delay_ms", 10),)],
    ]


def test_a_function_can_change_what_is_there():
    """Three times as slow, whatever the link was."""

    async def main() -> int:
        bench = Bench()
        with bench.network.shaped(["a"], ["b"], lambda spec: spec.changed(delay_ms=3 * spec.delay_ms)):
            bench.ends["a"].send("b", "t", b"")
            await bench.network.quiet()
        return bench.runtime.now_ns

    assert run(main).result == 30_000_000


def test_a_change_that_no_link_can_have_is_refused_and_changes_nothing():
    """Half of the links changed would be a state that nobody asked for."""

    async def main() -> LinkSpec:
        bench = Bench()
        network = bench.network
        with pytest.raises(LinkError):
            network.shape(None, None, delay_ms=-1)
        with pytest.raises(LinkError, match="no such condition"):
            network.shape(None, None, latency=3)
        with pytest.raises(LinkError, match="one of them"):
            network.shape(None, None)
        with pytest.raises(LinkError, match="nobody is named 'bee'"):
            network.shape("a", ["b", "bee"], delay_ms=3)
        with pytest.raises(LinkError, match="sender"):
            network.shape(5, None, delay_ms=3)  # type: ignore[arg-type]
        with pytest.raises(LinkError, match="a function"):
            network.shape(None, None, 5)  # type: ignore[arg-type]
        with pytest.raises(LinkError, match="returned 5"):
            network.shape(None, None, lambda _: 5)  # type: ignore[arg-type,return-value]
        assert network.line("a", "b").spec == LinkSpec(delay_ms=10)
        return True  # type: ignore[return-value]

    assert run(main).result is True


def test_a_fifo_link_stays_in_order_when_it_becomes_faster():
    """A message sent after the change must not overtake what is on its way."""

    async def main() -> list[bytes]:
        bench = Bench()
        with bench.network.shaped("a", "b", delay_ms=100):
            bench.ends["a"].send("b", "t", b"1")
        bench.ends["a"].send("b", "t", b"2")
        await bench.network.quiet()
        return bench.payloads("b")

    assert run(main).result == [b"1", b"2"]


def test_each_direction_has_conditions_of_its_own():
    """Up and down are two links; what is asked for one is not done to the other."""

    async def main() -> None:
        bench = Bench(link=lambda sender, _: LinkSpec(delay_ms=10 if sender == "a" else 70))
        bench.ends["a"].send("b", "t", b"")
        bench.ends["b"].send("a", "t", b"")
        await bench.network.quiet()

    assert [(row["subject"], row["ms"]) for row in rows(run(main), "net.message")] == [
        *[("b", 10.0), ("a", 70.0)],
    ]


def test_a_limit_of_the_queue_drops_what_is_too_much():
    """A queue without an end would deliver everything, only late."""

    async def main() -> int:
        bench = Bench(link=LinkSpec(delay_ms=1, rate_bps=1e6, limit_messages=3))
        for _ in range(5):
            bench.ends["a"].send("b", "t", b"x" * 125)
        await bench.network.quiet()
        return len(bench.got["b"])

    found = run(main)
    assert found.result == 3
    assert {row["cause"] for row in rows(found, "net.drop")} == {"queue"}


def test_quiet_waits_for_what_handling_causes():
    """A message that is answered is not over until the answer is handled."""

    async def main() -> int:
        bench = Bench()
        bench.ends["b"].on_message(lambda m: bench.ends["b"].send("a", "t", m.payload))
        bench.ends["a"].send("b", "t", b"")
        await bench.network.quiet()
        return len(bench.got["a"])

    assert run(main).result == 1


def test_a_topology_connects_its_links_and_nothing_else():
    """How a network stands at its start: at once, and without a message."""

    async def main() -> list[tuple[str, ...]]:
        bench = Bench("abcd", joined=False)
        bench.network.connect_all(ring(peers=4), "abcd")
        assert bench.network.carrier.pending.sent == 0
        return [bench.ends[name].peers() for name in "abcd"]

    assert run(main).result == [("b", "d"), ("a", "c"), ("b", "d"), ("a", "c")]


def test_a_topology_of_other_peers_is_refused():
    """Too few names would leave peers out without a word."""

    async def main() -> bool:
        bench = Bench("ab", joined=False)
        with pytest.raises(TopologyError, match="2 names for 4 peers"):
            bench.network.connect_all(ring(peers=4), "ab")
        with pytest.raises(UnknownPeerError):
            bench.network.connect_all(ring(peers=3), "abz")
        with pytest.raises(TopologyError, match="twice"):
            bench.network.connect_all(ring(peers=3), "aba")
        return True

    assert run(main).result is True


@pytest.mark.parametrize(
    "options",
    [
        {"link": "fast"},
        {"max_message_bytes": 0},
        {"max_message_bytes": 1.5},
        {"on_crash": "explode"},
        {"link": 3, "max_message_bytes": None, "on_crash": None},
    ],
)
def test_a_network_of_nonsense_names_every_argument(options):
    """All of them in one go, before anything exists."""

    async def main() -> set[str | None]:
        with pytest.raises(ParameterError) as caught:
            Network(require_current(), **options)
        return sorted(str(problem.key) for problem in caught.value.problems)  # type: ignore[return-value]

    assert run(main).result == sorted(options)


def test_a_function_of_links_that_returns_none_is_named():
    """The peers concerned are in the message, since the function may be right for all others."""

    async def main() -> bool:
        bench = Bench(joined=False)
        bench.network = Network(require_current(), link=lambda _s, _r: None)  # type: ignore[arg-type,return-value]
        for node in require_current().nodes.values():
            bench.network.endpoint(node)
        with pytest.raises(LinkError, match="a → b"):
            bench.network.join("a", "b")
        return True

    assert run(main).result is True


def test_the_same_seed_gives_the_same_journal():
    """With everything random that a link can be."""

    async def main() -> None:
        spec = LinkSpec(
            delay_ms=10,
            jitter_ms=4,
            correlation=0.3,
            distribution="normal",
            loss_ratio=0.1,
            duplicate_ratio=0.1,
            reorder_ratio=0.1,
            corrupt_ratio=0.1,
            rate_bps=1e6,
            fifo=False,
        )
        bench = Bench("abc", link=spec)
        for number in range(200):
            bench.ends["abc"[number % 3]].send("abc"[(number + 1) % 3], "t", bytes([number]))
            await asyncio.sleep(0.001)
        await bench.network.quiet()

    assert run(main, 3).digest == run(main, 3).digest
    assert run(main, 3).digest != run(main, 4).digest


def test_conditions_are_taken_back_whatever_ended_the_block():
    """An experiment that fails inside must not leave its fault behind for the next one."""

    async def main() -> LinkSpec:
        bench = Bench()
        with pytest.raises(ZeroDivisionError), bench.network.shaped("a", "b", delay_ms=50):
            raise ZeroDivisionError
        return bool(bench.network.line("a", "b").spec == LinkSpec(delay_ms=10))  # type: ignore[return-value]

    assert run(main).result is True
