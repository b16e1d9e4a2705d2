"""Signatures over block roots, verified as they come in: in batches where several wait.

A batch names exactly the forged ones; what a batch verifies must be what one
verification after the other would.

Source: alys-system.md §1, "Gossip" (approve_block); §7.
"""

from __future__ import annotations

from collections.abc import Sequence

from alyslab.model.bls import SignedMessage
from alyslab.model.candidates import Approval
from alyslab.model.scheme import SignatureScheme


def forged_among(
    approvals: Sequence[Approval],
    authorities: Sequence[bytes],
    scheme: SignatureScheme,
    *,
    first_only: bool = False,
) -> frozenset[int]:
    """Return the places of approvals that no authority gave.

    ``first_only`` plants the bug that a batch is judged by its first item.
    """
    strangers = {place for place, each in enumerate(approvals) if each.authority >= len(authorities)}
    known = [place for place in range(len(approvals)) if place not in strangers]
    items = [
        SignedMessage(
            (authorities[approvals[place].authority],), approvals[place].root, approvals[place].point
        )
        for place in (known[:1] if first_only else known)
    ]
    return frozenset(strangers | {known[index] for index in scheme.forged(items)})


def approve(secret: int, authority: int, root: bytes, scheme: SignatureScheme) -> Approval:
    """Return the authority's approval of a root."""
    return Approval(root, authority, scheme.sign([secret], root))
