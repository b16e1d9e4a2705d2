"""What the journal refuses is refused at the edge; a failure of the laboratory ends the run."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from enum import StrEnum
from typing import Any

import pytest

from alyslab.errors import JournalError
from alyslab.harnesses.actor import Actor, ActorSpec, ActorSystem, MailboxPolicy, Priority, immediate
from alyslab.harnesses.actor.errors import ActorFailedError, NoReplyError, UnrecordableError
from alyslab.runtime import require_current, simulate
from alyslab.runtime.block import BLOCK_ROWS
from alyslab.runtime.wall import measure
from tests.harnesses.actor.actors import Echo, Slow, journal_of, states

Main = Callable[..., Coroutine[Any, Any, Any]]
CLOCKS = pytest.mark.parametrize("clock", ["virtual", "wall"])


def run(main: Main, clock: str) -> Any:
    if clock == "virtual":
        return simulate(main, seed=1).result
    return asyncio.run(asyncio.wait_for(measure(main, seed=1), 20)).result


class Word(StrEnum):
    WORK = "work"


@pytest.mark.parametrize("kind", [7, None, b"work", ["work"], Word.WORK])
@CLOCKS
def test_a_kind_that_is_no_text_is_refused_where_it_is_sent(kind: Any, clock: str) -> None:
    """Found when the block is sealed, thousands of rows later, it would have no sender any more."""

    async def main() -> list[str]:
        said = []
        async with ActorSystem() as system:
            ref = await system.spawn(ActorSpec(name="echo", kind=Echo))
            for send in (
                lambda: ref.tell(kind),
                lambda: ref.tell(kind, priority=Priority.HIGH),
                lambda: ref.ask(kind),
                lambda: system.broadcast(kind, to=Echo),
            ):
                with pytest.raises(UnrecordableError) as refused:
                    await send()
                said.append(str(refused.value))
            assert await ref.ask("say", 5) == 5
        return said

    for text in run(main, clock):
        assert "echo (running)" in text
        assert repr(kind) in text
        assert "plain str" in text


@pytest.mark.parametrize("timeout_s", [0, -1.0, float("nan"), float("inf"), "5", None, True])
def test_a_timeout_that_is_no_time_is_refused_before_the_message_is_sent(timeout_s: Any) -> None:
    """A message that was sent and an ask that failed at once would disagree."""

    async def main() -> None:
        async with ActorSystem() as system:
            ref = await system.spawn(ActorSpec(name="echo", kind=Echo))
            with pytest.raises(UnrecordableError, match=r"echo \(running\): timeout_s"):
                await ref.ask("say", timeout_s=timeout_s)

    assert list(journal_of(main).select(kind=("message", "message.dropped"))) == []


@pytest.mark.parametrize(
    "options", [{"priority": 6}, {"priority": -1}, {"priority": "high"}, {"after": ("first",)}]
)
def test_a_priority_or_dependency_that_does_not_exist_is_refused(options: dict[str, Any]) -> None:
    """A negative priority would count in another stream."""

    async def main() -> None:
        async with ActorSystem(causal=True) as system:
            ref = await system.spawn(ActorSpec(name="echo", kind=Echo))
            with pytest.raises(UnrecordableError, match="EMERGENCY"):
                await ref.tell("say", **options)

    assert list(journal_of(main).select(kind="message.streams")) == []


class Scribe(Actor):
    """Writes a row of its own."""

    async def receive(self, kind: str, body: Any) -> None:
        self.context.record("scribe.wrote", what=body)


def test_a_row_of_an_actor_that_cannot_be_kept_fails_that_actor_alone() -> None:
    """The second row of a kind must be looked at too, or the journal ends at the next block."""

    async def main() -> str:
        async with ActorSystem(policy=immediate(limit=3)) as system:
            ref = await system.spawn(ActorSpec(name="scribe", kind=Scribe))
            await ref.ask("write", "fine")
            with pytest.raises(ActorFailedError) as failed:
                await ref.ask("write", object())
            await ref.ask("write", "again")
            return str(failed.value.__cause__)

    result = simulate(main, seed=1)

    assert "scribe (running): scribe.wrote.what" in result.result
    assert [event.fields["what"] for event in result.journal.select("scribe.wrote")] == ["fine", "again"]


class Unspeakable(Exception):  # noqa: N818 - what a handler may raise
    def __str__(self) -> str:
        raise RuntimeError("not even this")


class Rude(Actor):
    """Raises what can hardly be written down."""

    async def receive(self, kind: str, body: Any) -> None:
        if kind == "surrogate":
            raise ValueError("half a pair: \ud800")
        if kind == "speechless":
            raise Unspeakable
        if kind == "cancel":
            raise asyncio.CancelledError


@pytest.mark.parametrize("kind", ["surrogate", "speechless", "cancel"])
@CLOCKS
def test_whatever_a_handler_raises_is_a_failure_of_that_actor(kind: str, clock: str) -> None:
    """A cancellation that nobody asked for would end the actor's task, with its state still running."""

    async def main() -> list[Any]:
        async with ActorSystem(policy=immediate(limit=3)) as system:
            ref = await system.spawn(ActorSpec(name="rude", kind=Rude))
            with pytest.raises(ActorFailedError):
                await ref.ask(kind, timeout_s=5.0)
            await ref.ask("fine", timeout_s=5.0)
            return states(require_current().journal, "rude")

    assert run(main, clock) == ["running", "failed", "restarting", "initializing", "running"]


