"""Flooding: a peer passes a new block on to every neighbour but the one that it came from.

On a connected graph of n peers and E links that costs 2E - (n - 1) messages for
each block, whatever the delays.
"""

from __future__ import annotations

from alyslab.harnesses.network.gossip.gossiper import Gossiper


class Flooder(Gossiper):
    """A peer that floods."""

    def announce(self, block: int, hops: int, source: str | None) -> None:  # noqa: ARG002 - read from seen
        """Send the block itself."""
        for peer in self.endpoint.peers():
            if peer != source:
                self.send_body(peer, block)
