"""Peg-outs: wei burned in one block become an unsigned Bitcoin payment in the next.

Source: alys-system.md §1, "Peg-out" (crates/federation/src/bitcoin_signing.rs
of branch main); which outputs are spent is chosen in :mod:`alyslab.model.coins`.
"""

# ruff: noqa: D401 - the docstring of a rule is the claim that it checks
from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from alyslab.model import multisig
from alyslab.model.address import script_of
from alyslab.model.bitcoin import RBF_SEQUENCE, BitcoinTransaction, TxInput, TxOutput
from alyslab.model.bridge import WEI_PER_SAT, Wallet
from alyslab.model.coins import select_coins
from alyslab.model.errors import BridgeError
from alyslab.model.execution import BRIDGE
from alyslab.model.federation import Federation
from alyslab.model.schnorr import SIGNATURE_BYTES
from alyslab.model.spec import Spec
from alyslab.model.transaction import BurnEvent, Receipt

if TYPE_CHECKING:
    from alyslab.model.context import Context, Finding


@dataclass(frozen=True, slots=True)
class Request:
    """One burn that must be paid."""

    script: bytes
    """Script of the Bitcoin address."""
    amount_sat: int
    """What was burned, in whole satoshi."""


def burns(receipts: Iterable[Receipt], deviations: frozenset[str] = frozenset()) -> list[BurnEvent]:
    """Return the events that count as burns: those that the bridge itself emitted.

    V1 asks for the receipt's recipient instead, lets None pass, and does not
    look at the emitter: burns through another contract are lost and a
    constructor can forge one.  That is the deviation ``foreign_burn_accepted``.
    """
    found: list[BurnEvent] = []
    for receipt in receipts:
        if "foreign_burn_accepted" in deviations:
            found += receipt.events if receipt.to in (BRIDGE, None) else ()
        else:
            found += [event for event in receipt.events if event.emitter == BRIDGE]
    return found


INCIDENT_1_LEAST = 10**14
"""What the fix of incident 1 compared satoshi with; it was meant as wei."""


def request_of(event: BurnEvent, spec: Spec, deviations: frozenset[str] = frozenset()) -> Request | None:
    """Return what the burn asks for; None if it is too small, too large, or names no address (no refund)."""
    amount = event.value_wei // WEI_PER_SAT
    least = INCIDENT_1_LEAST if "pegout_minimum_in_wei" in deviations else spec.pegout_minimum_sat
    if amount < least or (spec.pegout_cap_sat is not None and amount > spec.pegout_cap_sat):
        return None
    try:
        return Request(script_of(event.destination), amount)
    except BridgeError:
        return None


def requests_of(
    receipts: Iterable[Receipt], spec: Spec, deviations: frozenset[str] = frozenset()
) -> tuple[Request, ...]:
    """Return what a block's receipts ask the next block to pay."""
    receipts = [receipt for receipt in receipts if receipt.events]
    if not receipts:
        return ()
    found = (request_of(event, spec, deviations) for event in burns(receipts, deviations))
    return tuple(request for request in found if request is not None)


