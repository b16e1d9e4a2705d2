"""Payments on Bitcoin that wait to be pegged in: found by a validator's watch, credited by no block.

Source: alys-system.md §1, "Peg-in" (each validator derives them from its own
Bitcoin node); §7, incident 11 (payments were dropped while a node synced).
"""

from __future__ import annotations

from alyslab.model.bitcoin import BitcoinView
from alyslab.model.block import PegIn
from alyslab.model.bridge import read_payment
from alyslab.model.chain import Chain
from alyslab.model.errors import BridgeError


class PegInWatch:
    """What one validator has seen on Bitcoin.

    It is a scan of its view, from the start height in each life of the node:
    nothing of it needs to survive a crash.
    """

    def __init__(self, bitcoin: BitcoinView, start_height: int) -> None:
        self._bitcoin = bitcoin
        self._next = self._start = start_height
        self._tip = bytes(32)
        self._found: dict[bytes, PegIn] = {}

    def ripe(self, chain: Chain, *, offer_again: bool = False) -> tuple[PegIn, ...]:
        """Return what the next block should peg in: deep enough, not credited, not too many recipients.

        ``offer_again`` plants the bug that credited payments are not left out.
        """
        self._scan(chain)
        confirmations, credited = chain.spec.bitcoin_confirmations, chain.wallet.credited
        ripe: list[PegIn] = []
        for txid, pegin in self._found.items():
            if len(ripe) >= chain.spec.pegin_recipients_max:
                break
            deep = self._bitcoin.confirmations(pegin.bitcoin_block) >= confirmations
            if deep and (txid not in credited or offer_again):
                ripe.append(pegin)
        return tuple(ripe)

    def _scan(self, chain: Chain) -> None:
        blocks = self._bitcoin.blocks
        if self._next > len(blocks) or (
            self._next > self._start and blocks[self._next - 1].header.hash != self._tip
        ):
            self._next, self._found = self._start, {}  # Bitcoin was reorganised
        for block in blocks[self._next :]:
            for transaction in block.transactions:
                try:
                    read_payment(transaction, transaction.txid, chain.federation)
                except BridgeError:
                    continue
                self._found[transaction.txid] = PegIn(txid=transaction.txid, bitcoin_block=block.header.hash)
            self._tip = block.header.hash
        self._next = max(self._next, len(blocks))
