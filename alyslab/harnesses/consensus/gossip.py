"""Gossip: a message goes to all peers, and from each that finds it valid to theirs, once.

V1's libp2p gossip passes every message of a topic on to its mesh.  Here, as
in gossipsub with a validator, a node first looks whether a message is one,
so that honest nodes never pass on what would cost them their own score.

Source: alys-system.md §1, "Gossip"; libp2p gossipsub v1.1, "extended validators".
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from alyslab.harnesses.network.endpoint import Endpoint

Came = Literal["new", "known", "again"]
"""Whether bytes are new, known from others, or sent again by the same peer."""
SEEN_MAX: Final = 4_096
"""Messages remembered in each of two generations, so that a late copy is known for some minutes."""


class Gossip:
    """One node's part in the gossip of all topics.

    Parameters
    ----------
    endpoint
        The node's end of the network.
    peers
        Nodes of the chain that this one should be connected to; miners and
        users take no part in gossip.
    relay
        Whether valid messages are passed on; where everybody is everybody's
        peer and nothing is lost, it only costs.
    """

    def __init__(self, endpoint: Endpoint, peers: Iterable[str], *, relay: bool) -> None:
        self._endpoint = endpoint
        self._wanted = frozenset(peers)
        self._connected: tuple[str, ...] = ()
        self._relay = relay
        self._seen: dict[bytes, int] = {}  # payload: the bits of those who sent it
        self._seen_before: dict[bytes, int] = {}
        self._bits: dict[str, int] = {}

    def start(self) -> None:
        """Follow which peers are connected, from now until the node crashes."""
        self._look()
        self._endpoint.on_peers(lambda _peer, _connected: self._look())

    def _look(self) -> None:
        self._connected = tuple(peer for peer in self._endpoint.peers() if peer in self._wanted)

    def publish(self, topic: str, payload: bytes) -> None:
        """Send to every peer; what is published again goes out again, and they who know it drop it."""
        if payload not in self._seen:
            self._remember(payload, 0)
        send = self._endpoint.send
        for peer in self._connected:
            send(peer, topic, payload)

    def came(self, payload: bytes, sender: str, copy: int) -> Came:
        """Note a message and return whether it was seen before, and from this sender.

        ``copy`` is not 0 for what the network has made of a message, which is nobody's doing.
        """
        bit = 0 if copy else self._bits.get(sender) or self._new_bit(sender)
        senders = self._seen.get(payload)
        if senders is None:
            senders = self._seen_before.get(payload)
            if senders is None:
                self._remember(payload, bit)
                return "new"
        self._seen[payload] = senders | bit
        return "again" if senders & bit else "known"

    def pass_on(self, topic: str, payload: bytes, sender: str) -> None:
        """Send a valid message to every peer but the one it came from."""
        if not self._relay:
            return
        send = self._endpoint.send
        for peer in self._connected:
            if peer != sender:
                send(peer, topic, payload)

    def _new_bit(self, sender: str) -> int:
        bit = self._bits[sender] = 1 << len(self._bits)
        return bit

    def _remember(self, payload: bytes, senders: int) -> None:
        self._seen[payload] = senders
        if len(self._seen) >= SEEN_MAX:
            self._seen_before, self._seen = self._seen, {}
