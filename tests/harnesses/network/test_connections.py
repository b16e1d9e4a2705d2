from __future__ import annotations

import asyncio
from typing import Any

import pytest

from alyslab.harnesses.network.errors import PeerGoneError, RequestTimeoutError
from alyslab.harnesses.network.link import LinkSpec
from tests.harnesses.network.bench import Bench, causes, rows, run


def test_a_connection_takes_a_round_trip_and_each_side_has_its_own_view():
    """The one who accepts knows it half a round trip earlier."""

    async def main() -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
        bench = Bench(joined=False)
        a, b = bench.ends["a"], bench.ends["b"]
        task = asyncio.create_task(a.connect("b"))
        views = []
        for _ in range(3):
            await asyncio.sleep(0.009)
            views.append((a.peers(), b.peers()))
        await task
        return views

    assert run(main).result == [((), ()), ((), ("a",)), (("b",), ("a",))]


def test_two_that_dial_each_other_end_with_one_connection():
    """Both messages cross; if each side took its own, no message would ever belong."""

    async def main() -> tuple[int, int]:
        bench = Bench(joined=False)
        a, b = bench.ends["a"], bench.ends["b"]
        await asyncio.gather(a.connect("b"), b.connect("a"), a.connect("b"))
        await bench.network.quiet()
        a.send("b", "t", b"1")
        b.send("a", "t", b"2")
        await bench.network.quiet()
        assert (bench.payloads("a"), bench.payloads("b")) == ([b"2"], [b"1"])
        return a.connections.open["b"].connection, b.connections.open["a"].connection

    one, other = run(main).result
    assert one == other


def test_a_disconnect_lets_what_was_sent_before_arrive_and_drops_what_comes_back():
    """An end in order, as of a socket that is closed."""

    async def main() -> tuple[list[bytes], list[bytes], tuple[str, ...]]:
        bench = Bench()
        a, b = bench.ends["a"], bench.ends["b"]
        b.send("a", "t", b"too late")
        a.send("b", "t", b"last words")
        a.disconnect("b")
        await bench.network.quiet()
        return bench.payloads("a"), bench.payloads("b"), b.peers()

    found = run(main)
    assert found.result == ([], [b"last words"], ())
    assert causes(found) == ["disconnected"]
    assert [(row["subject"], row["local"]) for row in rows(found, "net.disconnect")] == [
        *[("a", True), ("b", False)],
    ]


def test_a_reset_loses_what_is_in_flight_both_ways_even_after_a_reconnect():
    """A new connection must not deliver the old one's messages."""

    async def main() -> tuple[list[bytes], list[bytes]]:
        bench = Bench(link=LinkSpec(delay_ms=10, fifo=False))
        a, b = bench.ends["a"], bench.ends["b"]
        a.send("b", "t", b"old")
        b.send("a", "t", b"old")
        a.reset("b")
        bench.network.join("a", "b")
        a.send("b", "t", b"new")
        await bench.network.quiet()
        return bench.payloads("a"), bench.payloads("b")

    found = run(main)
    assert found.result == ([], [b"new"])
    assert causes(found) == ["reset", "reset"]


def test_a_reset_loses_what_was_not_read_and_an_orderly_end_does_not():
    """What lies unread in a broken socket is gone; what came before an orderly end can be read."""

    async def main(kind: str) -> int:
        bench = Bench()
        bench.ends["b"].on_message(None)
        bench.ends["a"].send("b", "t", b"unread")
        await asyncio.sleep(1)
        getattr(bench.ends["a"], kind)("b")
        await asyncio.sleep(1)
        bench.listen("b")
        return len(bench.got["b"])

    async def reset() -> int:
        return await main("reset")

    async def disconnect() -> int:
        return await main("disconnect")

    assert run(reset).result == 0
    assert run(disconnect).result == 1


def test_a_request_fails_when_its_connection_ends():
    """Who asks must not wait for the time-out when it is known that nobody will answer."""

    async def main() -> int:
        bench = Bench()
        task = asyncio.create_task(bench.ends["a"].request("b", "ask", b"", timeout_s=60))
        await asyncio.sleep(0.02)
        bench.ends["b"].reset("a")
        with pytest.raises(PeerGoneError):
            await task
        return bench.runtime.now_ns

    found = run(main)
    assert found.result == 30_000_000
    assert rows(found, "net.request")[0]["outcome"] == "gone"


def test_peers_of_a_crashed_node_notice_one_latency_later():
    """A process that is killed leaves its machine behind, which resets its connections."""

    async def main() -> tuple[int, tuple[str, ...]]:
        bench = Bench("abc")
        heard: list[Any] = []
        bench.ends["a"].on_peers(lambda peer, there: heard.append((peer, there, bench.runtime.now_ns)))
        bench.ends["b"].node.crash()
        await bench.network.quiet()
        assert heard == [("b", False, 10_000_000)]
        with pytest.raises(PeerGoneError, match="refuses"):
            await bench.ends["a"].connect("b")
        return bench.runtime.now_ns, bench.ends["a"].peers()

    assert run(main).result == (30_000_000, ("c",))


