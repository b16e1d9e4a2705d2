"""How a key becomes an authority's: its owner proves that they know the secret.

Whoever may name a key without that can name the sum of all keys but the
others', and sign for everybody (a rogue key).  V1's configuration lists bare
keys, which is the deviation ``possession_not_asked``.

Source: IETF draft-irtf-cfrg-bls-signature-05 §3.3; Ristenpart and Yilek, "The
power of proofs-of-possession" (2007).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from alyslab.model.errors import KeyMaterialError
from alyslab.model.scheme import SignatureScheme


@dataclass(frozen=True, slots=True)
class Candidacy:
    """A key that is to sign blocks, with the proof that goes with it."""

    key: bytes
    """Public key, 48 bytes."""
    proof: bytes
    """Proof of possession, 96 bytes."""


def candidacy(scheme: SignatureScheme, secret: int) -> Candidacy:
    """Return the key of a secret with its proof."""
    return Candidacy(scheme.public_key(secret), scheme.prove_possession(secret))


def admitted(
    candidacies: Sequence[Candidacy], scheme: SignatureScheme, deviations: frozenset[str] = frozenset()
) -> tuple[bytes, ...]:
    """Return the keys of new authorities, in order.

    Raises :class:`KeyMaterialError` for the first whose proof does not hold.
    """
    if "possession_not_asked" not in deviations:
        for index, member in enumerate(candidacies):
            if not scheme.verify_possession(member.key, member.proof):
                raise KeyMaterialError("possession_not_proved", index=index, key=member.key)
    return tuple(member.key for member in candidacies)
