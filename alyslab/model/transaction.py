"""What users send: transfers of wei and calls of the bridge, as the execution layer sees them.

The sender stands in the transaction, because recovering it from a signature
is the execution layer's work before the consensus node ever looks.  Contract
code is reduced to the three behaviours that matter to the bridge; see
:mod:`alyslab.model.execution`.

Source: alys-system.md §1, "Block" (Capella payload), "Fees", "Peg-out".
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from alyslab.model.encoding import Data, Optional, Record, Uint, decode, fixed, pack
from alyslab.model.hashing import sha256

ADDRESS_BYTES = 20
DATA_BYTES_MAX = 128 * 1024
"""Longest call data; the transaction pool of the execution layer takes no more."""

BASE_GAS = 21_000
"""Gas of a plain transfer.  Source: Ethereum yellow paper, G_transaction."""
ZERO_BYTE_GAS, DATA_BYTE_GAS = 4, 16
"""Gas of each zero and non-zero byte of call data.  Source: EIP-2028."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Transaction:
    """One user's transfer or call (an EIP-1559 transaction whose sender is known)."""

    sender: bytes
    """Who pays: 20-byte address, recovered by the execution layer."""
    nonce: int
    """How many transactions the sender sent before this one."""
    to: bytes | None
    """Whom the value goes to: 20-byte address, or None to create a contract."""
    value_wei: int
    """What is sent, in wei, below 2**256."""
    gas_limit: int
    """The most gas that the sender pays for."""
    max_fee_wei: int
    """The most that the sender pays per gas, base fee included, in wei."""
    tip_wei: int
    """What the sender offers to the block's fee recipient per gas, in wei."""
    data: bytes = b""
    """Call data; for the bridge, the Bitcoin address as ASCII text."""
    encoded: bytes = field(init=False, repr=False, compare=False)
    """Canonical bytes; the payload carries transactions as these."""

    def __post_init__(self) -> None:
        to, value = self.to, self.value_wei
        encoded = pack(
            (
                self.sender,
                self.nonce,
                to,
                value.to_bytes((value.bit_length() + 7) // 8, "big"),
                self.gas_limit,
                self.max_fee_wei,
                self.tip_wei,
                self.data,
            )
        )
        object.__setattr__(self, "encoded", encoded)

    @property
    def id(self) -> bytes:
        """The transaction's hash, which names it; computed anew at each call."""
        return sha256(self.encoded)

    def effective_tip_wei(self, base_fee_wei: int) -> int:
        """Return what the fee recipient gets per gas, in wei.  Source: EIP-1559."""
        return min(self.tip_wei, self.max_fee_wei - base_fee_wei)


def intrinsic_gas(data: bytes) -> int:
    """Return the gas that a transaction with this call data uses; the model's contracts use no more."""
    if not data:
        return BASE_GAS
    zeros = data.count(0)
    return BASE_GAS + ZERO_BYTE_GAS * zeros + DATA_BYTE_GAS * (len(data) - zeros)


TRANSACTION = Record(
    Transaction,
    sender=fixed(ADDRESS_BYTES),
    nonce=Uint(),
    to=Optional(fixed(ADDRESS_BYTES)),
    value_wei=Uint(256),
    gas_limit=Uint(),
    max_fee_wei=Uint(),
    tip_wei=Uint(),
    data=Data(0, DATA_BYTES_MAX),
)
"""Schema of the canonical encoding."""


class TransactionBytes:
    """A transaction inside a payload: its own canonical bytes, as the execution layer passes them on."""

    def pack(self, value: Transaction) -> bytes:
        """Return the transaction's bytes."""
        return value.encoded

    def unpack(self, item: object, field: str) -> Transaction:
        """Return the transaction that the bytes encode, or raise :class:`EncodingError`."""
        transaction: Transaction = decode(TRANSACTION, item, field)  # type: ignore[arg-type]
        return transaction

    def to_json(self, value: Transaction) -> dict[str, object]:
        """Return the transaction's fields by name."""
        return TRANSACTION.to_json(value)

    def from_json(self, item: object, field: str) -> Transaction:
        """Return the transaction with these fields, or raise :class:`EncodingError`."""
        transaction: Transaction = TRANSACTION.from_json(item, field)
        return transaction


class BurnEvent(NamedTuple):
    """A ``RequestPegOut`` event in a receipt's log: somebody asks for bitcoin."""

    emitter: bytes
    """The contract that emitted the event; only the bridge's word counts."""
    sender: bytes
    """Who called the emitter."""
    destination: bytes
    """The Bitcoin address that was asked for, as given."""
    value_wei: int
    """What the event claims was burned, in wei."""


class Receipt(NamedTuple):
    """What executing one transaction did."""

    transaction_id: bytes
    """Hash of the transaction."""
    to: bytes | None
    """Its recipient; None for the creation of a contract."""
    gas_used: int
    """Gas that was paid for."""
    events: tuple[BurnEvent, ...]
    """The events that it emitted, in order."""
