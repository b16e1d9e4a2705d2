from __future__ import annotations

import asyncio
from typing import Any

import pytest

from alyslab.errors import StateError
from alyslab.harnesses.actor import (
    Actor,
    ActorSpec,
    ActorSystem,
    MailboxPolicy,
    Overflow,
    Priority,
    fixed,
    immediate,
)
from alyslab.harnesses.actor.errors import (
    ActorFailedError,
    ActorStoppedError,
    AskTimeoutError,
    HandlerError,
    MailboxFullError,
    NameTakenError,
    NoReplyError,
    PolicyError,
    TransitionError,
    UnknownActorError,
)
from alyslab.harnesses.actor.workloads import WORKLOADS
from alyslab.runtime import current, simulate
from alyslab.runtime.wall import measure
from tests.harnesses.actor.actors import Echo, Notary, Selfish, Slow, journal_of, states


async def echoes() -> list[Any]:
    async with ActorSystem() as system:
        ref = await system.spawn(ActorSpec(name="echo", kind=Echo))
        return [await ref.ask("say", number) for number in range(5)]


def test_answers_come_back_on_both_clocks() -> None:
    """The same code must serve a search in virtual time and a broker in real time."""
    assert simulate(echoes, seed=1).result == list(range(5))
    assert asyncio.run(measure(echoes, seed=1)).result == list(range(5))


def test_a_run_is_repeated_bit_for_bit() -> None:
    """Without it no seed would find a bug twice."""
    first, again = (WORKLOADS["trial"].run(5).run.digest for _ in range(2))

    assert first == again


def test_priorities_overtake_and_keep_their_own_order() -> None:
    """Alys's mailbox promises both at once, which a plain queue can't."""

    async def main() -> None:
        async with ActorSystem() as system:
            ref = await system.spawn(ActorSpec(name="slow", kind=Slow))
            await ref.tell("first")
            await asyncio.sleep(0.001)
            for priority in (Priority.LOW, Priority.NORMAL, Priority.HIGH, Priority.EMERGENCY, Priority.HIGH):
                await ref.tell("then", priority=priority)

    handled = [
        (event.fields["priority"], event.fields["sequence"])
        for event in journal_of(main).select(kind="message")
    ]

    assert handled == [(2, 1), (5, 1), (3, 1), (3, 2), (2, 2), (1, 1)]


@pytest.mark.parametrize(
    ("overflow", "reason"),
    [(Overflow.DROP_NEWEST, "newest"), (Overflow.DROP_OLDEST, "oldest"), (Overflow.REJECT, "rejected")],
)
def test_a_full_mailbox_says_what_it_dropped(overflow: Overflow, reason: str) -> None:
    """A drop without a row would be a loss that nobody can tell from a bug."""

    async def main() -> int:
        refused = 0
        async with ActorSystem() as system:
            mailbox = MailboxPolicy(capacity=2, overflow=overflow)
            ref = await system.spawn(ActorSpec(name="slow", kind=Slow, mailbox=mailbox))
            for number in range(6):
                try:
                    await ref.tell("work", number)
                except MailboxFullError:
                    refused += 1
        return refused

    run = simulate(main, seed=1)
    dropped = list(run.journal.select(kind="message.dropped"))
    sequences = [event.fields["sequence"] for event in dropped]

    assert {event.fields["reason"] for event in dropped} == {reason}
    assert sequences == ([1, 2, 3, 4] if reason == "oldest" else [3, 4, 5, 6])
    assert run.result == (4 if reason == "rejected" else 0)


def test_backpressure_holds_the_sender_and_loses_nothing() -> None:
    """A sender that is not held would fill memory instead."""

    async def main() -> float:
        async with ActorSystem() as system:
            ref = await system.spawn(ActorSpec(name="slow", kind=Slow, mailbox=MailboxPolicy(capacity=1)))
            for number in range(5):
                await ref.tell("work", number)
            return asyncio.get_running_loop().time()

    run = simulate(main, seed=1)

    assert run.result == pytest.approx(0.03)
    assert len(list(run.journal.select(kind="message"))) == 5


def test_a_cancelled_sender_takes_its_message_back() -> None:
    """Otherwise a message would arrive that its sender believes was never sent."""

    async def main() -> None:
        async with ActorSystem() as system:
            ref = await system.spawn(ActorSpec(name="slow", kind=Slow, mailbox=MailboxPolicy(capacity=1)))
            await ref.tell("in hand")
            await asyncio.sleep(0.001)
            await ref.tell("waits")
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.002):
                    await ref.tell("never")

    journal = journal_of(main)

    assert [event.fields["reason"] for event in journal.select(kind="message.dropped")] == ["cancelled"]
    assert [event.fields["what"] for event in journal.select(kind="message")] == ["in hand", "waits"]


def test_what_waits_survives_a_restart_and_what_was_saved_too() -> None:
    """A restart replaces the actor, not its mailbox."""

    async def main() -> list[Any]:
        async with ActorSystem(policy=fixed(50)) as system:
            ref = await system.spawn(ActorSpec(name="notary", kind=Notary))
            await ref.tell("count")
            await ref.tell("crash")
            return [await ref.ask("count"), asyncio.get_running_loop().time()]

    run = simulate(main, seed=1)

    assert run.result == [2, pytest.approx(0.05)]
    assert states(run.journal, "notary")[:4] == ["running", "failed", "restarting", "initializing"]


def test_a_failing_handler_takes_down_nobody_else() -> None:
    """Supervision exists for this."""

    async def main() -> Any:
        async with ActorSystem(policy=immediate(limit=0)) as system:
            bad = await system.spawn(ActorSpec(name="bad", kind=Echo))
            good = await system.spawn(ActorSpec(name="good", kind=Echo))
            with pytest.raises(ActorFailedError) as caught:
                await bad.ask("crash")
            assert isinstance(caught.value.__cause__, ValueError)
            await asyncio.sleep(0.01)
            return system.state("bad"), await good.ask("say", 7)

    assert simulate(main, seed=1).result == ("stopped", 7)


