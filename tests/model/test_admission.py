"""Nobody becomes an authority with a key whose secret they do not know."""

from __future__ import annotations

import pytest
from py_arkworks_bls12381 import G1Point

from alyslab.model import bls
from alyslab.model.admission import Candidacy, admitted, candidacy
from alyslab.model.errors import KeyMaterialError
from alyslab.model.scheme import IdealScheme, RealScheme, SignatureScheme

SCHEMES = [RealScheme(), IdealScheme()]


@pytest.mark.parametrize("scheme", SCHEMES, ids=["real", "ideal"])
def test_proved_keys_are_admitted_in_order(scheme: SignatureScheme) -> None:
    """Their order decides who authors a slot."""
    members = [candidacy(scheme, secret) for secret in (5, 3, 4)]
    assert admitted(members, scheme) == tuple(scheme.public_key(secret) for secret in (5, 3, 4))


@pytest.mark.parametrize("scheme", SCHEMES, ids=["real", "ideal"])
def test_another_s_proof_is_refused_with_its_place(scheme: SignatureScheme) -> None:
    """The error says which of the keys it is."""
    members = [candidacy(scheme, secret) for secret in (5, 3)]
    stolen = [members[0], Candidacy(members[1].key, members[0].proof)]
    with pytest.raises(KeyMaterialError, match="possession_not_proved: index=1"):
        admitted(stolen, scheme)
    assert len(admitted(stolen, scheme, frozenset({"possession_not_asked"}))) == 2


def test_a_rogue_key_signs_for_everybody_where_no_proof_is_asked() -> None:
    """The attack that proofs prevent: own key minus the others', and one secret makes an aggregate."""
    honest = [bls.public_key(secret) for secret in (5, 3)]
    own = G1Point.from_compressed_bytes(bls.public_key(7))
    for key in honest:
        own = own + (-G1Point.from_compressed_bytes(key))
    rogue = bytes(own.to_compressed_bytes())
    assert bls.verify([*honest, rogue], b"block", bls.sign([7], b"block"))
    members = [candidacy(RealScheme(), 5), candidacy(RealScheme(), 3)]
    with pytest.raises(KeyMaterialError, match="index=2"):
        admitted([*members, Candidacy(rogue, bls.prove_possession(7))], RealScheme())
