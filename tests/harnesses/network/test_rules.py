from __future__ import annotations

import asyncio
import math
from typing import Any

import pytest

from alyslab.errors import ParameterError
from alyslab.harnesses.network.errors import RuleError
from alyslab.harnesses.network.link import LinkSpec
from alyslab.harnesses.network.rules import DeliverAfter, Drop, Duplicate, Hold, Pass, Rule
from tests.harnesses.network.bench import Bench, causes, rows, run


def test_the_first_rule_that_does_not_pass_decides():
    """Order is what makes two rules at once mean anything."""

    async def main() -> list[bytes]:
        bench = Bench()
        quick = Rule(name="spare", verdict=Pass(), topics=["t"])
        slow = Rule(name="slow", verdict=DeliverAfter(5), topics=["t"])
        lose = Rule(name="lose", verdict=Drop())
        with bench.network.rules.installed(quick, slow, lose):
            bench.ends["a"].send("b", "t", b"slow")
            bench.ends["a"].send("b", "u", b"lost")
        await bench.network.quiet()
        return bench.payloads("b")

    found = run(main)
    assert found.result == [b"slow"]
    assert rows(found, "net.message")[0]["ms"] == 15.0
    assert causes(found) == ["lose"]


def test_rules_are_gone_when_their_block_ends_whatever_ended_it():
    """A partition that outlives its experiment spoils the next one."""

    async def main() -> int:
        bench = Bench()
        with pytest.raises(ZeroDivisionError), bench.network.partition("a", "b"):
            raise ZeroDivisionError
        assert bench.network.rules.active == ()
        bench.ends["a"].send("b", "t", b"")
        await bench.network.quiet()
        return len(bench.got["b"])

    assert run(main).result == 1


def test_a_partition_drops_both_directions_and_one_way_only_one():
    """Replies count too: a partition that lets them through is none."""

    async def main() -> None:
        bench = Bench("abc")

        def talk() -> None:
            for one in "abc":
                for other in "abc".replace(one, ""):
                    bench.ends[one].send(other, "t", one.encode())

        with bench.network.partition("a", ["b", "c"], name="cut"):
            talk()
        with bench.network.partition("a", ["b", "c"], name="way", one_way=True):
            talk()
        await bench.network.quiet()

    dropped = [(row["sender"], row["subject"], row["cause"]) for row in rows(run(main), "net.drop")]
    assert sorted(dropped) == [
        *[("a", "b", "cut:0>1"), ("a", "b", "way:0>1"), ("a", "c", "cut:0>1"), ("a", "c", "way:0>1")],
        *[("b", "a", "cut:1>0"), ("c", "a", "cut:1>0")],
    ]


def test_what_is_under_way_when_a_partition_begins_arrives():
    """A rule decides when a message is sent."""

    async def main() -> int:
        bench = Bench()
        bench.ends["a"].send("b", "t", b"")
        with bench.network.partition("a", "b"):
            await asyncio.sleep(1)
        return len(bench.got["b"])

    assert run(main).result == 1


def test_held_messages_are_released_in_order_and_not_before_their_time():
    """On a FIFO link what follows a held message waits behind it, held or not."""

    async def main() -> list[bytes]:
        bench = Bench()
        send = bench.ends["a"].send
        rule = bench.network.held(senders=["a"])
        with rule:
            send("b", "t", b"1")
            await asyncio.sleep(1)
            send("b", "t", b"2")
            assert bench.got["b"] == []
        send("b", "t", b"3")
        await bench.network.quiet()
        return bench.payloads("b")

    found = run(main)
    assert found.result == [b"1", b"2", b"3"]
    assert [row["ms"] for row in rows(found, "net.message")] == [1_000.0, 1_010.0, 1_010.0]


def test_a_message_that_no_rule_holds_does_not_overtake_on_a_fifo_link():
    """A hold on one topic must not break the order of the link."""

    async def main() -> list[bytes]:
        bench = Bench()
        with bench.network.rules.installed(Rule(name="hold", verdict=Hold(), topics=["held"])):
            bench.ends["a"].send("b", "held", b"1")
            bench.ends["a"].send("b", "free", b"2")
            await asyncio.sleep(1)
            assert bench.got["b"] == []
        await bench.network.quiet()
        return bench.payloads("b")

    assert run(main).result == [b"1", b"2"]


