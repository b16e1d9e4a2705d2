"""Small systems with known defects, at the top level so that tokens find them: for tests of the search."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from hypothesis import strategies as st

from alyslab.property import Property, claim
from alyslab.property.case import case
from alyslab.property.machine import Bundle, SimulationMachine, initialize, invariant, rule
from alyslab.runtime import require_current
from alyslab.runtime.sites import planted, register_planted

register_planted("property_test.sum_wraps", "a sum begins again at 100")
register_planted("property_test.race", "two deposits read the balance before either writes it")


@case
@dataclass(frozen=True)
class Numbers:
    """What the toy properties are about."""

    values: tuple[int, ...] = ()


def numbers(least: int = 0):
    return st.lists(st.integers(least, 1_000), max_size=20).map(lambda drawn: Numbers(tuple(drawn)))


def added(values: tuple[int, ...]) -> int:
    total = sum(values)
    return total % 100 if planted("property_test.sum_wraps") else total


def _adds(drawn: Numbers) -> None:
    claim(added(drawn.values) == sum(drawn.values), f"the sum is {added(drawn.values)}")


def _small(drawn: Numbers) -> None:
    claim(all(value <= 1_000 for value in drawn.values), "a value is above 1000")


async def _slow_sum(drawn: Numbers) -> None:
    journal, balance = require_current().journal, [0]

    async def deposit(value: int) -> None:
        read = balance[0]
        if planted("property_test.race"):
            await asyncio.sleep(0)
        balance[0] = read + value
        journal.record("deposited", "account", value=value)

    async with asyncio.TaskGroup() as group:
        for value in drawn.values:
            group.create_task(deposit(value))
    claim(balance[0] == sum(drawn.values), f"the balance is {balance[0]}")


async def _stalls(drawn: Numbers) -> None:
    if drawn.values:
        await asyncio.get_running_loop().create_future()


def _broken(drawn: Numbers) -> None:
    raise ZeroDivisionError(f"the property itself is wrong for {drawn}")


SUM = Property(
    name="sums",
    claim="a sum is the sum",
    cases=numbers,
    check=_adds,
    source="arithmetic",
    features=lambda drawn: {"length": len(drawn.values)},
)
SMALL = Property(
    name="small",
    claim="values are at most 1000",
    cases=lambda: numbers().filter(lambda drawn: len(drawn.values) > 5),
    check=_small,
    source="none",
)
RACE = Property(
    name="race", claim="deposits add up", cases=lambda: numbers(1), check=_slow_sum, source="arithmetic"
)
STALLS = Property(name="stalls", claim="it ends", cases=numbers, check=_stalls, source="none")
BROKEN = Property(name="broken", claim="none", cases=numbers, check=_broken, source="none")


class Accounts(SimulationMachine):
    """Accounts hold what was paid in, whoever pays at one moment."""

    accounts = Bundle("accounts")

    @initialize(opening=st.integers(0, 5))
    async def begin(self, opening: int) -> None:
        self.opening = opening
        self.paid: dict[str, int] = {}
        self.held: dict[str, int] = {}
        self.late: list[asyncio.Task[None]] = []

    @rule(target=accounts)
    async def open(self) -> str:
        name = f"account-{len(self.paid)}"
        self.paid[name] = self.held[name] = self.opening
        return name

    @rule(account=accounts, amounts=st.lists(st.integers(1, 9), min_size=1, max_size=4))
    async def pay(self, account: str, amounts: list[int]) -> None:
        async def deposit(value: int) -> None:
            read = self.held[account]
            if planted("property_test.race"):
                await asyncio.sleep(0)
            self.held[account] = read + value
            require_current().journal.record("deposited", account, value=value)

        for value in amounts:
            self.paid[account] += value
            self.late.append(asyncio.get_running_loop().create_task(deposit(value)))

    @rule(seconds=st.sampled_from([1, 60]))
    async def wait(self, seconds: int) -> None:
        await asyncio.sleep(seconds)

    @invariant()
    async def holds_what_was_paid(self) -> None:
        claim(self.held == self.paid, f"accounts hold {self.held}, and were paid {self.paid}")
