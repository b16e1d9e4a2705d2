from __future__ import annotations

import asyncio
from typing import Any

import pytest

from alyslab.harnesses.network.errors import (
    BadMessageError,
    PeerGoneError,
    RequestTimeoutError,
    UnknownPeerError,
)
from alyslab.harnesses.network.link import LinkSpec
from alyslab.runtime import require_current
from alyslab.runtime.node import owner_of
from tests.harnesses.network.bench import Bench, causes, rows, run


def test_a_message_arrives_one_latency_after_its_last_byte_left():
    """The row bears all its times: sent, left behind what the line sent before, arrived."""

    async def main() -> None:
        bench = Bench(link=LinkSpec(delay_ms=10, rate_bps=1e6))
        for _ in range(2):
            bench.ends["a"].send("b", "t", b"x" * 125)  # 1 ms on the line
        await bench.network.quiet()

    found = rows(run(main), "net.message")
    assert [(row["sent_ns"], row["left_ns"], row["ms"]) for row in found] == [
        (0, 1_000_000, 11.0),
        (0, 2_000_000, 12.0),
    ]


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        (("b", "t", "text"), "payload"),
        (("b", "t", bytearray(b"x")), "payload"),
        (("b", 7, b"x"), "topic"),
        (("b", "net.reset", b"x"), "topic"),
        (("b", "t", b"x" * 101), "size_bytes"),
    ],
)
def test_a_message_that_can_not_be_is_refused_by_the_name_of_its_field(arguments, field):
    """A harness learns at the call, not from a silent loss; an oversized message is one of these."""

    async def main() -> str:
        bench = Bench(max_message_bytes=100)
        with pytest.raises(BadMessageError) as caught:
            bench.ends["a"].send(*arguments)
        with pytest.raises(BadMessageError):
            await bench.ends["a"].request(*arguments)
        return caught.value.field

    assert run(main).result == field


@pytest.mark.parametrize("size_bytes", [0, -1, 2.5, True, 10**9])
def test_a_size_below_the_payload_or_above_the_limit_is_refused(size_bytes):
    """A message can count as larger than its bytes, never as smaller."""

    async def main() -> None:
        with pytest.raises(BadMessageError, match="size_bytes"):
            Bench().ends["a"].send("b", "t", b"xy", size_bytes=size_bytes)

    assert len(run(main).journal) >= 2


@pytest.mark.parametrize("timeout_s", [0, -1, float("nan"), float("inf"), None, True, "1", 10**400])
def test_a_timeout_that_is_none_is_refused(timeout_s):
    """NaN would never fire, and the caller would wait for ever."""

    async def main() -> None:
        bench = Bench()
        with pytest.raises(BadMessageError, match="timeout_s"):
            await bench.ends["a"].request("b", "t", b"", timeout_s=timeout_s)
        with pytest.raises(BadMessageError, match="timeout_s"):
            await bench.ends["a"].connect("b", timeout_s=timeout_s)

    run(main)


def test_an_unknown_peer_is_named():
    """A typing slip must not look like a lost message."""

    async def main() -> str:
        bench = Bench()
        with pytest.raises(UnknownPeerError) as caught:
            bench.ends["a"].send("z", "t", b"")
        with pytest.raises(UnknownPeerError):
            await bench.ends["a"].connect("z")
        return caught.value.other

    assert run(main).result == "z"


def test_a_request_is_answered_after_a_round_trip():
    """Twice 10 ms, and the reply is no message for the handlers."""

    async def main() -> tuple[bytes, int, int]:
        bench = Bench()
        bench.ends["b"].on_message(lambda m: bench.ends["b"].reply(m, m.payload[::-1]), topic="ask")
        answer = await bench.ends["a"].request("b", "ask", b"abc")
        return answer, bench.runtime.now_ns, len(bench.got["a"])

    found = run(main)
    assert found.result == (b"cba", 20_000_000, 0)
    assert rows(found, "net.request")[0]["outcome"] == "answered"
    question, answer = rows(found, "net.message")
    assert (answer["topic"], answer["reply_to"]) == ("ask", question["id"]), (
        "rules on a topic reach its replies"
    )


