"""The bugs that can be planted in the gossip, each to be found by a checker."""

from __future__ import annotations

from typing import Final

from alyslab.runtime.sites import register_planted

FORGET_RELAY: Final = register_planted(
    "gossip.forget_relay", "now and then a peer does not pass a new block on"
)
FORGET_SEEN: Final = register_planted(
    "gossip.forget_seen", "now and then a peer takes a block that it has for a new one"
)
SKIP_SLOT: Final = register_planted(
    "gossip.skip_slot", "now and then an author lets its slot pass without a block"
)
EARLY_SEND: Final = register_planted(
    "gossip.early_send", "now and then an author sends its block out before it has produced it"
)
ASKS_ALL: Final = register_planted(
    "gossip.asks_all", "a peer asks everybody who announces a block for it, not the first one alone"
)
ALWAYS_WHOLE: Final = register_planted(
    "gossip.always_whole", "a peer always finds every transaction of a compact block"
)
NEVER_PRUNES: Final = register_planted(
    "gossip.never_prunes", "a peer keeps everybody in its mesh who asks to be there"
)
SILENT_LAZY: Final = register_planted(
    "gossip.silent_lazy", "a peer tells nobody outside its mesh what it has"
)

DEFECT_RATIO: Final = 0.05
"""How often a defect shows that comes "now and then": rarely enough to be missed by a quick look."""

FLOOD_DEFECTS: Final = (
    FORGET_RELAY,
    FORGET_SEEN,
    SKIP_SLOT,
    EARLY_SEND,
    "network.cut_through",
    "network.forget_backlog",
)
"""Those that a flood without faults can show."""
