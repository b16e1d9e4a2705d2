"""A message that is tried again takes nobody's place; one that is refused leaves no question open."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest

from alyslab.checkers.mailboxes import check_mailboxes, depths
from alyslab.harnesses.actor import ActorSpec, ActorSystem, Escalation, MailboxPolicy, Overflow, fixed
from alyslab.harnesses.actor.errors import ActorError, ActorStoppedError
from alyslab.harnesses.actor.workloads.actors import Counter
from alyslab.runtime import Run, simulate


async def crowded(overflow: str, capacity: int) -> None:
    """One sender crashes an actor that tries again; others fill its mailbox meanwhile."""
    async with ActorSystem() as system:
        branch = system.supervisor("branch", policy=fixed(10, limit=5))
        mailbox = MailboxPolicy(capacity=capacity, overflow=Overflow(overflow))
        spec = ActorSpec(name="c", kind=Counter, attempts=3, mailbox=mailbox, options={"service_ms": 1})
        await system.spawn(spec, supervisor=branch)

        async def send(what: str, number: int) -> None:
            await asyncio.sleep(number * 0.000_5)
            with suppress(ActorError):  # a full mailbox may say so
                await system.ref("c", sender=f"sender-{number}").tell(what, number)

        async with asyncio.TaskGroup() as group:
            group.create_task(send("crash", 0))
            for number in range(1, 9):
                group.create_task(send("add", number))
        await asyncio.sleep(2)


def run_crowded(overflow: str, capacity: int, *planted: str) -> Run:
    parameters = {"overflow": overflow, "capacity": capacity}
    return simulate(crowded, seed=1, parameters=parameters, planted=planted)


@pytest.mark.parametrize("capacity", [1, 2])
@pytest.mark.parametrize("overflow", list(Overflow))
def test_no_more_than_the_capacity_is_let_in_beside_a_message_that_is_tried_again(
    overflow: Overflow, capacity: int
) -> None:
    """The bound is on what senders may put in; an attempt that failed must not cost a run its verdict."""
    run = run_crowded(str(overflow), capacity)

    assert any(event.fields.get("outcome") == "retried" for event in run.journal)
    assert [check.name for check in check_mailboxes(run.journal).failed] == []
    assert [int(one.waiting.max()) for one in depths(run.journal) if one.actor == "c"] == [capacity]


def test_a_mailbox_that_takes_too_many_is_still_found_where_messages_are_tried_again() -> None:
    """A bound that allows for retries must not allow for everything."""
    failed = check_mailboxes(run_crowded("reject", 1, "actor.capacity_ignored").journal).failed

    assert [check.name for check in failed] == ["no mailbox holds more than its capacity"]


def test_asking_a_stopped_actor_is_refused_once() -> None:
    """A second error that nobody awaits would end the run of somebody who handled the first."""

    async def main() -> str:
        async with ActorSystem() as system:
            policy = fixed(10, limit=1, escalation=Escalation.CONTINUE)
            ref = await system.spawn(
                ActorSpec(name="c", kind=Counter), supervisor=system.supervisor("b", policy=policy)
            )
            await ref.tell("crash")
            await ref.tell("crash")
            await asyncio.sleep(1)
            with pytest.raises(ActorStoppedError) as refused:
                await ref.ask("get")
        return str(refused.value)

    assert "takes no more messages" in simulate(main, seed=1).result


def test_an_ask_that_is_given_up_before_it_finds_room_leaves_nothing_behind() -> None:
    """Who gave up asking must not be told an answer, nor the run that there is none."""

    async def main() -> float:
        async with ActorSystem() as system:
            spec = ActorSpec(
                name="c", kind=Counter, mailbox=MailboxPolicy(capacity=1), options={"service_ms": 100}
            )
            ref = await system.spawn(spec)
            await ref.tell("add", 1)
            await asyncio.sleep(0.01)
            await ref.tell("add", 2)
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.01):
                    await ref.ask("get")
            await asyncio.sleep(1)
            return float(await ref.ask("get"))

    assert simulate(main, seed=1).result == 3
