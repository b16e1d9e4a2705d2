"""Chains as their plans describe them: the same plan gives the same bytes.

Keys, addresses and the noise in parent blocks are the same in every chain:
they carry no choice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from random import Random
from typing import TYPE_CHECKING, Any, Final

from alyslab.model.block import Block, PegIn, SignedBlock
from alyslab.model.bridge import OP_RETURN, WEI_PER_SAT
from alyslab.model.execution import WEI_PER_GWEI, Outcome
from alyslab.model.generate import Builder
from alyslab.model.scheme import IdealScheme, SignatureScheme
from alyslab.model.shape import QUIET
from alyslab.model.transaction import Transaction
from alyslab.property.generators.chains import BlockPlan, ChainPlan, chain_plans
from alyslab.property.generators.events import CONTRACTS, USERS, Burn, Deposit, Transfer

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

READABLE: Final = b"twenty ascii letters"
"""An address that is also valid text, as one in a few thousand million is by chance."""


def chains(
    *, least: int = 0, most: int = 12, signed: bool = True, scheme: SignatureScheme | None = None
) -> SearchStrategy[Builder]:
    """Draw a valid chain with whoever built it: its blocks, its keys, its view of Bitcoin."""
    return chain_plans(least=least, most=most).map(lambda plan: built(plan, signed=signed, scheme=scheme))


def blocks() -> SearchStrategy[SignedBlock]:
    """Draw a valid block: the last one of a chain."""
    return chains(most=4).map(lambda builder: builder.blocks[-1])


def built(
    plan: ChainPlan, *, signed: bool = True, scheme: SignatureScheme | None = None, **spec_changes: Any
) -> Builder:
    """Return the chain that the plan describes; the same plan gives the same bytes."""
    shape = replace(QUIET, authorities=plan.members, users=USERS)
    builder = Builder(Random(0), shape, scheme or IdealScheme(), signed=signed, **spec_changes)
    builder.extend(1)
    play(builder, plan.blocks)
    return builder


def play(builder: Builder, plans: Sequence[BlockPlan]) -> list[SignedBlock]:
    """Extend the chain by what the plans say, and return the new blocks."""
    return [play_one(builder, plan) for plan in plans]


def play_one(builder: Builder, plan: BlockPlan) -> SignedBlock:
    """Extend the chain by what the plan says, and return the new block."""
    return builder.append(*draft(builder, plan))


def draft(builder: Builder, plan: BlockPlan) -> tuple[Block, Outcome]:
    """Return the block that the plan describes, on the head; its deposits are made on Bitcoin."""
    return builder.draft(
        transactions=calls(builder, plan),
        pegins=paid(builder, plan),
        with_pow=plan.work or work_needed(builder),
        slot=builder.chain.head.block.slot + 1 + plan.missed_slots,
    )


def work_needed(builder: Builder) -> bool:
    """Return whether the next block may not go without proof of work."""
    chain = builder.chain
    return chain.height + 1 - chain.pow.finalised_height > chain.spec.max_blocks_without_pow


def calls(builder: Builder, plan: BlockPlan) -> list[Transaction]:
    """Return the block's transactions, in the order of its events."""
    nonces: dict[bytes, int] = {}

    def call(user: int, to: bytes | None, wei: int, data: bytes = b"") -> Transaction:
        sender = builder.users[user]
        nonce = nonces.get(sender, builder.chain.state.nonce(sender))
        nonces[sender] = nonce + 1
        return builder.transfer(sender, to, wei, nonce, data)

    made = []
    for event in plan.events:
        if isinstance(event, Transfer):
            made.append(call(event.sender, _account(builder, event.to), event.gwei * WEI_PER_GWEI))
        elif isinstance(event, Burn):
            wei = 0 if event.forged else event.sat * WEI_PER_SAT
            made.append(call(event.user, CONTRACTS[event.through], wei, event.destination))
    return made


def paid(builder: Builder, plan: BlockPlan) -> tuple[PegIn, ...]:
    """Make the plan's deposits on Bitcoin, let them get deep enough, and return their peg-ins."""
    pegins = []
    for one in plan.events:
        if not isinstance(one, Deposit):
            continue
        # With the script spelled out, the builder leaves it to the plan which block credits the payment.
        user = builder.users[one.user] if one.user < USERS else READABLE
        pegins.append(builder.pay_federation(user, one.sat, bytes([OP_RETURN, len(user)]) + user))
    for _ in range(builder.spec.bitcoin_confirmations - 1 if pegins else 0):
        builder.bitcoin.append()
    return tuple(pegins)


def _account(builder: Builder, number: int) -> bytes:
    return builder.users[number] if number < USERS else bytes([0x50 + number]) * 20
