"""Peg-ins: bitcoin paid to the federation becomes wei; and the wallet that remembers both.

Source: alys-system.md §1, "Peg-in" (crates/federation/src/lib.rs of branch main).
"""

# ruff: noqa: D401 - the docstring of a rule is the claim that it checks
from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from alyslab.model.bitcoin import BitcoinTransaction, BitcoinView, TxOutput
from alyslab.model.block import PegIn, Withdrawal
from alyslab.model.errors import BridgeError
from alyslab.model.federation import Federation

if TYPE_CHECKING:
    from alyslab.model.context import Context, Finding

WEI_PER_SAT = 10**10
GWEI_PER_SAT = 10
OP_RETURN = 0x6A
_PUSHDATA1 = 0x4C
_DIGITS = re.compile(rb"(?:0x)?[0-9A-Fa-f]{40}")
Outpoint = tuple[bytes, int]
"""Transaction id and index of an output."""


@dataclass(frozen=True, slots=True)
class Payment:
    """What one Bitcoin transaction pegs in."""

    recipient: bytes
    """Who is credited, a 20-byte address."""
    amount_sat: int
    """How much, in satoshi."""
    outpoint: Outpoint
    """The output that the federation now owns."""
    output: TxOutput
    """Its amount and script."""

    @property
    def wei(self) -> int:
        """The amount in wei."""
        return self.amount_sat * WEI_PER_SAT


def op_return_payload(script: bytes) -> bytes | None:
    """Return what an OP_RETURN output carries in its single push, or None when it is no such output."""
    if len(script) < 2 or script[0] != OP_RETURN:
        return None
    length, start = (script[2], 3) if script[1] == _PUSHDATA1 and len(script) > 2 else (script[1], 2)
    return script[start:] if len(script) == start + length else None


def decode_recipient(payload: bytes, readable_rejected: bool = False) -> bytes:
    """Return the address in a peg-in's payload: 20 raw bytes, or 40 hexadecimal digits with or without 0x.

    V1 first asks whether the bytes are valid UTF-8, and then takes nothing but
    digits: a raw address that happens to be text is lost.  That is the
    deviation ``readable_address_rejected``.  Raises :class:`BridgeError`.
    """
    if len(payload) == 20 and not (readable_rejected and _is_text(payload)):
        return payload
    if not _DIGITS.fullmatch(payload):
        raise BridgeError("pegin_address_unreadable", value=payload)
    return bytes.fromhex(payload[-40:].decode("ascii"))


def _is_text(payload: bytes) -> bool:
    try:
        payload.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def read_payment(
    transaction: BitcoinTransaction,
    txid: bytes,
    federation: Federation,
    deviations: frozenset[str] = frozenset(),
) -> Payment:
    """Return what the transaction pegs in: its first output to the federation, its first readable OP_RETURN.

    Raises :class:`BridgeError` when either is missing.
    """
    scripts = (federation.script, *federation.former * ("former_address_accepted" in deviations))
    paid = next((i for i, out in enumerate(transaction.outputs) if out.script in scripts), None)
    if paid is None:
        raise BridgeError("pegin_pays_nothing", txid=txid)
    for output in transaction.outputs:
        payload = op_return_payload(output.script)
        if payload is None:
            continue
        try:
            recipient = decode_recipient(payload, "readable_address_rejected" in deviations)
        except BridgeError:
            continue
        owned = transaction.outputs[paid]
        return Payment(recipient, owned.value_sat, (txid, paid), owned)
    raise BridgeError("pegin_address_unreadable", txid=txid)


def credits_of(payments: Iterable[Payment]) -> tuple[Withdrawal, ...]:
    """Return one withdrawal per recipient, in the order in which recipients first appear."""
    totals: dict[bytes, int] = {}
    for payment in payments:
        totals[payment.recipient] = totals.get(payment.recipient, 0) + payment.amount_sat * GWEI_PER_SAT
    return tuple(Withdrawal(address=address, amount_gwei=gwei) for address, gwei in totals.items())


@dataclass(frozen=True, slots=True)
class WalletChange:
    """What one block did to the wallet, so that a rollback can take it back."""

    received: tuple[tuple[Outpoint, TxOutput], ...]
    """Outputs that it added."""
    spent: tuple[tuple[Outpoint, TxOutput], ...]
    """Outputs that it removed."""
    credited: tuple[bytes, ...]
    """Bitcoin transactions that it pegged in."""


