"""Validation: every rule of a block, in the order in which the node tries them.

:data:`RULES` is the table of contents.  A rule is a function of the context
that returns None when it holds, or the offending values.  The execution
layer's rules follow the table's, inside the engine's ``newPayload``, and are
named in :data:`ENGINE_RULES`; see :mod:`alyslab.model.execution`.

Source: alys-system.md §1, "process_block order" (app/src/chain.rs of branch main).
"""

# ruff: noqa: D401 - the docstring of a rule is the claim that it checks
from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from typing import TYPE_CHECKING, Literal

from alyslab.model import aura, auxpow, bridge, finality, pegout
from alyslab.model.bitcoin import BitcoinTransaction, BitcoinView, TxOutput
from alyslab.model.block import AuxPowHeader, Block, SignedBlock, Withdrawal
from alyslab.model.bridge import Payment, Wallet
from alyslab.model.errors import InvalidBlockError
from alyslab.model.federation import Federation
from alyslab.model.fees import divide_fees
from alyslab.model.finality import PowPointer
from alyslab.model.retarget import next_bits
from alyslab.model.scheme import SignatureScheme
from alyslab.model.spec import Spec

if TYPE_CHECKING:
    from alyslab.model.chain import Chain

Finding = Mapping[str, object] | None
"""Offending values by name, or None when the rule holds."""


class Context:
    """One block on its parent, with everything that a rule may ask for."""

    def __init__(
        self, chain: Chain, signed: SignedBlock, root: bytes, now_ms: int, signature_checked: bool = False
    ) -> None:
        self.chain = chain
        self.signed = signed
        self.block: Block = signed.block
        self.root = root
        self.now_ms = now_ms
        self.signature_checked = signature_checked
        self.spec: Spec = chain.spec
        self.scheme: SignatureScheme = chain.scheme
        self.deviations: frozenset[str] = chain.deviations
        self.bitcoin: BitcoinView = chain.bitcoin
        self.wallet: Wallet = chain.wallet
        self.federation: Federation = chain.federation
        self.pow: PowPointer = chain.pow

    @property
    def parent(self) -> Block:
        """The block below; the rule ``parent_known`` has made sure of it."""
        return self.chain.head.block

    def canonical_height(self, root: bytes) -> int | None:
        """Return the height of a block of this chain, None for any other root."""
        return self.chain.height_of(root)

    @cached_property
    def expected_bits(self) -> int:
        """Compact target that is due for work in this block."""
        return next_bits(self.spec, self.pow.bits, self.chain.height, self.pow.height, self.deviations)

    @cached_property
    def _range(self) -> tuple[int, int]:
        header = self.block.auxpow_header
        start = None if header is None else self.canonical_height(header.range_start)
        end = None if header is None else self.canonical_height(header.range_end)
        return (0, -1) if start is None or end is None else (start, end)

    @cached_property
    def range_roots(self) -> list[bytes]:
        """Roots of the blocks that the work finalises."""
        start, end = self._range
        return [record.root for record in self.chain.records[start : end + 1]]

    @cached_property
    def range_proposals(self) -> list[tuple[BitcoinTransaction, tuple[TxOutput, ...]]]:
        """Peg-out proposals in the range, each with the outputs that it spends."""
        start, end = self._range
        records = self.chain.records[start : end + 1]
        return [(proposal, record.spent) for record in records if (proposal := record.block.pegout_proposal)]

    @cached_property
    def readings(self) -> tuple[Payment | str, ...]:
        """What each of the block's peg-ins pays, or why it can't be told."""
        pegins = self.block.pegins
        return bridge.readings_of(pegins, self.bitcoin, self.federation, self.deviations) if pegins else ()

    @cached_property
    def payments(self) -> tuple[Payment, ...]:
        """What the block's peg-ins pay, as far as they can be read."""
        return tuple(reading for reading in self.readings if isinstance(reading, Payment))

    @property
    def requests(self) -> tuple[pegout.Request, ...]:
        """What the block before burned and asks to be paid."""
        return self.chain.records[-1].requests

    @property
    def expected_withdrawals(self) -> tuple[Withdrawal, ...]:
        """Shares of the fees if this block carries work, then the peg-ins."""
        payments = self.payments if self.block.pegins else ()
        return withdrawals_due(self.spec, self.block.auxpow_header, self.chain.fees_wei, payments)


