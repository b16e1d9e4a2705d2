"""The parameters of one chain: a ``Spec`` is everything about a chain that is not a block.

The networks' constants stand in :mod:`alyslab.model.presets`, this module says
what each means and which combinations make sense.

Source: alys-system.md §1, "Constants", and §2, "V1→V2 parameter drift".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal

from alyslab.model.deviations import CATALOGUE
from alyslab.model.errors import SpecError

SIGNERS_MAX = 15
ForkChoice = Literal["none", "highest", "slot_against_height"]
"""``none``: V1, nothing at or below the head's height is ever taken.  ``highest``: the highest
chain within the reorganisation depth that keeps every finalised block, as V2 documents.
``slot_against_height``: V2's code, which holds the new block's slot against the head's height."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Retarget:
    """How the difficulty of merged mining follows the time between proofs.

    Distances are counted in blocks, not in seconds.
    """

    no_retargeting: bool = False
    """Keep the genesis bits for ever."""
    pow_limit: int = 0x2100_FFFF
    """Easiest target, compact."""
    pow_lower_limit: int = 0x1A32_2A97
    """Hardest target, compact."""
    timespan: int = 60
    """With ``spacing``, how many blocks make an interval: timespan / spacing."""
    spacing: int = 5
    """Wanted distance between blocks with work."""
    max_adjustment_percent: int = 20
    """Largest step of one retarget."""
    adjustment: Literal["as_run", "symmetric"] = "as_run"
    """``as_run``: too fast cuts the target *to* the percentage, too slow raises it *by* at most
    that (§1).  ``symmetric``: both by at most that, as the parameter's name suggests."""

    @property
    def interval(self) -> int:
        """Blocks between unconditional retargets."""
        return self.timespan // self.spacing


@dataclass(frozen=True, slots=True, kw_only=True)
class Spec:
    """The parameters of one chain.  Raises :class:`SpecError` if they contradict each other."""

    name: str
    """What to call it in reports."""
    slot_ms: int
    """Length of a slot in milliseconds."""
    chain_id: int
    """EVM and merged-mining chain id."""
    bits: int
    """Compact target of the first proof of work."""
    authorities: tuple[bytes, ...]
    """Public keys that sign blocks, 48 bytes each; their order decides who authors a slot."""
    federation: tuple[bytes, ...]
    """Addresses that share the federation's part of the fees, 20 bytes each."""
    federation_bitcoin_keys: tuple[bytes, ...]
    """Compressed secp256k1 keys that hold the bridge's bitcoin, 33 bytes each."""
    max_blocks_without_pow: int
    """How far the head may be above the finalised height."""
    bitcoin_confirmations: int
    """Depth at which a peg-in counts; 1 is the tip."""
    bitcoin_start_height: int = 0
    """Bitcoin height below which peg-ins are not looked for."""
    retarget: Retarget = Retarget()
    """Difficulty of merged mining."""
    genesis_timestamp_s: int = 0x67BC_EB6D
    """Unix time of block 0 in seconds."""
    gas_limit: int = 30_000_000
    """Gas per block."""
    base_fee_wei: int = 10**9
    """Base fee of block 0 in wei per gas."""
    pegin_recipients_max: int = 16
    """Distinct peg-in recipients per block."""
    pegout_minimum_sat: int = 1_000_000
    """Smaller burns are ignored, without refund."""
    pegout_cap_sat: int | None = None
    """Larger burns are ignored; None where there is no cap."""
    dust_sat: int = 546
    """Least value of an output that Bitcoin relays."""
    pegout_fee_max_sat_per_vb: int = 1_000
    """Highest fee rate of a peg-out; above this a proposal is taken for a mistake or an attack."""
    miner_fee_percent: int = 80
    """The miner's share of the fees; the federation divides the rest."""
    signing_threshold: int | None = None
    """How many members sign a peg-out; None for ⌈2n/3⌉."""
    fork_choice: ForkChoice = "none"
    """What happens to a block that is not on the head."""
    reorganisation_depth: int = 0
    """Most blocks that fork choice may take back; 0 where there is none."""
    unchecked_pow_height: int = 0
    """Up to this height targets and peg-out witnesses are not checked."""
    unchecked_range_height: int = 0
    """Up to this height of a range's start, the range need not follow the last one."""
    deviations: frozenset[str] = frozenset()
    """Departures from the sound rules, names of :data:`alyslab.model.deviations.CATALOGUE`."""

    def __post_init__(self) -> None:
        for rule, field, holds in self._rules():
            if not holds:
                raise SpecError(rule, field=field, value=getattr(self, field), spec=self.name)

    def _rules(self) -> tuple[tuple[str, str, bool], ...]:
        numbers = (
            "slot_ms",
            "chain_id",
            "max_blocks_without_pow",
            "bitcoin_confirmations",
            "gas_limit",
            "dust_sat",
        )
        retarget, count = self.retarget, len(self.authorities)
        spacing_fits = retarget.spacing > 0 and retarget.timespan >= retarget.spacing
        limits = [_target(bits) for bits in (retarget.pow_lower_limit, self.bits, retarget.pow_limit)]
        return (
            *(("positive", field, getattr(self, field) > 0) for field in numbers),
            ("chain_id_fits", "chain_id", self.chain_id < 1 << 32),
            ("authorities_bounded", "authorities", 1 <= count <= SIGNERS_MAX),
            ("authorities_distinct", "authorities", len(set(self.authorities)) == count),
            ("authority_is_a_key", "authorities", all(len(key) == 48 for key in self.authorities)),
            ("one_address_per_authority", "federation", len(self.federation) == count),
            ("federation_is_addresses", "federation", all(len(address) == 20 for address in self.federation)),
            ("one_key_per_authority", "federation_bitcoin_keys", len(self.federation_bitcoin_keys) == count),
            (
                "keys_compressed",
                "federation_bitcoin_keys",
                all(len(k) == 33 for k in self.federation_bitcoin_keys),
            ),
            ("bits_are_a_target", "bits", limits[1] > 0),
            ("limits_in_order", "retarget", 0 < limits[0] <= limits[2]),
            ("bits_within_limits", "bits", limits[0] <= limits[1] <= limits[2]),
            ("spacing_fits_timespan", "retarget", spacing_fits and retarget.timespan % retarget.spacing == 0),
            ("adjustment_is_percent", "retarget", 0 < retarget.max_adjustment_percent < 100),
            ("minimum_above_dust", "pegout_minimum_sat", self.pegout_minimum_sat > self.dust_sat),
            (
                "cap_above_minimum",
                "pegout_cap_sat",
                self.pegout_cap_sat is None or self.pegout_cap_sat >= self.pegout_minimum_sat,
            ),
            ("share_is_percent", "miner_fee_percent", 0 <= self.miner_fee_percent <= 100),
            (
                "threshold_within_members",
                "signing_threshold",
                self.signing_threshold is None or 1 <= self.signing_threshold <= count,
            ),
            (
                "depth_needs_fork_choice",
                "reorganisation_depth",
                (self.reorganisation_depth > 0) == self.forks,
            ),
            ("deviations_known", "deviations", self.deviations <= CATALOGUE.keys()),
        )

    @property
    def forks(self) -> bool:
        """Whether fork choice looks at blocks that are not on the head."""
        return self.fork_choice != "none"


