"""Properties of signatures: honest members get through, forgeries do not, and thresholds are exact."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from alyslab.model.aura import majority, slot_start_ms
from alyslab.model.block import AggregateSignature, SignedBlock
from alyslab.model.scheme import IdealScheme, RealScheme, SignatureScheme
from alyslab.model.transaction import BASE_GAS, Transaction
from alyslab.property.case import case
from alyslab.property.generators.basic import secrets
from alyslab.property.generators.building import built, draft
from alyslab.property.generators.chains import BlockPlan, ChainPlan
from alyslab.property.generators.signatures import Committee, aggregate_of, committees, handed_in
from alyslab.property.generators.transactions import signed
from alyslab.property.properties.chain import verdict_of
from alyslab.property.property import Features, Property, claim

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

GUIDE: Final = "the testing guide, Phase 4, prop_governance_signature_validation"


def _features(committee: Committee) -> Features:
    hows = [forgery.how for forgery in committee.byzantine]
    return {
        "members": committee.members,
        "byzantine": len(hows),
        "first forgery": hows[0] if hows else "none",
    }


def require_sound(committee: Committee, scheme: SignatureScheme) -> None:
    """Claim all that a committee must be able to rely on, under this scheme."""
    items = handed_in(committee, scheme)
    honest = tuple(committee.honest)
    total = aggregate_of(committee, honest, scheme)
    enough = len(honest) >= committee.threshold
    claim(enough, f"{len(honest)} honest members are fewer than {committee.threshold}")
    claim(
        scheme.verify(total.public_keys, total.message, total.signature),
        "the aggregate of the honest members does not verify",
    )
    forged = tuple(range(len(committee.byzantine)))
    alone = tuple(
        place
        for place, item in enumerate(items)
        if not scheme.verify(item.public_keys, item.message, item.signature)
    )
    claim(alone == forged, f"alone, the signatures of {alone} were rejected; forged are {forged}")
    together = tuple(scheme.forged(items))
    claim(together == forged, f"in a batch, the signatures of {together} were rejected; forged are {forged}")
    if len(honest) > 1:
        short = scheme.verify(total.public_keys[1:], total.message, total.signature)
        claim(not short, "an aggregate verifies without one of its members")


def _ideal(committee: Committee) -> None:
    require_sound(committee, IdealScheme())


def _real(committee: Committee) -> None:
    require_sound(committee, RealScheme())


COMMITTEE_IDEAL: Final = Property(
    name="honest signatures suffice (ideal)",
    claim="with less than a third Byzantine the honest aggregate verifies, and each forgery is found",
    cases=committees,
    check=_ideal,
    source=GUIDE,
    features=_features,
)

COMMITTEE_REAL: Final = Property(
    name="honest signatures suffice (BLS12-381)",
    claim="the same with real signatures",
    cases=lambda: committees(most=4),
    check=_real,
    weight=4,
    weight_reason="each signature is a real pairing: some 25 ms a case",
    source=GUIDE,
    features=_features,
)


@case
@dataclass(frozen=True, slots=True)
class Quorum:
    """A federation, and which of its members sign."""

    members: int = 1
    signers: int = 0
    """How many sign, from the author of the slot on."""


def quorums() -> SearchStrategy[Quorum]:
    """Draw a federation and a number of signers, mostly at the threshold; shrinks to nobody of one."""
    from hypothesis import strategies as st

    def of(members: int) -> SearchStrategy[Quorum]:
        needed = majority(members)
        near = st.sampled_from(sorted({needed - 1, needed, min(needed + 1, members)}))
        return st.builds(Quorum, members=st.just(members), signers=st.one_of(near, st.integers(0, members)))

    return st.integers(1, 15).flatmap(of)


def _threshold_is_exact(quorum: Quorum) -> None:
    members, count = quorum.members, quorum.signers
    builder = built(ChainPlan(members=members))
    node = builder.node()
    for below in builder.blocks:
        node.import_unsigned(below, slot_start_ms(node.spec, below.block.slot))
    block, _ = draft(builder, BlockPlan())
    author = block.slot % members
    bits = tuple((place - author) % members < count for place in range(members))
    point = builder.sign(block, bits).signature.point if count else bytes(96)
    signed = SignedBlock(block=block, signature=AggregateSignature(signers=bits, point=point))
    expected = "accepted" if 3 * count >= 2 * members else ("quorum" if count else "author")
    seen = verdict_of(node, signed)
    claim(seen == expected, f"{count} of {members} signatures: {seen}, expected {expected}")


THRESHOLD_EXACT: Final = Property(
    name="thresholds are exact",
    claim="two thirds of the signatures make a block and one less does not, for each size of the federation",
    cases=quorums,
    check=_threshold_is_exact,
    source="alys-system.md §1, Aura",
    features=lambda quorum: {
        "members": quorum.members,
        "beyond the threshold": quorum.signers - majority(quorum.members),
    },
)


@case
@dataclass(frozen=True, slots=True)
class SignedPlan:
    """A transaction's call data, who signs it, and which bit of the signature is turned over."""

    data: bytes = b""
    secret: int = 1
    bit: int = 0


def _transaction_signature(plan: SignedPlan) -> None:
    empty = Transaction(
        sender=bytes(20),
        nonce=0,
        to=None,
        value_wei=0,
        gas_limit=BASE_GAS,
        max_fee_wei=0,
        tip_wei=0,
        data=plan.data,
    )
    made = signed(empty, plan.secret)
    claim(made.verifies, "the signature is not its sender's")
    damaged = bytearray(made.signature)
    damaged[plan.bit // 8] ^= 1 << plan.bit % 8
    forged = replace(made, signature=bytes(damaged))
    claim(not forged.verifies, f"with bit {plan.bit} turned over the signature is still its sender's")
    other = replace(made, transaction=replace(made.transaction, nonce=1))
    claim(not other.verifies, "the signature holds for another transaction too")


def _signed_plans() -> SearchStrategy[SignedPlan]:
    from hypothesis import strategies as st

    return st.builds(SignedPlan, data=st.binary(max_size=64), secret=secrets(), bit=st.integers(0, 519))


TRANSACTION_SIGNED: Final = Property(
    name="a signature is of one transaction",
    claim="a transaction's signature verifies, and not with any bit turned over, nor for another one",
    cases=_signed_plans,
    check=_transaction_signature,
    source="SEC 1, 4.1.6: recovery of a public key from a signature",
)
