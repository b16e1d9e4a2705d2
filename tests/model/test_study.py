"""The studies of the notebook show what they say, and would show it if it were otherwise."""

from __future__ import annotations

from dataclasses import replace
from itertools import count
from random import Random

import pytest

from alyslab.model.deviations import planted_deviations
from alyslab.model.errors import SpecError
from alyslab.model.generate import Builder, generate
from alyslab.model.scheme import IdealScheme
from alyslab.model.shape import Shape
from alyslab.model.study import (
    parts_of,
    plant_each,
    rate_against_size,
    show_block,
    take_apart,
    until_it_halts,
)
from alyslab.runtime.sites import planting


def test_a_valid_block_holds_every_rule(builder: Builder) -> None:
    """And the table lists the execution layer's rules too."""
    rows = take_apart(builder, show_block(builder))
    assert all(row.held for row in rows)
    assert {row.who for row in rows} == {"everybody", "validators", "execution layer"}
    assert parts_of(builder.blocks[show_block(builder) - 1])["finalised peg-outs"] > 0


def test_a_broken_rule_is_marked_in_the_table() -> None:
    """A table that can only say "holds" says nothing."""
    builder = generate(Random(1), IdealScheme(), 5)
    signed = builder.blocks[-1]
    builder.blocks[-1] = replace(signed, signature=replace(signed.signature, point=bytes(96)))
    assert [row.rule for row in take_apart(builder, 5) if not row.held] == ["signature"]


def test_the_chain_halts_where_the_spec_says() -> None:
    """Ten blocks above the finalised height are allowed, the eleventh is not; work helps."""
    rows = until_it_halts(Random(1), (4,), max_blocks_without_pow=10)
    assert [(row.height, row.observed) for row in rows[-2:]] == [(14, "pow_gap"), (14, "accepted")]
    assert [row.finalised_height for row in rows[-2:]] == [3, 13]


def test_defects_are_planted_and_found() -> None:
    """The table of the notebook names the checks that found each; test_workload finds every one."""
    names = ["author_not_checked", "latest_candidate_wins", "branch_never_taken"]
    found = plant_each(7, names)
    assert list(found) == names
    assert all(found.values())
    assert planted_deviations() == frozenset()


def test_every_block_is_timed_in_each_way() -> None:
    """Times come from the clock that is given, sizes and transactions from the blocks."""
    ticks = count()
    rows = list(rate_against_size(Random(1), lambda: float(next(ticks)), blocks=5, transactions_most=4))
    assert [row.how for row in rows] == ["one by one"] * 6 + ["in batches"] * 6 + ["without signatures"] * 6
    assert [row.timing.transactions for row in rows[:6]] == [0, 0, 1, 2, 3, 4]
    assert {row.timing.validation_s for row in rows if row.how == "one by one"} == {1.0}
    assert [row.timing.validation_s for row in rows if row.how == "in batches"] == [1 / 3] * 6


def test_one_seed_gives_one_chain() -> None:
    """Generation is the first link of every replay."""
    one, other = (generate(Random(6), IdealScheme(), 12) for _ in range(2))
    assert [signed.encode() for signed in one.blocks] == [signed.encode() for signed in other.blocks]
    assert generate(Random(7), IdealScheme(), 12).blocks != one.blocks


def test_the_generator_is_sound_whatever_is_planted() -> None:
    """The reference may not share the defect of the node that is held against it."""
    sound = generate(Random(6), IdealScheme(), 12)
    with planting("model.pegin_counted_twice", "model.retarget_rounding", "model.fee_recipient_uncommitted"):
        assert generate(Random(6), IdealScheme(), 12).blocks == sound.blocks


@pytest.mark.parametrize("members", [1, 2, 3, 7, 15])
def test_chains_of_any_federation_are_valid(members: int) -> None:
    """From a single development key to the cap of the bit list."""
    builder = generate(Random(1), IdealScheme(), 12, Shape(authorities=members))
    node = builder.node()
    node.import_batch(builder.blocks, builder.now_ms)
    assert node.state.root == builder.chain.state.root
    with pytest.raises(SpecError, match="out_of_range"):
        Shape(authorities=16)
