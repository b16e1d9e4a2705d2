"""Each block under the spec of its time, and batches cut where another begins."""

from __future__ import annotations

from dataclasses import replace

from alyslab.harnesses.sync.eras import Era, Eras
from tests.harnesses.sync.stage import CHAIN

LATER = replace(CHAIN.spec, max_blocks_without_pow=7)
LAST = replace(CHAIN.spec, max_blocks_without_pow=9)
ERAS = Eras(CHAIN.spec, (Era(10, LATER), Era(20, LAST)))


def test_an_era_begins_at_its_height() -> None:
    """The block at that height is the first that its members sign."""
    assert [ERAS.spec(height) for height in (1, 9, 10, 19, 20, 1_000)] == [
        *[CHAIN.spec] * 2,
        *[LATER] * 2,
        *[LAST] * 2,
    ]


def test_no_batch_spans_two_eras_or_a_checkpoint() -> None:
    """A batch has one spec, and a checkpoint is of the state at its end."""
    parts = [
        (part[0].block.height, part[-1].block.height)
        for part in ERAS.parts(CHAIN.blocks[4:30], lambda height: height == 15)
    ]

    assert parts == [(5, 9), (10, 15), (16, 19), (20, 30)]
    assert list(ERAS.parts([], lambda _: True)) == []