def virtual_size(federation: Federation, inputs: int, output_scripts: Sequence[bytes]) -> int:
    """Return the size of the signed payment in virtual bytes, rounded up.  Source: BIP141, "weight"."""
    if federation.taproot:
        stack = federation.threshold * (SIGNATURE_BYTES + 1) + (len(federation.keys) - federation.threshold)
        stack += 1 + len(federation.control)
    else:
        stack = 1 + federation.threshold * (multisig.SIGNATURE_BYTES + 1)
    witness = inputs * (1 + stack + 3 + len(federation.leaf)) + 2
    plain = 10 + 41 * inputs + sum(9 + len(script) for script in output_scripts)
    return -(-(4 * plain + witness) // 4)


def propose(
    wallet: Wallet, requests: Sequence[Request], federation: Federation, spec: Spec, fee_sat_per_vb: int
) -> BitcoinTransaction:
    """Return the unsigned payment of the requests: version 2, locktime 0, replaceable, fee shared evenly.

    Raises :class:`BridgeError` when the wallet is too small, or when a share
    of the fee leaves less than dust of an output (incident 1, where the
    subtraction went below zero).
    """
    total = sum(request.amount_sat for request in requests)
    coins = select_coins(wallet, total, spec.dust_sat)
    change = sum(wallet.unspent[coin].value_sat for coin in coins) - total
    scripts = [request.script for request in requests]
    if change >= spec.dust_sat:
        scripts.append(federation.script)
    fee = fee_sat_per_vb * virtual_size(federation, len(coins), scripts)
    share = -(-fee // len(requests))
    for request in requests:
        if request.amount_sat - share < spec.dust_sat:
            raise BridgeError("fee_exceeds_output", amount_sat=request.amount_sat, share_sat=share)
    outputs = [TxOutput(value_sat=r.amount_sat - share, script=r.script) for r in requests]
    if change >= spec.dust_sat:
        outputs.append(TxOutput(value_sat=change, script=federation.script))
    inputs = tuple(TxInput(txid=txid, vout=vout) for txid, vout in coins)
    return BitcoinTransaction(inputs=inputs, outputs=tuple(outputs))


def spent_outputs(wallet: Wallet, proposal: BitcoinTransaction) -> tuple[TxOutput, ...]:
    """Return the outputs that the proposal spends, leaving out those that the wallet does not hold."""
    found = (wallet.unspent.get((spending.txid, spending.vout)) for spending in proposal.inputs)
    return tuple(output for output in found if output is not None)


def pegout_due(ctx: Context) -> Finding:
    """There is a proposal exactly if the block before burned something payable."""
    due, present = bool(ctx.requests), ctx.block.pegout_proposal is not None
    return None if due == present else {"requests": len(ctx.requests), "proposal": present}


def pegout_form(ctx: Context) -> Finding:
    """The proposal is unsigned, version 2, locktime 0 and replaceable."""
    proposal = ctx.block.pegout_proposal
    if proposal is None:
        return None
    plain = all(i.sequence == RBF_SEQUENCE and not i.witness and not i.script_sig for i in proposal.inputs)
    if plain and (proposal.version, proposal.locktime) == (2, 0):
        return None
    return {"version": proposal.version, "locktime": proposal.locktime}


def pegout_inputs(ctx: Context) -> Finding:
    """The proposal spends unspent outputs of the federation, each once."""
    proposal = ctx.block.pegout_proposal
    if proposal is None:
        return None
    outpoints = [(spending.txid, spending.vout) for spending in proposal.inputs]
    missing = [outpoint for outpoint in outpoints if outpoint not in ctx.wallet.unspent]
    if outpoints and not missing and len(set(outpoints)) == len(outpoints):
        return None
    return {"missing": missing, "inputs": len(outpoints)}


def pegout_outputs(ctx: Context) -> Finding:
    """The proposal pays each request its script, in order, and the change to the federation."""
    proposal = ctx.block.pegout_proposal
    if proposal is None:
        return None
    scripts = [output.script for output in proposal.outputs]
    wanted = [request.script for request in ctx.requests]
    return (
        None
        if scripts in (wanted, [*wanted, ctx.federation.script])
        else {"scripts": scripts, "wanted": wanted}
    )


def pegout_amounts(ctx: Context) -> Finding:
    """Each output is the burn less an even share of the fee; V1 only caps it from above."""
    proposal = ctx.block.pegout_proposal
    if proposal is None:
        return None
    withheld = [
        request.amount_sat - output.value_sat
        for request, output in zip(ctx.requests, proposal.outputs, strict=False)
    ]
    even = "proposal_capped_from_above" in ctx.deviations or len(set(withheld)) <= 1
    return None if even and min(withheld, default=0) >= 0 else {"withheld_sat": withheld}


def pegout_change(ctx: Context) -> Finding:
    """What the inputs exceed the burns by goes back to the federation, unless it is dust."""
    proposal = ctx.block.pegout_proposal
    if proposal is None:
        return None
    spent = sum(output.value_sat for output in spent_outputs(ctx.wallet, proposal))
    due = spent - sum(request.amount_sat for request in ctx.requests)
    change = sum(output.value_sat for output in proposal.outputs[len(ctx.requests) :])
    return (
        None
        if change == due or (change == 0 and 0 <= due < ctx.spec.dust_sat)
        else {"change": change, "due": due}
    )


def pegout_fee(ctx: Context) -> Finding:
    """The fee is below the highest rate, and no output is dust."""
    proposal = ctx.block.pegout_proposal
    if proposal is None:
        return None
    paid = sum(output.value_sat for output in proposal.outputs)
    fee = sum(output.value_sat for output in spent_outputs(ctx.wallet, proposal)) - paid
    size = virtual_size(ctx.federation, len(proposal.inputs), [output.script for output in proposal.outputs])
    limit = ctx.spec.pegout_fee_max_sat_per_vb * size
    if fee <= limit and all(output.value_sat >= ctx.spec.dust_sat for output in proposal.outputs):
        return None
    return {"fee_sat": fee, "limit_sat": limit}
