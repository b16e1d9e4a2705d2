"""A miner that can turn selfish and honest again, and how an honest one notices that another is selfish.

While it is selfish it keeps a private branch and publishes by the strategy of
:class:`~alyslab.harnesses.mining.miner.SelfishMiner`.  Who turns honest shows
all that it has kept.

A branch that was kept is published in answer to others' blocks, so that its
blocks come right behind another's, or several at once.  An honest miner notes
of each peer's block whether it came so; so many cases among the peer's last
blocks are a suspicion (row ``mining.suspected``).  It is no proof: a line that
holds messages back looks alike.

The limits are the laboratory's own: no document gives any.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from alyslab.harnesses.mining.miner import TOPIC, Ledger, Miner, SelfishMiner

if TYPE_CHECKING:
    from alyslab.harnesses.network.endpoint import Endpoint
    from alyslab.harnesses.network.message import Message
    from alyslab.runtime import Node, Runtime

CASES: Final = 5
OF_BLOCKS: Final = 8
"""So many cases among so many blocks of one peer are too many."""


class Watch:
    """What one honest miner holds against others.

    Parameters
    ----------
    near_ns
        Two blocks that come within this time come together.
    tell
        Told ``(peer, cases)``.
    """

    def __init__(self, near_ns: int, tell: Callable[[str, int], None]) -> None:
        self._near_ns = near_ns
        self._tell = tell
        self._last_ns = -near_ns - 1
        self._seen: set[int] = set()
        self._windows: dict[str, deque[bool]] = {}

    def found(self, block: int, now_ns: int) -> None:
        """Note a block of the miner's own."""
        self._seen.add(block)
        self._last_ns = now_ns

    def came(self, peer: str, block: int, now_ns: int) -> None:
        """Note a block of a peer's, and judge the peer; a copy says nothing."""
        if block in self._seen:
            return
        window = self._windows.setdefault(peer, deque(maxlen=OF_BLOCKS))
        window.append(now_ns - self._last_ns <= self._near_ns)
        self.found(block, now_ns)
        cases = sum(window)
        if cases >= CASES:
            window.clear()
            self._tell(peer, cases)


class PoolMiner(SelfishMiner):
    """A miner that is honest until told otherwise.

    Parameters
    ----------
    near_ns
        As for :class:`Watch`.
    """

    def __init__(
        self, node: Node, endpoint: Endpoint, ledger: Ledger, mean_s: float, *, runtime: Runtime, near_ns: int
    ) -> None:
        super().__init__(node, endpoint, ledger, mean_s)
        self._runtime = runtime
        self._chance: Callable[[], bool] | None = None
        self._sender = ""
        record = runtime.journal.recorder("mining.suspected", "peer", "what", "cases", "limit")
        self._watch = Watch(near_ns, lambda peer, cases: record(node.name, peer, "raced", cases, CASES))
        endpoint.on_message(self._noted, topic=TOPIC)

    def turn(self, chance: Callable[[], bool] | None) -> None:
        """Be selfish, asking at each own block whether to keep it; None is honest, and shows everything."""
        self._chance = chance
        if chance is None:
            self._show_all()

    def found(self) -> None:
        """Keep a block or publish it."""
        if self._chance is None:
            Miner.found(self)
            self._public_height = self.height
        else:
            super().found()
            if not self._chance():
                self._show_all()
        self._watch.found(self.tip, self._runtime.now_ns)

    def heard(self, block: int, parent: int, height: int) -> None:
        """Take a block of another's, as an honest or as a selfish miner does."""
        self._watch.came(self._sender, block, self._runtime.now_ns)
        if self._chance is not None:
            super().heard(block, parent, height)
            return
        Miner.heard(self, block, parent, height)
        self._public_height = max(self._public_height, self.height)

    def _show_all(self) -> None:
        self._publish_up_to(self.height)
        self._racing = False

    def _noted(self, message: Message) -> None:
        self._sender = message.sender
        self._told(message)