def _target(bits: int) -> int:
    """Return the compact target without judging it; negative or absurd ones become 0."""
    exponent, mantissa = bits >> 24, bits & 0xFF_FFFF
    if bits < 0 or mantissa & 0x80_0000 or exponent > 34:
        return 0
    return mantissa << 8 * (exponent - 3) if exponent >= 3 else mantissa >> 8 * (3 - exponent)


_CHAIN_JSON: Mapping[str, str] = {
    "slotDuration": "slot_ms",
    "chainId": "chain_id",
    "bits": "bits",
    "maxBlocksWithoutPow": "max_blocks_without_pow",
    "bitcoinStartHeight": "bitcoin_start_height",
    "requiredBtcTxnConfirmations": "bitcoin_confirmations",
}
_RETARGET_JSON: Mapping[str, str] = {
    "powNoRetargeting": "no_retargeting",
    "powLimit": "pow_limit",
    "powLowerLimit": "pow_lower_limit",
    "powTargetTimespan": "timespan",
    "powTargetSpacing": "spacing",
    "maxPowAdjustment": "max_adjustment_percent",
}
_KEYS_JSON: Mapping[str, str] = {
    "authorities": "authorities",
    "federation": "federation",
    "federationBitcoinPubkeys": "federation_bitcoin_keys",
}


def spec_from_chain_json(document: Any, name: str) -> Spec:
    """Return the spec in the node's own ``chain.json`` format, already parsed.

    Raises :class:`SpecError` for missing or unknown keys and for values that
    are none; ``requiredBtcTxnConfirmations`` defaults to 144 as in the node.
    """
    optional = {"requiredBtcTxnConfirmations", "isValidator"}
    known = {*_CHAIN_JSON, *_KEYS_JSON, "retargetParams", "isValidator"}
    _check_keys(document, known, optional, "chain.json")
    _check_keys(document["retargetParams"], set(_RETARGET_JSON), set(), "retargetParams")
    values: dict[str, Any] = {"bitcoin_confirmations": 144}
    values |= {ours: _integer(document[key], key) for key, ours in _CHAIN_JSON.items() if key in document}
    values |= {
        ours: tuple(_hex(item, key) for item in _list(document[key], key)) for key, ours in _KEYS_JSON.items()
    }
    retarget: dict[str, Any] = {
        ours: _integer(document["retargetParams"][key], key)
        for key, ours in _RETARGET_JSON.items()
        if ours != "no_retargeting"
    }
    flag = document["retargetParams"]["powNoRetargeting"]
    if type(flag) is not bool:
        raise SpecError("not_a_flag", field="powNoRetargeting", value=flag)
    return Spec(name=name, retarget=Retarget(no_retargeting=flag, **retarget), **values)


def spec_fields(spec: Spec) -> dict[str, Any]:
    """Return the spec's fields by name, for tables that show specs side by side."""
    return {field.name: getattr(spec, field.name) for field in fields(spec)}


def _check_keys(document: Any, known: set[str], optional: set[str], where: str) -> None:
    if not isinstance(document, Mapping):
        raise SpecError("not_an_object", field=where, value=document)
    for key in document:
        if key not in known:
            raise SpecError("unknown_key", field=str(key), value=document[key])
    for key in sorted(known - optional):
        if key not in document:
            raise SpecError("missing_key", field=key)


def _integer(value: Any, field: str) -> int:
    if type(value) is not int or not 0 <= value < 1 << 64:
        raise SpecError("not_an_unsigned_integer", field=field, value=value)
    return value


def _list(value: Any, field: str) -> list[Any]:
    if not isinstance(value, list):
        raise SpecError("not_a_list", field=field, value=value)
    return value


def _hex(value: Any, field: str) -> bytes:
    try:
        return bytes.fromhex(value.removeprefix("0x"))
    except (AttributeError, ValueError):
        raise SpecError("not_hexadecimal", field=field, value=value) from None
