"""What can go wrong between actors, each error naming the actor, its state and what to do.

::

    BadInputError
    ├── HandlerError              a class that can't be run as an actor
    └── PolicyError               limits that contradict each other
    HarnessError
    └── ActorError                one actor, in one state, refused or failed
        ├── UnknownActorError     nobody has that name
        ├── NameTakenError        somebody has that name already
        ├── ActorStoppedError     it has stopped, or is stopping
        ├── MailboxFullError      its mailbox is full and refuses more
        ├── TransitionError       its state does not lead there
        ├── UnrecordableError     what it was given can't be written down
        ├── ActorFailedError      its handler raised
        ├── InjectedFailure       a failure that the laboratory caused
        └── NoReplyError          nobody will answer
            └── AskTimeoutError   nobody answered in time
"""

from __future__ import annotations

from alyslab.errors import BadInputError, HarnessError


class HandlerError(BadInputError):
    """A class that can't be run as an actor: its handler is missing or not async."""


class PolicyError(BadInputError):
    """A policy whose limits contradict each other."""


class ActorError(HarnessError):
    """One actor, in one state, refused or failed.

    ``actor`` and ``state`` say which; ``advice`` what the caller can do.
    """

    def __init__(self, actor: str, state: str, what: str, advice: str) -> None:
        self.actor = actor
        self.state = state
        self.advice = advice
        super().__init__(f"actor {actor} ({state}): {what}; {advice}")


class UnknownActorError(ActorError):
    """No actor has that name."""


class NameTakenError(ActorError):
    """A name that an actor or a supervisor has already."""


class ActorStoppedError(ActorError):
    """The actor has stopped or is stopping, and takes no more messages."""


class MailboxFullError(ActorError):
    """The mailbox is full, and its policy is to refuse."""


class TransitionError(ActorError):
    """The actor's present state does not lead to the one asked for."""


class UnrecordableError(ActorError):
    """What the actor was given, or wanted to write, is nothing that the journal can keep."""


class ActorFailedError(ActorError):
    """The handler raised while it had the message; the error is the ``__cause__``."""


class InjectedFailure(ActorError):  # noqa: N818 - it is what the experiment asked for
    """A failure that the laboratory caused inside the actor."""


class NoReplyError(ActorError):
    """Nobody will answer: the actor went down with the message, or waits for the asker itself."""


class AskTimeoutError(NoReplyError):
    """Nobody answered in time; ``timeout_s`` is how long the asker waited."""

    def __init__(self, actor: str, state: str, timeout_s: float) -> None:
        self.timeout_s = timeout_s
        super().__init__(
            actor,
            state,
            f"gave no answer within {timeout_s:g} s",
            "raise timeout_s, or look at its mailbox and its handler",
        )
