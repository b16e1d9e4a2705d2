"""The constants are the node's, contradictions are visible, and a spec that contradicts itself is refused."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alyslab.model import aura, bls, schnorr
from alyslab.model.block import decode_block
from alyslab.model.configuration import spec_from_chain_json
from alyslab.model.contradictions import CONTRADICTIONS, FIVE_DEVELOPERS, variant
from alyslab.model.deviations import CATALOGUE, V1_DEVIATIONS, planted_deviations, waived_by
from alyslab.model.errors import SpecError
from alyslab.model.federation import federation_of, threshold_of
from alyslab.model.genesis import genesis_block
from alyslab.model.presets import PRESETS, V1, V1_DEV, V1_FULL, V1_RUST_DEV, V2, as_run
from alyslab.model.retarget import bits_of, next_bits, next_target, ratio_percent, step_percent, target_of
from alyslab.model.shape import Shape
from alyslab.model.spec import Era, Retarget, spec_fields
from alyslab.model.state import State
from alyslab.model.validation import rule_names
from alyslab.runtime.sites import planting

NUMBERS = sorted(name for name, value in spec_fields(V1).items() if type(value) is int)


def test_the_table_of_constants() -> None:
    """alys-system.md §1, "Constants", row by row."""
    rows = [(s.slot_ms, len(s.authorities), s.chain_id, s.max_blocks_without_pow) for s in PRESETS]
    assert rows == [
        (5_000, 3, 727_272, 50_000),
        (5_000, 3, 727_272, 500_000_000_000),
        (5_000, 1, 121_212, 20),
        (4_000, 1, 121_212, 50_000),
        (2_000, 3, 727_272, 10),
    ]
    assert (V1.bitcoin_confirmations, V2.bitcoin_confirmations) == (144, 6)
    assert (V1.retarget.interval, V1_DEV.retarget.no_retargeting) == (12, True)
    assert (V1_FULL.retarget.pow_lower_limit, V1_RUST_DEV.bitcoin_start_height) == (0x1D00FFFF, 95_800)


def _chain_json() -> dict[str, Any]:
    return {
        "slotDuration": 5000,
        "authorities": ["0x" + key.hex() for key in V1.authorities],
        "federation": ["0x" + address.hex() for address in V1.federation],
        "federationBitcoinPubkeys": [key.hex() for key in V1.federation_bitcoin_keys],
        "bits": 486604799,
        "chainId": 727272,
        "maxBlocksWithoutPow": 50000,
        "bitcoinStartHeight": 0,
        "retargetParams": {
            "powNoRetargeting": False,
            "powLimit": 553713663,
            "powLowerLimit": 439495319,
            "maxPowAdjustment": 20,
            "powTargetTimespan": 60,
            "powTargetSpacing": 5,
        },
        "isValidator": True,
        "requiredBtcTxnConfirmations": 144,
    }


def test_the_nodes_own_configuration_is_read() -> None:
    """An engineer pastes chain.json and gets the spec."""
    assert spec_from_chain_json(_chain_json(), "V1") == V1


@pytest.mark.parametrize(
    ("key", "value", "rule"),
    [
        ("slotDuration", "5000", "not_an_unsigned_integer"),
        ("slotDuration", -1, "not_an_unsigned_integer"),
        ("slotDuration", 0, "positive"),
        ("authorities", [], "authorities_bounded"),
        ("authorities", ["0xzz"], "not_hexadecimal"),
        ("authorities", ["0x00 11"], "not_hexadecimal"),
        ("authorities", "0x00", "not_a_list"),
        ("surprise", 1, "unknown_key"),
        ("retargetParams", [], "not_an_object"),
        ("bits", 0x2200FFFF, "bits_within_limits"),
        ("requiredBtcTxnConfirmations", 0, "positive"),
    ],
)
def test_a_bad_configuration_is_named(key: str, value: Any, rule: str) -> None:
    """Rule, field and value: enough to correct it."""
    with pytest.raises(SpecError) as caught:
        spec_from_chain_json({**_chain_json(), key: value}, "x")
    assert caught.value.rule == rule
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"authorities": V1.authorities[:1] * 3}, "authorities_distinct"),
        ({"federation": V1.federation[:2]}, "one_address_per_authority"),
        ({"pegout_minimum_sat": 500}, "minimum_above_dust"),
        ({"pegout_cap_sat": 999_999}, "cap_above_minimum"),
        ({"earlier": (Era(until_height=0, authorities=V1.authorities),)}, "eras_in_order"),
        (
            {"earlier": tuple(Era(until_height=h, authorities=V1.authorities) for h in (7, 7))},
            "eras_in_order",
        ),
        ({"earlier": (Era(until_height=5, authorities=()),)}, "authorities_bounded"),
        ({"earlier": (Era(until_height=5, authorities=(b"short",)),)}, "authority_is_a_key"),
        ({"signing_threshold": 4}, "threshold_within_members"),
        ({"reorganisation_depth": 3}, "depth_needs_fork_choice"),
        ({"fork_choice": "highest", "reorganisation_depth": 0}, "depth_needs_fork_choice"),
        ({"deviations": frozenset({"no_such"})}, "deviations_known"),
        ({"bits": 0x1D80FFFF}, "bits_are_a_target"),
        ({"retarget": Retarget(timespan=61)}, "spacing_fits_timespan"),
        ({"retarget": Retarget(pow_limit=0x1A322A96)}, "limits_in_order"),
        ({"miner_fee_percent": 101}, "share_is_percent"),
        ({"base_fee_wei": -1}, "in_range"),
        ({"gas_limit": 1 << 64}, "in_range"),
        ({"genesis_timestamp_s": 1 << 48}, "in_range"),
        ({"retarget": Retarget(timespan=(1 << 64) + 1, spacing=1)}, "in_range"),
    ],
)
def test_contradictions_in_a_spec_are_refused(changes: dict[str, Any], rule: str) -> None:
    """A chain of a spec that makes no sense fails later, somewhere else."""
    with pytest.raises(SpecError) as caught:
        replace(V1, **changes)
    assert caught.value.rule == rule
    assert caught.value.field in changes


@given(field=st.sampled_from(NUMBERS), value=st.integers(-(1 << 70), 1 << 70))
def test_a_spec_that_is_accepted_makes_a_chain(field: str, value: int) -> None:
    """Any number is either refused by name, or block 0 can be written with it."""
    try:
        spec = replace(V1, **{field: value})
    except SpecError as error:
        others = {"pegout_minimum_sat", "pegout_cap_sat"}  # which are held against it
        assert error.field in {field, *others}  # noqa: PT017 - allowed, not demanded
        return
    genesis = genesis_block(spec, State())
    assert decode_block(genesis.encoded) == genesis


def test_every_contradiction_between_documents_is_a_variant() -> None:
    """Disagreements are kept visible, not decided in silence."""
    for entry in CONTRADICTIONS:
        made = spec_fields(variant(entry.name))
        base = spec_fields(entry.base)
        assert {name for name in made if made[name] != base[name]} == {"name", *dict(entry.changes)}
    with pytest.raises(SpecError, match="unknown_variant"):
        variant("V3")


@pytest.mark.parametrize(
    ("disagreement", "field", "readings"),
    [
        ("§1: docs/src 50 %+1", "majority", {"two_thirds", "half_plus_one"}),
        ("§1: docs/src 6 confirmations", "bitcoin_confirmations", {144, 6}),
        (
            "§1: slot 5000, 4000, 3000; §2: 2 s",
            "slot_ms",
            {5_000, 4_000, 3_000, 2_000},
        ),
        ("§1: DEV start height 95800", "bitcoin_start_height", {0, 95_800}),
        (
            "§1, §2: maxBlocksWithoutPow",
            "max_blocks_without_pow",
            {50_000, 500_000_000_000, 20, 10, 10_000},
        ),
        ("§2: signing 3-of-5 or fixed 2 vs ⌈2n/3⌉", "signing_threshold", {None, 2, 3}),
        ("§2: P2TR→P2WSH", "federation_script", {"p2tr", "p2wsh"}),
        ("§2: peg-out 10 BTC cap", "pegout_cap_sat", {None, 1_000_000_000}),
        ("§2: reorg depth 32/100/64", "reorganisation_depth", {0, 32, 100, 64}),
        ("§2: reorg rule, slot with height", "fork_choice", {"none", "highest", "slot_against_height"}),
        ("§2: dust 546", "dust_sat", {546}),
        ("§1: bits", "bits", {0x1D00FFFF, 0x1E25CDF2}),
    ],
)
def test_no_disagreement_of_the_facts_is_decided_in_silence(
    disagreement: str, field: str, readings: set[Any]
) -> None:
    """The list is read off §1 and §2; a reading that no spec has would be a decision that nobody sees."""
    specs = [*PRESETS, *(variant(entry.name) for entry in CONTRADICTIONS)]
    assert {getattr(spec, field) for spec in specs} == readings, disagreement


def test_readings_change_what_they_say() -> None:
    """A variant whose rules do not differ is a label."""
    documented = variant("V1.documented_majority")
    assert [aura.quorum_of(documented, n) for n in (1, 2, 3, 4, 5, 7)] == [1, 2, 2, 3, 3, 4]
    assert [aura.quorum_of(V1, n) for n in (1, 2, 3, 4, 5, 7)] == [1, 2, 2, 3, 4, 5]
    five = variant("V2.signing_three_of_five")
    assert (threshold_of(five), len(five.authorities)) == (3, 5)
    assert tuple(bls.public_key(secret) for secret in range(1, 6)) == FIVE_DEVELOPERS["authorities"]
    assert tuple(schnorr.public_key(secret) for secret in range(1, 6)) == five.federation_bitcoin_keys
    assert FIVE_DEVELOPERS["authorities"][0] == V1_DEV.authorities[0]
    assert FIVE_DEVELOPERS["federation"][0] == V1_DEV.federation[0]
    scripts = [federation_of(spec).script for spec in (V2, variant("V2.pay_to_witness_script_hash"))]
    assert [script[:2] for script in scripts] == [b"\x51\x20", b"\x00\x20"]


def test_deviations_name_real_rules() -> None:
    """A waived rule that does not exist waives nothing."""
    assert waived_by(frozenset(CATALOGUE)) <= set(rule_names())
    assert as_run(V1).deviations == V1_DEVIATIONS
    assert len(CATALOGUE) >= 12


def test_planting_switches_a_deviation_on_for_its_block_only() -> None:
    """Defects may not leak from one run into the next."""
    assert planted_deviations() == frozenset()
    with planting("model.author_not_checked"):
        assert planted_deviations() == {"author_not_checked"}
    assert planted_deviations() == frozenset()


def test_majorities() -> None:
    """alys-system.md §1, "Aura"."""
    assert {n: aura.majority(n) for n in (1, 2, 3, 4, 5, 7)} == {1: 1, 2: 2, 3: 2, 4: 3, 5: 4, 7: 5}
    assert aura.author_index(V1, aura.slot_at(V1, 1_740_434_290_000)) == 1_740_434_290_000 // 5_000 % 3


def test_retarget_steps_of_v1() -> None:
    """Distances 1 to 4 cut to 20 %, 5 keeps, more raise to 120 %."""
    steps = [step_percent(V1.retarget, ratio_percent(V1.retarget, distance)) for distance in range(1, 9)]
    assert steps == [20, 20, 20, 20, 100, 120, 120, 120]
    symmetric = variant("V1.symmetric_retarget").retarget
    assert [step_percent(symmetric, ratio_percent(symmetric, d)) for d in (1, 4, 5, 6)] == [80, 80, 100, 120]


def test_retargets_happen_at_the_interval_or_after_a_long_gap() -> None:
    """Head a multiple of 12, or more than 12 blocks since the last work."""
    old = target_of(0x1C00FFFF)
    kept = [head for head in range(20, 40) if next_target(V1, old, head, head - 6) == old]
    assert kept == [head for head in range(20, 40) if head % 12]
    assert next_target(V1, old, 25, 13) == old // 100 * 120
    assert next_target(V1, old, 25, 14) == old  # twelve blocks are the interval, not more than it
    assert next_target(V1_DEV, old, 24, 1) == old


def test_limits_bound_the_target_unless_v1_runs() -> None:
    """powLimit and powLowerLimit exist and are never applied there."""
    old = target_of(V1.retarget.pow_limit)
    lower = replace(V1, retarget=replace(V1.retarget, pow_limit=0x207FFFFF))
    assert next_bits(V1, V1.retarget.pow_limit, 24, 10) == V1.retarget.pow_limit
    below = target_of(0x207FFFFF)
    assert next_target(lower, below, 24, 10) == below
    assert next_target(lower, below, 24, 10, frozenset({"pow_limits_unapplied"})) == below // 100 * 120
    assert next_target(V1, old, 24, 10, frozenset({"pow_limits_unapplied"})) == (1 << 256) - 1


@given(bits=st.integers(0, (1 << 32) - 1))
def test_compact_targets_come_back(bits: int) -> None:
    """What is written into a header must be what it was computed from."""
    target = target_of(bits)
    assert 0 <= target < 1 << 256
    assert target_of(bits_of(target)) == target


@pytest.mark.parametrize("field", ["authorities", "users", "pow_interval", "missed_slot_ratio"])
def test_a_shape_that_makes_no_chain_is_refused(field: str) -> None:
    """Before a generator runs for ever."""
    with pytest.raises(SpecError) as caught:
        Shape(**{field: -1})
    assert caught.value.field == field
