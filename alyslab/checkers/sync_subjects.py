"""What scenes of the synchronisation are about, and which check asks for what.

See :mod:`alyslab.checkers.drawn`.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

RANGES: Final = "ranges from several peers"
CHECKPOINTS: Final = "several checkpoints"
PRODUCTION: Final = "a node that asks whether it may produce"
TELLING: Final = "nodes that tell of every block"
RESTART: Final = "a restart of a node that has a chain"
SPOILT: Final = "a state that is spoilt after a checkpoint"
BAD_BLOCKS: Final = "a peer whose blocks break a rule"
LIARS: Final = "a peer that answers nothing well"
FAILING: Final = "a peer that fails"

SUBJECTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "a recovery finds every block that was committed": RESTART,
        "a recovery finds the pointer to the latest proof of work": RESTART,
        "a checkpoint bears the roots of its own height": CHECKPOINTS,
        "a checkpoint is made wherever one is due": CHECKPOINTS,
        "no damaged checkpoint is recovered from": SPOILT,
        "no batch is larger than its bound": RANGES,
        "no peer is asked for a range while another has fewer in hand": RANGES,
        "a peer that failed is not asked for blocks before its back-off is over": FAILING,
        "a peer that failed too often in a row is put on the blacklist": LIARS,
        "nobody on the blacklist is asked for blocks": LIARS,
        "a block that is refused counts against who sent it": BAD_BLOCKS,
        "no node may produce while it is behind": PRODUCTION,
        "blocks that claim another state root": TELLING,
        "finality moved backwards": TELLING,
    }
)
"""What a check that is not asked of every run needs, by the check's name."""
