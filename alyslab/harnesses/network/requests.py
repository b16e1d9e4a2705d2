"""Requests that one peer has sent and that are not answered yet."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from alyslab.harnesses.network.errors import PeerGoneError, RequestTimeoutError
from alyslab.harnesses.network.message import Message

if TYPE_CHECKING:
    from alyslab.harnesses.network.endpoint import Endpoint

OVERTIME: Final = 3
"""How many times its time-out a request waits under the planted bug ``network.timeout_ignored``."""


class Requests:
    """The open requests of one endpoint, by the number of their message.

    The journal has a row ``net.request`` for each one that ends: ``id``,
    ``receiver``, ``topic``, ``outcome`` (answered, timeout, gone, cancelled),
    ``timeout_ns`` on the true clock, ``sent_ns``.
    """

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._open: dict[int, tuple[str, asyncio.Future[bytes]]] = {}
        self._record = endpoint.network.runtime.journal.recorder(
            "net.request", "id", "receiver", "topic", "outcome", "timeout_ns", "sent_ns"
        )

    async def answer_to(self, number: int, receiver: str, topic: str, timeout_s: float) -> bytes:
        """Wait for the answer to a message that was just sent.

        Raises
        ------
        RequestTimeoutError, PeerGoneError
            If it does not come in time, or the connection ends first.
        """
        name = self._endpoint.name
        wait_s = self._endpoint.node.clock.true_delay_s(timeout_s)
        sent_ns = self._endpoint.network.carrier.clock.now_ns
        future: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self._open[number] = receiver, future
        outcome = "cancelled"
        factor = OVERTIME if self._endpoint.network.defects.timeout_ignored else 1
        try:
            async with asyncio.timeout(wait_s * factor):
                answer = await future
            outcome = "answered"
            return answer
        except TimeoutError:
            outcome = "timeout"
            raise RequestTimeoutError(name, receiver, f"no answer to {topic!r}", timeout_s) from None
        except PeerGoneError:
            outcome = "gone"
            raise
        finally:
            self._open.pop(number, None)
            self._record(name, number, receiver, topic, outcome, round(wait_s * 1e9), sent_ns)

    def is_open(self, message: Message) -> bool:
        """Answer whether somebody waits for this reply, from this peer."""
        peer, future = self._open.get(message.reply_to, ("", None))
        return future is not None and not future.done() and peer == message.sender

    def answer(self, message: Message) -> None:
        """Give a reply to whoever waits for it."""
        self._open[message.reply_to][1].set_result(message.payload)

    def peer_gone(self, peer: str) -> None:
        """Fail every request to a peer whose connection has ended."""
        for receiver, future in self._open.values():
            if receiver == peer and not future.done():
                advice = "connect again, or ask another peer"
                future.set_exception(
                    PeerGoneError(self._endpoint.name, peer, "the connection ended before the answer", advice)
                )

    def crashed(self) -> None:
        """Forget everything: those who waited are dead."""
        self._open.clear()
