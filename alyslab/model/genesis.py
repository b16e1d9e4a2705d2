"""Block 0, which is part of the spec and never imported.

Source: alys-system.md §1, "Block"; §6, "Genesis".
"""

from __future__ import annotations

from dataclasses import replace

from alyslab.model.block import Block, Payload
from alyslab.model.hashing import ZERO_HASH, sha256
from alyslab.model.spec import Spec
from alyslab.model.state import State


def genesis_block(spec: Spec, state: State) -> Block:
    """Return block 0; its hash depends on the execution layer's genesis, the bits and the chain id."""
    config = spec.bits.to_bytes(4, "big") + spec.chain_id.to_bytes(4, "big")
    payload = Payload(
        parent_hash=sha256(config),
        number=0,
        timestamp_s=spec.genesis_timestamp_s,
        fee_recipient=bytes(20),
        gas_limit=spec.gas_limit,
        gas_used=0,
        base_fee_wei=spec.base_fee_wei,
        state_root=state.root,
        transactions=(),
        withdrawals=(),
        block_hash=ZERO_HASH,
    )
    sealed = replace(payload, block_hash=payload.computed_hash())
    return Block(
        parent_root=ZERO_HASH,
        slot=spec.genesis_timestamp_s * 1000 // spec.slot_ms,
        auxpow_header=None,
        payload=sealed,
        pegins=(),
        pegout_proposal=None,
        finalised_pegouts=(),
    )