@dataclass(slots=True)
class Wallet:
    """The federation's unspent outputs and the peg-ins that were credited."""

    unspent: dict[Outpoint, TxOutput] = field(default_factory=dict)
    """Outputs that the federation can spend, oldest first."""
    credited: set[bytes] = field(default_factory=set)
    """Bitcoin transactions that were pegged in."""

    @property
    def balance_sat(self) -> int:
        """Sum of the unspent outputs."""
        return sum(output.value_sat for output in self.unspent.values())

    def receive(
        self, payments: Sequence[Payment], proposal: BitcoinTransaction | None, federation: Federation
    ) -> WalletChange:
        """Book a block's peg-ins and its proposed payment, and return how to take it back."""
        received = [(payment.outpoint, payment.output) for payment in payments]
        spent: dict[Outpoint, TxOutput] = {}
        if proposal is not None:
            for spending in proposal.inputs:
                outpoint = (spending.txid, spending.vout)
                if outpoint in self.unspent:
                    spent[outpoint] = self.unspent[outpoint]
            own = [(i, out) for i, out in enumerate(proposal.outputs) if out.script == federation.script]
            received += [((proposal.txid, index), output) for index, output in own]
        change = WalletChange(
            tuple(item for item in received if item[0] not in self.unspent),
            tuple(spent.items()),
            tuple(dict.fromkeys(p.outpoint[0] for p in payments if p.outpoint[0] not in self.credited)),
        )
        for outpoint, _ in change.spent:
            del self.unspent[outpoint]
        self.unspent.update(change.received)
        self.credited.update(change.credited)
        return change

    def revert(self, change: WalletChange) -> None:
        """Take back what :meth:`receive` did last."""
        for outpoint, _ in change.received:
            self.unspent.pop(outpoint, None)
        self.unspent.update(change.spent)
        self.credited.difference_update(change.credited)


def readings_of(
    pegins: Iterable[PegIn], bitcoin: BitcoinView, federation: Federation, deviations: frozenset[str]
) -> tuple[Payment | str, ...]:
    """Return what each peg-in pays, or ``unknown``, or the rule that reading it broke."""
    found: list[Payment | str] = []
    for pegin in pegins:
        transaction = bitcoin.find(pegin.txid, pegin.bitcoin_block)
        if transaction is None:
            found.append("unknown")
            continue
        try:
            found.append(read_payment(transaction, pegin.txid, federation, deviations))
        except BridgeError as error:
            found.append(error.rule)
    return tuple(found)


def payments_of(
    pegins: Iterable[PegIn], bitcoin: BitcoinView, federation: Federation, deviations: frozenset[str]
) -> tuple[Payment, ...]:
    """Return what peg-ins pay, leaving out those that can't be found or read."""
    readings = readings_of(pegins, bitcoin, federation, deviations)
    return tuple(payment for payment in readings if isinstance(payment, Payment))


def pegin_known(ctx: Context) -> Finding:
    """Each peg-in lies in the named block of the best Bitcoin chain, not below the start height."""
    for pegin in ctx.block.pegins:
        height = ctx.bitcoin.height_of(pegin.bitcoin_block)
        known = height is not None and height >= ctx.spec.bitcoin_start_height
        if not known or ctx.bitcoin.find(pegin.txid, pegin.bitcoin_block) is None:
            return {"txid": pegin.txid, "bitcoin_block": pegin.bitcoin_block}
    return None


def pegin_confirmed(ctx: Context) -> Finding:
    """Each peg-in lies as deep as the spec asks."""
    for pegin in ctx.block.pegins:
        depth = ctx.bitcoin.confirmations(pegin.bitcoin_block)
        if depth < ctx.spec.bitcoin_confirmations:
            return {"txid": pegin.txid, "confirmations": depth, "needed": ctx.spec.bitcoin_confirmations}
    return None


def pegin_readable(ctx: Context) -> Finding:
    """Each peg-in pays the federation and names an address."""
    for pegin, reading in zip(ctx.block.pegins, ctx.readings, strict=True):
        if isinstance(reading, str) and reading != "unknown":
            return {"txid": pegin.txid, "reason": reading}
    return None


def pegin_unique(ctx: Context) -> Finding:
    """No peg-in stands twice in the block or was credited before (V1: PegInAlreadyIncluded)."""
    seen: set[bytes] = set()
    for pegin in ctx.block.pegins:
        if pegin.txid in seen or pegin.txid in ctx.wallet.credited:
            return {"txid": pegin.txid}
        if "duplicate_pegin_in_block_accepted" not in ctx.deviations:
            seen.add(pegin.txid)
    return None


def pegin_recipients(ctx: Context) -> Finding:
    """At most 16 addresses are credited; withdrawals for fees are not counted."""
    count = len({payment.recipient for payment in ctx.payments})
    limit = ctx.spec.pegin_recipients_max
    return None if count <= limit else {"recipients": count, "limit": limit}


def withdrawals(ctx: Context) -> Finding:
    """The payload's withdrawals are the fees due and the peg-ins, and nothing else."""
    expected = ctx.expected_withdrawals
    actual = ctx.block.payload.withdrawals
    present = all(credit in actual for credit in expected)
    held = present if "extra_withdrawals_accepted" in ctx.deviations else actual == expected
    return None if held else {"withdrawals": actual, "expected": expected}