def withdrawals_due(
    spec: Spec, header: AuxPowHeader | None, collected_wei: int, payments: tuple[Payment, ...]
) -> tuple[Withdrawal, ...]:
    """Return what a block must credit: shares of the fees if it carries work, then the peg-ins."""
    fees: tuple[Withdrawal, ...] = ()
    if header is not None:
        fees = divide_fees(spec, collected_wei, header.fee_recipient).withdrawals
    return fees + bridge.credits_of(payments) if payments else fees


def not_genesis(ctx: Context) -> Finding:
    """Block 0 is part of the spec and never imported."""
    return None if ctx.block.height > 0 else {"number": ctx.block.height}


def height_above_head(ctx: Context) -> Finding:
    """A block stands above the head: V1 never reorganises."""
    head = ctx.chain.height
    return None if ctx.block.height > head else {"number": ctx.block.height, "head": head}


def parent_known(ctx: Context) -> Finding:
    """The parent is the head, the only block that a higher one can stand on."""
    return None if ctx.block.parent_root == ctx.chain.head_root else {"parent_root": ctx.block.parent_root}


def payload_parent(ctx: Context) -> Finding:
    """The payload stands on the parent's payload."""
    claimed, expected = ctx.block.payload.parent_hash, ctx.parent.payload.block_hash
    return None if claimed == expected else {"parent_hash": claimed, "expected": expected}


def payload_number(ctx: Context) -> Finding:
    """Heights are contiguous."""
    claimed, expected = ctx.block.height, ctx.parent.height + 1
    return None if claimed == expected else {"number": claimed, "expected": expected}


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of validation; its name is its function's, its meaning the docstring."""

    check: Callable[[Context], Finding]
    """Returns None or the offending values."""
    who: Literal["everybody", "validators"] = "everybody"
    """Validators watch Bitcoin and hold the wallet; full nodes skip what needs these."""
    about: Literal["block", "pegins", "proposal"] = "block"
    """What must be in a block for the rule to have anything to look at."""

    @property
    def name(self) -> str:
        """How errors call it."""
        return self.check.__name__

    @property
    def summary(self) -> str:
        """What it asks, in one sentence."""
        return (self.check.__doc__ or "").partition("\n")[0]


RULES: tuple[Rule, ...] = (
    Rule(not_genesis),
    Rule(height_above_head),
    Rule(parent_known),
    Rule(payload_parent),
    Rule(payload_number),
    Rule(aura.slot_after_parent),
    Rule(aura.slot_not_in_future),
    Rule(aura.signers_bounded),
    Rule(aura.author),
    Rule(aura.quorum),
    Rule(aura.signature),
    Rule(bridge.pegin_known, "validators", "pegins"),
    Rule(bridge.pegin_confirmed, "validators", "pegins"),
    Rule(bridge.pegin_readable, "validators", "pegins"),
    Rule(bridge.pegin_unique, "validators", "pegins"),
    Rule(bridge.pegin_recipients, "validators", "pegins"),
    Rule(bridge.withdrawals, "validators"),
    Rule(pegout.pegout_due, "validators"),
    Rule(pegout.pegout_form, "validators", "proposal"),
    Rule(pegout.pegout_inputs, "validators", "proposal"),
    Rule(pegout.pegout_outputs, "validators", "proposal"),
    Rule(pegout.pegout_amounts, "validators", "proposal"),
    Rule(pegout.pegout_change, "validators", "proposal"),
    Rule(pegout.pegout_fee, "validators", "proposal"),
)
"""Rules of every block."""

