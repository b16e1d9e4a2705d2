from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from alyslab.harnesses.actor import MailboxPolicy, Message, Overflow, Priority
from alyslab.harnesses.actor.defects import Defects
from alyslab.harnesses.actor.errors import PolicyError, TransitionError
from alyslab.harnesses.actor.mailbox import Mailbox
from alyslab.harnesses.actor.state import TRANSITIONS, ActorState, require_transition
from alyslab.runtime import simulate


class Clock:
    now_ns = 5


def message(number: int, priority: int = Priority.NORMAL, sender: str = "s") -> Message:
    link: Any = SimpleNamespace(sender=sender)
    return Message("m", None, link, number, int(priority), number, 0, 0, None, None, ())


def mailbox(capacity: int, overflow: Overflow) -> tuple[Mailbox, list[tuple[int, str]]]:
    dropped: list[tuple[int, str]] = []
    policy = MailboxPolicy(capacity=capacity, overflow=overflow)
    box = Mailbox(policy, Clock(), lambda m, reason: dropped.append((m.number, reason)), Defects.read())
    return box, dropped


def taken(box: Mailbox) -> list[int]:
    numbers = []
    while (found := box.take()) is not None:
        numbers.append(found.number)
    return numbers


def test_lanes_are_taken_by_urgency_and_arrival() -> None:
    """The order in which an actor works is the order that senders were promised."""
    box, _ = mailbox(10, Overflow.REJECT)
    for number, priority in enumerate([2, 1, 4, 3, 0, 5, 3]):
        box.put(message(number, priority))

    assert taken(box) == [5, 2, 3, 6, 0, 1, 4]


def test_what_is_put_back_goes_first_and_the_bound_holds_after_it() -> None:
    """A message that failed was inside before; it takes nobody's place."""
    box, dropped = mailbox(2, Overflow.DROP_NEWEST)
    box.put(message(1))
    box.put(message(2))
    first = box.take()
    assert first is not None
    box.put_back(first)
    box.put(message(3))

    assert dropped == [(3, "newest")]
    assert taken(box) == [1, 2]


def test_drop_oldest_spares_what_is_more_urgent() -> None:
    """An emergency must not make room for a notice."""
    box, dropped = mailbox(2, Overflow.DROP_OLDEST)
    box.put(message(1, Priority.HIGH))
    box.put(message(2, Priority.NORMAL))
    box.put(message(3, Priority.LOW))
    box.put(message(4, Priority.EMERGENCY))
    box.put(message(5, Priority.NORMAL))

    assert dropped == [(3, "newest"), (2, "oldest"), (5, "newest")]
    assert taken(box) == [4, 1]


def test_drop_oldest_makes_room_for_one_where_a_message_went_back_without_a_place() -> None:
    """Otherwise every further message would find the mailbox above its bound, for ever."""
    box, dropped = mailbox(1, Overflow.DROP_OLDEST)
    box.put(message(1))
    failed = box.take()
    assert failed is not None
    box.put(message(2))
    box.put_back(failed)
    box.put(message(3))

    assert dropped == [(1, "oldest"), (2, "oldest")]
    assert taken(box) == [3]


def test_senders_are_let_in_first_come_first_served() -> None:
    """Whoever waits longest must not wait longer than those who came later."""

    async def main() -> tuple[list[int], list[int]]:
        box, _ = mailbox(1, Overflow.BACKPRESSURE)
        box.put(message(1))
        waits = [box.put(message(number)) for number in (2, 3)]
        first = box.take()
        assert first is not None
        assert isinstance(waits[0], asyncio.Future)
        assert isinstance(waits[1], asyncio.Future)
        let_in = [int(wait.done()) for wait in waits if isinstance(wait, asyncio.Future)]
        return let_in, taken(box)

    assert simulate(main, seed=1).result == ([1, 0], [2, 3])


def test_a_closed_mailbox_lets_its_senders_go() -> None:
    """A sender that waits for a stopped actor would wait for ever."""

    async def main() -> tuple[bool, list[tuple[int, str]]]:
        box, dropped = mailbox(1, Overflow.BACKPRESSURE)
        box.put(message(1))
        wait = box.put(message(2))
        assert isinstance(wait, asyncio.Future)
        box.close()
        box.drain("stopped")
        return wait.done(), dropped

    assert simulate(main, seed=1).result == (True, [(2, "refused"), (1, "stopped")])


@pytest.mark.parametrize("options", [{"capacity": 0}, {"capacity": True}, {"overflow": "burst"}])
def test_a_mailbox_that_holds_nothing_is_refused(options: dict[str, Any]) -> None:
    """An actor that can be sent nothing passes every test."""
    with pytest.raises(PolicyError):
        MailboxPolicy(**options)


def test_every_state_but_stopped_leads_to_an_end() -> None:
    """An actor that can't be stopped would outlive its experiment."""
    for state in set(ActorState) - {ActorState.STOPPED, ActorState.STOPPING}:
        require_transition("a", state, ActorState.STOPPING)
    assert TRANSITIONS[ActorState.STOPPED] == frozenset()
    with pytest.raises(TransitionError, match="actor a \\(stopped\\)"):
        require_transition("a", ActorState.STOPPED, ActorState.RUNNING)
