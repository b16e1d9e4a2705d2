"""Users: they pay into the federation on Bitcoin, send to each other, and burn for bitcoin.

They are one process with one address each, that asks a node for the sender's
count before it sends, as wallets do; what is lost is sent again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from alyslab.harnesses.consensus import rpc
from alyslab.harnesses.network.errors import NetworkError
from alyslab.model.address import segwit_address
from alyslab.model.bridge import WEI_PER_SAT
from alyslab.model.errors import EncodingError
from alyslab.model.execution import BRIDGE
from alyslab.model.generate import TIP_WEI
from alyslab.model.transaction import BASE_GAS, Transaction, intrinsic_gas

if TYPE_CHECKING:
    from alyslab.harnesses.consensus.bitcoin_feed import BitcoinFeed
    from alyslab.harnesses.consensus.wire import Codec
    from alyslab.harnesses.network.endpoint import Endpoint
    from alyslab.runtime import Journal, Node


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What users do."""

    users: int = 8
    """Addresses, each funded by a payment before the run begins; at most 16."""
    interval_s: float = 3.0
    """From one transaction to the next, of all users together; 0 for none."""
    burn_every: int = 8
    """Every so-manieth transaction burns for bitcoin; 0 for none."""
    pay_every: int = 6
    """After every so-manieth transaction somebody pays in on Bitcoin; 0 for never."""


class Users:
    """The users of one run.

    Parameters
    ----------
    node, endpoint
        Their own machine.
    names
        The nodes that they talk to.
    addresses
        Their accounts.
    feed
        Where they pay bitcoin.
    """

    def __init__(
        self,
        node: Node,
        endpoint: Endpoint,
        names: Sequence[str],
        *,
        addresses: Sequence[bytes],
        load: Load,
        codec: Codec,
        feed: BitcoinFeed,
        journal: Journal,
    ) -> None:
        self._node = node
        self._endpoint = endpoint
        self._names = tuple(names)
        self._addresses = tuple(addresses)
        self._load = load
        self._codec = codec
        self._feed = feed
        self._sent = journal.recorder("user.sent", "sender", "nonce", "burned_sat")
        self._count = 0

    async def run(self) -> None:
        """Send for ever, at the load's interval."""
        while True:
            await self._node.sleep(self._load.interval_s)
            await self._send(self._count)
            self._count += 1

    async def _send(self, number: int) -> None:
        random, load = self._node.random, self._load
        if load.pay_every and number % load.pay_every == load.pay_every - 1:
            self._feed.pay(random.choice(self._addresses), 10_000 + random.randrange(10**6))
        sender = self._addresses[number % len(self._addresses)]
        nonce = await self._nonce(random.choice(self._names), sender)
        if nonce is None:
            return
        burns = bool(load.burn_every) and number % load.burn_every == load.burn_every - 1
        made = self._burn(sender, nonce) if burns else self._transfer(sender, nonce)
        payload, topic = self._codec.encode("transaction", made), self._codec.topics["transaction"]
        for name in self._names:
            self._endpoint.send(name, topic, payload)
        sat = made.value_wei // WEI_PER_SAT if burns else 0
        self._sent(self._node.name, sender.hex(), nonce, sat)

    async def _nonce(self, name: str, sender: bytes) -> int | None:
        try:
            body = await self._endpoint.request(name, rpc.TRANSACTION_COUNT, sender, timeout_s=1.0)
            code, result = rpc.read_answer(body)
        except (NetworkError, EncodingError):
            return None
        return result[0] if code == rpc.OK and len(result) == 1 and type(result[0]) is int else None

    def _transfer(self, sender: bytes, nonce: int) -> Transaction:
        to = self._node.random.choice(self._addresses)
        return transfer(sender, nonce, to, 1 + self._node.random.randrange(10**12))

    def _burn(self, sender: bytes, nonce: int) -> Transaction:
        destination = segwit_address(self._node.random.randbytes(20), 0).encode()
        amount_sat = 1_000_000 + self._node.random.randrange(10**6)
        return _transaction(sender, nonce, BRIDGE, amount_sat * WEI_PER_SAT, destination)


def transfer(sender: bytes, nonce: int, to: bytes, value_wei: int) -> Transaction:
    """Return a plain payment, as users make them."""
    return _transaction(sender, nonce, to, value_wei, b"")


def _transaction(sender: bytes, nonce: int, to: bytes, value_wei: int, data: bytes) -> Transaction:
    return Transaction(
        sender=sender,
        nonce=nonce,
        to=to,
        value_wei=value_wei,
        gas_limit=intrinsic_gas(data) if data else BASE_GAS,
        max_fee_wei=3 * TIP_WEI,
        tip_wei=TIP_WEI,
        data=data,
    )