@CLOCKS
def test_a_row_that_the_journal_refuses_ends_the_run_with_its_error(clock: str) -> None:
    """The actor's task would end, and its senders wait for ever at the full mailbox."""

    async def main() -> None:
        async with ActorSystem() as system:
            mailbox = MailboxPolicy(capacity=1)
            ref = await system.spawn(ActorSpec(name="echo", kind=Echo, mailbox=mailbox))
            await ref.ask("warm up")
            require_current().journal.recorder("odd", "what")("somebody", object())
            for _ in range(2 * BLOCK_ROWS):
                await ref.tell("work")

    with pytest.raises(JournalError, match=r"odd\.what"):
        run(main, clock)


@CLOCKS
def test_a_supervisor_that_breaks_ends_the_run_and_leaves_no_task(clock: str, monkeypatch: Any) -> None:
    """Whoever waits for the restart that never comes would wait for ever, askers of their own included."""

    waiting: list[asyncio.Task[Any]] = []

    async def broken() -> None:
        async with ActorSystem() as system:
            ref = await system.spawn(ActorSpec(name="echo", kind=Echo))
            slow = await system.spawn(ActorSpec(name="slow", kind=Slow))
            monkeypatch.setattr(system.root.strategy.__class__, "affected", lambda *_: 1 / 0)
            await slow.tell("work")
            await ref.tell("crash")
            waiting.append(asyncio.create_task(ref.ask("say", timeout_s=3_600)))
            await asyncio.Event().wait()

    async def main() -> list[Any]:
        before = asyncio.all_tasks()
        with pytest.raises(ZeroDivisionError):
            await broken()
        (end,) = await asyncio.gather(*waiting, return_exceptions=True)
        mine = asyncio.current_task()
        assert mine is not None
        return [len(asyncio.all_tasks() - before), end, mine.cancelling()]

    left, end, cancelling = run(main, clock)

    assert (left, cancelling) == (0, 0)
    assert isinstance(end, NoReplyError)


class Hung(Actor):
    """Never comes back from its first message."""

    async def receive(self, kind: str, body: Any) -> None:
        await asyncio.Event().wait()


@CLOCKS
def test_a_sender_outside_is_let_go_when_the_system_is_aborted(clock: str) -> None:
    """It waits for room in a mailbox that nobody empties any more."""
    waiting: list[asyncio.Task[Any]] = []

    async def experiment() -> None:
        async with ActorSystem() as system:
            mailbox = MailboxPolicy(capacity=1)
            ref = await system.spawn(ActorSpec(name="hung", kind=Hung, mailbox=mailbox))
            await ref.tell("in hand")
            await asyncio.sleep(0.001)
            await ref.tell("inside")
            waiting.append(asyncio.create_task(ref.tell("outside")))
            await asyncio.sleep(0.001)
            raise ValueError("the experiment is broken")

    async def main() -> list[str]:
        with pytest.raises(ValueError, match="broken"):
            await experiment()
        async with asyncio.timeout(5):
            await asyncio.gather(*waiting)
        dropped = require_current().journal.select("message.dropped")
        return [f"{event.fields['what']} {event.fields['reason']}" for event in dropped]

    assert run(main, clock) == ["outside refused", "inside aborted"]
