"""What has arrived at a node: handed on at once, or waiting for somebody to take it."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING

from alyslab.harnesses.network.errors import BadMessageError
from alyslab.harnesses.network.message import CONTROL, ROW, ROW_FIELDS, Message

if TYPE_CHECKING:
    from alyslab.harnesses.network.connections import Connections
    from alyslab.harnesses.network.network import Network
    from alyslab.harnesses.network.requests import Requests
    from alyslab.runtime import Node

Handler = Callable[[Message], None]


class Inbox:
    """Takes messages from the lines to one node.

    Parameters
    ----------
    network, node
        Where and whose it is.
    connections
        What the node knows of its connections: a message of another one is dropped.
    requests
        What replies belong to.
    """

    def __init__(self, network: Network, node: Node, connections: Connections, requests: Requests) -> None:
        self._network = network
        self._node = node
        self._connections = connections
        self._open = connections.open
        self._broken = network.broken
        self._requests = requests
        self._pending = network.carrier.pending
        self._clock, self._name = network.carrier.clock, node.name
        self._write = network.runtime.journal.writer("net.message", *ROW)
        self._handler: Handler | None = None
        self._handlers: dict[str, Handler] = {}
        self._waiting: deque[Message] = deque()
        self._receiver: asyncio.Future[None] | None = None
        self._draining = False

    def arrive(self, message: Message) -> None:
        """Take a message from its line."""
        connection = message.connection
        session = self._open.get(message.sender)
        if (
            session is None
            or session.connection != connection
            or message.reply_to
            or self._draining
            or self._node.state != "running"
            or connection in self._broken
        ):
            self._sort(message)
            return
        handler = self._handlers.get(message.topic, self._handler)
        if handler is None:
            self._keep(message)
            return
        # As in _hand: every message passes here, and the call would be a tenth of its cost.
        self._write(self._clock.now_ns, self._name, message[:ROW_FIELDS])
        pending = self._pending
        try:
            handler(message)
        finally:
            pending.count -= 1
            if not pending.count:
                pending.out(0)

    def handle_with(self, handler: Handler | None, topic: str | None) -> None:
        """Give the messages of one topic, or all that no other handler gets, to a function from now on.

        Raises
        ------
        BadMessageError
            If ``handler`` can't be called, or ``topic`` is none.
        """
        name = self._node.name
        if handler is not None and not callable(handler):
            raise BadMessageError(name, name, "handler", handler, "can't be called", "a function, or None")
        if topic is not None and not isinstance(topic, str):
            raise BadMessageError(name, name, "topic", topic, f"{topic!r} is none", "a string, or None")
        if topic is None:
            self._handler = handler
        elif handler is None:
            self._handlers.pop(topic, None)
        else:
            self._handlers[topic] = handler
        self._drain()

    async def receive(self) -> Message:
        """Wait for the next message that no handler takes."""
        while not self._waiting:
            if self._receiver is None or self._receiver.done():
                self._receiver = asyncio.get_running_loop().create_future()
            await asyncio.shield(self._receiver)
        message = self._waiting.popleft()
        self._hand(message, _done)
        return message

    def forget(self, connection: int, cause: str) -> None:
        """Lose what waits of a connection that was broken; of one that the peer ended in order it is kept."""
        lost = [message for message in self._waiting if message.connection == connection]
        if lost:
            kept = [message for message in self._waiting if message.connection != connection]
            self._waiting.clear()
            self._waiting.extend(kept)
            for message in lost:
                self._lose(message, cause)

    def crashed(self) -> None:
        """Lose what waits and forget the handlers."""
        if not self._network.defects.crash_keeps_unread:
            while self._waiting:
                self._lose(self._waiting.popleft(), "down")
        self._handler = None
        self._handlers.clear()
        self._receiver = None
        self._draining = False

    def _sort(self, message: Message) -> None:
        """Decide what becomes of a message that can't simply be handed on."""
        if self._node.state == "crashed":
            self._lose(message, "down")
            if self._network.on_crash == "reset":
                self._connections.refuse(message)
        elif message.topic[:4] == CONTROL:
            self._take_control(message)
        elif not self._belongs(message):
            self._lose(message, "reset" if message.connection in self._broken else "disconnected")
            self._connections.refuse(message)
        elif message.reply_to:
            self._take_reply(message)
        else:
            self._keep(message)

    def _belongs(self, message: Message) -> bool:
        session = self._open.get(message.sender)
        if session is None:
            return False
        if self._network.defects.reconnect_keeps_stale:
            return True
        return session.connection == message.connection and message.connection not in self._broken

    def _take_control(self, message: Message) -> None:
        if self._connections.take(message):
            self._hand(message, _done)
        else:
            self._lose(message, "corrupt")

    def _take_reply(self, message: Message) -> None:
        if self._requests.is_open(message):
            self._hand(message, self._requests.answer)
        else:
            self._lose(message, "late")

    def _keep(self, message: Message) -> None:
        """Let a message wait for :meth:`receive`, or for the node to go on."""
        self._waiting.append(message)
        if self._handlers.get(message.topic, self._handler) is not None:
            if self._node.state != "paused":
                if not self._draining:
                    self._drain()
            elif not self._draining:
                self._draining = True
                self._node.spawn(self._drain_later(), name=f"{self._node.name}/inbox")
        elif self._receiver is not None and not self._receiver.done():
            self._receiver.set_result(None)

    async def _drain_later(self) -> None:
        """Go on when the node does: a paused node's tasks are held."""
        self._draining = False
        self._drain()

    def _drain(self) -> None:
        """Hand what waits to its handlers, in order."""
        kept: deque[Message] = deque()
        while self._waiting:
            message = self._waiting.popleft()
            handler = self._handlers.get(message.topic, self._handler)
            if handler is None:
                kept.append(message)
            else:
                self._hand(message, handler)
        self._waiting.extend(kept)

    def _hand(self, message: Message, handler: Handler) -> None:
        self._write(self._clock.now_ns, self._name, message[:ROW_FIELDS])
        try:
            handler(message)
        finally:
            self._pending.out()

    def _lose(self, message: Message, cause: str) -> None:
        self._network.carrier.drop(message, cause)
        self._pending.out()


def _done(_: Message) -> None:
    """Handle a message by having taken it."""
