"""Transactions that wait for a block, by sender and nonce."""

from __future__ import annotations

from typing import Final

from alyslab.model.block import Payload
from alyslab.model.execution import next_base_fee
from alyslab.model.state import State
from alyslab.model.transaction import Transaction, intrinsic_gas

SENDERS_MAX: Final = 1_024
PER_SENDER_MAX: Final = 64
"""Bounds of what strangers can make a node keep."""


class Pool:
    """The transactions of one node that are in no block yet."""

    def __init__(self) -> None:
        self._waiting: dict[bytes, dict[int, Transaction]] = {}

    def __len__(self) -> int:
        return sum(len(nonces) for nonces in self._waiting.values())

    def add(self, transaction: Transaction, state: State) -> bool:
        """Keep a transaction unless its nonce is used, taken or its sender has no room; return whether."""
        nonces = self._waiting.setdefault(transaction.sender, {})
        room = len(nonces) < PER_SENDER_MAX and len(self._waiting) <= SENDERS_MAX
        if not room or transaction.nonce < state.nonce(transaction.sender) or transaction.nonce in nonces:
            return False
        nonces[transaction.nonce] = transaction
        return True

    def take(self, state: State, parent: Payload, most: int) -> list[Transaction]:
        """Return what the next block can run, in order, without taking it out; what is used up is dropped."""
        base_fee, gas_left = next_base_fee(parent), parent.gas_limit
        chosen: list[Transaction] = []
        for sender in list(self._waiting):
            nonces = self._waiting[sender]
            nonce, balance = state.nonce(sender), state.balance_wei(sender)
            for used in [other for other in nonces if other < nonce]:
                del nonces[used]
            if not nonces:
                del self._waiting[sender]
            while len(chosen) < most and (found := nonces.get(nonce)) is not None:
                worst = found.gas_limit * found.max_fee_wei + found.value_wei
                gas = intrinsic_gas(found.data)
                if found.max_fee_wei < base_fee or gas > found.gas_limit or gas > gas_left or worst > balance:
                    break
                chosen.append(found)
                nonce, balance, gas_left = nonce + 1, balance - worst, gas_left - gas
        return chosen
