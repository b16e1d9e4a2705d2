"""Every sentence of the facts about the chain has its rule, and every rule named exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from alyslab.model.deviations import CATALOGUE, V1_DEVIATIONS
from alyslab.model.facts import Fact, facts, named
from alyslab.model.validation import ENGINE_RULES, RULES, WITH_POW, WITHOUT_POW

SYSTEM = Path(__file__).parents[3] / "shared" / "reference" / "alys-system.md"
ROWS = facts()
# A full stop, or a semicolon between two facts, ends a sentence of that page.
_END = re.compile(r"(?<=[.;])\s+(?=[A-Z*`0-9(≤#])")


def _elsewhere() -> dict[str, list[str]]:
    """Return the facts about the chain that stand outside §1: drift, §6 and §7, an item each."""
    text = SYSTEM.read_text(encoding="utf-8")
    drift = next(line for line in text.splitlines() if line.startswith("**V1→V2 parameter drift**"))
    engine, incidents = text[text.index("## 6. ") :].split("## 7. ")
    return {
        "§2 drift": re.split(r"; |(?<=\.) (?=[A-Z])", drift.partition("**: ")[2]),
        "§6": [line for line in engine.splitlines() if line.startswith("- ")],
        "§7": [line for line in incidents.splitlines() if re.match(r"- |\d+\. ", line)],
    }


def _sentences() -> list[str]:
    text = SYSTEM.read_text(encoding="utf-8")
    part = text[text.index("## 1. V1") : text.index("## 2. V2")]
    found = []
    for line in part.splitlines()[1:]:
        bare = line.strip().removeprefix("- ")
        if bare and not set(bare) <= set("|-") and not bare.startswith("| |"):
            found += _END.split(bare)
    return [sentence for sentence in found if not re.fullmatch(r"\*\*[^*]+\*\*( \([^()]*\))?", sentence)]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.anchor)
def test_every_name_in_the_table_exists(row: Fact) -> None:
    """A table that points nowhere is worse than none."""
    assert bool(row.names) != bool(row.elsewhere)
    for name in row.names:
        assert named(name) is not None
    assert not row.deviation or row.deviation in CATALOGUE


def test_a_name_that_does_not_exist_would_be_seen() -> None:
    """The check above must be able to fail."""
    for wrong in ("alyslab.model.aura.no_such_rule", "alyslab.model.no_such_module.x"):
        with pytest.raises((AttributeError, ImportError)):
            named(wrong)


def test_no_sentence_of_the_facts_is_left_out() -> None:
    """A protocol engineer must find every rule of §1 in the model."""
    if not SYSTEM.exists():
        pytest.skip("the facts are not part of the repository")
    sentences = _sentences()
    rows = [row for row in ROWS if not row.section.startswith("§")]
    without = [s for s in sentences if not any(row.anchor in s for row in rows)]
    assert without == []
    assert len(sentences) > 60
    shared = {row.anchor: [s for s in sentences if row.anchor in s] for row in rows}
    assert {anchor: len(found) for anchor, found in shared.items() if len(found) != 1} == {}


def test_no_fact_of_the_other_parts_is_left_out() -> None:
    """Drift, execution layer and incidents concern the chain as much, and half of it lies in harnesses."""
    if not SYSTEM.exists():
        pytest.skip("the facts are not part of the repository")
    for section, items in _elsewhere().items():
        rows = [row for row in ROWS if row.section == section]
        found = {item: sum(row.anchor in item for row in rows) for item in items}
        assert {item: count for item, count in found.items() if count != 1} == {}
        assert len(rows) == len(items) > 6


def test_every_deviation_of_v1_that_the_facts_name_has_its_row() -> None:
    """Departures that stand elsewhere than in §1 are listed here by name, so that none is lost."""
    elsewhere = {
        "slot_order_unchecked",  # §1 is silent
        "possession_not_asked",  # chain.json
        "duplicate_pegin_in_block_accepted",  # §7, in the row of extra withdrawals
    }
    assert V1_DEVIATIONS - {row.deviation for row in ROWS} == elsewhere


def test_a_rule_of_validation_that_the_facts_ask_for_is_named() -> None:
    """Rules that no sentence asks for are few, and known."""
    chain = [row for row in ROWS if not row.section.startswith("§")]
    pointed = {name.rpartition(".")[2] for row in chain for name in row.names}
    rules = {rule.name for rule in RULES + WITH_POW + WITHOUT_POW}
    implied = {
        "not_genesis",  # these five stand in the order of process_block, which names RULES as a whole
        "parent_known",
        "payload_parent",
        "payload_number",
        "signature",
        "slot_after_parent",  # no sentence asks for it; V1 has none
        "pegin_readable",  # read_payment's error
        "pegin_unique",  # §7, duplicate txid
        "pegout_inputs",  # incidents 8 and 16, UnspendableInput
        "pegout_outputs",
        "pegout_change",
        "pegout_fee",
        "pow_present",
        "pow_range_end",
        "pow_chain_id",
    }
    assert rules - pointed == implied
    assert not pointed & set(ENGINE_RULES)
