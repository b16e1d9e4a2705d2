"""The execution layer's part of a block: what it runs, and what it credits.

Source: alys-system.md §1, "Block" (Capella payload), "Fees"; EIP-4895 for withdrawals.
"""

from __future__ import annotations

from dataclasses import dataclass

from alyslab.model.encoding import Many, Record, Uint, fixed, pack
from alyslab.model.hashing import merkle_root, sha256
from alyslab.model.transaction import Transaction, TransactionBytes

TRANSACTIONS_MAX = 10_000
HASH = fixed(32)
ADDRESS = fixed(20)


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawal:
    """Wei that the block creates: a peg-in or a share of the fees."""

    address: bytes
    """Who receives, 20 bytes."""
    amount_gwei: int
    """How much, in gwei; the engine interface counts withdrawals in gwei."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Payload:
    """What the execution layer runs (an execution payload of Capella, reduced)."""

    parent_hash: bytes
    """``block_hash`` of the payload before."""
    number: int
    """Height; the chain's height is this number."""
    timestamp_s: int
    """Unix time in seconds."""
    fee_recipient: bytes
    """Where tips go: always 0x…dEaD, since fees are paid out with the next proof of work."""
    gas_limit: int
    """The most gas that the block may use."""
    gas_used: int
    """Gas that its transactions used."""
    base_fee_wei: int
    """Wei per gas that is destroyed.  Source: EIP-1559."""
    state_root: bytes
    """Root of the state that the block produces."""
    transactions: tuple[Transaction, ...]
    """What users sent, in order."""
    withdrawals: tuple[Withdrawal, ...]
    """Fees first, then peg-ins by recipient."""
    block_hash: bytes
    """Hash of all of the above."""

    def computed_hash(self) -> bytes:
        """Return the hash that ``block_hash`` must be; transactions enter by the Merkle root of their ids."""
        return self.hash_with_ids([transaction.id for transaction in self.transactions])

    def hash_with_ids(
        self, ids: list[bytes], gas_used: int | None = None, state_root: bytes | None = None
    ) -> bytes:
        """Return the same, given the transactions' ids, and what running them gave unless filled in."""
        return payload_hash(
            parent_hash=self.parent_hash,
            number=self.number,
            timestamp_s=self.timestamp_s,
            fee_recipient=self.fee_recipient,
            gas_limit=self.gas_limit,
            gas_used=self.gas_used if gas_used is None else gas_used,
            base_fee_wei=self.base_fee_wei,
            state_root=self.state_root if state_root is None else state_root,
            ids=ids,
            withdrawals=self.withdrawals,
        )


def payload_hash(
    *,
    parent_hash: bytes,
    number: int,
    timestamp_s: int,
    fee_recipient: bytes,
    gas_limit: int,
    gas_used: int,
    base_fee_wei: int,
    state_root: bytes,
    ids: list[bytes],
    withdrawals: tuple[Withdrawal, ...],
) -> bytes:
    """Return the hash of a payload with these fields, whose transactions have these ids."""
    credits = [(credit.address, credit.amount_gwei) for credit in withdrawals]
    return sha256(
        pack(
            (
                parent_hash,
                number,
                timestamp_s,
                fee_recipient,
                gas_limit,
                gas_used,
                base_fee_wei,
                state_root,
                len(ids),
                merkle_root(ids),
                credits,
            )
        )
    )


WITHDRAWAL = Record(Withdrawal, address=ADDRESS, amount_gwei=Uint())
PAYLOAD = Record(
    Payload,
    parent_hash=HASH,
    number=Uint(),
    timestamp_s=Uint(),
    fee_recipient=ADDRESS,
    gas_limit=Uint(),
    gas_used=Uint(),
    base_fee_wei=Uint(),
    state_root=HASH,
    transactions=Many(TransactionBytes(), TRANSACTIONS_MAX),
    withdrawals=Many(WITHDRAWAL, 1_000),
    block_hash=HASH,
)
