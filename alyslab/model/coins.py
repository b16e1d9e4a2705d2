"""Which outputs a peg-out spends.

Source: alys-system.md §1, "Peg-out" (branch-and-bound); Erhardt, "An
evaluation of coin selection strategies" (2016), which Bitcoin Core follows.
"""

from __future__ import annotations

from itertools import accumulate

from alyslab.model.bridge import Outpoint, Wallet
from alyslab.model.errors import BridgeError

SEARCH_STEPS_MAX = 300
"""Bound of the branch-and-bound search; beyond it the largest outputs are spent."""


def select_coins(wallet: Wallet, amount_sat: int, dust_sat: int) -> list[Outpoint]:
    """Return outputs worth the amount exactly, if the search finds them, else the largest that suffice.

    A change below the dust limit is avoided by one more output where there is
    one.  Raises :class:`BridgeError` when the wallet does not hold enough.
    """
    coins = sorted(wallet.unspent.items(), key=lambda coin: (-coin[1].value_sat, coin[0]))
    values = [output.value_sat for _, output in coins]
    if sum(values) < amount_sat:
        raise BridgeError("wallet_too_small", amount_sat=amount_sat, balance_sat=sum(values))
    exact = _branch_and_bound(values, amount_sat)
    if exact is not None:
        return [coins[i][0] for i in exact]
    chosen, total = [], 0
    for outpoint, output in coins:
        if total == amount_sat or total >= amount_sat + dust_sat:
            break
        chosen.append(outpoint)
        total += output.value_sat
    return chosen


def _branch_and_bound(values: list[int], target: int) -> list[int] | None:
    """Return indices whose values add up to the target, taking the large ones first; None when not found."""
    remaining = [*accumulate(reversed(values), initial=0)][::-1]
    stack: list[tuple[int, int, tuple[int, ...]]] = [(0, target, ())]
    for _ in range(SEARCH_STEPS_MAX):
        if not stack:
            return None
        index, left, taken = stack.pop()
        if left == 0:
            return list(taken)
        if remaining[index + 1] >= left:
            stack.append((index + 1, left, taken))
        if values[index] <= left <= remaining[index]:
            stack.append((index + 1, left - values[index], (*taken, index)))
    return None
