"""One request to one peer, its answer read, its outcome counted in the peer's score.

Nothing that a peer sends, or fails to send, leaves here as an exception.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple, TypeVar

from alyslab.harnesses.network.endpoint import Endpoint
from alyslab.harnesses.network.errors import NetworkError, RequestTimeoutError
from alyslab.harnesses.sync import protocol
from alyslab.harnesses.sync.errors import ProtocolError
from alyslab.harnesses.sync.policy import SyncPolicy
from alyslab.harnesses.sync.protocol import Anchor, Range, Status
from alyslab.harnesses.sync.scores import PeerBook, Tell
from alyslab.model.block import SignedBlock
from alyslab.runtime import Node
from alyslab.runtime.sites import register_site, site

CONNECTION_LOST: Final = register_site("sync.connection_lost", "a connection ends before a request")
T = TypeVar("T")


class Delivery(NamedTuple):
    """Blocks that came, whose validity is not known yet."""

    peer: str
    wanted: Range
    blocks: list[SignedBlock]
    took_ns: int
    """Virtual time from the request to the answer."""
    size_bytes: int


class Contact:
    """Asks peers on behalf of one node.

    Parameters
    ----------
    node, endpoint
        Who asks.
    book
        Where outcomes are counted.
    policy
        Time-outs.
    tell
        Records a row of the journal.
    request_timeout_s
        For a range; default: the policy's.
    """

    def __init__(
        self,
        node: Node,
        endpoint: Endpoint,
        book: PeerBook,
        policy: SyncPolicy,
        tell: Tell,
        *,
        request_timeout_s: float | None = None,
    ) -> None:
        self._node = node
        self._endpoint = endpoint
        self._book = book
        self._policy = policy
        self._tell = tell
        self._request_timeout_s = request_timeout_s or policy.request_timeout_s

    async def status(self, peer: str, genesis: bytes) -> Status | None:
        """Return the peer's status, None if it gave none that is of our chain."""
        answer = await self._timed(
            peer, protocol.STATUS, b"", protocol.read_status, self._policy.status_timeout_s
        )
        if answer is None:
            return None
        status, took_ns = answer
        if status.version != protocol.VERSION or status.genesis != genesis:
            self._book.failed(peer, protocol.STATUS, "other_chain")
            return None
        self._book.succeeded(peer, protocol.STATUS, took_ns=took_ns)
        return status

    async def anchor(self, peer: str) -> Anchor | None:
        """Return the peer's latest checkpoint, None if it gave none."""
        answer = await self._timed(
            peer, protocol.CHECKPOINT, b"", protocol.read_anchor, self._policy.status_timeout_s
        )
        if answer is None:
            return None
        self._book.succeeded(peer, protocol.CHECKPOINT, took_ns=answer[1])
        return answer[0]

    async def blocks(
        self, peer: str, wanted: Range, *, empty_is_failure: bool = True, timeout_s: float | None = None
    ) -> Delivery | None:
        """Return blocks from the range's start on, None if none came; only a failure is counted yet."""
        size = 0

        def read(data: bytes) -> list[SignedBlock]:
            nonlocal size
            size = len(data)
            blocks = protocol.read_blocks(data, wanted)
            if not blocks and empty_is_failure:
                raise ProtocolError("empty", start=wanted.start)
            return blocks

        payload = protocol.write_range(wanted)
        answer = await self._timed(peer, protocol.BLOCKS, payload, read, timeout_s or self._request_timeout_s)
        return None if answer is None else Delivery(peer, wanted, answer[0], answer[1], size)

    async def block(self, peer: str, height: int) -> SignedBlock | None:
        """Return the peer's block at a height, None if none came; waited for no longer than a status."""
        wanted = Range(start=height, count=1)
        answer = await self.blocks(peer, wanted, timeout_s=self._policy.status_timeout_s)
        return None if answer is None else answer.blocks[0]

    async def _timed(
        self, peer: str, topic: str, payload: bytes, read: Callable[[bytes], T], timeout_s: float
    ) -> tuple[T, int] | None:
        """Ask, connecting first where needed; return what was read and the time it took."""
        began = self._node.clock.time_ns()
        try:
            if peer in self._endpoint.peers() and site(CONNECTION_LOST):
                self._endpoint.disconnect(peer)
            if peer not in self._endpoint.peers():
                await self._endpoint.connect(peer, timeout_s=self._policy.status_timeout_s)
            answer = await self._endpoint.request(peer, topic, payload, timeout_s=timeout_s)
            value = read(answer)
        except RequestTimeoutError:
            cause = "timeout"
        except NetworkError:
            cause = "gone"
        except ProtocolError as error:
            cause = error.rule
        else:
            return value, self._node.clock.time_ns() - began
        self._book.failed(peer, topic, cause)
        return None