def test_a_request_times_out_by_the_nodes_own_clock_and_its_late_reply_is_dropped():
    """A clock that runs half as fast again waits two thirds as long; what comes after that is late."""

    async def main() -> int:
        bench = Bench(link=LinkSpec(delay_ms=400))
        bench.ends["b"].on_message(lambda m: bench.ends["b"].reply(m, b"late"), topic="ask")
        bench.ends["a"].node.clock.set_drift(500_000)
        with pytest.raises(RequestTimeoutError) as caught:
            await bench.ends["a"].request("b", "ask", b"", timeout_s=1.0)
        waited_ns = bench.runtime.now_ns
        await bench.network.quiet()
        assert caught.value.timeout_s == 1.0
        return waited_ns

    found = run(main)
    assert found.result == 666_666_667
    assert causes(found) == ["late"]


def test_a_reply_from_another_peer_answers_nothing():
    """A hostile peer can guess the number of a request; it must not be able to answer it."""

    async def main() -> str:
        bench = Bench("abc")
        asked: list[Any] = []
        bench.ends["b"].on_message(asked.append, topic="ask")
        task = asyncio.create_task(bench.ends["a"].request("b", "ask", b"", timeout_s=1))
        await asyncio.sleep(0.05)
        forged = asked[0]._replace(sender="a")
        bench.ends["c"].reply(forged, b"forged")
        with pytest.raises(RequestTimeoutError):
            await task
        return "timed out"

    found = run(main)
    assert found.result == "timed out"
    assert causes(found) == ["late"]


def test_a_cancelled_request_leaves_nothing_behind():
    """Its row says so, and the answer finds nobody."""

    async def main() -> None:
        bench = Bench()
        bench.ends["b"].on_message(lambda m: bench.ends["b"].reply(m, b""), topic="ask")
        task = asyncio.create_task(bench.ends["a"].request("b", "ask", b""))
        await asyncio.sleep(0.015)
        task.cancel()
        await bench.network.quiet()

    found = run(main)
    assert rows(found, "net.request")[0]["outcome"] == "cancelled"
    assert causes(found) == ["late"]


def test_receive_and_handlers_share_messages_by_topic():
    """A handler gets its topic; what nobody handles waits for whoever receives."""

    async def main() -> list[str]:
        bench = Bench()
        end, handled = bench.ends["b"], []
        end.on_message(None)
        end.on_message(handled.append, topic="handled")
        for topic in ("one", "handled", "two"):
            bench.ends["a"].send("b", topic, b"")
        received = [await end.receive() for _ in range(2)]
        assert [message.topic for message in handled] == ["handled"]
        return [message.topic for message in received]

    assert run(main).result == ["one", "two"]


def test_a_handler_that_comes_late_gets_what_waited():
    """A node that is still booting must not lose its first messages."""

    async def main() -> list[bytes]:
        bench = Bench()
        bench.ends["b"].on_message(None)
        bench.ends["a"].send("b", "t", b"1")
        bench.ends["a"].send("b", "t", b"2")
        await asyncio.sleep(1)
        assert bench.got["b"] == []
        bench.listen("b")
        return bench.payloads("b")

    assert run(main).result == [b"1", b"2"]


def test_a_handler_runs_as_code_of_its_node():
    """A task that it starts has to die with the node, not with whoever sent the message."""

    async def main() -> str:
        bench = Bench()
        owners: list[Any] = []
        bench.ends["b"].on_message(lambda _: owners.append(owner_of()))
        bench.ends["a"].send("b", "t", b"")
        await bench.network.quiet()
        return str(owners[0].name)

    assert run(main).result == "b"


