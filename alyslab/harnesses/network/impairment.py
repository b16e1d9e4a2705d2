"""Chances on a link: whether a message is lost, doubled, corrupted or let past the others."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from alyslab.harnesses.network.defects import Defects
from alyslab.harnesses.network.link import GilbertElliott, LinkSpec

Toss = Callable[[], bool]


def never() -> bool:
    """Answer no, without a draw."""
    return False


def coin(ratio: float, correlation: float, random: Random) -> Toss:
    """Return a coin that says yes in ``ratio`` of its tosses.

    With ``correlation`` a toss repeats the one before with that chance, and is
    drawn anew otherwise: the ratio stays what it was and the autocorrelation is
    the given one.  Consumes ``random``.
    """
    draw = random.random
    if ratio == 0:
        return never
    if correlation == 0:
        return lambda: draw() < ratio
    last = draw() < ratio

    def toss() -> bool:
        nonlocal last
        if draw() >= correlation:
            last = draw() < ratio
        return last

    return toss


def bursts(model: GilbertElliott, random: Random) -> Toss:
    """Return a coin that says whether the next message is lost; two draws of ``random`` for each."""
    draw = random.random
    bad = draw() < model.p / (model.p + model.r)

    def toss() -> bool:
        nonlocal bad
        lost = draw() < (model.bad_loss_ratio if bad else model.good_loss_ratio)
        bad = draw() >= model.r if bad else draw() < model.p
        return lost

    return toss


def once(toss: Toss) -> Toss:
    """Return a coin that is tossed once for all; the planted bug ``network.loss_drawn_once``."""
    answer = toss()
    return lambda: answer


class Impairments:
    """What one link does to messages beside delaying them, in the order loss, duplication, corruption.

    Parameters
    ----------
    spec
        The link's conditions.
    random
        The link's stream.
    defects
        Which bugs are planted.
    """

    __slots__ = ("_counter", "_gap", "_reorders", "corrupts", "duplicates", "loses", "only_loses")

    def __init__(self, spec: LinkSpec, random: Random, defects: Defects) -> None:
        if spec.gemodel is None:
            loses = coin(spec.loss_ratio, spec.loss_correlation, random)
        elif defects.bursts_flattened:
            loses = coin(spec.gemodel.loss_ratio, 0.0, random)
        else:
            loses = bursts(spec.gemodel, random)
        share = 0.5 if defects.chances_halved else 1.0
        self.loses = once(loses) if defects.loss_drawn_once else loses
        """Whether the next copy is lost."""
        self.duplicates = coin(share * spec.duplicate_ratio, spec.duplicate_correlation, random)
        """Whether the next message arrives twice."""
        self.corrupts = coin(share * spec.corrupt_ratio, spec.corrupt_correlation, random)
        """Whether a bit of the next copy is flipped."""
        self._reorders = coin(share * spec.reorder_ratio, spec.reorder_correlation, random)
        self._gap = spec.reorder_gap
        self.only_loses = max(spec.duplicate_ratio, spec.corrupt_ratio, spec.reorder_ratio) == 0
        self._counter = 0

    def overtakes(self) -> bool:
        """Answer whether the next message skips its delay: at most every ``reorder_gap``-th one does."""
        self._counter += 1
        if self._counter < self._gap or not self._reorders():
            return False
        self._counter = 0
        return True


def impairments_of(spec: LinkSpec, random: Random, defects: Defects) -> Impairments | None:
    """Return what the link does to messages, or None where it only delays them."""
    ratios = (spec.loss_ratio, spec.duplicate_ratio, spec.reorder_ratio, spec.corrupt_ratio)
    if spec.gemodel is None and max(ratios) == 0:
        return None
    return Impairments(spec, random, defects)


def flipped(payload: bytes, random: Random) -> tuple[bytes, int]:
    """Return the payload with one bit flipped and which; -1 for an empty one.  Consumes ``random``."""
    if not payload:
        return payload, -1
    bit = random.randrange(len(payload) * 8)
    changed = bytearray(payload)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed), bit
