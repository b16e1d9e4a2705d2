"""What a federation's world consists of, in a few numbers, and the spec and the members made of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final

from alyslab.errors import ParameterError, Problem
from alyslab.harnesses.consensus.handover import Handover, earlier_era
from alyslab.harnesses.consensus.member import FOLLOWER, Member
from alyslab.harnesses.consensus.miner import Pace
from alyslab.harnesses.consensus.settings import Settings
from alyslab.harnesses.consensus.users import Load
from alyslab.harnesses.network.link import LinkSpec
from alyslab.model import schnorr
from alyslab.model.presets import laboratory_spec
from alyslab.model.scheme import SignatureScheme
from alyslab.model.spec import SIGNERS_MAX, Retarget, Spec

SCHEMES: Final = ("ideal", "real")
LINK: Final = LinkSpec(delay_ms=40, jitter_ms=10, distribution="uniform")
"""Half a round trip within a continent."""
_SETTINGS: Final = Settings()
_PACE: Final = Pace()
_LOAD: Final = Load()


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a world consists of; raises :class:`ParameterError` with every value that makes no sense."""

    authorities: int = 4
    """Nodes that write and approve blocks, 1 to 15."""
    followers: int = 0
    """Nodes that only follow."""
    degree: int = 0
    """Peers of each node; 0 connects everybody with everybody."""
    link: LinkSpec = LINK
    """Conditions of every link."""
    scheme: str = "ideal"
    """``ideal`` or ``real`` signatures."""
    settings: Settings = _SETTINGS
    pace: Pace | None = _PACE
    """How fast the miner is; None for none."""
    load: Load | None = _LOAD
    """What users do; None for no users."""
    bitcoin_interval_s: float = 15.0
    """From one Bitcoin block to the next; Bitcoin's 600 s would be a hundred slots."""
    spec: tuple[tuple[str, Any], ...] = ()
    """Changed fields of the laboratory's spec."""
    handover: Handover | None = None
    """A change of the federation; None for none."""

    def __post_init__(self) -> None:
        bounds = (
            ("authorities", 1 <= self.authorities <= SIGNERS_MAX, f"1 to {SIGNERS_MAX}"),
            ("followers", 0 <= self.followers <= 1_000, "0 to 1000"),
            ("degree", 0 <= self.degree < self.nodes, "0, or fewer than there are nodes"),
            ("scheme", self.scheme in SCHEMES, ", ".join(SCHEMES)),
            ("bitcoin_interval_s", 0 < self.bitcoin_interval_s <= 1e6, "above 0, at most 1e6"),
        )
        problems = [
            Problem(where="world", key=key, what="makes no sense", value=getattr(self, key), allowed=allowed)
            for key, holds, allowed in bounds
            if not holds
        ]
        if self.handover is not None:
            problems += self.handover.problems(self.authorities)
        if problems:
            raise ParameterError(problems)

    @property
    def signers(self) -> int:
        """Nodes that are ever authorities."""
        return self.authorities + (0 if self.handover is None else self.handover.join)

    @property
    def nodes(self) -> int:
        """Nodes of the chain."""
        return self.signers + self.followers


def with_spec(plan: Plan, **changes: Any) -> Plan:
    """Return the plan with fields of its spec changed."""
    return replace(plan, spec=tuple({**dict(plan.spec), **changes}.items()))


def spec_of(
    plan: Plan, scheme: SignatureScheme, secrets: list[tuple[int, int]], addresses: list[bytes]
) -> Spec:
    """Return the laboratory's spec with these keys; work stays as hard, so that a gap is a fault's doing."""
    values: dict[str, Any] = {
        "retarget": Retarget(no_retargeting=True, pow_limit=0x207F_FFFF, pow_lower_limit=0x1F7F_FFFF)
    }
    leave = 0
    keys = tuple(scheme.public_key(secret) for secret, _ in secrets)
    if plan.handover is not None:
        leave = plan.handover.leave
        values["earlier"] = (earlier_era(keys, plan.handover),)
    return laboratory_spec(
        keys[leave:],
        tuple(addresses[leave:]),
        tuple(schnorr.public_key(secret) for _, secret in secrets[leave:]),
        **(values | dict(plan.spec)),
    )


def members_of(plan: Plan, scheme: SignatureScheme, secrets: list[tuple[int, int]]) -> tuple[Member, ...]:
    """Return the nodes, those that sign first."""
    leave = 0 if plan.handover is None else plan.handover.leave
    signing = (
        Member(
            f"node-{number}",
            number,
            *secret,
            custody=number - leave if number >= leave else FOLLOWER,
            key=scheme.public_key(secret[0]),
        )
        for number, secret in enumerate(secrets)
    )
    return (*signing, *(Member(f"follower-{number}") for number in range(plan.followers)))