WITH_POW: tuple[Rule, ...] = (
    Rule(auxpow.pow_present),
    Rule(auxpow.pow_target),
    Rule(auxpow.pow_parent_chain),
    Rule(auxpow.pow_chain_branch),
    Rule(auxpow.pow_coinbase_branch),
    Rule(auxpow.pow_range_start),
    Rule(auxpow.pow_range_end),
    Rule(auxpow.pow_commitment),
    Rule(auxpow.pow_tree_size),
    Rule(auxpow.pow_tree_index),
    Rule(auxpow.pow_chain_id),
    Rule(auxpow.pow_bits),
    Rule(auxpow.pow_height),
    Rule(finality.pegouts_count),
    Rule(finality.pegouts_txid, "validators"),
    Rule(finality.pegouts_witness, "validators"),
)
"""Rules of a block with proof of work, after :data:`RULES`.

The range is resolved before the commitment over it can be computed, so the
two range rules stand before ``pow_commitment``.
"""

WITHOUT_POW: tuple[Rule, ...] = (Rule(finality.pow_gap), Rule(finality.pegouts_need_pow))
"""Rules of a block without proof of work, after :data:`RULES`."""

ENGINE_RULES: Mapping[str, str] = {
    "payload_hash": "The payload's hash is the hash of its fields and transactions.",
    "payload_fee_recipient": "Tips go to 0x…dEaD.",
    "payload_timestamp": "Time moves on.",
    "payload_gas_limit": "The gas limit is the spec's.",
    "payload_base_fee": "The base fee follows the parent's use of gas.",
    "transaction_unique": "No transaction stands twice in a block.",
    "transaction_nonce": "A sender's transactions are numbered without gaps.",
    "transaction_fee": "The sender pays at least the base fee.",
    "transaction_gas": "The gas limit covers what the transaction uses.",
    "transaction_balance": "The sender can pay value and gas in the worst case.",
    "payload_gas_used": "The gas used is that of the transactions.",
    "payload_gas_within_limit": "The transactions fit into the block.",
    "state_root": "The state root is that of the state which the block produces.",
}
"""Rules of the execution layer, in order, after all others."""


def rules_for(block: Block) -> tuple[Rule, ...]:
    """Return the rules that are tried on this block before the execution layer's, in order."""
    return RULES + (WITHOUT_POW if block.auxpow_header is None else WITH_POW)


def rule_names() -> tuple[str, ...]:
    """Return the name of every rule, in order."""
    return tuple(rule.name for rule in RULES + WITH_POW + WITHOUT_POW) + tuple(ENGINE_RULES)


@cache
def _rules_tried(validator: bool, work: bool, pegins: bool, proposal: bool) -> tuple[Rule, ...]:
    """Return the rules that such a node tries on such a block; those with nothing to look at are left out."""
    present = {"block", *["pegins"] * pegins, *["proposal"] * proposal}
    every = RULES + (WITH_POW if work else WITHOUT_POW)
    return tuple(rule for rule in every if rule.about in present and (validator or rule.who == "everybody"))


def check(ctx: Context) -> None:
    """Raise :class:`InvalidBlockError` for the first rule that the block breaks, engine rules excepted."""
    block, chain = ctx.block, ctx.chain
    work, proposal = block.auxpow_header is not None, block.pegout_proposal is not None
    for rule in _rules_tried(chain.validator, work, bool(block.pegins), proposal):
        found = rule.check(ctx)
        if found is not None and rule.name not in chain.waived:
            raise InvalidBlockError(rule.name, height=block.height, **found)


def examine(ctx: Context) -> tuple[tuple[Rule, Finding], ...]:
    """Return every rule of the block with what it found, for an engineer who takes a block apart.

    Unlike :func:`check` it does not stop; a rule may then fail only because
    one before it did.
    """
    return tuple((rule, rule.check(ctx)) for rule in rules_for(ctx.block))