def test_a_refusal_that_comes_after_who_dialled_was_cancelled_is_nobodys_error():
    """Who gives up dialling has no use for the answer; it must not end the run as an error unseen."""

    async def main() -> tuple[str, ...]:
        bench = Bench()
        bench.ends["b"].node.crash()
        await bench.network.quiet()
        dial = asyncio.create_task(bench.ends["a"].connect("b"))
        await asyncio.sleep(0.005)
        dial.cancel()
        await bench.network.quiet()
        return bench.ends["a"].peers()

    assert run(main).result == ()


def test_a_node_without_power_is_noticed_only_by_its_silence():
    """Nobody is told; a request times out, and after the restart the next message is answered by a reset."""

    async def main() -> tuple[Any, ...]:
        bench = Bench(on_crash="silent")
        a, node = bench.ends["a"], bench.ends["b"].node
        node.crash()
        with pytest.raises(RequestTimeoutError):
            await a.request("b", "ask", b"", timeout_s=1)
        before = a.peers()
        node.restart()
        a.send("b", "t", b"")
        await bench.network.quiet()
        return before, a.peers()

    found = run(main)
    assert found.result == (("b",), ())
    assert causes(found) == ["down", "disconnected"]


def test_what_a_node_sent_before_its_crash_still_arrives():
    """The wire does not know that the process is dead; a block that was sent was sent."""

    async def main() -> list[bytes]:
        bench = Bench()
        bench.ends["a"].send("b", "t", b"testament")
        bench.ends["a"].node.crash()
        await bench.network.quiet()
        return bench.payloads("b")

    assert run(main).result == [b"testament"]


def test_a_crash_forgets_handlers_connections_and_unread_messages():
    """The new process begins with nothing; what its boot does not set up again is not there."""

    async def main() -> tuple[Any, ...]:
        bench = Bench()
        end = bench.ends["b"]
        end.on_message(None)
        bench.ends["a"].send("b", "t", b"unread")
        await asyncio.sleep(1)
        end.node.crash()
        end.node.restart()
        await bench.network.quiet()
        bench.listen("b")
        bench.network.join("a", "b")
        bench.ends["a"].send("b", "t", b"new")
        await bench.network.quiet()
        return bench.payloads("b"), end.peers()

    found = run(main)
    assert found.result == ([b"new"], ("a",))
    assert causes(found) == ["down"]


def test_a_partition_keeps_a_reset_from_being_heard():
    """The messages of connections travel as all others do: the other side holds a dead connection."""

    async def main() -> tuple[Any, ...]:
        bench = Bench()
        a, b = bench.ends["a"], bench.ends["b"]
        with bench.network.partition("a", "b"):
            a.reset("b")
            with pytest.raises(RequestTimeoutError, match="did not accept"):
                await a.connect("b", timeout_s=1)
        half_open = b.peers()
        b.send("a", "t", b"")
        await bench.network.quiet()
        return half_open, b.peers()

    assert run(main).result == (("a",), ())


def test_a_corrupted_message_of_the_network_is_discarded():
    """A flipped bit in a connection's number would open a connection that nobody asked for."""

    async def main() -> str:
        bench = Bench(link=LinkSpec(delay_ms=10, corrupt_ratio=1.0), joined=False)
        with pytest.raises(RequestTimeoutError):
            await bench.ends["a"].connect("b", timeout_s=1)
        return bench.network.at("b", "test").peers() == ()

    found = run(main)
    assert found.result is True
    assert causes(found) == ["corrupt"]


def test_ending_what_is_not_connected_does_nothing():
    """Cleaning up twice is no mistake."""

    async def main() -> int:
        bench = Bench(joined=False)
        bench.ends["a"].disconnect("b")
        bench.ends["a"].reset("b")
        await bench.network.quiet()
        return bench.network.carrier.pending.sent

    assert run(main).result == 0


def test_a_connection_times_out_by_the_nodes_own_clock():
    """A clock that runs half as fast again gives up after two thirds of the time."""

    async def main() -> int:
        bench = Bench(link=LinkSpec(delay_ms=5_000), joined=False)
        bench.ends["a"].node.clock.set_drift(500_000)
        with pytest.raises(RequestTimeoutError):
            await bench.ends["a"].connect("b", timeout_s=1.0)
        return bench.runtime.now_ns

    assert run(main).result == 666_666_667


def test_what_is_on_its_way_when_a_connection_is_reset_does_not_arrive():
    """Although it was sent before the reset, and arrives before the other side hears of it."""

    async def main() -> tuple[int, int]:
        bench = Bench()
        bench.ends["a"].send("b", "t", b"stale")
        bench.ends["b"].send("a", "t", b"stale too")
        bench.ends["a"].reset("b")
        await bench.network.quiet()
        return len(bench.got["a"]), len(bench.got["b"])

    found = run(main)
    assert found.result == (0, 0)
    assert causes(found) == ["reset", "reset"]
