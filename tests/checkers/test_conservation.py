"""Every way in which money can appear or vanish is a finding of its own."""

from __future__ import annotations

from typing import Any

import pytest

from alyslab.checkers.conservation import WEI_PER_SAT, money_conserved
from alyslab.runtime.event import Event
from tests.checkers.events import event, imported


def _journal(**changes: Any) -> list[Event]:
    """Return books that balance: 1000 sat in, 200 burned of which 190 paid and 10 to miners, fees 7 wei."""
    balance: dict[str, Any] = {
        "height": 1,
        "wallet_sat": 800,
        "circulating_wei": str(800 * WEI_PER_SAT - 10),
        "dead_wei": str(200 * WEI_PER_SAT + 7),
        "fees_pending_wei": "7",
    }
    block: dict[str, Any] = {"minted_wei": str(1000 * WEI_PER_SAT), "fees_wei": "7", "base_fees_wei": "3"}
    return [
        imported("n", 1, **{name: changes.pop(name, value) for name, value in block.items()}),
        event("bridge.pegin", "n", txid="t", sat=changes.pop("sat", 1000)),
        event("bridge.pegout", "n", paid_sat=changes.pop("paid_sat", 190), fee_sat=10),
        event("bridge.balance", "n", **{**balance, **changes}),
    ]


def test_books_that_balance_pass() -> None:
    """The base case, or every failure below would be one anyway."""
    assert money_conserved(_journal()).status == "pass"


def test_no_balance_is_inconclusive() -> None:
    """Without a balance nobody knows where the money is."""
    assert money_conserved(_journal()[:-1]).status == "inconclusive"


@pytest.mark.parametrize(
    ("changes", "failed"),
    [
        (
            {"sat": 999},
            {"minted beyond peg-ins and fees", "satoshi in the wallet beyond what was paid in and out"},
        ),
        (
            {"minted_wei": str(1000 * WEI_PER_SAT + 1)},
            {"minted beyond peg-ins and fees", "wei in accounts beyond what was minted"},
        ),
        ({"base_fees_wei": "4"}, {"wei in accounts beyond what was minted"}),
        (
            {"wallet_sat": 799},
            {
                "satoshi in the wallet beyond what was paid in and out",
                "wei in circulation that the wallet does not cover",
            },
        ),
        (
            {"paid_sat": 191, "wallet_sat": 799},
            {"satoshi paid out beyond what was burned", "wei in circulation that the wallet does not cover"},
        ),
    ],
)
def test_each_leak_is_found_where_it_is(changes: dict[str, Any], failed: set[str]) -> None:
    """One wei or one satoshi is enough."""
    assert {check.name for check in money_conserved(_journal(**changes)).failed} == failed


def test_a_payment_counted_twice_is_not_two_payments() -> None:
    """The books hold Bitcoin's transactions, not the node's entries."""
    journal = _journal()
    assert money_conserved([journal[1], *journal]).status == "pass"
