"""Hand-made journals for tests of checkers."""

from __future__ import annotations

from typing import Any

from alyslab.runtime.event import Event

_IMPORTED = {
    "slot": 0,
    "author": 0,
    "state_root": "s",
    "claimed_state_root": "s",
    "fees_wei": "0",
    "base_fees_wei": "0",
    "minted_wei": "0",
    "pow_bits": 0,
}


def event(kind: str, subject: str, **fields: Any) -> Event:
    """Return an event whose place in the journal does not matter."""
    return Event(seq=0, time_ns=0, kind=kind, subject=subject, fields=fields)


def imported(node: str, height: int, root: str | None = None, **fields: Any) -> Event:
    """Return the import of a block by a node."""
    given = {"height": height, "slot": height, "root": root or f"r{height}", **fields}
    return event("block.imported", node, **{**_IMPORTED, **given})


def rolled_back(node: str, height: int, finalised: int = 0) -> Event:
    """Return a rollback of a node to a height."""
    return event("chain.rolled_back", node, height=height, finalised_height=finalised)


def finalised(node: str, height: int, root: str | None = None, genesis: str = "g") -> Event:
    """Return the finalisation of a block by a node."""
    return event("chain.finalised", node, height=height, root=root or f"r{height}", genesis=genesis)
