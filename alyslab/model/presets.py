"""The constants of every network side by side, each with its source; contradictions stay visible.

``V1`` and its siblings carry the sound rules with the network's numbers.
``as_run(V1)`` is the node as it behaves, deviations and exempt heights
included.  Where documents disagree, :mod:`alyslab.model.contradictions` names
every reading.

Source: alys-system.md §1 "Constants", §2 "V1→V2 parameter drift"; the files
``etc/config/chain.json``, ``chain-full.json``, ``chain-dev.json`` and
``genesis.json`` of AnduroProject/alys main at d5c6605.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from alyslab.model.deviations import V1_DEVIATIONS
from alyslab.model.spec import Retarget, Spec

_h = bytes.fromhex

V1 = Spec(  # etc/config/chain.json
    name="V1",
    slot_ms=5_000,
    chain_id=727_272,
    bits=0x1D00_FFFF,
    authorities=(
        _h(
            "8dd89bf44ae1b76f5e105dddb56ca27da51ae04120869c794a66dbd755f2102881b0eabac42c3f72e59a78e9feaec64d"
        ),
        _h(
            "ad1b7a31e6176e48a89336786ae8b9950da04fee6fa901b0bc23ce15136b6afff9f42a513b25fe6ccdec19e5a3fddb66"
        ),
        _h(
            "9877f2d934d46d8ab03f37f5a898f0e10434b3e3b033cba3be0205fe7b11a4d874d4610e20c6620b56c8d17345a73b8b"
        ),
    ),
    federation=(
        _h("8c483d6bf33288318143da93bb533d599de04e72"),
        _h("11a96b2a888141953203df5c745c14449477d65d"),
        _h("910e69ac27e50a71e0b31283f9f087daf0543cdc"),
    ),
    federation_bitcoin_keys=(
        _h("021c0aa327d1f7f6fe9bbb0bb479ffcc8c022b52183b0f813a4107bf0f8f5ec226"),
        _h("02c91be74598eff42512b29c64919b8681690754f7c0ac9c5e991ace761cc962ad"),
        _h("037b169ff8392c0c1c488b5ac3f8fbc8a6387a3ea75904fa2cf9b175128d9890e7"),
    ),
    max_blocks_without_pow=50_000,
    bitcoin_confirmations=144,
    retarget=Retarget(),
    genesis_timestamp_s=0x67BC_EB6D,  # etc/config/genesis.json
)

V1_FULL = replace(  # etc/config/chain-full.json: a node that follows and never halts
    V1,
    name="V1_FULL",
    max_blocks_without_pow=500_000_000_000,
    retarget=replace(V1.retarget, pow_lower_limit=0x1D00_FFFF),
)

V1_DEV = Spec(  # etc/config/chain-dev.json
    name="V1_DEV",
    slot_ms=5_000,
    chain_id=121_212,
    bits=0x1E25_CDF2,
    authorities=(
        _h(
            "97f1d3a73197d7942695638c4fa9ac0fc3688c4f9774b905a14e3a3f171bac586c55e83ff97a1aeffb3af00adb22c6bb"
        ),
    ),
    federation=(_h("7e5f4552091a69125d5dfcb7b8c2659029395bdf"),),
    federation_bitcoin_keys=(_h("0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"),),
    max_blocks_without_pow=20,
    bitcoin_confirmations=144,
    retarget=Retarget(
        no_retargeting=True,
        pow_limit=0x1E25_CDF2,
        pow_lower_limit=0x1A32_2A97,
        timespan=12_000,
        spacing=1_000,
    ),
    genesis_timestamp_s=0x63A1_E047,  # etc/config/dev-genesis.json
)

V1_RUST_DEV = replace(  # DEV in app/src/spec.rs: the same network, written twice, differently
    V1_DEV,
    name="V1_RUST_DEV",
    slot_ms=4_000,
    max_blocks_without_pow=50_000,
    bitcoin_start_height=95_800,
    retarget=Retarget(pow_limit=0x2100_FFFF),
)

V2 = replace(  # §2, "V1→V2 parameter drift"; keys and bits as V1, no document gives others
    V1,
    name="V2",
    slot_ms=2_000,
    max_blocks_without_pow=10,
    bitcoin_confirmations=6,
    pegout_cap_sat=1_000_000_000,
    fork_choice="highest",
    reorganisation_depth=32,
)


def as_run(spec: Spec) -> Spec:
    """Return the spec with the deviations and exempt heights of V1's branch main.

    Source: §1, "AuxPoW"; §7, incidents 5 and 16.  The facts name the heights of
    the bypasses, not each check that is skipped there: here it is those of
    peg-outs, which the incidents are about.
    """
    return replace(
        spec,
        name=f"{spec.name} as run",
        deviations=V1_DEVIATIONS,
        unchecked_pow_height=533_683,
        unchecked_range_height=53_143,
        bypassed_heights=frozenset({70_132, 214_745, 216_000, 285_450}),
        pow_ignored_heads=frozenset({359_641}),
    )


PRESETS: tuple[Spec, ...] = (V1, V1_FULL, V1_DEV, V1_RUST_DEV, V2)
"""The networks side by side."""


def laboratory_spec(
    authorities: tuple[bytes, ...],
    federation: tuple[bytes, ...],
    federation_bitcoin_keys: tuple[bytes, ...],
    **changes: Any,
) -> Spec:
    """Return V1's rules with numbers that a laboratory can mine and wait for.

    Differs from V1: own keys, a chain id below 2**16 (a parent's version has
    only 16 bits for it, so on the real networks that check can never fail),
    work of about eight hashes, 3 confirmations, a halt after 20 blocks.
    """
    values: dict[str, Any] = {
        "name": "laboratory",
        "chain_id": 1_337,
        "bits": 0x201F_FFFF,
        "authorities": authorities,
        "federation": federation,
        "federation_bitcoin_keys": federation_bitcoin_keys,
        "max_blocks_without_pow": 20,
        "bitcoin_confirmations": 3,
        "retarget": Retarget(pow_limit=0x207F_FFFF, pow_lower_limit=0x1F7F_FFFF),
    }
    return replace(V1, **(values | changes))
