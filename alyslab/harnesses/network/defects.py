"""The bugs that can be planted in the network, each to be found by a checker.

They are looked up once when a network is made: a defect is on for a whole run
or not at all, and a look-up for each message would slow every experiment.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Final

from alyslab.runtime.sites import planted, register_planted

_SUMMARIES: Final = {
    "latency_one_way": "a link delays what goes one way and not what comes back",
    "latency_ignores_correlation": "each message's jitter is drawn as if it had no neighbours",
    "bursts_flattened": "a link that loses in bursts loses as much, but one by one",
    "chances_halved": "a link doubles, corrupts and reorders half as often as it should",
    "loss_drawn_once": "whether a link loses its messages is drawn once for the whole run",
    "fifo_forgets": "after its conditions change, a link lets new messages overtake old ones",
    "rules_spare_replies": "a partition, like every other rule, lets replies through",
    "duplicate_shares_identity": "a duplicated message can't be told from its original",
    "forget_backlog": "a line sends each message as if nothing else were waiting",
    "cut_through": "a message arrives one latency after it was sent, whatever its size and the queue",
    "rule_order_reversed": "the rule that was installed last decides first",
    "reconnect_keeps_stale": "what was on its way before a reset arrives after the reconnect",
    "drop_unsaid": "now and then a lost message is not said to be lost",
    "crash_keeps_unread": "a restarted node finds the messages that its dead process had not read",
    "timeout_ignored": "a request waits for its answer beyond its time-out",
    "limit_ignored": "a line queues more messages than its limit",
}

DEFECTS: Final = tuple(register_planted(f"network.{name}", text) for name, text in _SUMMARIES.items())
"""Every defect by its full name, as ``simulate(planted=…)`` takes it."""


class Defects(SimpleNamespace):
    """Which defects are on in the present run: an attribute for each, by its name without the part."""

    def __getattr__(self, name: str) -> bool:  # tells the type checker what every attribute is
        raise AttributeError(name)

    @classmethod
    def read(cls) -> Defects:
        """Ask the present run."""
        return cls(**{name: planted(f"network.{name}") for name in _SUMMARIES})
