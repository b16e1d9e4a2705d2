"""Aura: who may write which slot, and how many must have signed.

Source: alys-system.md §1, "Aura" (app/src/aura.rs of branch main).
"""

# ruff: noqa: D401 - the docstring of a rule is the claim that it checks
from __future__ import annotations

from typing import TYPE_CHECKING

from alyslab.model.spec import SIGNERS_MAX, Spec

if TYPE_CHECKING:
    from alyslab.model.context import Context, Finding

FALLBACK_SLOT_MS = 3_000
"""Divisor of V1's second attempt at a slot's time; it hints at an older slot length (incident 6)."""


def slot_at(spec: Spec, unix_ms: int) -> int:
    """Return the slot that the time lies in."""
    return unix_ms // spec.slot_ms


def slot_start_ms(spec: Spec, slot: int) -> int:
    """Return the first millisecond of the slot, since the Unix epoch."""
    return slot * spec.slot_ms


def author_index(spec: Spec, slot: int) -> int:
    """Return which authority writes the slot."""
    return slot % len(spec.authorities)


def majority(members: int) -> int:
    """Return ⌈2n/3⌉: 1→1, 2→2, 3→2, 4→3, 5→4, 7→5."""
    return (2 * members + 2) // 3


def quorum_of(spec: Spec, members: int, deviations: frozenset[str] = frozenset()) -> int:
    """Return how many of the members must sign: :func:`majority`, or the documentation's 50 % + 1."""
    if "majority_of_one" in deviations:
        return 1
    needed = majority(members) if spec.majority == "two_thirds" else members // 2 + 1
    return needed - ("signature_count_off_by_one" in deviations)


def slot_after_parent(ctx: Context) -> Finding:
    """A block's slot lies after its parent's."""
    if ctx.block.slot > ctx.parent.slot:
        return None
    return {"slot": ctx.block.slot, "parent_slot": ctx.parent.slot}


def slot_not_in_future(ctx: Context) -> Finding:
    """A block's slot has begun, or is the next one.

    V1 holds the slot against the block's own timestamp and rejects it only if
    it is too late by both the slot length and 3000 ms; that never looks at a
    clock, and is the deviation ``future_slot_accepted``.
    """
    slot, spec = ctx.block.slot, ctx.spec
    if "future_slot_accepted" in ctx.deviations:
        own_ms = ctx.block.payload.timestamp_s * 1000
        held = slot <= own_ms // spec.slot_ms + 1 or slot <= own_ms // FALLBACK_SLOT_MS + 1
        return None if held else {"slot": slot, "timestamp_s": ctx.block.payload.timestamp_s}
    now = slot_at(spec, ctx.now_ms)
    return None if slot <= now + 1 else {"slot": slot, "present_slot": now}


def signers_bounded(ctx: Context) -> Finding:
    """The bit list has one bit per authority and at most 15."""
    count = len(ctx.signed.signature.signers)
    if count == len(ctx.authorities) and count <= SIGNERS_MAX:
        return None
    return {"bits": count, "authorities": len(ctx.authorities)}


def author(ctx: Context) -> Finding:
    """The authority whose slot it is has signed; in V1 this check is commented out."""
    expected = ctx.block.slot % len(ctx.authorities)
    signers = ctx.signed.signature.signers
    return (
        None if expected < len(signers) and signers[expected] else {"expected": expected, "signers": signers}
    )


def quorum(ctx: Context) -> Finding:
    """At least ⌈2n/3⌉ authorities have signed, or as many as the spec's reading of a majority asks."""
    needed = quorum_of(ctx.spec, len(ctx.authorities), ctx.deviations)
    count = ctx.signed.signature.count
    return None if count >= needed else {"count": count, "needed": needed}


def signature(ctx: Context) -> Finding:
    """The aggregate signature is that of exactly the named signers over the block's root."""
    if ctx.signature_checked:
        return None
    mark = ctx.signed.signature
    keys = [key for key, signed in zip(ctx.authorities, mark.signers, strict=False) if signed]
    return (
        None if ctx.scheme.verify(keys, ctx.root, mark.point) else {"signers": mark.signers, "root": ctx.root}
    )
