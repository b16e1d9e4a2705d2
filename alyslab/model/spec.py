"""The parameters of one chain: a ``Spec`` is everything about a chain that is not a block.

The networks' constants stand in :mod:`alyslab.model.presets`, this module says
what each means and which combinations make sense.

Source: alys-system.md §1, "Constants", and §2, "V1→V2 parameter drift".
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from itertools import pairwise
from typing import Any, Literal

from alyslab.model.deviations import CATALOGUE
from alyslab.model.errors import SpecError

SIGNERS_MAX = 15
"""Length cap of the signer bit list.  Source: §1, "Block"."""
INTEGER_BITS = 64
"""Width of every number in a spec: blocks have no room for larger ones."""
GENESIS_LATEST_S = 1 << 48
"""Latest time of block 0, so that its slot fits into 64 bits."""
ForkChoice = Literal["none", "highest", "slot_against_height"]
"""``none``: V1, nothing at or below the head's height is ever taken.  ``highest``: the highest
chain within the reorganisation depth that keeps every finalised block, as V2 documents.
``slot_against_height``: V2's code, which holds the new block's slot against the head's height."""


Majority = Literal["two_thirds", "half_plus_one"]
"""How many authorities must sign a block: ⌈2n/3⌉ as the code counts, or the documentation's 50 % + 1."""
FederationScript = Literal["p2tr", "p2wsh"]
"""What peg-ins pay: V1's taproot output, or the witness script hash that V2 documents."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Era:
    """A federation of the past: whose signatures count up to a height (incident 2)."""

    until_height: int
    """Its last block."""
    authorities: tuple[bytes, ...]
    """Public keys that signed blocks then, 48 bytes each."""


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
    earlier: tuple[Era, ...] = ()
    """Who signed before the present authorities, oldest first."""
    majority: Majority = "two_thirds"
    """How many of them must sign."""
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
    """Least value of an output.  §2 names 546 for V2; §1 names none for V1, which takes it over here."""
    pegout_fee_max_sat_per_vb: int = 1_000
    """Highest fee rate of a peg-out; above this a proposal is taken for a mistake or an attack."""
    miner_fee_percent: int = 80
    """The miner's share of the fees; the federation divides the rest."""
    signing_threshold: int | None = None
    """How many members sign a peg-out; None for ⌈2n/3⌉."""
    federation_script: FederationScript = "p2tr"
    """What the federation's address is."""
    former_scripts: tuple[bytes, ...] = ()
    """Scripts of addresses that the federation gave up; paying one is no peg-in (incident 2)."""
    fork_choice: ForkChoice = "none"
    """What happens to a block that is not on the head."""
    reorganisation_depth: int = 0
    """Most blocks that fork choice may take back; 0 where there is none."""
    unchecked_pow_height: int = 0
    """Up to this height targets and peg-out witnesses are not checked."""
    unchecked_range_height: int = 0
    """Up to this height of a range's start, the range need not follow the last one."""
    bypassed_heights: frozenset[int] = frozenset()
    """Heights written into the code, at which ``heights_bypassed`` skips the rules of peg-outs."""
    pow_ignored_heads: frozenset[int] = frozenset()
    """Heights of the head written into the code, at which ``heights_bypassed`` ignores queued work."""
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
            *(("in_range", field, holds) for field, holds in _ranges(self)),
            *(("in_range", "retarget", holds) for _, holds in _ranges(retarget)),
            ("in_range", "genesis_timestamp_s", self.genesis_timestamp_s < GENESIS_LATEST_S),
            *(("positive", field, getattr(self, field) > 0) for field in numbers),
            ("chain_id_fits", "chain_id", self.chain_id < 1 << 32),
            *_member_rules("authorities", self.authorities),
            *(rule for era in self.earlier for rule in _member_rules("earlier", era.authorities)),
            ("eras_in_order", "earlier", _ascending([0, *(era.until_height for era in self.earlier)])),
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

    def authorities_at(self, height: int) -> tuple[bytes, ...]:
        """Return whose signatures count for a block of this height."""
        for era in self.earlier:
            if height <= era.until_height:
                return era.authorities
        return self.authorities

    @property
    def forks(self) -> bool:
        """Whether fork choice looks at blocks that are not on the head."""
        return self.fork_choice != "none"


def _ranges(params: Spec | Retarget) -> Iterator[tuple[str, bool]]:
    """Yield each number's name and whether blocks have room for it."""
    for entry in fields(params):
        value = getattr(params, entry.name)
        if isinstance(value, int):
            yield entry.name, 0 <= value < 1 << INTEGER_BITS


def _member_rules(field: str, keys: tuple[bytes, ...]) -> tuple[tuple[str, str, bool], ...]:
    return (
        ("authorities_bounded", field, 1 <= len(keys) <= SIGNERS_MAX),
        ("authorities_distinct", field, len(set(keys)) == len(keys)),
        ("authority_is_a_key", field, all(len(key) == 48 for key in keys)),
    )


def _ascending(heights: list[int]) -> bool:
    return all(lower < upper for lower, upper in pairwise(heights))


def _target(bits: int) -> int:
    """Return the compact target without judging it; negative or absurd ones become 0."""
    exponent, mantissa = bits >> 24, bits & 0xFF_FFFF
    if bits < 0 or mantissa & 0x80_0000 or exponent > 34:
        return 0
    return mantissa << 8 * (exponent - 3) if exponent >= 3 else mantissa >> 8 * (3 - exponent)


def spec_fields(spec: Spec) -> dict[str, Any]:
    """Return the spec's fields by name, for tables that show specs side by side."""
    return {field.name: getattr(spec, field.name) for field in fields(spec)}
