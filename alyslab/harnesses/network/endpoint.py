"""A node's own end of the network: what it sends, what it gets, whom it is connected to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from alyslab.harnesses.network.bounds import Bounds
from alyslab.harnesses.network.connections import Connections, Listener
from alyslab.harnesses.network.errors import BadMessageError, PeerGoneError
from alyslab.harnesses.network.inbox import Handler, Inbox
from alyslab.harnesses.network.line import Uplink
from alyslab.harnesses.network.message import CONTROL, Message, fault_of
from alyslab.harnesses.network.requests import Requests

if TYPE_CHECKING:
    from alyslab.harnesses.network.network import Network
    from alyslab.runtime import Node

__all__ = ["Endpoint", "Handler", "Message"]

REQUEST_TIMEOUT_S: Final = 10.0
"""How long a request or a new connection may take by default, in s.

Source: Lighthouse, lighthouse_network/src/rpc/handler.rs, RESP_TIMEOUT; Alys's nodes are built on it.
"""
TIMEOUT_S: Final = Bounds(low=1e-9, high=1e9)
"""How long one may wait, in s."""


class Endpoint:
    """One node on the network; made by :meth:`Network.endpoint`.

    A crash of the node loses what waits here, ends its connections and forgets
    its handlers; what it had sent goes on.  While it is paused, messages wait.

    Parameters
    ----------
    network
        What it belongs to.
    node
        Whose it is: code that handles messages runs as this node's.
    """

    def __init__(self, network: Network, node: Node) -> None:
        self.network = network
        self.node = node
        self.name = node.name
        self.context = node.context()
        self.uplink = Uplink(forgets=network.defects.forget_backlog)
        self.requests = Requests(self)
        self.connections = Connections(self)
        self.inbox = Inbox(network, node, self.connections, self.requests)
        self._open = self.connections.open
        self._largest = network.max_message_bytes
        self._working = 0

    # --- messages ------------------------------------------------------------------------------

    def send(self, receiver: str, topic: str, payload: bytes, *, size_bytes: int | None = None) -> int:
        """Send a message and return its number; it is dropped if there is no connection.

        Parameters
        ----------
        receiver
            Name of a peer.
        topic
            What it is about; not ``net.…``.
        payload
            What the receiver gets.
        size_bytes
            How large the message counts; default: the payload's size.

        Raises
        ------
        UnknownPeerError
            If there is no such peer.
        BadMessageError
            If topic, payload or size are none, or the message is too large.

        May consume draws of the link's stream.
        """
        try:
            session = self._open.get(receiver)
        except TypeError:  # not even a key: refused below
            session = None
        if (
            session is not None
            and type(payload) is bytes
            and type(topic) is str
            and topic[:4] != CONTROL
            and (size_bytes is None or type(size_bytes) is int)
        ):
            least = len(payload)
            size = least if size_bytes is None else size_bytes
            if least <= size <= self._largest:
                return session.transmit(session.connection, topic, payload, size, 0)
        return self._undeliverable(receiver, topic, payload, size_bytes)

    def reply(self, message: Message, payload: bytes, *, size_bytes: int | None = None) -> int:
        """Answer a request, on its topic; as :meth:`send`."""
        size = self._check(message.sender, message.topic, payload, size_bytes)
        session = self._open.get(message.sender)
        if session is None:
            return self._undeliverable(message.sender, message.topic, payload, size, message.id)
        return session.transmit(session.connection, message.topic, payload, size, message.id)

    async def request(
        self,
        receiver: str,
        topic: str,
        payload: bytes,
        *,
        timeout_s: float = REQUEST_TIMEOUT_S,
        size_bytes: int | None = None,
    ) -> bytes:
        """Send a message and return the payload of the reply.

        Raises
        ------
        RequestTimeoutError
            If no reply comes within ``timeout_s`` of the node's own clock.
        PeerGoneError
            If there is no connection, or it ends before the reply.
        UnknownPeerError, BadMessageError
            As :meth:`send`.
        """
        self._check_timeout(receiver, timeout_s)
        self.network.at(receiver, self.name)
        if receiver not in self._open:
            raise PeerGoneError(self.name, receiver, "there is no connection", "connect first")
        number = self.send(receiver, topic, payload, size_bytes=size_bytes)
        return await self.requests.answer_to(number, receiver, topic, timeout_s)

    async def receive(self) -> Message:
        """Wait for the next message that no handler takes; one task at a time may wait."""
        return await self.inbox.receive()

    def on_message(self, handler: Handler | None, *, topic: str | None = None) -> None:
        """Let a synchronous function handle messages as they arrive; faster than :meth:`receive`.

        It runs as code of this node, and not while the node is paused.  With
        ``topic`` it gets the messages of that topic only, without it those that
        no other handler gets.  None takes a handler away.  Messages that wait
        already are handled now.  It is forgotten when the node crashes.

        Raises
        ------
        BadMessageError
            If ``handler`` can't be called, or ``topic`` is none.
        """
        self.inbox.handle_with(handler, topic)

    @contextmanager
    def working(self) -> Iterator[None]:
        """Keep :meth:`Network.quiet` waiting: this node still works on something that it received."""
        incarnation, pending = self.node.incarnation, self.network.carrier.pending
        self._working += 1
        pending.count += 1
        try:
            yield
        finally:
            if self.node.incarnation == incarnation and self.node.state != "crashed":
                self._working -= 1
                pending.out()

    # --- connections ---------------------------------------------------------------------------

    async def connect(self, peer: str, *, timeout_s: float = REQUEST_TIMEOUT_S) -> None:
        """Open a connection and return once it is open: a round trip, nothing if it was open.

        Raises
        ------
        UnknownPeerError, PeerGoneError, RequestTimeoutError
            If there is no such peer, it refuses, or it does not answer in time.
        """
        self._check_timeout(peer, timeout_s)
        self.network.at(peer, self.name)
        await self.connections.dial(peer, timeout_s)

    def disconnect(self, peer: str) -> None:
        """End a connection, if there is one; the peer learns it one latency later.  Refuses unknown names."""
        self.network.at(peer, self.name)
        self.connections.close(peer)

    def reset(self, peer: str) -> None:
        """Break a connection, if there is one: what is on its way on it is lost.  Refuses unknown names."""
        self.network.at(peer, self.name)
        self.connections.reset(peer)

    def peers(self) -> tuple[str, ...]:
        """Return the peers that this node holds to be connected, sorted; they may see it otherwise."""
        return self.connections.peers()

    def on_peers(self, listener: Listener) -> None:
        """Call ``listener(peer, connected)`` when a connection opens or ends; a crash forgets it."""
        self.connections.listen(listener)

    # --- what the node calls -------------------------------------------------------------------

    def node_crashed(self) -> None:
        """Lose what waits, end the connections, forget the handlers."""
        self.inbox.crashed()
        self.network.carrier.pending.out(self._working)
        self._working = 0
        self.requests.crashed()
        self.connections.crashed(say_so=self.network.on_crash == "reset")

    def node_restarted(self) -> None:
        """Nothing: the new process begins without connections and handlers."""

    # --- helpers -------------------------------------------------------------------------------

    def _undeliverable(
        self, receiver: str, topic: str, payload: bytes, size: int | None, reply_to: int = 0
    ) -> int:
        """Refuse a message that can't be sent, or drop one that has no connection to go on."""
        size_bytes = self._check(receiver, topic, payload, size)
        self.network.at(receiver, self.name)
        number, now_ns = self.network.carrier.next_id(), self.network.carrier.clock.now_ns
        message = Message(
            id=number,
            sender=self.name,
            receiver=receiver,
            topic=topic,
            payload=payload,
            size_bytes=size_bytes,
            sent_ns=now_ns,
            left_ns=now_ns,
            copy=0,
            connection=0,
            reply_to=reply_to,
        )
        self.network.carrier.drop(message, "disconnected")
        return number

    def _check(self, receiver: str, topic: str, payload: bytes, size_bytes: int | None) -> int:
        """Return a message's size; raises :class:`BadMessageError` for what of it can't be sent."""
        wrong = fault_of(topic, payload, size_bytes, self._largest)
        if wrong is not None:
            raise BadMessageError(self.name, receiver, *wrong)
        return len(payload) if size_bytes is None else size_bytes

    def _check_timeout(self, peer: str, timeout_s: float) -> None:
        found = TIMEOUT_S.problem(self.name, "timeout_s", timeout_s)
        if found is not None:
            raise BadMessageError(self.name, peer, "timeout_s", timeout_s, found.what, found.allowed or "")
