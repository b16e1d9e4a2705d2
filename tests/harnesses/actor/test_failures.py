"""Injected failures happen when and as often as they say, and to nobody else."""

from __future__ import annotations

import asyncio
from random import Random
from typing import Any

import pytest

from alyslab.checkers.latency import latency_quantiles
from alyslab.harnesses.actor import (
    Actor,
    ActorSpec,
    ActorSystem,
    Failure,
    FailureKind,
    MailboxPolicy,
    immediate,
)
from alyslab.harnesses.actor.errors import ActorFailedError, AskTimeoutError
from alyslab.harnesses.actor.failure import Trigger, slow
from alyslab.runtime import simulate
from tests.harnesses.actor.actors import Echo, journal_of

MANY = immediate(limit=1_000)


class Ledger(Actor):
    """Holds a balance that a stray write can damage."""

    def __init__(self) -> None:
        self.balance = 100

    def state(self) -> Any:
        return self.balance

    def corrupt(self, random: Random) -> None:
        self.balance = -random.randrange(1, 100)

    async def receive(self, kind: str, body: Any) -> int:
        return self.balance


async def ends(failure: Failure, kinds: list[str], *, actor: type[Actor] = Echo) -> list[str]:
    """Ask for these one after the other; returns how each ended."""
    found = []
    async with ActorSystem(policy=MANY) as system:
        ref = await system.spawn(ActorSpec(name="victim", kind=actor, failures=(failure,)))
        for kind in kinds:
            try:
                await ref.ask(kind, kind, timeout_s=1.0)
                found.append("well")
            except ActorFailedError:
                found.append("failed")
            except AskTimeoutError:
                found.append("silent")
    return found


@pytest.mark.parametrize(
    ("failure", "kinds", "expected"),
    [
        (
            Failure(kind=FailureKind.PANIC, on="bad", times=None),
            ["a", "bad", "a", "bad"],
            "well failed well failed",
        ),
        (Failure(kind=FailureKind.PANIC, after=2), ["a"] * 4, "well well failed well"),
        (Failure(kind=FailureKind.PANIC, times=2), ["a"] * 4, "failed failed well well"),
        (Failure(kind=FailureKind.LOSE_REPLY, on="a"), ["b", "a", "a"], "well silent well"),
    ],
)
def test_a_failure_hits_the_messages_that_it_names(failure: Failure, kinds: list[str], expected: str) -> None:
    """A failure that comes at another message tests another experiment."""

    async def main() -> list[str]:
        return await ends(failure, kinds)

    assert simulate(main, seed=1).result == expected.split()


def test_a_chance_is_the_share_that_it_says() -> None:
    """A panic with probability p that always comes, or never, would still look like a failure."""
    trigger = Trigger(Failure(kind=FailureKind.PANIC, probability=0.25, times=None), Random(7))

    hits = sum(trigger.hits("a") for _ in range(4_000))

    assert 900 < hits < 1_100  # 1,000 expected; 27 is a standard deviation


def test_a_lost_reply_is_handled_all_the_same() -> None:
    """What the asker does not hear happened nevertheless: that is what makes a repeated request dangerous."""

    async def main() -> list[str]:
        return await ends(Failure(kind=FailureKind.LOSE_REPLY), ["a"])

    run = simulate(main, seed=1)

    assert run.result == ["silent"]
    assert [event.fields["outcome"] for event in run.journal.select("message")] == ["done"]


def test_a_slow_handler_takes_longer_by_what_it_says() -> None:
    """The time is seen where it was spent: in hand."""

    async def main() -> list[str]:
        return await ends(slow(0.25), ["a"])

    (row,) = journal_of(main).select("message")

    assert row.time_ns - row.fields["started_ns"] == 250_000_000


def test_damage_is_seen_in_the_state_and_undone_by_nothing() -> None:
    """The digests before and after a restart differ only if the damage is real."""

    async def main() -> list[Any]:
        async with ActorSystem(policy=MANY) as system:
            failure = Failure(kind=FailureKind.CORRUPT, after=1)
            ref = await system.spawn(ActorSpec(name="ledger", kind=Ledger, failures=(failure,)))
            return [await ref.ask("read") for _ in range(3)]

    sound, damaged, after = simulate(main, seed=1).result

    assert sound == 100
    assert damaged < 0
    assert after == damaged


def test_quantiles_count_from_the_sending() -> None:
    """An actor that keeps its senders waiting is not quick."""

    async def main() -> None:
        async with ActorSystem() as system:
            mailbox = MailboxPolicy(capacity=1)
            spec = ActorSpec(name="victim", kind=Echo, mailbox=mailbox, failures=(slow(0.01),))
            ref = await system.spawn(spec)
            await asyncio.gather(*(ref.ask("a") for _ in range(4)))

    frame = latency_quantiles(journal_of(main)).set_index("quantile")

    assert frame.loc[0.99, "total_ms"] == pytest.approx(40)
    assert frame.loc[0.99, "in_hand_ms"] == pytest.approx(10)
    assert frame.loc[0.99, "held_ms"] == pytest.approx(20)
    assert frame.loc[0.99, "waited_ms"] == pytest.approx(10)
