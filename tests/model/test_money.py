"""Every satoshi that enters the bridge is followed until it leaves."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from alyslab.model.money import follow_money, unaccounted
from alyslab.model.scheme import IdealScheme

BURN_WEI = 20_000_000 * 10**10 + 7


def test_the_money_is_all_there() -> None:
    """In wei and in satoshi; the seven wei that make no satoshi stay with the federation."""
    steps = follow_money(Random(1), pegin_sat=50_000_000, burn_wei=BURN_WEI, scheme=IdealScheme())
    assert set(unaccounted(steps, pegin_sat=50_000_000, burn_wei=BURN_WEI).values()) == {0}
    assert steps[1].user_wei == 50_000_000 * 10**10
    assert steps[-1].paid_sat + steps[-1].bitcoin_fee_sat == 20_000_000
    assert steps[-1].miner_wei > 0


def test_missing_money_is_shown() -> None:
    """One satoshi less in the wallet is one satoshi unaccounted for."""
    steps = follow_money(Random(1), pegin_sat=50_000_000, burn_wei=BURN_WEI, scheme=IdealScheme())
    lost = [*steps[:-1], replace(steps[-1], wallet_sat=steps[-1].wallet_sat - 1)]
    assert unaccounted(lost, pegin_sat=50_000_000, burn_wei=BURN_WEI)["satoshi of the federation"] == 1
