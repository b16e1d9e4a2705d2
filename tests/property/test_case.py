"""Cases survive the way into a replay token and back, and read as one would write them."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace

import pytest

from alyslab.errors import BadInputError
from alyslab.property.case import case, describe, from_json, to_json
from alyslab.property.generators.chains import BlockPlan, ChainPlan
from alyslab.property.generators.events import Burn, Deposit, Transfer

PLAN = ChainPlan(
    blocks=(BlockPlan(), BlockPlan(events=(Transfer(0, 1), Deposit(2), Burn()), work=True)), members=3
)


def test_a_case_comes_back_the_same_through_json():
    """A token carries the case as JSON; another case there would replay another run."""
    assert from_json(json.loads(json.dumps(to_json(PLAN)))) == PLAN


@pytest.mark.parametrize("value", [None, True, 0, -(2**80), 0.5, "text", b"\x00\xff", (), (1, ("a", b"b"))])
def test_plain_values_come_back_with_their_types(value):
    """True and 1 are different cases, and so are bytes and text."""
    back = from_json(json.loads(json.dumps(to_json(value))))

    assert (back, type(back)) == (value, type(value))


def test_fields_at_their_defaults_are_left_out():
    """What was shrunk away must not come back as noise."""
    assert to_json(ChainPlan(blocks=(BlockPlan(work=True),))) == {
        "ChainPlan": {"blocks": [{"BlockPlan": {"work": True}}]}
    }
    assert describe(ChainPlan(blocks=(BlockPlan(work=True),))) == "ChainPlan(blocks=(BlockPlan(work=True),))"


def test_a_described_case_is_the_expression_that_makes_it():
    """A reader pastes it into a test."""
    assert eval(describe(PLAN)) == PLAN


def test_a_value_of_another_type_than_the_default_is_kept():
    """False equals 0 in Python, and is another case."""
    assert to_json(replace(BlockPlan(), missed_slots=False)) == {"BlockPlan": {"missed_slots": False}}


@pytest.mark.parametrize("value", [[1], {1: 2}, object(), 1j])
def test_what_no_token_can_carry_is_refused(value):
    """Better refused where it is drawn than found missing when a failure is to be replayed."""
    with pytest.raises(TypeError, match="can't stand in a case"):
        to_json(value)


@pytest.mark.parametrize(
    "item",
    [
        {"NoSuchPlan": {}},
        {"BlockPlan": {"no_such_field": 1}},
        {"BlockPlan": 3},
        {"bytes": "xyz"},
        {"a": 1, "b": 2},
        [{"os": {"system": "true"}}],
    ],
)
def test_what_no_case_is_is_refused_with_its_place(item):
    """A token may come from anywhere, and must not make anything but cases."""
    with pytest.raises(BadInputError, match="case"):
        from_json(item)


def test_only_dataclasses_of_one_name_can_stand_in_a_case():
    """Two kinds of one name would be read as each other."""

    class NoDataclass:
        pass

    @dataclass(frozen=True)
    class BlockPlan:
        pass

    for cls in (NoDataclass, BlockPlan):
        with pytest.raises(TypeError, match="can't stand in a case"):
            case(cls)
