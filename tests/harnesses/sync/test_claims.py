"""Whom a node asks for a status, and whose word it goes by."""

from __future__ import annotations

from typing import Any

from alyslab.harnesses.sync.claims import Claims
from alyslab.harnesses.sync.policy import POLICIES
from alyslab.harnesses.sync.protocol import BLOCKS, Status
from alyslab.harnesses.sync.scores import PeerBook
from alyslab.runtime import simulate

POLICY = POLICIES["actor"]


class Wire:
    """Peers that all answer, and who was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def status(self, name: str, genesis: bytes) -> Status | None:
        """Return a status of height 5."""
        self.asked.append(name)
        return Status(version=1, genesis=genesis, height=5, root=bytes(32), finalised_height=0)


class Stage:
    """A book and claims over peers, each a letter, at a time that tests set."""

    def __init__(self, known: str) -> None:
        self.now_s = 0.0
        self.pardons: list[tuple[str, str]] = []
        self.book = PeerBook(POLICY, self._now_ns, self._tell)
        self.wire = Wire()
        wire: Any = self.wire
        self.claims = Claims(wire, self.book, lambda: known, bytes(32), self._now_ns)

    def _now_ns(self) -> int:
        return round(self.now_s * 1e9)

    def _tell(self, kind: str, **fields: Any) -> None:
        if kind == "sync.pardoned":
            self.pardons.append((fields["peer"], fields["why"]))

    def fail(self, peers: str, cause: str, times: int) -> None:
        """Let requests for blocks fail."""
        for peer in peers * times:
            self.book.failed(peer, BLOCKS, cause)

    def asked(self) -> str:
        """Return who is asked in a round."""

        async def main() -> str:
            self.wire.asked.clear()
            await self.claims.ask_all()
            return "".join(self.wire.asked)

        found: str = simulate(main, seed=1).result
        return found


def test_a_back_off_does_not_cost_a_peer_its_say() -> None:
    """One lost answer kept nodes from a majority, round after round: their start took minutes."""
    stage = Stage("abc")
    stage.fail("a", "timeout", 1)
    stage.fail("b", "empty", 2)

    assert stage.asked() == "abc"


def test_the_blacklist_is_for_what_was_sent_and_not_for_silence() -> None:
    """Who was silent is heard as soon as it answers; who lied is not."""
    stage = Stage("abcde")
    stage.fail("a", "timeout", 3)
    stage.fail("b", "empty", 3)

    assert stage.asked() == "acde"
    assert stage.pardons == [("a", "answers_again")]


def test_liars_are_let_off_where_no_majority_is_left_without_them() -> None:
    """Garbled lines put three of six peers on the blacklist, and the node was not synced for 300 s."""
    stage = Stage("abcdef")
    stage.fail("ab", "unreadable", 3)
    assert stage.asked() == "cdef"

    stage.fail("c", "unreadable", 3)
    assert stage.asked() == "abcdef"
    assert stage.pardons == [(peer, "too_few_left") for peer in "abc"]


def test_liars_are_let_off_once_in_thirty_seconds() -> None:
    """Or the blacklist would be none for them."""
    stage = Stage("ab")
    stage.fail("a", "unreadable", 3)
    assert stage.asked() == "ab"

    stage.now_s = 29.0
    stage.fail("a", "unreadable", 3)
    assert stage.asked() == "b"

    stage.now_s = 30.0
    assert stage.asked() == "ab"
