"""Ranges under way from several peers at once, handed on in the order of their heights.

A range whose peer fails goes to another peer; the range that everything waits
for is asked of one more every few seconds; the rest of a short answer is asked
for again.  Which peer gets a range is drawn by score among those with the
fewest ranges in hand, so that load is fair and a slow peer gets less.
"""

from __future__ import annotations

import asyncio
import bisect
import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from alyslab.harnesses.sync.batch import batch_size
from alyslab.harnesses.sync.contact import Contact, Delivery
from alyslab.harnesses.sync.policy import SyncPolicy
from alyslab.harnesses.sync.protocol import RANGE_BLOCKS_MOST, Range
from alyslab.harnesses.sync.scores import PeerBook, Tell
from alyslab.runtime import Node
from alyslab.runtime.sites import planted, register_planted, register_site, site

FIRST_ALWAYS: Final = register_planted(
    "sync.first_peer_always", "every range is asked of the first peer that has it, whoever else does"
)
EARLY_HEDGE: Final = register_site("sync.early_hedge", "a second peer is asked for a range at once")
WINDOW_RANGES: Final = 2
"""Ranges ahead of the head for each download, so that what waits in memory stays bounded."""


@dataclass(order=True, slots=True)
class _Piece:
    """A range to fetch, with the peers that have failed at it."""

    start: int
    end: int
    """Its last height."""
    failed: list[str] = field(default_factory=list, compare=False)


@dataclass(slots=True)
class _Flight:
    """A range under way."""

    piece: _Piece
    peer: str
    since_ns: int


