"""A payment made twice: once in public, once on a branch that the coalition shows when the first is accepted.

1. A member sends the payment to everybody, and a merchant waits until it is a
   few blocks deep at an honest node.
2. The coalition falls silent, and writes a branch from the block before the
   payment on, in which the same money goes elsewhere.
3. As soon as the branch would win at an honest node it is published.

The branch needs ⌈2n/3⌉ signatures on every block, so a coalition with fewer
keys shows a branch that nobody takes.  What proof of work has made final is
undone by no number of keys.

Source: Nakamoto, "Bitcoin: a peer-to-peer electronic cash system" (2008), section 11.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from alyslab.harnesses.consensus.adversary.branch import Publisher, extended
from alyslab.harnesses.consensus.users import transfer
from alyslab.model.errors import ModelError

if TYPE_CHECKING:
    from alyslab.harnesses.consensus.adversary.coalition import Coalition
    from alyslab.harnesses.network.rules import Rule
    from alyslab.model.block import SignedBlock
    from alyslab.model.chain import Chain
    from alyslab.model.transaction import Transaction

CONFIRMATIONS: Final = 2
"""Blocks that the merchant waits for, the payment's included: finality it does not wait for."""
LOOK_S: Final = 0.5
PATIENCE_SLOTS: Final = 8
"""Slots after which a branch that can't win is published all the same, so that nodes must refuse it."""
SETTLES_SLOTS: Final = 2
"""Slots that nodes get to take a branch or not."""
AMOUNT_WEI: Final = 10**12


@dataclass(frozen=True, slots=True)
class _Deal:
    """The two payments of one attempt."""

    public: Transaction
    secret: Transaction


class DoubleSpend:
    """The double spends of one coalition, again and again.

    Parameters
    ----------
    coalition
        Who does it.
    chance
        Asked before each attempt whether to make it; it counts what is taken.
    """

    def __init__(self, coalition: Coalition, chance: Callable[[str], bool]) -> None:
        self._coalition = coalition
        self._chance = chance
        self._silence: Rule | None = None
        self._publisher: Publisher | None = None
        record = coalition.world.runtime.journal.recorder
        self._accepted = record("merchant.accepted", "height", "confirmations", "payment")
        self._lost = record("merchant.lost", "height", "payment")

    async def run(self) -> None:
        """Pay twice until cancelled; a world without funded users has nothing to pay with."""
        coalition = self._coalition
        while coalition.world.addresses:
            await asyncio.sleep(LOOK_S)
            members, merchants = coalition.speakers, coalition.honest
            if members and merchants and self._chance(members[0]):
                await self._attempt(members[0], merchants[0])
                self.stop()

    def stop(self) -> None:
        """Let the members be honest again."""
        if self._silence is not None:
            self._coalition.world.network.rules.remove(self._silence)
            self._silence = None

    async def _attempt(self, member: str, merchant: str) -> None:
        chain, deal = self._chain(merchant), self._deal(merchant)
        for receiver in (*self._coalition.honest, *self._coalition.members):
            self._coalition.say(member, [receiver], "transaction", deal.public, deal.public.id)
        height = await self._confirmed(merchant, deal)
        if height is None:
            return
        text = deal.public.id.hex()
        self._accepted(merchant, height, CONFIRMATIONS, text)
        self._silence = self._coalition.silence()
        self._coalition.world.network.rules.install(self._silence)
        branch = await self._branch(merchant, deal, height)
        if not branch:
            return  # proof of work was faster: the payment is final
        if self._publisher is None:
            self._publisher = Publisher(self._coalition)
        self._publisher.publish(branch, self._coalition.honest)
        await asyncio.sleep(SETTLES_SLOTS * self._slot_s)
        chain = self._chain(merchant)
        if chain.height >= height and deal.public not in _paid(chain, height):
            self._lost(merchant, height, text)

    def _deal(self, merchant: str) -> _Deal:
        """Return a payment to the merchant and one of the same money to somebody else."""
        addresses = self._coalition.world.addresses
        payer = addresses[-1]
        nonce = self._chain(merchant).state.nonce(payer)
        return _Deal(
            transfer(payer, nonce, addresses[0], AMOUNT_WEI), transfer(payer, nonce, payer, AMOUNT_WEI)
        )

    async def _confirmed(self, merchant: str, deal: _Deal) -> int | None:
        """Wait until the payment is deep enough; None once the money has gone elsewhere or it takes long."""
        coalition = self._coalition
        until, start = coalition.slot + PATIENCE_SLOTS, self._chain(merchant).height
        while coalition.slot < until and coalition.runs(merchant):
            chain, payment = self._chain(merchant), deal.public
            height = next((h for h in range(start, chain.height + 1) if payment in _paid(chain, h)), None)
            if height is None and chain.state.nonce(payment.sender) > payment.nonce:
                return None
            if height is not None and chain.height - height + 1 >= CONFIRMATIONS:
                return height if height > chain.finalised_height else None
            await asyncio.sleep(LOOK_S)
        return None

    async def _branch(self, merchant: str, deal: _Deal, height: int) -> list[SignedBlock]:
        """Return a branch that pays otherwise and would win, or as much of one as there is after a while."""
        coalition = self._coalition
        until = coalition.slot + PATIENCE_SLOTS
        while coalition.runs(merchant):
            chain = self._chain(merchant)
            if chain.finalised_height >= height:
                break
            late = coalition.slot >= until
            tip = chain.head.block  # a branch as high as it would not even be looked at
            try:
                branch = extended(coalition, chain, height - 1, payment=deal.secret, own_slots_only=not late)
            except ModelError:
                branch = []  # the payer has too little on that branch
            if branch and branch[-1].block.height > tip.height:
                return branch
            if late:
                return branch
            await asyncio.sleep(LOOK_S)
        return []

    def _chain(self, name: str) -> Chain:
        return self._coalition.core(name).chain

    @property
    def _slot_s(self) -> float:
        return self._coalition.world.spec.slot_ms / 1e3


def _paid(chain: Chain, height: int) -> tuple[Transaction, ...]:
    if not 0 < height <= chain.height:
        return ()
    return chain.records[height].block.payload.transactions
