"""What a syncer knows of its peers: their score, their failures, and who is on the blacklist.

Source: alys-system.md §3, "Peer score": 40·success + 30·min(blocks/s, 1000)/1000
+ 20·(1000 - ms)/1000 + 10 above 1000 blocks + 20 for the federation; three
failures in a row (issue_10: five) mean 300 s on the blacklist; issue_10's
reputation weighs trust .25, reliability .35, performance .25, behaviour .15,
whose parts no document defines: those below are ours.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final

from alyslab.harnesses.sync.policy import SyncPolicy
from alyslab.harnesses.sync.protocol import BLOCKS
from alyslab.runtime.sites import planted, register_planted

NEVER_BLACKLISTED: Final = register_planted(
    "sync.peer_never_blacklisted", "a peer is asked again however often it failed in a row"
)
NO_BACKOFF: Final = register_planted(
    "sync.retry_without_backoff", "a peer that failed is asked again at once"
)
BLACKLIST_IGNORED: Final = register_planted(
    "sync.blacklist_ignored", "a peer on the blacklist is asked like any other"
)
PARTITION_UNSEEN: Final = register_planted(
    "sync.partition_unseen", "peers that a partition kept from answering stay on the blacklist"
)
NETWORK_CAUSES: Final = frozenset({"timeout", "gone"})
"""Failures that may be the network's fault; all others are the peer's."""
REFUSED: Final = "invalid_block"
"""The failure of a peer whose blocks came, and broke a rule."""
_WEIGHT: Final = 0.3
"""How much the latest request moves an average."""

Tell = Callable[..., None]


@dataclass(slots=True)
class Peer:
    """One peer as seen from here."""

    name: str
    federation: bool = False
    attempts: int = 0
    successes: int = 0
    faults: int = 0
    """Failures that were the peer's own."""
    failures_in_row: int = 0
    barren: int = 0
    """Requests for blocks in a row that brought none, whatever the reason."""
    blocks: int = 0
    """Blocks that it delivered and that were imported or are waiting for it."""
    latency_ms: float = 0.0
    """Average time to a status, in virtual ms; 0 before the first."""
    bandwidth_mbps: float = 0.0
    blocks_per_s: float = 0.0
    in_flight: int = 0
    """Ranges that it is asked for at present."""
    retry_ns: int = 0
    """Not before this time."""
    blacklisted_ns: int = 0
    """On the blacklist until this time."""
    cause: str = ""
    """Why it failed last."""

    @property
    def success_ratio(self) -> float:
        """Share of its requests that it answered well; 1 for one that was never asked."""
        return self.successes / self.attempts if self.attempts else 1.0

    def score(self, scoring: str = "code") -> float:
        """Return its score: 0 to 120 by the code's formula, 0 to 100 by issue_10's reputation."""
        speed = min(self.blocks_per_s, 1_000) / 1_000
        nearness = (1_000 - min(self.latency_ms, 1_000)) / 1_000
        if scoring == "issue_10":
            behaviour = 1 - self.faults / self.attempts if self.attempts else 1.0
            trust = 1.0 if self.federation else 0.5
            parts = (
                0.25 * trust,
                0.35 * self.success_ratio,
                0.25 * (speed + nearness) / 2,
                0.15 * behaviour,
            )
            return 100 * sum(parts)
        bonus = 10 * (self.blocks > 1_000) + 20 * self.federation
        return 40 * self.success_ratio + 30 * speed + 20 * nearness + bonus


