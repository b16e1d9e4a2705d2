"""Signatures over block roots, verified as they come in: in batches where several wait.

A batch names exactly the forged ones; what a batch verifies must be what one
verification after the other would.  An approval bears a place in a federation
and a root, and no height: while its block is not known and the federation is
about to change, the keys of both federations are tried.

Source: alys-system.md §1, "Gossip" (approve_block); §7.
"""

from __future__ import annotations

from collections.abc import Sequence

from alyslab.model.bls import SignedMessage
from alyslab.model.candidates import Approval
from alyslab.model.scheme import SignatureScheme


def signers_of(
    approvals: Sequence[Approval],
    keys: Sequence[Sequence[bytes]],
    scheme: SignatureScheme,
    *,
    first_only: bool = False,
) -> list[bytes | None]:
    """Return the key that signed each approval, None for one that none of its ``keys`` has signed.

    ``first_only`` plants the bug that a batch is judged by its first item.
    """
    signers = [tried[0] if tried else None for tried in keys]
    known = [place for place, signer in enumerate(signers) if signer is not None]
    items = [
        SignedMessage((keys[place][0],), approvals[place].root, approvals[place].point)
        for place in (known[:1] if first_only else known)
    ]
    for index in scheme.forged(items):
        place = known[index]
        each = approvals[place]
        signers[place] = next(
            (key for key in keys[place][1:] if scheme.verify([key], each.root, each.point)), None
        )
    return signers


def approve(secret: int, authority: int, root: bytes, scheme: SignatureScheme) -> Approval:
    """Return the approval of a root by the member at a place of its federation."""
    return Approval(root, authority, scheme.sign([secret], root))
