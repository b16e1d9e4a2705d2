"""Verdicts over money: what the bridge took in is what exists, to the last wei and satoshi.

Reads ``bridge.pegin`` (what Bitcoin paid in), ``bridge.pegout`` (what was
promised out), ``block.imported`` (what was minted, collected and destroyed)
and ``bridge.balance`` (where everything is at one height).  Amounts in wei
exceed 64 bits and stand in journals as text.

Source: alys-system.md §1, "Fees", "Peg-in", "Peg-out": 1 sat = 10^10 wei,
burns and tips go to 0x…dEaD, fees are minted again as withdrawals.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from alyslab.checkers.chain import chains_of
from alyslab.checkers.verdict import Check, Verdict
from alyslab.runtime.event import Event

WEI_PER_SAT = 10**10


@dataclass(slots=True)
class _Books:
    """What one node's journal says about money up to its balance."""

    balance: Event | None = None
    pegins: dict[str, int] = field(default_factory=dict)
    paid_sat: int = 0
    bitcoin_fees_sat: int = 0
    blocks: list[Event] = field(default_factory=list)

    def total(self, name: str) -> int:
        """Return the sum of a field over the blocks of the chain."""
        return sum(int(block.fields[name]) for block in self.blocks)


def _read(journal: Iterable[Event]) -> Mapping[str, _Books]:
    """Return the books of each node that gave a balance."""
    books: dict[str, _Books] = {}
    before: list[Event] = []
    for event in journal:
        before.append(event)
        if event.kind not in ("bridge.pegin", "bridge.pegout", "bridge.balance"):
            continue
        entry = books.setdefault(event.subject, _Books())
        if event.kind == "bridge.pegin":
            entry.pegins[event.fields["txid"]] = event.fields["sat"]
        elif event.kind == "bridge.pegout":
            entry.paid_sat += event.fields["paid_sat"]
            entry.bitcoin_fees_sat += event.fields["fee_sat"]
        else:
            entry.balance = event
            entry.blocks = chains_of(before).get(event.subject, [])
    return {node: entry for node, entry in books.items() if entry.balance is not None}


def money_conserved(journal: Iterable[Event]) -> Verdict:
    """Judge whether the books balance: minting, accounts, wallet, peg-outs and solvency."""
    found = [_differences(entry) for entry in _read(journal).values()]
    names = {
        "minted beyond peg-ins and fees": "wei",
        "wei in accounts beyond what was minted": "wei",
        "satoshi in the wallet beyond what was paid in and out": "sat",
        "satoshi paid out beyond what was burned": "sat",
        "wei in circulation that the wallet does not cover": "wei",
    }
    checks = []
    for index, (name, unit) in enumerate(names.items()):
        values = [differences[index] for differences, _ in found]
        worst = max(values, key=abs, default=None)
        bound = (
            index >= 3
        )  # the last two may be negative: floors and burns below the minimum stay in the wallet
        evidence = [balance for differences, balance in found if differences[index] == worst]
        held = worst is not None and (worst <= 0 if bound else worst == 0)
        checks.append(
            Check(
                name=name,
                observed=worst,
                comparison="<=" if bound else "==",
                limit=0,
                unit=unit,
                source="alys-system.md §1, Fees, Peg-in, Peg-out",
                evidence=() if held else tuple(balance.as_dict() for balance in evidence[:1]),
                note="" if found else "no balance was recorded",
            )
        )
    return Verdict(tuple(checks))


def _differences(books: _Books) -> tuple[tuple[int, ...], Event]:
    assert books.balance is not None
    balance = books.balance.fields
    circulating, dead = int(balance["circulating_wei"]), int(balance["dead_wei"])
    pending = int(balance["fees_pending_wei"])
    pegged_sat = sum(books.pegins.values())
    minted, fees, destroyed = (books.total(name) for name in ("minted_wei", "fees_wei", "base_fees_wei"))
    out_sat = books.paid_sat + books.bitcoin_fees_sat
    burned_sat = (dead - fees) // WEI_PER_SAT
    return (
        minted - pegged_sat * WEI_PER_SAT - (fees - pending),
        circulating + dead - (minted - destroyed),
        balance["wallet_sat"] - (pegged_sat - out_sat),
        out_sat - burned_sat,
        circulating + pending - balance["wallet_sat"] * WEI_PER_SAT,
    ), books.balance
