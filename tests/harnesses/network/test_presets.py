from __future__ import annotations

import json
from pathlib import Path

import pytest

from alyslab.harnesses.network.presets import ALYS

CHAIN_JSON = Path(__file__).resolve().parents[4] / "shared/data/alys/chain.json"


@pytest.mark.skipif(not CHAIN_JSON.exists(), reason="Alys's own chain.json is not at hand")
def test_slot_and_authorities_are_those_of_alys_itself():
    """The preset claims to be the deployed chain; its own configuration file is the witness."""
    chain = json.loads(CHAIN_JSON.read_text())
    assert chain["slotDuration"] == ALYS.slot_ms
    assert len(chain["authorities"]) == ALYS.authorities
