"""What users do in a chain: transfers, deposits and burns, each within what its user can pay."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from alyslab.model.address import segwit_address
from alyslab.model.execution import BRIDGE, IMPOSTOR, ROUTER
from alyslab.property.case import case

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

USERS: Final = 3
"""Accounts that hold money from block 1 on; few, so that drawn transactions meet each other."""
BURN_MAX_SAT: Final = 4_000_000
"""Largest burn: a hundred blocks of two can't empty an account that was given ten bitcoin."""
TRANSFER_MAX_GWEI: Final = 1_000
"""Largest transfer; users spend it on gas, never on each other's ruin."""
CONTRACTS: Final = {"bridge": BRIDGE, "router": ROUTER, "impostor": IMPOSTOR, "constructor": None}
"""Where a burn can be sent: the bridge, another contract that calls it, and two that forge its event."""


@case
@dataclass(frozen=True, slots=True)
class Transfer:
    """A user sends wei to another one, or to an address never seen before."""

    sender: int = 0
    """Which user pays."""
    to: int = 0
    """Which user receives; from :data:`USERS` on, a new account."""
    gwei: int = 1


@case
@dataclass(frozen=True, slots=True)
class Deposit:
    """Somebody pays the federation on Bitcoin; the block credits a user for it."""

    user: int = 0
    """Which user; :data:`USERS` is a stranger whose address can be read as text."""
    sat: int = 1


@case
@dataclass(frozen=True, slots=True)
class Burn:
    """A user asks for bitcoin."""

    user: int = 0
    sat: int = 1_000_000
    """How much; below the spec's minimum nothing is burned and nothing is paid."""
    through: str = "bridge"
    """A key of :data:`CONTRACTS`."""

    @property
    def forged(self) -> bool:
        """Whether nothing is burned, and only the event says so."""
        return self.through in ("impostor", "constructor")

    @property
    def destination(self) -> bytes:
        """The Bitcoin address that is asked for: one for each user."""
        return segwit_address(bytes([self.user]) * 20, 0).encode()


def transfers() -> SearchStrategy[Transfer]:
    """Draw a transfer that can be paid for; shrinks to 1 gwei from user 0 to itself."""
    from hypothesis import strategies as st

    return st.builds(
        Transfer,
        sender=st.integers(0, USERS - 1),
        to=st.integers(0, USERS + 1),
        gwei=st.integers(1, TRANSFER_MAX_GWEI),
    )


def deposits(most_sat: int = 10**7) -> SearchStrategy[Deposit]:
    """Draw a peg-in; shrinks to 1 satoshi for user 0."""
    from hypothesis import strategies as st

    return st.builds(Deposit, user=st.integers(0, USERS), sat=st.integers(1, most_sat))


def burns(*, foreign: bool = True, least_sat: int = 1_000) -> SearchStrategy[Burn]:
    """Draw a peg-out that its user can pay for; shrinks to the spec's least, through the bridge.

    With ``foreign`` some are sent to other contracts and some are forged;
    about one in five is below the minimum of 1,000,000 satoshi.
    """
    from hypothesis import strategies as st

    amounts = st.integers(1_000_000, BURN_MAX_SAT)
    if least_sat < 1_000_000:
        amounts = st.one_of(amounts, amounts, amounts, amounts, st.integers(least_sat, 999_999))
    ways = st.sampled_from(tuple(CONTRACTS)) if foreign else st.just("bridge")
    return st.builds(Burn, user=st.integers(0, USERS - 1), sat=amounts, through=ways)
