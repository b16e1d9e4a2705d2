"""The bugs that can be planted in the actor system, each to be found by a checker.

They are looked up once when a system is made, since a defect is on for a whole
run or not at all, and a look-up for each message would slow every experiment.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Final

from alyslab.runtime.sites import planted, register_planted

_SUMMARIES: Final = {
    "restart_forgets_mailbox": "a restarted actor begins with an empty mailbox",
    "restart_limit_ignored": "a supervisor goes on restarting beyond its limit",
    "window_never_resets": "restarts count against the limit for ever, whatever the window",
    "escalation_swallowed": "a supervisor at its limit does nothing at all",
    "two_handlers_at_once": "an urgent message is handled while another one is in hand",
    "priority_inverts": "an urgent message queues behind everything",
    "backpressure_drops_silently": "a sender at a full mailbox is let go and its message forgotten",
    "reply_to_wrong_caller": "an answer goes to another asker that waits for the same actor",
    "health_answers_for_dead": "the health check of an actor that is down is answered from memory",
    "child_outlives_parent": "an actor that stops leaves its children running",
    "fifo_broken_after_restart": "a restarted actor finds its first two messages swapped",
    "clock_not_merged": "a receiver does not merge the vector clock of a message",
    "state_survives_restart": "a restart keeps the failed actor's memory",
    "group_restart_forgets_siblings": "one-for-all and rest-for-one restart the failed actor alone",
    "backoff_never_grows": "every restart waits as long as the first",
    "isolation_ignored": "siblings are paused although the policy isolates failures",
    "message_handled_twice": "the message in hand at a failure is handled again, unasked",
    "capacity_ignored": "a mailbox takes more than its capacity",
    "drop_oldest_drops_newest": "the policy drop-oldest drops the newest message that waits",
    "ask_timeout_ignored": "an ask waits for its answer beyond its time-out",
    "shutdown_order_reversed": "an actor stops before those that depend on it",
    "breaker_never_opens": "a circuit breaker lets calls through whatever fails",
    "broadcast_reordered": "two broadcasts reach the replicas in different orders",
    "causal_overtaking": "a mailbox puts a message before one of another sender",
    "deduplication_forgotten": "an actor carries a repeated request out again",
    "handed_over_twice": "a message that was taken out of the mailbox stays in it, and is handled again",
    "effect_forgotten": "an actor confirms a request that it did not carry out",
    "dependency_overtakes": "a message that depends on another one is put in front of all that wait",
    "restarted_stays_silent": "a restarted actor works, and answers no health check",
    "dead_letter_before_retry": "a failed message is given up although attempts are left",
}

DEFECTS: Final = tuple(register_planted(f"actor.{name}", text) for name, text in _SUMMARIES.items())
"""Every defect by its full name, as ``simulate(planted=…)`` takes it."""


class Defects(SimpleNamespace):
    """Which defects are on in the present run: an attribute for each, by its name without the part."""

    def __getattr__(self, name: str) -> bool:  # tells the type checker what every attribute is
        raise AttributeError(name)

    @classmethod
    def read(cls) -> Defects:
        """Ask the present run."""
        return cls(**{name: planted(f"actor.{name}") for name in _SUMMARIES})