def test_each_misuse_is_a_typed_error_that_names_actor_state_and_advice() -> None:
    """An error that does not say what to do costs an afternoon."""

    async def main() -> list[str]:
        said = []
        async with ActorSystem() as system:
            ref = await system.spawn(ActorSpec(name="echo", kind=Echo))
            slow = await system.spawn(ActorSpec(name="slow", kind=Slow))
            selfish = await system.spawn(ActorSpec(name="selfish", kind=Selfish))
            with pytest.raises(UnknownActorError, match="echo"):
                system.ref("ecko")
            with pytest.raises(NameTakenError, match="another name"):
                await system.spawn(ActorSpec(name="echo", kind=Echo))
            with pytest.raises(AskTimeoutError) as late:
                await slow.ask("work", timeout_s=0.001)
            with pytest.raises(ActorFailedError) as circle:
                await selfish.ask("go")
            with pytest.raises(TransitionError, match="leads to"):
                system.resume("echo")
            await system.stop("echo")
            with pytest.raises(ActorStoppedError) as gone:
                await ref.tell("anybody")
            said = [str(late.value), str(circle.value.__cause__), str(gone.value)]
        with pytest.raises(StateError):
            await system.shutdown()
        return said

    late, circle, gone = simulate(main, seed=1).result

    assert "slow (running)" in late
    assert "within 0.001 s" in late
    assert "waits for the asker itself" in circle
    assert "echo (stopped)" in gone


class Plain(Actor):
    def receive(self, kind: str, body: Any) -> Any:  # type: ignore[override]
        return body


@pytest.mark.parametrize(
    ("kind", "what"), [(Plain, "is not async"), (dict, "is no subclass"), (Actor, "is missing")]
)
def test_a_class_that_is_no_actor_is_refused_before_anything_starts(kind: Any, what: str) -> None:
    """A handler that is not async would block every actor, and only under load."""

    async def main() -> None:
        async with ActorSystem() as system:
            with pytest.raises(HandlerError, match=rf"actor x \(not started\), class \w+: .*{what}"):
                await system.spawn(ActorSpec(name="x", kind=kind))

    assert list(journal_of(main).select(kind="actor.created")) == []


def test_what_is_no_supervisor_and_no_health_policy_is_refused_before_anything_starts() -> None:
    """A name in place of the supervisor would break the system half-way, and a policy much later."""
    wrong: Any = "root"

    async def main() -> int:
        async with ActorSystem() as system:
            ref = await system.spawn(ActorSpec(name="echo", kind=Echo))
            with pytest.raises(PolicyError, match=r"'x' \(not started\): 'root' is no supervisor"):
                await system.spawn(ActorSpec(name="x", kind=Echo), supervisor=wrong)
            with pytest.raises(PolicyError, match=r"'twig' \(not started\): 'root' is no supervisor"):
                system.supervisor("twig", parent=wrong)
            with pytest.raises(PolicyError, match="health checks of echo: policy: 'root'"):
                system.watch("echo", policy=wrong)
            return int(await ref.ask("say", len(system.core.cells)))

    assert simulate(main, seed=1).result == 1


def test_a_pending_ask_learns_that_its_actor_went_down() -> None:
    """An ask that nobody will answer must not wait for its time-out."""

    async def main() -> float:
        async with ActorSystem() as system:
            slow = await system.spawn(ActorSpec(name="slow", kind=Slow))
            asking = asyncio.create_task(slow.ask("work"))
            await asyncio.sleep(0.001)
            slow._cell.suspend("test")
            await slow._cell.down()
            with pytest.raises(NoReplyError):
                await asking
            return asyncio.get_running_loop().time()

    assert simulate(main, seed=1).result == pytest.approx(0.001)


@pytest.mark.parametrize("clock", ["virtual", "wall"])
def test_a_cancelled_experiment_leaves_no_task(clock: str) -> None:
    """A task left behind would write into the next experiment."""

    async def busy() -> None:
        async with ActorSystem() as system:
            ref = await system.spawn(ActorSpec(name="slow", kind=Slow))
            while True:
                await ref.tell("work")

    async def main() -> int:
        before = len(asyncio.all_tasks())
        task = asyncio.create_task(busy())
        await asyncio.sleep(0.02)
        during = len(asyncio.all_tasks())
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert during > before
        return len(asyncio.all_tasks()) - before

    left = simulate(main, seed=1).result if clock == "virtual" else asyncio.run(measure(main, seed=1)).result

    assert left == 0


def test_sequences_alone_are_recorded_without_a_row_for_each_message() -> None:
    """The cheap way of recording must still tell what each receiver handled."""

    async def main() -> None:
        async with ActorSystem(recording="sequences") as system:
            ref = await system.spawn(ActorSpec(name="echo", kind=Echo))
            for number in range(10):
                await ref.tell("say", number, priority=Priority.NORMAL if number % 2 else Priority.HIGH)

    journal = journal_of(main)
    tracked = [
        (e.fields["priority"], e.fields["handled"], e.fields["skipped"], e.fields["repeated"])
        for e in journal.select(kind="message.tracked")
    ]

    assert list(journal.select(kind="message")) == []
    assert sorted(tracked) == [(2, 5, 0, 0), (3, 5, 0, 0)]


def test_a_run_is_needed() -> None:
    """Outside a run there is no journal to write to."""
    assert current() is None
    with pytest.raises(RuntimeError):
        ActorSystem()
