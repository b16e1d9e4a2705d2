"""What peers claim to have: the latest status of each, and what follows from all of them."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Final

from alyslab.harnesses.sync.contact import Contact
from alyslab.harnesses.sync.protocol import Status
from alyslab.harnesses.sync.scores import PeerBook
from alyslab.runtime.sites import planted, register_planted

SAMPLED_ONCE: Final = register_planted(
    "sync.status_sampled_once", "peers are asked for their status when the sync begins, and never again"
)


class Claims:
    """The statuses of the peers of one node.

    Parameters
    ----------
    contact, book
        Who asks, and where outcomes are counted.
    names
        The peers that are known at present.
    genesis
        Root of the genesis block that a peer must name.
    now_ns
        Tells the time.
    """

    def __init__(
        self,
        contact: Contact,
        book: PeerBook,
        names: Callable[[], Iterable[str]],
        genesis: bytes,
        now_ns: Callable[[], int],
    ) -> None:
        self._contact = contact
        self._book = book
        self._names = names
        self._genesis = genesis
        self._latest: dict[str, Status] = {}
        self._rounds = 0
        self._target = 0
        self._now_ns = now_ns
        self.asked_ns = 0
        """When the latest round began that somebody answered."""

    @property
    def known(self) -> tuple[str, ...]:
        """The peers that are known at present, sorted."""
        return tuple(sorted(self._names()))

    async def ask_all(self) -> int:
        """Ask all peers at once, but those on the blacklist for what they sent; return how many answered.

        No back-off is kept: a status is cheap, and one lost answer must not
        cost a peer its say.  Who was silent and answers again is pardoned.  If
        so many are on the blacklist that no majority is left, they are let off.
        """
        if planted(SAMPLED_ONCE) and self._rounds and self._latest:
            return len(self._latest)
        self._rounds += 1
        began_ns = self._now_ns()
        caught = [name for name in self.known if self._book.deceived(name)]
        if caught and 2 * len(caught) >= len(self.known):
            self._book.reprieve(caught)
        names = [name for name in self.known if not self._book.deceived(name)]
        statuses = await asyncio.gather(*(self._contact.status(name, self._genesis) for name in names))
        self._latest = {name: status for name, status in zip(names, statuses, strict=True) if status}
        if self._latest:
            self.asked_ns = began_ns
        self._book.pardon(sorted(self._latest), "answers_again")
        return len(self._latest)

    def target(self) -> int:
        """Return the highest height that a peer off the blacklist claims.

        While nobody answers it stays what it was: a node that hears nothing
        must not take its own head for the highest.
        """
        heights = [status.height for status in self._credible().values()]
        if heights:
            self._target = max(heights)
        return self._target

    def having(self, height: int) -> tuple[str, ...]:
        """Return the peers that claim to have this height, sorted."""
        return tuple(name for name, status in self._credible().items() if status.height >= height)

    def answered(self) -> tuple[str, ...]:
        """Return the peers off the blacklist whose status is known, sorted."""
        return tuple(self._credible())

    def agreed(self, height: int, root: bytes) -> tuple[int, int]:
        """Return how many peers at exactly this height name this root, and how many another."""
        roots = Counter(s.root == root for s in self._credible().values() if s.height == height)
        return roots[True], roots[False]

    def witnesses_needed(self, refused: Iterable[str], most: int) -> int:
        """Return how many peers' blocks must be refused at one height before the own chain is in doubt.

        All whose blocks can be expected, up to ``most``; a peer that answers
        with no block, or that was caught at a lie, is not waited for, or the
        doubt would never come up.  Peers that do not answer are waited for
        until there are two: one that is left may be the liar.
        """
        tried = set(refused)
        rest = [name for name in self.known if name not in tried]
        serving = sum(name in self._latest and self._book.serves(name) for name in rest)
        silent = sum(name not in self._latest and not self._book.deceived(name) for name in rest)
        able = len(tried) + serving
        return min(most, max(able, min(2, able + silent)))

    def _credible(self) -> dict[str, Status]:
        return {name: s for name, s in sorted(self._latest.items()) if not self._book.blacklisted(name)}
