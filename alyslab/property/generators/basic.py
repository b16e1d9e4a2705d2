"""Hashes, addresses, secrets and amounts: the small change of every other strategy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from alyslab.model.address import segwit_address

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

SECRETS_MAX: Final = 1 << 250
"""Below the orders of both curves, so that every secret is one."""


def hashes() -> SearchStrategy[bytes]:
    """Draw 32 bytes; shrinks to zeros."""
    from hypothesis import strategies as st

    return st.binary(min_size=32, max_size=32)


def addresses() -> SearchStrategy[bytes]:
    """Draw the 20 bytes of an account's address; shrinks to zeros."""
    from hypothesis import strategies as st

    return st.binary(min_size=20, max_size=20)


def secrets() -> SearchStrategy[int]:
    """Draw a secret key for either curve; shrinks to 1."""
    from hypothesis import strategies as st

    return st.integers(1, SECRETS_MAX)


def amounts_sat(least: int = 1, most: int = 10**8) -> SearchStrategy[int]:
    """Draw an amount in satoshi; shrinks to ``least``."""
    from hypothesis import strategies as st

    return st.integers(least, most)


def bitcoin_addresses() -> SearchStrategy[str]:
    """Draw an address of Bitcoin's regression network that a peg-out can be paid to.

    Shrinks to pay-to-witness-key-hash of a key of zeros; witness scripts and taproot are drawn too.
    """
    from hypothesis import strategies as st

    return st.one_of(
        st.binary(min_size=20, max_size=20).map(lambda program: segwit_address(program, 0)),
        st.binary(min_size=32, max_size=32).map(lambda program: segwit_address(program, 0)),
        st.binary(min_size=32, max_size=32).map(lambda program: segwit_address(program, 1)),
    )