class Downloads:
    """Fetches everything above a head; one is made for each stay in a state that fetches.

    Parameters
    ----------
    node
        Whose tasks, clock and randomness are used.
    contact, book, policy
        As for the syncer.
    has
        Names of the peers that claim to have this height.
    tell
        Records a row of the journal.
    at_once
        Most ranges under way.
    """

    def __init__(
        self,
        node: Node,
        contact: Contact,
        book: PeerBook,
        policy: SyncPolicy,
        *,
        head: int,
        has: Callable[[int], tuple[str, ...]],
        tell: Tell,
        at_once: int,
    ) -> None:
        self._node = node
        self._contact = contact
        self._book = book
        self._policy = policy
        self._has = has
        self._tell = tell
        self._at_once = at_once
        self._next = head + 1
        self._goal = head
        self._waiting: list[_Piece] = []
        self._flights: list[_Flight] = []
        self._ready: dict[int, Delivery] = {}
        self._news = asyncio.Event()
        self._closed = False

    @property
    def under_way(self) -> int:
        """How many ranges are asked for at present."""
        return len(self._flights)

    def fill(self, head: int, goal: int) -> None:
        """Ask for more, as far as limits, peers and the window allow."""
        self._goal = goal
        self._next = max(self._next, head + 1)
        self._waiting = [piece for piece in self._waiting if piece.end > head]
        while sum(flight.piece.end > head for flight in self._flights) < self._at_once:
            piece = self._take_piece(head, goal)
            if piece is None:
                break
            peer = self._choose(piece)
            if peer is None:
                bisect.insort(self._waiting, piece)
                break
            self._ask(piece, peer)
        self._hedge(head)

    def take(self, head: int) -> list[Delivery]:
        """Return the deliveries that go on from this head, one after the other, up to a batch in all.

        Signatures are cheaper to check in large batches, so what waits goes together.
        """
        taken: list[Delivery] = []
        blocks = 0
        for start in sorted(self._ready):
            beyond = blocks + len(self._ready[start].blocks) > self._policy.batch_most
            if start > head + 1 or (taken and beyond):
                break
            delivery = self._ready.pop(start)
            last = delivery.blocks[-1].block.height
            if last > head:
                taken.append(delivery)
                blocks += len(delivery.blocks)
                head = last
        return taken

    def put_back(self, delivery: Delivery) -> None:
        """Keep a delivery that was taken and could not be used yet."""
        self._ready[delivery.wanted.start] = delivery

    def again(self, start: int, end: int, without: str) -> None:
        """Fetch a range once more, from another peer where there is one."""
        if start <= end:
            bisect.insort(self._waiting, _Piece(start, end, [without]))

    async def news(self, timeout_s: float) -> None:
        """Wait until something has come or failed, or for the time-out."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                await self._news.wait()
        self._news.clear()

    def close(self) -> None:
        """Ask for nothing more; what is under way ends by itself, and its failure still counts."""
        self._closed = True

    # --- helpers -------------------------------------------------------------------------------

    def _take_piece(self, head: int, goal: int) -> _Piece | None:
        if self._waiting:
            return self._waiting.pop(0)
        window = self._at_once * WINDOW_RANGES * self._policy.batch_most
        if self._next > min(goal, head + window):
            return None
        return _Piece(self._next, 0)

    def _choose(self, piece: _Piece) -> str | None:
        """Draw a peer for the piece, and cut a piece that is new."""
        usable = [name for name in self._has(piece.start) if self._book.usable(name)]
        most = max(1, -(-self._at_once // max(1, len(usable))))
        free = [name for name in usable if self._book[name].in_flight < most]
        names = [name for name in free if name not in piece.failed] or free
        if not names:
            return None
        least = min(self._book[name].in_flight for name in names)
        names = [name for name in names if self._book[name].in_flight == least]
        weights = [max(self._book[name].score(self._policy.scoring), 1.0) for name in names]
        name: str = self._node.random.choices(names, weights)[0]
        if planted(FIRST_ALWAYS):
            name = usable[0]
        if piece.end == 0:
            self._cut(piece, name, len(usable))
        return name

    def _cut(self, piece: _Piece, name: str, peers: int) -> None:
        """Give a new piece the size that suits its peer."""
        peer = self._book[name]
        pace = {"latency_ms": round(peer.latency_ms, 3), "bandwidth_mbps": round(peer.bandwidth_mbps, 3)}
        size = batch_size(self._policy, peers=peers, **pace)
        count = min(size, RANGE_BLOCKS_MOST, max(self._goal - piece.start, 0) + 1)
        piece.end = piece.start + count - 1
        self._next = piece.end + 1
        self._tell("sync.range", peer=name, start=piece.start, count=count, size=size, peers=peers, **pace)

    def _ask(self, piece: _Piece, name: str) -> None:
        flight = _Flight(piece, name, self._node.clock.time_ns())
        able = [other for other in self._has(piece.start) if self._book.usable(other)]
        others = tuple(other for other in able if other != name and other not in piece.failed)
        count = piece.end - piece.start + 1
        self._tell("sync.request", peer=name, start=piece.start, count=count, others=others)
        self._flights.append(flight)
        self._book[name].in_flight += 1
        self._node.spawn(self._fetch(flight), name=f"{self._node.name}/range/{piece.start}")

    async def _fetch(self, flight: _Flight) -> None:
        piece = flight.piece
        wanted = Range(start=piece.start, count=piece.end - piece.start + 1)
        delivery = await self._contact.blocks(flight.peer, wanted)
        self._flights.remove(flight)
        self._book[flight.peer].in_flight -= 1
        count = len(delivery.blocks) if delivery is not None else 0
        self._tell("sync.answered", peer=flight.peer, start=piece.start, count=count)
        if self._closed:
            return
        if delivery is None:
            if not self._covered(piece):
                bisect.insort(self._waiting, _Piece(piece.start, piece.end, [*piece.failed, flight.peer]))
        else:
            self._delivered(piece, delivery)
        self._news.set()

    def _delivered(self, piece: _Piece, delivery: Delivery) -> None:
        held = self._ready.get(piece.start)
        if held is None or len(held.blocks) < len(delivery.blocks):
            self._ready[piece.start] = delivery
        rest = _Piece(piece.start + len(delivery.blocks), piece.end)
        if rest.start <= rest.end and not self._covered(rest):
            bisect.insort(self._waiting, rest)

    def _covered(self, piece: _Piece) -> bool:
        """Return whether somebody else is fetching the piece, or has."""
        under_way = any(f.piece.start <= piece.start and f.piece.end >= piece.end for f in self._flights)
        return under_way or any(
            start <= piece.start and start + len(d.blocks) > piece.end for start, d in self._ready.items()
        )

    def _hedge(self, head: int) -> None:
        """Ask one more peer for the range that everything waits for, if those asked last take long."""
        if any(start <= head + 1 for start in self._ready):
            return
        patience_s = 0.0 if site(EARLY_HEDGE) else self._policy.hedge_s
        late_ns = self._node.clock.time_ns() - round(patience_s * 1e9)
        first = [f for f in self._flights if f.piece.start <= head + 1 <= f.piece.end]
        if not first or max(flight.since_ns for flight in first) > late_ns:
            return
        old = first[0].piece
        piece = _Piece(old.start, old.end, [*old.failed, *(flight.peer for flight in first)])
        peer = self._choose(piece)
        if peer is not None and peer not in piece.failed:
            self._ask(piece, peer)
