"""Bitcoin beside the chain: blocks at an interval, with what users have paid to the federation.

All nodes are shown one chain here, each through a view of its own if the
world gives it one; faults of Bitcoin are a matter of the views.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from alyslab.model.bitcoin import BitcoinTransaction, BitcoinView
from alyslab.model.generate import peg_in_transaction

if TYPE_CHECKING:
    from random import Random

    from alyslab.runtime import Node, Runtime


class BitcoinFeed:
    """Extends every node's view with the same blocks.

    Parameters
    ----------
    views
        What the nodes see.
    federation_script
        What payments must pay.
    interval_s
        From block to block; Bitcoin's is 600, which is too long to wait for.
    rng
        Distinguishes payments of one amount to one user.
    """

    def __init__(
        self,
        runtime: Runtime,
        views: Sequence[BitcoinView],
        federation_script: bytes,
        *,
        interval_s: float,
        rng: Random,
    ) -> None:
        self._views = tuple(views)
        self._script = federation_script
        self._interval_s = interval_s
        self._rng = rng
        self._waiting: list[BitcoinTransaction] = []
        self._paid = runtime.journal.recorder("bitcoin.paid", "txid", "sat", "recipient")
        self._mined = runtime.journal.recorder("bitcoin.block", "height", "transactions")

    def pay(self, recipient: bytes, amount_sat: int) -> None:
        """Pay the federation for a user; the payment is in the next block."""
        spent = (self._rng.randbytes(32), 0)
        payment = peg_in_transaction(self._script, recipient, amount_sat, spent)
        self._waiting.append(payment)
        self._paid("bitcoin", payment.txid.hex(), amount_sat, recipient.hex())

    def mine(self) -> None:
        """Add a block with what waits to every view."""
        for view in self._views:
            view.append(self._waiting)
        self._mined("bitcoin", len(self._views[0].blocks), len(self._waiting))
        self._waiting = []

    async def run(self, node: Node) -> None:
        """Mine at the interval, for ever."""
        while True:
            await node.sleep(self._interval_s)
            self.mine()
