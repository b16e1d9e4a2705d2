"""One peer's connections: how they are opened, ended and reset, and what it knows of its peers.

A connection has a number that both sides know.  Opening it takes a round trip,
ending it a message; a reset forgets what is on its way.  These messages travel
the links like all others (topics ``net.*``), so they are late, lost and cut off
as others are, and a side may hold a connection that the other side has
forgotten.  It learns so from the reset that answers its next message.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Final
from zlib import crc32

from alyslab.harnesses.network.errors import PeerGoneError, RequestTimeoutError
from alyslab.harnesses.network.message import CONTROL, Message

if TYPE_CHECKING:
    from alyslab.harnesses.network.endpoint import Endpoint
    from alyslab.harnesses.network.line import Line

OPEN: Final = f"{CONTROL}open"
ACCEPT: Final = f"{CONTROL}accept"
CLOSE: Final = f"{CONTROL}close"
RESET: Final = f"{CONTROL}reset"
CONTROL_BYTES: Final = 40
"""Size of a message of the network itself: headers of IPv4 and TCP without options (RFC 791, RFC 9293)."""

Listener = Callable[[str, bool], None]


class Session:
    """One side of a connection."""

    __slots__ = ("connection", "transmit")

    def __init__(self, connection: int, line: Line) -> None:
        self.connection = connection
        self.transmit = line.transmit


class Connections:
    """What one endpoint knows of its connections.

    Parameters
    ----------
    endpoint
        Whose they are.
    """

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._network = endpoint.network
        self.open: dict[str, Session] = {}
        """Its side of each open connection, by peer."""
        self._dials: dict[str, tuple[int, asyncio.Future[None]]] = {}
        self._listeners: list[Listener] = []
        record = endpoint.network.runtime.journal.recorder
        self._rows = {
            kind: record(f"net.{kind}", "peer", "connection", "local")
            for kind in ("connect", "disconnect", "reset")
        }

    def listen(self, listener: Listener) -> None:
        """Call ``listener(peer, connected)`` whenever a connection opens or ends, until the node crashes."""
        self._listeners.append(listener)

    def peers(self) -> tuple[str, ...]:
        """Return the peers that this side holds to be connected, sorted."""
        return tuple(sorted(self.open))

    async def dial(self, peer: str, timeout_s: float) -> None:
        """Open a connection; returns once the other side has accepted it, at once if it is open.

        Raises
        ------
        UnknownPeerError, PeerGoneError, RequestTimeoutError
            If there is no such peer, it refuses, or it does not answer in time.
        """
        if peer in self.open:
            return
        if peer not in self._dials:
            number = self._network.next_connection()
            future = asyncio.get_running_loop().create_future()
            self._dials[peer] = number, future
            self._tell(peer, OPEN, number)
        number, future = self._dials[peer]
        try:
            async with asyncio.timeout(self._endpoint.node.clock.true_delay_s(timeout_s)):
                await asyncio.shield(future)
        except TimeoutError:
            if self._dials.get(peer) == (number, future):
                del self._dials[peer]
            what = "the peer did not accept a connection"
            raise RequestTimeoutError(self._endpoint.name, peer, what, timeout_s) from None

    def close(self, peer: str) -> None:
        """End a connection: what was sent on it arrives still, what comes back is dropped."""
        number = self._end(peer, "disconnect", local=True)
        if number:
            self._tell(peer, CLOSE, number)

    def reset(self, peer: str) -> None:
        """Break a connection: what is on its way on it, in both directions, is lost."""
        if peer in self.open:
            self._network.broken.add(self.open[peer].connection)
        number = self._end(peer, "reset", local=True)
        if number:
            self._tell(peer, RESET, number)

    def establish(self, peer: str, number: int, *, dialled: bool) -> None:
        """Hold a connection to be open."""
        name = self._endpoint.name
        if peer in self.open:  # the other side has forgotten the old one, or it would not ask for a new
            self._end(peer, "reset", local=False)
        self.open[peer] = Session(number, self._network.line(name, peer))
        self._rows["connect"](name, peer, number, dialled)
        _, future = self._dials.pop(peer, (0, None))
        if future is not None and not future.done():
            future.set_result(None)
        self._announce(peer, connected=True)

    def refuse(self, message: Message) -> None:
        """Answer a message of a connection that this side does not have."""
        if message.topic not in (RESET, CLOSE):
            number = _number(message) if message.topic.startswith(CONTROL) else message.connection
            if number is not None:
                self._tell(message.sender, RESET, number)

    def take(self, message: Message) -> bool:
        """Act on a message of the network itself; returns False if it can't be read."""
        number = _number(message)
        if number is None:
            return False
        peer = message.sender
        mine = self.open.get(peer)
        matches = mine is not None and mine.connection == number
        if message.topic == OPEN:
            self._answer(peer, number)
        elif message.topic == ACCEPT:
            if self._dials.get(peer, (0,))[0] == number:
                self.establish(peer, number, dialled=True)
            elif not matches:
                self._tell(peer, RESET, number)
        elif matches:
            self._end(peer, "reset" if message.topic == RESET else "disconnect", local=False)
        elif message.topic == RESET and self._dials.get(peer, (0,))[0] == number:
            _, future = self._dials.pop(peer)
            error = PeerGoneError(self._endpoint.name, peer, "it refuses connections", "see whether it is up")
            if not future.done():
                future.set_exception(error)
                future.exception()  # seen: who dialled may have been cancelled meanwhile
        return True

    def crashed(self, *, say_so: bool) -> None:
        """Forget every connection; with ``say_so`` each peer is sent a reset."""
        ended = {peer: session.connection for peer, session in self.open.items()}
        self.open.clear()
        self._dials.clear()
        self._listeners.clear()
        if say_so:
            for peer, number in ended.items():
                self._tell(peer, RESET, number)

    def _answer(self, peer: str, number: int) -> None:
        """Accept a connection; where both sides dialled, the one with the lower number."""
        if peer in self._dials and self._dials[peer][0] < number:
            return
        self.establish(peer, number, dialled=False)
        self._tell(peer, ACCEPT, number)

    def _end(self, peer: str, kind: str, *, local: bool) -> int:
        """Forget this side and return the connection's number; 0 where there was none."""
        session = self.open.pop(peer, None)
        if session is None:
            return 0
        self._rows[kind](self._endpoint.name, peer, session.connection, local)
        if local or kind == "reset":
            cause = "reset" if kind == "reset" else "disconnected"
            self._endpoint.inbox.forget(session.connection, cause)
        self._endpoint.requests.peer_gone(peer)
        self._announce(peer, connected=False)
        return session.connection

    def _announce(self, peer: str, *, connected: bool) -> None:
        for listener in tuple(self._listeners):
            listener(peer, connected)

    def _tell(self, peer: str, topic: str, number: int) -> None:
        head = number.to_bytes(8, "big")
        line = self._network.line(self._endpoint.name, peer)
        line.transmit(0, topic, head + crc32(head).to_bytes(4, "big"), CONTROL_BYTES, 0)


def _number(message: Message) -> int | None:
    """Return the connection that a message of the network is about; None if it was corrupted on its way."""
    head, check = message.payload[:8], message.payload[8:]
    return int.from_bytes(head, "big") if crc32(head).to_bytes(4, "big") == check else None
