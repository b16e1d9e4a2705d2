"""The federation's signatures over payments to users, gathered until each has its threshold.

A member signs once proof of work is queued for the range that holds the
proposal.  A block with that work must carry every payment of the range with
exactly the threshold of signatures; until they are there, blocks go without
the work.  V1 leaves payments out that lack signatures, and then rejects its own
block for their number, in every slot.

Source: alys-system.md §1, "Peg-out"; §7, "Signature starvation".
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final, Literal

from alyslab.harnesses.consensus.wire import PegoutSignatures
from alyslab.model.bitcoin import BitcoinTransaction, TxOutput
from alyslab.model.block import AuxPowHeader
from alyslab.model.chain import Chain
from alyslab.model.federation import spend_digest

HELD_MAX: Final = 256
"""Signatures over payments that the node does not know yet."""

Payment = tuple[BitcoinTransaction, tuple[TxOutput, ...]]
"""An unsigned payment, and the outputs that it spends."""
Outcome = Literal["counted", "held", "again", "forged"]


def payments_in(chain: Chain, header: AuxPowHeader) -> Iterator[Payment]:
    """Yield the payments that the header's range proposes, in order; none for a range not of this chain."""
    start, end = chain.height_of(header.range_start), chain.height_of(header.range_end)
    if start is None or end is None:
        return
    for record in chain.records[start : end + 1]:
        if record.block.pegout_proposal is not None:
            yield record.block.pegout_proposal, record.spent


class PegoutBook:
    """Signatures that one node has gathered, by payment and member."""

    def __init__(self) -> None:
        self._valid: dict[bytes, dict[int, tuple[bytes, ...]]] = {}
        self._held: dict[tuple[bytes, int], PegoutSignatures] = {}
        self._own: dict[bytes, PegoutSignatures] = {}
        self._digests: dict[bytes, tuple[bytes, ...]] = {}

    def sign(self, chain: Chain, header: AuxPowHeader, member: int, secret: int) -> list[PegoutSignatures]:
        """Return the member's signatures over every payment of the range; each is made once."""
        signed = []
        for payment in payments_in(chain, header):
            txid = payment[0].txid
            own = self._own.get(txid)
            if own is None:
                made = (
                    chain.scheme.sign_spend(secret, digest) for digest in self._signed_over(chain, payment)
                )
                own = self._own[txid] = PegoutSignatures(txid, member, tuple(made))
            signed.append(own)
        return signed

    def offer(self, chain: Chain, given: PegoutSignatures) -> Outcome:
        """Keep signatures: valid ones for good, those over an unknown payment until it is known."""
        if given.member in self._valid.get(given.txid, {}):
            return "again"
        payment = _find(chain, given.txid)
        if payment is None:
            if len(self._held) >= HELD_MAX:
                del self._held[next(iter(self._held))]
            self._held[given.txid, given.member] = given
            return "held"
        if not self._is_valid(chain, payment, given):
            return "forged"
        self._valid.setdefault(given.txid, {})[given.member] = given.signatures
        return "counted"

    def signed(
        self, chain: Chain, header: AuxPowHeader, *, skip_missing: bool = False
    ) -> tuple[BitcoinTransaction, ...] | None:
        """Return the range's payments with their signatures, or None while one lacks some.

        ``skip_missing`` plants the bug that such a payment is left out.
        """
        done: list[BitcoinTransaction] = []
        for payment, _ in payments_in(chain, header):
            self._look_again(chain, payment.txid)
            given = self._valid.get(payment.txid, {})
            if len(given) >= chain.federation.threshold:
                done.append(_assembled(chain, payment, given))
            elif not skip_missing:
                return None
        return tuple(done)

    def forget(self, transactions: tuple[BitcoinTransaction, ...]) -> None:
        """Let go of payments that a block has finalised."""
        for transaction in transactions:
            for kept in (self._valid, self._own, self._digests):
                kept.pop(transaction.txid, None)

    def _is_valid(self, chain: Chain, payment: Payment, given: PegoutSignatures) -> bool:
        transaction, spent = payment
        keys = chain.federation.keys
        if given.member >= len(keys) or len(given.signatures) != len(transaction.inputs):
            return False
        return len(spent) == len(transaction.inputs) and all(
            chain.scheme.verify_spend(keys[given.member], digest, signature)
            for digest, signature in zip(self._signed_over(chain, payment), given.signatures, strict=True)
        )

    def _signed_over(self, chain: Chain, payment: Payment) -> tuple[bytes, ...]:
        """Return what members sign for each input; the transaction's id commits to all of it."""
        transaction, spent = payment
        digests = self._digests.get(transaction.txid)
        if digests is None:
            digests = self._digests[transaction.txid] = tuple(
                spend_digest(chain.federation, transaction, spent, index)
                for index in range(len(transaction.inputs))
            )
        return digests

    def _look_again(self, chain: Chain, txid: bytes) -> None:
        for key in [key for key in self._held if key[0] == txid]:
            self.offer(chain, self._held.pop(key))


def _find(chain: Chain, txid: bytes) -> Payment | None:
    for record in chain.records[chain.pow.finalised_height + 1 :]:
        proposal = record.block.pegout_proposal
        if proposal is not None and proposal.txid == txid:
            return proposal, record.spent
    return None


def _assembled(
    chain: Chain, payment: BitcoinTransaction, given: dict[int, tuple[bytes, ...]]
) -> BitcoinTransaction:
    """Return the payment with a witness in each input, signed by the first members of those who gave."""
    federation = chain.federation
    chosen = frozenset(sorted(given)[: federation.threshold])
    members = range(len(federation.keys))
    inputs = []
    for index, spending in enumerate(payment.inputs):
        stack = tuple(given[member][index] if member in chosen else b"" for member in reversed(members))
        inputs.append(replace(spending, witness=(*stack, federation.leaf, federation.control)))
    return replace(payment, inputs=tuple(inputs))
