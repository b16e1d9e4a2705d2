"""An actor system worth testing: mailboxes, supervision, failures, and a journal written by receivers."""

from alyslab.harnesses.actor.actor import Actor
from alyslab.harnesses.actor.backoff import (
    Backoff,
    Escalation,
    RestartPolicy,
    exponential,
    fixed,
    immediate,
    progressive,
)
from alyslab.harnesses.actor.failure import Failure, FailureKind
from alyslab.harnesses.actor.message import Message, Priority
from alyslab.harnesses.actor.overflow import MailboxPolicy, Overflow
from alyslab.harnesses.actor.reference import Ref
from alyslab.harnesses.actor.spec import ActorSpec, ShutdownClass
from alyslab.harnesses.actor.state import ActorState
from alyslab.harnesses.actor.strategy import Strategy
from alyslab.harnesses.actor.system import ActorSystem

__all__ = [
    "Actor",
    "ActorSpec",
    "ActorState",
    "ActorSystem",
    "Backoff",
    "Escalation",
    "Failure",
    "FailureKind",
    "MailboxPolicy",
    "Message",
    "Overflow",
    "Priority",
    "Ref",
    "RestartPolicy",
    "ShutdownClass",
    "Strategy",
    "exponential",
    "fixed",
    "immediate",
    "progressive",
]
