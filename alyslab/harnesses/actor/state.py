"""The states of an actor and which of them lead where."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from alyslab.harnesses.actor.errors import TransitionError


class ActorState(StrEnum):
    """Where an actor stands in its life.

    Source: alys v2 crates/actor_system/src/lifecycle.rs, ``ActorState``.
    """

    INITIALIZING = "initializing"
    RUNNING = "running"
    PAUSED = "paused"
    FAILED = "failed"
    RESTARTING = "restarting"
    STOPPING = "stopping"
    STOPPED = "stopped"


_S = ActorState

TRANSITIONS: Final[Mapping[ActorState, frozenset[ActorState]]] = {
    _S.INITIALIZING: frozenset({_S.RUNNING, _S.FAILED, _S.RESTARTING, _S.STOPPING}),
    _S.RUNNING: frozenset({_S.PAUSED, _S.FAILED, _S.RESTARTING, _S.STOPPING}),
    _S.PAUSED: frozenset({_S.RUNNING, _S.FAILED, _S.RESTARTING, _S.STOPPING}),
    _S.FAILED: frozenset({_S.RESTARTING, _S.STOPPING}),
    _S.RESTARTING: frozenset({_S.INITIALIZING, _S.STOPPING}),
    _S.STOPPING: frozenset({_S.STOPPED}),
    _S.STOPPED: frozenset(),
}
"""Which states each state leads to; nothing leads out of stopped."""

TAKES_MESSAGES: Final = frozenset({_S.INITIALIZING, _S.RUNNING, _S.PAUSED, _S.FAILED, _S.RESTARTING})
"""States in which the mailbox is open: an actor that is down for a restart finds its messages again."""


def require_transition(actor: str, before: ActorState, after: ActorState) -> None:
    """Raise :class:`TransitionError` unless ``before`` leads to ``after``."""
    if after not in TRANSITIONS[before]:
        leads_to = ", ".join(sorted(TRANSITIONS[before])) or "nowhere"
        raise TransitionError(actor, before, f"can't become {after}", f"{before} leads to {leads_to}")
