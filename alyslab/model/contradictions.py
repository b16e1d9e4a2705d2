"""Parameters that the project's own code, files and documents give differently, each reading with its name.

A reading is a spec of its own, made by :func:`variant`; none is decided for
in silence.  Networks that merely differ (V1, the development chains, V2)
stand side by side in :mod:`alyslab.model.presets`.

Source: alys-system.md §1, "Constants" and what follows it; §2, "V1→V2
parameter drift".
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from alyslab.model.errors import SpecError
from alyslab.model.presets import V1, V1_DEV, V1_RUST_DEV, V2
from alyslab.model.spec import Spec


@dataclass(frozen=True, slots=True, kw_only=True)
class Contradiction:
    """A parameter that the project's own documents and files give differently."""

    name: str
    """Name of the reading, for :func:`variant`."""
    base: Spec
    """Spec that it changes."""
    changes: tuple[tuple[str, Any], ...]
    """Fields and their values in this reading."""
    source: str
    """Where this reading stands, and what else is said."""


def _reading(name: str, base: Spec, source: str, **changes: Any) -> Contradiction:
    return Contradiction(name=f"{base.name}.{name}", base=base, changes=tuple(changes.items()), source=source)


_h = bytes.fromhex
FIVE_DEVELOPERS: dict[str, tuple[bytes, ...]] = {
    "authorities": (
        _h(
            "97f1d3a73197d7942695638c4fa9ac0fc3688c4f9774b905a14e3a3f171bac586c55e83ff97a1aeffb3af00adb22c6bb"
        ),
        _h(
            "a572cbea904d67468808c8eb50a9450c9721db309128012543902d0ac358a62ae28f75bb8f1c7c42c39a8c5529bf0f4e"
        ),
        _h(
            "89ece308f9d1f0131765212deca99697b112d61f9be9a5f1f3780a51335b3ff981747a0b2ca2179b96d2c0c9024e5224"
        ),
        _h(
            "ac9b60d5afcbd5663a8a44b7c5a02f19e9a77ab0a35bd65809bb5c67ec582c897feb04decc694b13e08587f3ff9b5b60"
        ),
        _h(
            "b0e7791fb972fe014159aa33a98622da3cdc98ff707965e536d8636b5fcc5ac7a91a8c46e59a00dca575af0f18fb13dc"
        ),
    ),
    "federation": (
        _h("7e5f4552091a69125d5dfcb7b8c2659029395bdf"),
        _h("2b5ad5c4795c026514f8317c7a215e218dccd6cf"),
        _h("6813eb9362372eef6200f3b1dbc3f819671cba69"),
        _h("1eff47bc3a10a45d4b230b5d10e37751fe6aa718"),
        _h("e1ab8145f7e55dc933d51a18c793f901a3a0b276"),
    ),
    "federation_bitcoin_keys": (
        _h("0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"),
        _h("02c6047f9441ed7d6d3045406e95c07cd85c778e4b8cef3ca7abac09b95c709ee5"),
        _h("02f9308a019258c31049344f85f89d5229b531c845836f99b08601f113bce036f9"),
        _h("02e493dbf1c10d80f3581e4904930b1404cc6c13900ee0758474fa94abe8c4cd13"),
        _h("022f8bde4d1a07209355b4a7250a5c5128e88b84bddc619ab7cba8d569b240efe4"),
    ),
}
"""Five members with the secrets 1 to 5.

§6 names 1, 2 and 3 as development keys; no document names the five members of
V2's "3 of 5", so the next two secrets stand in.
"""

CONTRADICTIONS: tuple[Contradiction, ...] = (
    _reading(
        "documented_majority",
        V1,
        "docs/src of branch main says 50 % + 1; app/src/aura.rs counts ⌈2n/3⌉",
        majority="half_plus_one",
    ),
    _reading(
        "documented_confirmations",
        V1,
        "docs/src of branch main says 6; its configuration says 144",
        bitcoin_confirmations=6,
    ),
    _reading(
        "symmetric_retarget",
        V1,
        "maxPowAdjustment 20 read as a bound both ways; the code cuts to 20 %",
        retarget=replace(V1.retarget, adjustment="symmetric"),
    ),
    _reading(
        "fallback_slot",
        V1,
        "app/src/aura.rs also divides by 3000 ms, which hints at an older slot; chain.json says 5000",
        slot_ms=3_000,
    ),
    _reading(
        "regtest_start_height",
        V1_RUST_DEV,
        "chain-dev.json starts at Bitcoin height 0; DEV in app/src/spec.rs at 95800, past any regtest chain",
        bitcoin_start_height=0,
    ),
    _reading(
        "rust_halt",
        V1_DEV,
        "DEV in app/src/spec.rs allows 50,000 blocks without work; chain-dev.json allows 20",
        max_blocks_without_pow=50_000,
    ),
    _reading(
        "gap_of_sync",
        V2,
        "ACT/sync of branch v2 says 10,000; the rest of v2 says 10, V1 50,000",
        max_blocks_without_pow=10_000,
    ),
    _reading(
        "signing_fixed_two",
        V2,
        "etc/config/governance-stream.toml says 2; elsewhere 3 of 5, and ⌈2n/3⌉ in V1",
        signing_threshold=2,
    ),
    _reading(
        "signing_three_of_five",
        V2,
        "3 of 5 in v2's documents; governance-stream.toml says 2, and V1 ⌈2n/3⌉",
        signing_threshold=3,
        **FIVE_DEVELOPERS,
    ),
    _reading(
        "pay_to_witness_script_hash",
        V2,
        "v2 documents P2WSH; the code of both branches pays to P2TR",
        federation_script="p2wsh",
    ),
    _reading(
        "depth_100",
        V2,
        "reorganisation depth 32, 100 and 64 in three files of v2",
        reorganisation_depth=100,
    ),
    _reading(
        "depth_64",
        V2,
        "reorganisation depth 32, 100 and 64 in three files of v2",
        reorganisation_depth=64,
    ),
    _reading(
        "slot_against_height",
        V2,
        "chain/handlers/block_handlers.rs compares a slot with a height; the documents, heights",
        fork_choice="slot_against_height",
    ),
    _reading(
        "uncapped",
        V2,
        "v2 caps a peg-out at 10 BTC; V1's code, which v2's binary runs, has no cap",
        pegout_cap_sat=None,
    ),
)
"""Every reading."""


def variant(name: str) -> Spec:
    """Return the spec of one reading; raises :class:`SpecError` for a name that none has."""
    for entry in CONTRADICTIONS:
        if entry.name == name:
            return replace(entry.base, **{**dict(entry.changes), "name": name})
    raise SpecError("unknown_variant", field="name", value=name, known=tuple(c.name for c in CONTRADICTIONS))
