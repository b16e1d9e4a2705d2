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
from functools import cache
from typing import Literal

from alyslab.model import aura, auxpow, bridge, finality, pegout
from alyslab.model.block import Block
from alyslab.model.context import Context, Finding, withdrawals_due
from alyslab.model.errors import InvalidBlockError

__all__ = [
    "ENGINE_RULES",
    "RULES",
    "WITHOUT_POW",
    "WITH_POW",
    "Context",
    "Finding",
    "Rule",
    "check",
    "examine",
    "rule_names",
    "rules_for",
    "withdrawals_due",
]


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
        if found is not None and rule.name not in chain.waived and not _bypassed(ctx, rule):
            raise InvalidBlockError(rule.name, height=block.height, **found)


def _bypassed(ctx: Context, rule: Rule) -> bool:
    """Return whether the code names this height as one where peg-outs are not looked at (incident 5)."""
    named = "heights_bypassed" in ctx.deviations and ctx.block.height in ctx.spec.bypassed_heights
    return named and rule.name.startswith("pegout")


def examine(ctx: Context) -> tuple[tuple[Rule, Finding], ...]:
    """Return every rule of the block with what it found, for an engineer who takes a block apart.

    Unlike :func:`check` it does not stop; a rule may then fail only because
    one before it did.
    """
    return tuple((rule, rule.check(ctx)) for rule in rules_for(ctx.block))