def test_a_paused_node_handles_nothing_until_it_resumes_and_then_in_order():
    """A pause holds tasks back; handlers are no task, and have to be held back all the same."""

    async def main() -> tuple[list[bytes], int]:
        bench = Bench()
        node = bench.ends["b"].node
        node.pause()
        for payload in (b"1", b"2"):
            bench.ends["a"].send("b", "t", payload)
        await asyncio.sleep(1)
        assert bench.got["b"] == []
        node.resume()
        bench.ends["a"].send("b", "t", b"3")
        await bench.network.quiet()
        return bench.payloads("b"), bench.runtime.now_ns

    found = run(main)
    assert found.result == ([b"1", b"2", b"3"], 1_010_000_000)
    assert [row["ms"] for row in rows(found, "net.message")] == [1_000.0, 1_000.0, 1_010.0]


def test_work_beyond_the_first_await_keeps_the_network_from_being_quiet():
    """A harness that validates for a second has not handled its message after a microsecond."""

    async def main() -> int:
        bench = Bench()
        end = bench.ends["b"]

        async def work() -> None:
            with end.working():
                await asyncio.sleep(1)

        end.on_message(lambda _: end.node.spawn(work()))
        bench.ends["a"].send("b", "t", b"")
        await asyncio.sleep(0.01)
        await asyncio.sleep(0)
        await bench.network.quiet()
        return bench.runtime.now_ns

    assert run(main).result == 1_010_000_000


def test_a_crash_while_working_does_not_hold_the_network_up_for_ever():
    """No finally runs in a crash; the network has to count for itself."""

    async def main() -> int:
        bench = Bench()
        end = bench.ends["b"]

        async def work() -> None:
            with end.working():
                await asyncio.sleep(100)

        end.node.spawn(work())
        await asyncio.sleep(1)
        end.node.crash()
        await bench.network.quiet()
        return bench.runtime.now_ns

    assert run(main).result == 1_010_000_000, "the resets of the dead node's connections come last"


def test_a_handler_that_fails_fails_the_run():
    """A broken harness is an exception, not a lost message."""

    async def main() -> None:
        bench = Bench()

        def broken(_: Any) -> None:
            raise ZeroDivisionError("in a handler")

        bench.ends["b"].on_message(broken)
        bench.ends["a"].send("b", "t", b"")
        await bench.network.quiet()

    with pytest.raises(Exception, match="in a handler"):
        run(main)


def test_the_first_call_makes_an_endpoint_and_the_next_one_finds_it():
    """Two ends of one node would each see half of its messages."""

    async def main() -> bool:
        bench = Bench()
        node = require_current().nodes["a"]
        return bench.network.endpoint(node) is bench.ends["a"] and node.network is bench.ends["a"]

    assert run(main).result is True


def test_without_a_connection_a_message_is_dropped_and_a_request_fails():
    """As a write to a closed socket: the sender of a message is not told, who asks is."""

    async def main() -> None:
        bench = Bench(joined=False)
        bench.ends["a"].send("b", "t", b"")
        with pytest.raises(PeerGoneError, match="connect first"):
            await bench.ends["a"].request("b", "t", b"")
        await bench.network.quiet()

    assert causes(run(main)) == ["disconnected"]


def test_a_peer_has_no_connection_to_itself():
    """A harness that mixes up two names has to learn it, whichever call it makes."""

    async def main() -> bool:
        bench = Bench()
        end = bench.ends["a"]
        with pytest.raises(UnknownPeerError, match="itself"):
            await end.connect("a")
        with pytest.raises(UnknownPeerError, match="itself"):
            end.send("a", "t", b"")
        with pytest.raises(UnknownPeerError, match="itself"):
            bench.network.join("a", "a")
        return end.peers() == ("b",)

    assert run(main).result is True


def test_a_handler_that_can_not_be_called_is_refused():
    """At the call, not when the first message comes."""

    async def main() -> bool:
        end = Bench().ends["a"]
        with pytest.raises(BadMessageError, match="handler"):
            end.on_message(5)  # type: ignore[arg-type]
        with pytest.raises(BadMessageError, match="topic"):
            end.on_message(print, topic=5)  # type: ignore[arg-type]
        return True

    assert run(main).result is True
