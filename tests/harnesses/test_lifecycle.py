from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, cast

import pytest

from alyslab.checkers.verdict import Verdict
from alyslab.errors import HarnessError
from alyslab.harnesses.harness import Harness
from alyslab.harnesses.lifecycle import HarnessCallError, HarnessesError, probe, raise_first, start, stop
from alyslab.runtime import Simulation

from .fakes import Behaviour, FakeHarness


def virtual(main: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
    async def run() -> Any:
        return await main()

    with Simulation(seed=1) as sim:
        return sim.run(run)


def test_the_fakes_are_harnesses() -> None:
    """Otherwise the tests below would show nothing about real ones."""
    assert isinstance(FakeHarness("a", []), Harness)


def test_harnesses_start_at_the_same_time() -> None:
    """A slow container must not add up with the next one."""
    here: list[str] = []
    both_here = asyncio.Event()

    class Meeting(FakeHarness):
        async def initialize(self) -> None:
            here.append(self.name)
            if len(here) == 2:
                both_here.set()
            await both_here.wait()

    virtual(lambda: start([Meeting("a", []), Meeting("b", [])], limit_s=5))

    assert here == ["a", "b"]


@pytest.mark.parametrize(
    ("behaviour", "told"),
    [
        ("raise", "harness b: initialize raised OSError: b is broken"),
        ("hang", "harness b: initialize took longer than 5 s"),
        ("stubborn", "was left behind"),
        ("cancel itself", "ended as cancelled, though nobody cancelled it"),
    ],
)
def test_a_harness_that_does_not_come_up_is_named_with_the_reason(behaviour: Behaviour, told: str) -> None:
    """A task group alone would take a harness that ends cancelled for one that is up."""
    harnesses = [FakeHarness("a", []), FakeHarness("b", [], initialize=behaviour)]

    with pytest.raises(HarnessCallError) as failure:
        virtual(lambda: start(harnesses, limit_s=5))

    assert told in str(failure.value)
    assert (failure.value.harness, failure.value.call) == ("b", "initialize")


def test_the_first_failure_cancels_the_others() -> None:
    """Waiting for the rest of a session that can't start wastes the time of who has to correct it."""
    diary: list[str] = []
    harnesses = [FakeHarness("a", diary, initialize="hang"), FakeHarness("b", diary, initialize="raise")]

    with pytest.raises(HarnessCallError, match="b is broken"):
        virtual(lambda: start(harnesses, limit_s=5))

    assert "a.initialize cancelled" in diary


def test_a_call_that_is_no_coroutine_is_a_failure_of_its_harness() -> None:
    """A forgotten `async` must be told as the harness's mistake, not as one of the framework."""

    class Plain(FakeHarness):
        def initialize(self) -> None:  # type: ignore[override]
            return None

    with pytest.raises(HarnessCallError, match="harness a: initialize raised TypeError"):
        virtual(lambda: start([cast("Harness", Plain("a", []))], limit_s=5))


def test_a_probe_returns_what_each_harness_answered() -> None:
    """Readiness is evidence that a notebook can show, not a flag."""

    async def main() -> dict[str, Verdict]:
        harnesses = [FakeHarness("a", []), FakeHarness("b", [])]
        await start(harnesses, limit_s=5)
        return await probe(harnesses, limit_s=5)

    answers = virtual(main)

    assert {name: verdict.checks[0].observed for name, verdict in answers.items()} == {"a": "up", "b": "up"}


@pytest.mark.parametrize(
    ("behaviour", "told"),
    [
        ("not up", "is fail: answers (observed down, expected == up)"),
        ("silent", "is inconclusive: answers (observed None, expected == up)"),
        ("raise", "raised OSError"),
        ("hang", "took longer than 5 s"),
    ],
)
def test_a_harness_without_a_good_answer_is_not_ready(behaviour: Behaviour, told: str) -> None:
    """The Rust framework slept 5 ms and said true; here silence is no readiness."""

    async def main() -> None:
        harness = FakeHarness("a", [], probe=behaviour)
        await start([harness], limit_s=5)
        await probe([harness], limit_s=5)

    with pytest.raises(HarnessCallError) as failure:
        virtual(main)

    assert told in str(failure.value)


def test_a_probe_without_checks_is_not_ready() -> None:
    """An empty verdict would be the constant `true` in another coat."""

    class Empty(FakeHarness):
        async def probe(self) -> Verdict:
            return Verdict()

    with pytest.raises(HarnessCallError, match="it has no checks"):
        virtual(lambda: probe([Empty("a", [])], limit_s=5))


def test_harnesses_stop_in_reverse_order() -> None:
    """The later one may stand on the earlier one."""
    diary: list[str] = []
    harnesses = [FakeHarness(name, diary) for name in "abc"]

    failures = virtual(lambda: stop(harnesses, limit_s=5))

    assert failures == []
    assert diary == ["c.shutdown", "b.shutdown", "a.shutdown"]


@pytest.mark.parametrize("behaviour", ["raise", "hang", "stubborn", "cancel itself"])
def test_every_harness_gets_its_chance_to_stop(behaviour: Behaviour) -> None:
    """One broken container must not leave the others running."""
    diary: list[str] = []
    harnesses = [
        FakeHarness("a", diary),
        FakeHarness("b", diary, shutdown=behaviour),
        FakeHarness("c", diary, shutdown="raise"),
    ]

    failures = virtual(lambda: stop(harnesses, limit_s=5))

    assert [failure.harness for failure in failures] == ["c", "b"]
    assert "a.shutdown" in diary


def test_a_cancellation_during_the_teardown_comes_after_it() -> None:
    """Ctrl-C pressed twice is the usual way in which containers are left behind."""
    diary: list[str] = []
    harnesses = [
        FakeHarness("a", diary),
        FakeHarness("b", diary, shutdown="hang"),
        FakeHarness("c", diary, shutdown="raise"),
    ]

    async def main() -> list[str]:
        teardown = asyncio.create_task(stop(harnesses, limit_s=5))
        for _ in range(2):
            await asyncio.sleep(1)
            teardown.cancel()
        with pytest.raises(asyncio.CancelledError) as cancelled:
            await teardown
        return cancelled.value.__notes__

    notes = virtual(main)

    assert "a.shutdown" in diary
    assert [note.split(":")[0] for note in notes] == ["harness c", "harness b"]


def test_several_failures_are_led_by_the_first() -> None:
    """The second error is usually a consequence of the first, which must stay the one people read."""
    first, second = HarnessCallError("a", "shutdown", "broke"), HarnessCallError("b", "shutdown", "broke too")

    with pytest.raises(HarnessesError, match="harness a: shutdown broke\nharness b") as both:
        raise_first([first, second])
    with pytest.raises(HarnessError) as one:
        raise_first([second])

    assert both.value.__cause__ is first
    assert both.value.failures == (first, second)
    assert one.value is second
    assert raise_first([]) is None  # type: ignore[func-returns-value]