class PeerBook:
    """All peers of one node.

    Parameters
    ----------
    policy
        Limits and formulas.
    now_ns
        Tells the time.
    tell
        Records a row of the journal: kind and fields.
    federation
        Names of peers that are members.
    """

    def __init__(
        self,
        policy: SyncPolicy,
        now_ns: Callable[[], int],
        tell: Tell,
        federation: Iterable[str] = (),
    ) -> None:
        self._policy = policy
        self._now_ns = now_ns
        self._tell = tell
        self._federation = frozenset(federation)
        self._peers: dict[str, Peer] = {}
        self.last_success_ns = now_ns()
        self._reprieve_ns = 0
        """Not before this time."""

    def __getitem__(self, name: str) -> Peer:
        if name not in self._peers:
            self._peers[name] = Peer(name=name, federation=name in self._federation)
        return self._peers[name]

    def blacklisted(self, name: str) -> bool:
        """Return whether the peer is on the blacklist."""
        return self[name].blacklisted_ns > self._now_ns() and not planted(BLACKLIST_IGNORED)

    def usable(self, name: str) -> bool:
        """Return whether the peer may be asked now: not blacklisted, its back-off over."""
        return not self.blacklisted(name) and self[name].retry_ns <= self._now_ns()

    def succeeded(self, name: str, topic: str, *, took_ns: int, size_bytes: int = 0, blocks: int = 0) -> None:
        """Count a request that was answered well, in ``took_ns`` with ``blocks`` blocks."""
        peer = self[name]
        peer.attempts += 1
        peer.successes += 1
        peer.failures_in_row = 0
        if peer.cause in NETWORK_CAUSES:
            peer.retry_ns = 0  # it answers again: a back-off for its silence has lost its reason
        peer.blocks += blocks
        self.last_success_ns = self._now_ns()
        if blocks:
            peer.barren = 0
            seconds = max(took_ns, 1) / 1e9
            peer.bandwidth_mbps = _moved(peer.bandwidth_mbps, size_bytes * 8 / 1e6 / seconds)
            peer.blocks_per_s = _moved(peer.blocks_per_s, blocks / seconds)
        else:
            peer.latency_ms = _moved(peer.latency_ms, took_ns / 1e6)
        self._say(peer, topic, "ok")

    def failed(self, name: str, topic: str, cause: str) -> None:
        """Count a failure; enough of them in a row put the peer on the blacklist."""
        peer, now = self[name], self._now_ns()
        peer.attempts += 1
        peer.faults += cause not in NETWORK_CAUSES
        peer.failures_in_row += 1
        peer.cause = cause
        if topic == BLOCKS:
            peer.barren = 0 if cause == REFUSED else peer.barren + 1
        wait_s = min(
            self._policy.retry_first_s * 2 ** min(peer.failures_in_row - 1, 16), self._policy.retry_most_s
        )
        peer.retry_ns = now if planted(NO_BACKOFF) else now + round(wait_s * 1e9)
        self._say(peer, topic, cause)
        if peer.failures_in_row >= self._policy.blacklist_failures and not planted(NEVER_BLACKLISTED):
            peer.blacklisted_ns = now + round(self._policy.blacklist_s * 1e9)
            self._tell(
                "sync.blacklisted",
                peer=name,
                until_ns=peer.blacklisted_ns,
                cause=cause,
                failures=peer.failures_in_row,
            )

    def pardon(self, names: Iterable[str], why: str) -> None:
        """Take peers off the blacklist whose failures may have been the network's."""
        for name in [] if planted(PARTITION_UNSEEN) else names:
            peer = self[name]
            if peer.cause in NETWORK_CAUSES and (peer.failures_in_row or self.blacklisted(name)):
                self._let_off(peer, why)

    def excuse(self, names: Iterable[str]) -> None:
        """Forget the failures of peers that turned out to be right."""
        for name in names:
            peer = self[name]
            peer.faults = max(0, peer.faults - 1)
            self._let_off(peer, "own_fault")

    def reprieve(self, names: Iterable[str]) -> None:
        """Take peers off the blacklist without whom no majority is left, at most once in ``retry_most_s``.

        That a line garbled what they sent is then as likely as that half of
        all lie; no document says what to do.
        """
        now = self._now_ns()
        if now >= self._reprieve_ns:
            self._reprieve_ns = now + round(self._policy.retry_most_s * 1e9)
            for name in names:
                self._let_off(self[name], "too_few_left")

    def deceived(self, name: str) -> bool:
        """Return whether the peer is on the blacklist for what it sent, not for its silence."""
        return self.blacklisted(name) and self[name].cause not in NETWORK_CAUSES

    def serves(self, name: str) -> bool:
        """Return whether blocks may be expected of the peer: it may be asked, and was not so in vain."""
        return not self.blacklisted(name) and self[name].barren < self._policy.blacklist_failures

    def health(self, names: Iterable[str]) -> float:
        """Return the mean share of requests that these peers answered; 0 without peers."""
        ratios = [self[name].success_ratio for name in names]
        return sum(ratios) / len(ratios) if ratios else 0.0

    def partitioned(self, names: Iterable[str]) -> bool:
        """Return whether two of the three signs of a partition hold."""
        peers, policy = [self[name] for name in names], self._policy
        if not peers or planted(PARTITION_UNSEEN):
            return False
        silent = self._now_ns() - self.last_success_ns > policy.silence_s * 1e9
        failing = sum(peer.failures_in_row > 0 for peer in peers) / len(peers) > policy.failed_ratio
        slow = sum(peer.latency_ms for peer in peers) / len(peers) > policy.latency_most_s * 1e3
        return silent + failing + slow >= 2

    def _let_off(self, peer: Peer, why: str) -> None:
        peer.blacklisted_ns = peer.retry_ns = peer.failures_in_row = 0
        self._tell("sync.pardoned", peer=peer.name, why=why)

    def _say(self, peer: Peer, topic: str, outcome: str) -> None:
        fields: dict[str, Any] = {
            "peer": peer.name,
            "topic": topic.rsplit("/", 2)[-2],
            "outcome": outcome,
            "failures": peer.failures_in_row,
            "score": round(peer.score(self._policy.scoring), 3),
        }
        self._tell("sync.result", **fields)


def _moved(average: float, latest: float) -> float:
    return latest if average == 0 else average + _WEIGHT * (latest - average)
