"""Messages to actors, sequences of them with causes, and whole scenarios with the policies around them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from alyslab.harnesses.actor import Backoff, Escalation, MailboxPolicy, Overflow, RestartPolicy, Strategy
from alyslab.property.case import case

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

PRIORITIES: Final = (2, 2, 2, 2, 0, 1, 3, 4, 5)
"""Normal first and most often: a message shrinks to a normal one, and streams grow long."""
PAUSES_MS: Final = (0, 0, 0, 0, 0, 1, 5, 20, 120, 1_100)
"""Mostly none, so that mailboxes fill; else within a handler's time, a back-off's, and beyond the second
of a restart window."""


@case
@dataclass(frozen=True, slots=True)
class MessagePlan:
    """One message of a sequence."""

    sender: int = 0
    receiver: int = 0
    what: str = "add"
    """``add`` adds 1 and saves; ``crash`` makes the handler raise."""
    priority: int = PRIORITIES[0]
    pause_ms: int = 0
    """How long the sender waits before it."""
    after: tuple[int, ...] = ()
    """Places of earlier messages, of any sender, that must be handled before it is sent."""


@case
@dataclass(frozen=True, slots=True)
class ReceiverPlan:
    """An actor that messages go to."""

    capacity: int = 100
    overflow: str = "backpressure"
    attempts: int = 1
    service_ms: int = 0


@case
@dataclass(frozen=True, slots=True)
class PolicyPlan:
    """When a supervisor restarts its actors; its window is one second."""

    backoff: str = "fixed"
    limit: int = 3
    escalation: str = "continue_without"
    isolate: bool = True
    strategy: str = "one_for_one"

    @property
    def policy(self) -> RestartPolicy:
        """The policy of the actor system that this stands for."""
        growing = self.backoff in ("exponential", "progressive")
        return RestartPolicy(
            backoff=Backoff(self.backoff),
            initial_ms=0.0 if self.backoff == "immediate" else 10.0,
            factor=2.0 if growing else 1.0,
            max_ms={"immediate": 0.0, "fixed": 10.0, "exponential": 60.0, "progressive": 10.0 * 2**2}[
                self.backoff
            ],
            tries=3 if self.backoff == "progressive" else 0,
            limit=self.limit,
            window_s=1.0,
            escalation=Escalation(self.escalation),
            isolate=self.isolate,
        )


@case
@dataclass(frozen=True, slots=True)
class ActorScenario:
    """Actors under one supervisor, and what is sent to them."""

    messages: tuple[MessagePlan, ...]
    receivers: tuple[ReceiverPlan, ...] = (ReceiverPlan(),)
    policy: PolicyPlan = PolicyPlan()


def messages(
    *, senders: int = 3, receivers: int = 2, crash_ratio: float = 0.2
) -> SearchStrategy[MessagePlan]:
    """Draw a message without causes; shrinks to a plain one from sender 0 to receiver 0, at once."""
    from hypothesis import strategies as st

    one_in = max(1, round(1 / crash_ratio))
    kinds = [(what, priority) for what in ("add",) * (one_in - 1) + ("crash",) for priority in PRIORITIES]

    def message(way: int, kind: tuple[str, int], pause_ms: int) -> MessagePlan:
        sender, receiver = divmod(way, receivers)
        return MessagePlan(sender, receiver, *kind, pause_ms)

    # Few draws a message: Hypothesis shrinks a list by taking out five draws in a row, and no more.
    ways = st.integers(0, senders * receivers - 1)
    return st.builds(message, ways, st.sampled_from(kinds), st.sampled_from(PAUSES_MS))


def message_sequences(
    *, most: int = 20, senders: int = 3, receivers: int = 2, causes: bool = True
) -> SearchStrategy[tuple[MessagePlan, ...]]:
    """Draw 1 to ``most`` messages in the order in which they are sent, some with earlier ones as causes.

    Shrinks to a single plain message; a cause is always the place of an earlier message.
    """
    from dataclasses import replace

    from hypothesis import strategies as st

    # One in four has a cause: 0 is none, 3 * most and above say how far back it is.
    drawn = st.tuples(messages(senders=senders, receivers=receivers), st.integers(0, 4 * most - 1))

    def linked(items: list[tuple[MessagePlan, int]]) -> tuple[MessagePlan, ...]:
        made = []
        for place, (message, cause) in enumerate(items):
            back = cause - 3 * most
            after = (place - 1 - back % place,) if causes and back >= 0 and place > 0 else ()
            made.append(replace(message, after=after))
        return tuple(made)

    return st.lists(drawn, min_size=1, max_size=most).map(linked)


def receiver_plans() -> SearchStrategy[ReceiverPlan]:
    """Draw a receiver; shrinks to one with room that takes no time."""
    from hypothesis import strategies as st

    narrow = st.builds(
        ReceiverPlan,
        capacity=st.integers(1, 4),
        overflow=st.sampled_from(tuple(str(one) for one in Overflow)),
        attempts=st.integers(1, 3),
        service_ms=st.sampled_from((0, 1, 3, 3)),
    )
    roomy = st.builds(ReceiverPlan, attempts=st.integers(1, 3), service_ms=st.sampled_from((0, 1, 3)))
    return st.one_of(roomy, narrow, narrow)


def policy_plans() -> SearchStrategy[PolicyPlan]:
    """Draw a supervision policy; shrinks to one restart after a fixed delay, each actor for itself."""
    from hypothesis import strategies as st

    return st.builds(
        PolicyPlan,
        backoff=st.sampled_from(("fixed", "immediate", "exponential", "progressive")),
        limit=st.integers(1, 4),
        escalation=st.sampled_from(
            (Escalation.CONTINUE, Escalation.PARENT, Escalation.STOP, Escalation.RESTART_TREE)
        ).map(str),
        isolate=st.sampled_from((True, False)),
        strategy=st.sampled_from(tuple(str(one) for one in Strategy)),
    )


def actor_scenarios(*, most: int = 20, receivers: int = 3) -> SearchStrategy[ActorScenario]:
    """Draw actors, their supervision and up to ``most`` messages; shrinks to one message to one actor."""
    from dataclasses import replace

    from hypothesis import strategies as st

    def scenario(
        plans: list[ReceiverPlan], drawn: tuple[MessagePlan, ...], policy: PolicyPlan
    ) -> ActorScenario:
        sent = tuple(replace(message, receiver=message.receiver % len(plans)) for message in drawn)
        return ActorScenario(messages=sent, receivers=tuple(plans), policy=policy)

    # Drawn side by side and fitted together: what one draw decides about another one shrinks badly.
    return st.builds(
        scenario,
        st.lists(receiver_plans(), min_size=1, max_size=receivers),
        message_sequences(most=most, receivers=receivers),
        policy_plans(),
    )


def mailbox_of(plan: ReceiverPlan) -> MailboxPolicy:
    """Return the mailbox that a receiver's plan stands for."""
    return MailboxPolicy(capacity=plan.capacity, overflow=Overflow(plan.overflow))
