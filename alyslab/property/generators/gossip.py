"""Gossip: a connected network of peers, a protocol, and how many blocks its authors write."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from alyslab.harnesses.network.gossip import KINDS
from alyslab.property.case import case

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

PROTOCOLS: Final = tuple(KINDS)
DEGREES: Final = (4, 8)
"""Links of each peer: fewer than a mesh wants, and enough for it to leave some out."""
STAR: Final = 16
"""Fewest peers of a star: all others want its hub in their mesh, which is more than a mesh may keep."""


@case
@dataclass(frozen=True, slots=True)
class GossipPlan:
    """Blocks that are spread by one protocol."""

    protocol: str = PROTOCOLS[0]
    peers: int = 6
    degree: int = DEGREES[0]
    """Links of each peer, as far as there are others; 0 for a star around the first peer."""
    blocks: int = 1
    authorities: int = 1
    delay_ms: int = 20
    block_bytes: int = 10_000

    @property
    def topology(self) -> dict[str, Any]:
        """The graph, as ``spread`` takes it; each peer has an even number of links, so that there is one."""
        if not self.degree:
            return {"shape": "star", "hubs": 1}
        return {"shape": "random_regular", "degree": min(self.degree, (self.peers - 1) // 2 * 2)}


def gossip_plans(*, peers_max: int = 24, blocks_max: int = 8) -> SearchStrategy[GossipPlan]:
    """Draw a network and its blocks; shrinks to six peers that flood one small block."""
    from hypothesis import strategies as st

    def gossip(protocol: str, peers: int, degree: int, *others: int) -> GossipPlan:
        return GossipPlan(protocol, peers if degree else max(peers, STAR), degree, *others)

    return st.builds(
        gossip,
        st.sampled_from(PROTOCOLS),
        st.integers(6, peers_max),
        st.sampled_from((*DEGREES, 0)),
        st.integers(1, blocks_max),
        st.integers(1, 6),
        st.sampled_from((20, 1, 150)),
        st.sampled_from((10_000, 100_000, 535_000)),
    )
