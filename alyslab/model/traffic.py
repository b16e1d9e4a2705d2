"""What users do on a generated chain: transfers, burns, and payments to the federation.

All functions consume the randomness that they are given and nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from random import Random

from alyslab.model.address import segwit_address
from alyslab.model.bitcoin import BitcoinTransaction, TxInput, TxOutput
from alyslab.model.bridge import OP_RETURN, WEI_PER_SAT
from alyslab.model.execution import BRIDGE, ROUTER
from alyslab.model.state import State
from alyslab.model.transaction import BASE_GAS, Transaction, intrinsic_gas

TIP_WEI = 10**9
"""What users offer per gas."""
_GAS_MARGIN = 3
SMALL_BURN_SAT = 999_999
"""One satoshi less than V1 pays out."""


def transfer(sender: bytes, to: bytes | None, value_wei: int, nonce: int, data: bytes = b"") -> Transaction:
    """Return a transaction that can be paid for."""
    return Transaction(
        sender=sender,
        nonce=nonce,
        to=to,
        value_wei=value_wei,
        gas_limit=intrinsic_gas(data) if data else BASE_GAS,
        max_fee_wei=_GAS_MARGIN * TIP_WEI,
        tip_wei=TIP_WEI,
        data=data,
    )


def random_transfers(
    rng: Random, users: Sequence[bytes], state: State, count: int, new_account_ratio: float
) -> list[Transaction]:
    """Return that many transfers between users and new addresses, runnable in this order."""
    nonces, chance, many = dict[bytes, int](), rng.random, len(users)
    made = []
    for _ in range(count):
        sender = users[int(chance() * many)]
        nonce = nonces.get(sender)
        if nonce is None:
            nonce = state.nonce(sender)
        nonces[sender] = nonce + 1
        fresh = chance() < new_account_ratio
        to = rng.randbytes(20) if fresh else users[int(chance() * many)]
        made.append(transfer(sender, to, 1 + int(chance() * 10**12), nonce))
    return made


def burn(
    rng: Random,
    users: Sequence[bytes],
    state: State,
    amount_sat: int,
    before: Sequence[Transaction] = (),
    *,
    to: bytes = BRIDGE,
) -> Transaction:
    """Return a call that burns this much for a random address, to stand after ``before``."""
    sender = rng.choice(users)
    nonce = state.nonce(sender) + sum(earlier.sender == sender for earlier in before)
    destination = segwit_address(rng.randbytes(20), 0).encode()
    return transfer(sender, to, amount_sat * WEI_PER_SAT, nonce, destination)


def foreign_burns(
    rng: Random, users: Sequence[bytes], state: State, before: Sequence[Transaction]
) -> list[Transaction]:
    """Return a burn below the minimum, one through another contract, and one forged by a constructor."""
    made = [burn(rng, users, state, SMALL_BURN_SAT, before)]
    amount = 1_000_000 + rng.randrange(10**7)
    made.append(burn(rng, users, state, amount, [*before, *made], to=ROUTER))
    forged = burn(rng, users, state, 0, [*before, *made])
    return [*made, replace(forged, to=None)]


def peg_in_transaction(
    federation_script: bytes,
    recipient: bytes,
    amount_sat: int,
    spent: tuple[bytes, int],
    script: bytes | None = None,
) -> BitcoinTransaction:
    """Return a payment to the federation that names a recipient, or carries another OP_RETURN ``script``."""
    note = bytes([OP_RETURN, len(recipient)]) + recipient if script is None else script
    outputs = (TxOutput(value_sat=amount_sat, script=federation_script), TxOutput(value_sat=0, script=note))
    return BitcoinTransaction(inputs=(TxInput(txid=spent[0], vout=spent[1]),), outputs=outputs)
