"""Committees whose members sign, and others that forge: BLS signatures and their aggregates."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from alyslab.model.aura import majority
from alyslab.model.bls import SignedMessage
from alyslab.model.scheme import IdealScheme, SignatureScheme
from alyslab.property.case import case

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

MEMBERS_MAX: Final = 15
"""Length cap of the signer list.  Source: alys-system.md §1, Block."""
FORGERIES: Final = ("other_message", "other_member", "flipped_bit", "noise", "copied")
"""How a Byzantine member cheats: it signs something else, signs with another key, damages its
signature, makes bytes up, or hands in the signature of somebody honest as its own."""


@case
@dataclass(frozen=True, slots=True)
class Forgery:
    """What one Byzantine member hands in."""

    how: str = FORGERIES[0]
    noise: int = 0
    """Which bit is flipped, and what made-up bytes begin with."""


@case
@dataclass(frozen=True, slots=True)
class Committee:
    """Members who sign one message; the Byzantine ones come first."""

    members: int = 1
    byzantine: tuple[Forgery, ...] = ()
    message: bytes = b""

    @property
    def honest(self) -> range:
        """Places of the members who sign what they should."""
        return range(len(self.byzantine), self.members)

    @property
    def threshold(self) -> int:
        """How many must sign: ⌈2n/3⌉."""
        return majority(self.members)


def committees(*, most: int = 9, byzantine_ratio: float = 1 / 3) -> SearchStrategy[Committee]:
    """Draw up to ``most`` members of whom fewer than ``byzantine_ratio`` forge.

    Shrinks to one honest member that signs the empty message.
    """
    from hypothesis import strategies as st

    forgeries = st.builds(Forgery, how=st.sampled_from(FORGERIES), noise=st.integers(0, 767))

    def of(members: int) -> SearchStrategy[Committee]:
        fewer = max(0, -(-round(members * byzantine_ratio * 3) // 3) - 1)
        return st.builds(
            Committee,
            members=st.just(members),
            byzantine=st.lists(forgeries, max_size=fewer).map(tuple),
            message=st.binary(max_size=32),
        )

    return st.integers(1, most).flatmap(of)


@lru_cache(maxsize=64)
def secret_of(member: int) -> int:
    """Return a member's secret; the same in every committee, since keys carry no choice."""
    return 1_000_003 * (member + 1)


def handed_in(committee: Committee, scheme: SignatureScheme) -> tuple[SignedMessage, ...]:
    """Return what each member hands in under its own key, in the order of members."""
    made: list[SignedMessage] = []
    for member in range(committee.members):
        key = scheme.public_key(secret_of(member))
        point = scheme.sign([secret_of(member)], committee.message)
        if member < len(committee.byzantine):
            point = _forged(committee, committee.byzantine[member], member, scheme)
        made.append(SignedMessage((key,), committee.message, point))
    return tuple(made)


def bls_signatures(*, scheme: SignatureScheme | None = None) -> SearchStrategy[SignedMessage]:
    """Draw a member's signature that verifies; shrinks to the first member and the empty message."""
    used = scheme or IdealScheme()
    return committees(byzantine_ratio=0).map(lambda committee: handed_in(committee, used)[-1])


def aggregates(*, scheme: SignatureScheme | None = None) -> SearchStrategy[SignedMessage]:
    """Draw an aggregate of all honest members of a committee; it verifies."""
    used = scheme or IdealScheme()
    return committees().map(lambda committee: aggregate_of(committee, tuple(committee.honest), used))


def aggregate_of(committee: Committee, members: tuple[int, ...], scheme: SignatureScheme) -> SignedMessage:
    """Return the aggregate of what these members sign honestly."""
    keys = tuple(scheme.public_key(secret_of(member)) for member in members)
    point = scheme.aggregate([scheme.sign([secret_of(member)], committee.message) for member in members])
    return SignedMessage(keys, committee.message, point)


def _forged(committee: Committee, forgery: Forgery, member: int, scheme: SignatureScheme) -> bytes:
    message, secret = committee.message, secret_of(member)
    if forgery.how == "other_message":
        return scheme.sign([secret], b"not " + message)
    if forgery.how == "other_member":
        return scheme.sign([secret_of(committee.members)], message)
    if forgery.how == "copied":
        return scheme.sign([secret_of(committee.members - 1)], message)
    if forgery.how == "noise":
        return forgery.noise.to_bytes(2, "big") + bytes(94)
    point = bytearray(scheme.sign([secret], message))
    point[forgery.noise // 8 % len(point)] ^= 1 << forgery.noise % 8
    return bytes(point)