def test_copies_share_the_number_and_differ_in_the_copy():
    """A receiver that can't tell them apart can't be tested for it."""

    async def main() -> list[tuple[int, int]]:
        bench = Bench()
        with bench.network.rules.installed(Rule(name="again", verdict=Duplicate(2))):
            bench.ends["a"].send("b", "t", b"")
        await bench.network.quiet()
        return [(message.id, message.copy) for message in bench.got["b"]]

    assert run(main).result == [(1, 0), (1, 1), (1, 2)]


def test_a_function_decides_by_the_message_and_its_answer_is_checked():
    """What a selector can't say, a function can; one that answers None is a mistake to be named."""

    async def main() -> list[bytes]:
        bench = Bench()
        even = Rule(name="even", decide=lambda m: Drop() if m.payload[0] % 2 else Pass())
        with bench.network.rules.installed(even):
            for number in range(4):
                bench.ends["a"].send("b", "t", bytes([number]))
        broken: Any = Rule(name="broken", decide=lambda _: None)
        with bench.network.rules.installed(broken), pytest.raises(RuleError, match="broken"):
            bench.ends["a"].send("b", "t", b"")
        await bench.network.quiet()
        return bench.payloads("b")

    found = run(main)
    assert found.result == [b"\x00", b"\x02"]
    assert causes(found) == ["even", "even"]


def test_a_rule_shifts_no_draw_of_the_link():
    """With and without a rule the same messages are late by the same time: faults can be removed."""

    async def main(lose: bool = False) -> dict[int, int]:
        spec = LinkSpec(delay_ms=10, jitter_ms=5, distribution="uniform", loss_ratio=0.3, fifo=False)
        bench = Bench(link=spec)
        if lose:
            bench.network.rules.install(Rule(name="odd", decide=lambda m: Drop() if m.id % 2 else Pass()))
        for _ in range(40):
            bench.ends["a"].send("b", "t", b"")
        await bench.network.quiet()
        return {}

    async def losing() -> dict[int, int]:
        return await main(lose=True)

    def latencies(found: Any) -> dict[int, float]:
        return {row["id"]: row["ms"] for row in rows(found, "net.message")}

    all_of_them, some = latencies(run(main)), latencies(run(losing))
    assert some == {number: ms for number, ms in all_of_them.items() if number % 2 == 0}


@pytest.mark.parametrize(
    "make",
    [
        lambda: Rule(name="", verdict=Drop()),
        lambda: Rule(name="loss", verdict=Drop()),
        lambda: Rule(name="x"),
        lambda: Rule(name="x", verdict=Drop(), decide=lambda _: Drop()),
        lambda: Rule(name="x", verdict=Drop(), senders="peer-1"),
        lambda: Rule(name="x", verdict="drop"),  # type: ignore[arg-type]
        lambda: Rule(name="x", decide=lambda _: Drop(), topics=["t"]),
        lambda: DeliverAfter(-1),
        lambda: DeliverAfter(math.nan),
        lambda: Duplicate(0),
        lambda: Duplicate(True),
    ],
)
def test_a_rule_that_means_nothing_is_refused_when_it_is_made(make):
    """Later it would be a rule that silently does nothing."""
    with pytest.raises(ParameterError):
        make()


def test_two_rules_of_one_name_are_refused_and_nothing_is_installed():
    """The journal could not tell which one lost a message."""

    async def main() -> int:
        rules = Bench().network.rules
        rule = Rule(name="x", verdict=Drop())
        with pytest.raises(RuleError, match="taken"):
            rules.install(Rule(name="y", verdict=Drop()), rule, rule)
        return len(rules.active)

    assert run(main).result == 0


