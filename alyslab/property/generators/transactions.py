"""Transactions: any that can be written down, and signed ones whose signatures verify."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from alyslab.model.hashing import sha256
from alyslab.model.transaction import BASE_GAS, Transaction
from alyslab.property.generators.basic import addresses, secrets

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

_U64 = (1 << 64) - 1


@dataclass(frozen=True, slots=True)
class SignedTransaction:
    """A transaction as a wallet sends it: the sender is whoever the signature belongs to."""

    transaction: Transaction
    signature: bytes
    """Recoverable ECDSA over secp256k1: 65 bytes."""

    @property
    def sender(self) -> bytes | None:
        """The address of who signed; None for bytes that are no signature.

        Ethereum takes Keccak-256 of the key; the model hashes with SHA-256 throughout.
        """
        from coincurve import PublicKey

        try:
            key = PublicKey.from_signature_and_message(
                self.signature, self.transaction.encoded, hasher=sha256
            )
        except Exception:  # the library raises bare exceptions for bad points
            return None
        return address_of(key.format(compressed=False))

    @property
    def verifies(self) -> bool:
        """Whether the sender that the transaction names signed it."""
        return self.sender == self.transaction.sender


def address_of(public_key: bytes) -> bytes:
    """Return the address of an uncompressed public key."""
    return sha256(public_key[1:])[-20:]


def signed(transaction: Transaction, secret: int) -> SignedTransaction:
    """Return the transaction from the secret's own address, with its signature."""
    from coincurve import PrivateKey

    key = PrivateKey(secret.to_bytes(32, "big"))
    own = replace(transaction, sender=address_of(key.public_key.format(compressed=False)))
    return SignedTransaction(own, key.sign_recoverable(own.encoded, hasher=sha256))


def transactions(*, data_bytes_max: int = 64) -> SearchStrategy[Transaction]:
    """Draw any transaction, payable or not; shrinks to nothing sent from and to zeros."""
    from hypothesis import strategies as st

    return st.builds(
        Transaction,
        sender=addresses(),
        nonce=st.integers(0, _U64),
        to=st.one_of(addresses(), st.none()),
        value_wei=st.integers(0, (1 << 256) - 1),
        gas_limit=st.integers(BASE_GAS, 30_000_000),
        max_fee_wei=st.integers(0, _U64),
        tip_wei=st.integers(0, _U64),
        data=st.binary(max_size=data_bytes_max),
    )


def signed_transactions(*, data_bytes_max: int = 64) -> SearchStrategy[SignedTransaction]:
    """Draw a transaction with a signature of its sender that verifies; shrinks as :func:`transactions`."""
    from hypothesis import strategies as st

    return st.builds(signed, transactions(data_bytes_max=data_bytes_max), secrets())
