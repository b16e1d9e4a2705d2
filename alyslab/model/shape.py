"""What a generated chain looks like: how many members, users and transactions, and how often what happens."""

from __future__ import annotations

from dataclasses import dataclass

from alyslab.model.errors import SpecError


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """What a generated chain looks like; raises :class:`SpecError` for a value that makes none."""

    authorities: int = 5
    """Members of the federation, 1 to 15."""
    users: int = 16
    """Accounts that send transactions; pegged in at the first block, so at most 16."""
    transactions: int = 3
    """Transactions per block, from block 2 on."""
    pow_interval: int = 5
    """Blocks from one proof of work to the next; 0 for none."""
    pow_heights: tuple[int, ...] = ()
    """Heights of the blocks with proof of work, instead of an interval."""
    pegin_interval: int = 7
    """Blocks between further peg-ins; 0 for none."""
    pegout_interval: int = 9
    """Blocks between burns; 0 for none."""
    foreign_burns: bool = False
    """Whether burns come with one below the minimum, one through another contract and a forged one."""
    missed_slot_ratio: float = 0.1
    """Share of slots that nobody fills."""
    merged_chain_depth: int = 2
    """Depth of the merged-mining tree."""
    handover_height: int = 0
    """Last block of another federation's authorities; 0 where there was none."""
    new_account_ratio: float = 0.1
    """Share of transfers that go to an address never seen before."""

    def __post_init__(self) -> None:
        bounds: dict[str, tuple[float, float]] = {
            "authorities": (1, 15),
            "users": (1, 16),
            "transactions": (0, 1_000),
            "pow_interval": (0, 20),
            "pegin_interval": (0, 1 << 32),
            "pegout_interval": (0, 1 << 32),
            "missed_slot_ratio": (0, 0.9),
            "merged_chain_depth": (0, 30),
            "handover_height": (0, 1 << 32),
            "new_account_ratio": (0, 1),
        }
        for field, (least, most) in bounds.items():
            value = getattr(self, field)
            if not least <= value <= most:
                raise SpecError("out_of_range", field=field, value=value, least=least, most=most)


QUIET = Shape(transactions=0, pow_interval=0, pegin_interval=0, pegout_interval=0, missed_slot_ratio=0.0)
"""Nothing happens by itself, and every slot is filled; what a study wants it puts in."""