@pytest.mark.parametrize(
    "make",
    [
        lambda: DeliverAfter(True),
        lambda: DeliverAfter(1e300),
        lambda: DeliverAfter("1"),
        lambda: Duplicate(True),
        lambda: Rule(name="x", verdict=Drop(), senders=5),
        lambda: Rule(name="x", verdict=Drop(), topics=[7]),
        lambda: Rule(name="x", verdict=Drop(), receivers=b"x"),
        lambda: Rule(name="x", decide="drop"),
    ],
)
def test_a_rule_of_nonsense_is_refused_with_a_typed_error(make):
    """A truth value is no ms, a number no collection of names, a string no function."""
    with pytest.raises(RuleError):
        make()


def test_a_rule_on_a_peer_that_does_not_exist_is_refused_and_nothing_is_installed():
    """A typing slip would be a fault that never acts, and a test that passes for the wrong reason."""

    async def main() -> tuple[Rule, ...]:
        network = Bench("ab").network
        with pytest.raises(RuleError, match="nobody is named 'bee'"):
            network.rules.install(Rule(name="x", verdict=Drop(), senders=["a", "bee"]))
        with pytest.raises(RuleError, match="nobody is named 'c'"), network.partition(["a"], ["b", "c"]):
            pass
        with pytest.raises(RuleError, match="is none"):
            network.rules.install("drop everything")  # type: ignore[arg-type]
        return network.rules.active

    assert run(main).result == ()


@pytest.mark.parametrize("groups", [(["a"],), (["a"], ["a", "b"]), (["a"], 5), ()])
def test_a_partition_that_cuts_nothing_or_a_peer_from_itself_is_refused(groups):
    """One group is cut off from nobody; a peer on both sides can be on neither."""

    async def main() -> bool:
        network = Bench("ab").network
        with pytest.raises(RuleError), network.partition(*groups):
            pass
        return network.rules.active == ()

    assert run(main).result is True


@pytest.mark.parametrize(("first", "early"), [("x", []), ("y", [b"y"])])
def test_what_two_rules_hold_on_a_fifo_link_is_released_in_the_order_of_sending(first, early):
    """Whichever rule goes first: x waits behind the y before it, the second y behind x."""

    async def main() -> tuple[list[bytes], list[bytes]]:
        bench = Bench()
        rules = [Rule(name=topic, verdict=Hold(), topics=[topic]) for topic in ("x", "y")]
        bench.network.rules.install(*rules)
        for topic in ("y", "x", "y"):
            bench.ends["a"].send("b", topic, topic.encode())
        going, staying = sorted(rules, key=lambda rule: rule.name != first)
        bench.network.rules.remove(going)
        await asyncio.sleep(1)
        before = bench.payloads("b")
        bench.network.rules.remove(staying)
        await bench.network.quiet()
        return before, bench.payloads("b")

    assert run(main).result == (early, [b"y", b"x", b"y"])


def test_rules_that_go_together_release_in_the_order_of_sending():
    """Not in the order in which they were installed."""

    async def main() -> list[bytes]:
        bench = Bench()
        rules = [Rule(name=topic, verdict=Hold(), topics=[topic]) for topic in ("x", "y")]
        with bench.network.rules.installed(*rules):
            for topic in ("y", "x", "y"):
                bench.ends["a"].send("b", topic, topic.encode())
        await bench.network.quiet()
        return bench.payloads("b")

    assert run(main).result == [b"y", b"x", b"y"]


@pytest.mark.parametrize("by_rule", [True, False])
def test_a_copy_has_a_latency_of_its_own(by_rule):
    """Two copies that always arrive together would be one message counted twice."""

    async def main() -> list[int]:
        link = LinkSpec(delay_ms=50, jitter_ms=20, distribution="uniform", fifo=False)
        bench = Bench(link=link if by_rule else link.changed(duplicate_ratio=1.0))
        if by_rule:
            bench.network.rules.install(Rule(name="again", verdict=Duplicate()))
        for _ in range(10):
            bench.ends["a"].send("b", "t", b"")
        await bench.network.quiet()
        return [message.copy for message in bench.got["b"]]

    found = run(main)
    assert sorted(found.result) == [0] * 10 + [1] * 10
    times = [event.time_ns for event in found.journal.select(kind="net.message")]
    assert len(set(times)) > 15
