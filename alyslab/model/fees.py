"""Fees: collected with every block, paid with the next proof of work.

Source: alys-system.md §1, "Fees": recipient 0x…dEaD, sum of gas x effective
tip, 80 % to the miner, 20 %/n to each federation member, as withdrawals.
"""

from __future__ import annotations

from dataclasses import dataclass

from alyslab.model.block import Withdrawal
from alyslab.model.execution import WEI_PER_GWEI
from alyslab.model.spec import Spec


@dataclass(frozen=True, slots=True)
class FeePayment:
    """How the collected fees are divided at one proof of work."""

    withdrawals: tuple[Withdrawal, ...]
    """The miner first, then the federation in the order of the spec; nothing where a share is 0 gwei."""
    remainder_wei: int
    """What whole gwei could not divide; it stays for the next payment."""


def divide_fees(spec: Spec, collected_wei: int, miner: bytes) -> FeePayment:
    """Return the shares of the miner and the federation."""
    miner_gwei = collected_wei * spec.miner_fee_percent // 100 // WEI_PER_GWEI
    rest_wei = collected_wei - collected_wei * spec.miner_fee_percent // 100
    member_gwei = rest_wei // len(spec.federation) // WEI_PER_GWEI
    shares = [(miner, miner_gwei), *((address, member_gwei) for address in spec.federation)]
    paid = sum(gwei for _, gwei in shares) * WEI_PER_GWEI
    withdrawals = tuple(Withdrawal(address=a, amount_gwei=g) for a, g in shares if g)
    return FeePayment(withdrawals, collected_wei - paid)
