"""What nodes say to each other: topics, and bodies in the model's canonical encoding.

V1 gossips on four topics and writes bodies with msgpack's maps; the model's
canonical encoding is msgpack too, but of tuples, so that one value has one
encoding.  V2 documents four other topics: approvals, work and the signatures of
peg-outs then share ``federation`` and carry their kind in front.  Transactions
reach V1's nodes by the execution layer's own gossip; here they have a topic in
both.

Decoding is a pure function of the bytes, so a :class:`Codec` remembers what
it has read, and nodes that got the same bytes share the (immutable) answer.
Validation is not shared.

Source: alys-system.md §1, "Gossip"; §2, "V1→V2 parameter drift".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from alyslab.harnesses.sync import codec
from alyslab.model.block import SignedBlock
from alyslab.model.candidates import Approval
from alyslab.model.encoding import Many, Record, Uint, decode, fixed, pack, unpack
from alyslab.model.errors import EncodingError
from alyslab.model.proof import AUXPOW_HEADER, AuxPowHeader
from alyslab.model.schnorr import SIGNATURE_BYTES
from alyslab.model.transaction import TRANSACTION, Transaction

Kind = Literal["block", "approval", "work", "pegouts", "transaction"]
KINDS: Final[tuple[Kind, ...]] = ("block", "approval", "work", "pegouts", "transaction")
REMEMBERED_MAX: Final = 8_192
"""Bodies whose decoded form is kept, oldest dropped first."""

TOPICS: Final[Mapping[str, Mapping[Kind, str]]] = {
    "v1": {
        "block": "consensus_block",
        "approval": "approve_block",
        "work": "queue_pow",
        "pegouts": "pegout_signatures",
        "transaction": "execution_transactions",
    },
    "v2": {
        "block": "blocks",
        "approval": "federation",
        "work": "federation",
        "pegouts": "federation",
        "transaction": "transactions",
    },
}
"""Topic of each kind of message, by version.  V2's fourth topic, ``discovery``, is not spoken here."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """A block on its way, with the root that every receiver needs."""

    signed: SignedBlock
    """The block and the signatures that it came with: at first its author's."""
    root: bytes
    text: str
    """The root in hexadecimal, as journals keep it."""


@dataclass(frozen=True, slots=True)
class PegoutSignatures:
    """One member's signatures over a payment, one for each input."""

    txid: bytes
    """Of the unsigned payment; signatures do not change it."""
    member: int
    """Index of the member in the federation."""
    signatures: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Malformed:
    """Bytes that no honest node sends."""

    rule: str
    """What is wrong with them."""


Body = Proposal | Approval | AuxPowHeader | PegoutSignatures | Transaction | Malformed

_APPROVAL = Record(Approval, root=fixed(32), authority=Uint(8), point=fixed(96))
_PEGOUTS = Record(
    PegoutSignatures, txid=fixed(32), member=Uint(8), signatures=Many(fixed(SIGNATURE_BYTES), 5_000)
)
_RECORDS: Mapping[Kind, Record] = {
    "approval": _APPROVAL,
    "work": AUXPOW_HEADER,
    "pegouts": _PEGOUTS,
    "transaction": TRANSACTION,
}


class Codec:
    """Writes and reads messages of one version.

    Parameters
    ----------
    version
        ``v1`` or ``v2``, a key of :data:`TOPICS`.
    """

    def __init__(self, version: str = "v1") -> None:
        self.topics = TOPICS[version]
        self._kinds: dict[str, list[Kind]] = {}
        for kind, topic in self.topics.items():
            self._kinds.setdefault(topic, []).append(kind)
        self._known: dict[tuple[str, bytes], tuple[Kind, Body]] = {}

    @property
    def known_topics(self) -> frozenset[str]:
        """The topics of this version."""
        return frozenset(self._kinds)

    def encode(self, kind: Kind, value: Any) -> bytes:
        """Return the payload of a message; a block is given as :class:`SignedBlock`."""
        if kind == "block":
            body = codec.encode(value)
        elif kind == "transaction":
            body = value.encoded
        else:
            body = pack(_RECORDS[kind].pack(value))
        return body if len(self._kinds[self.topics[kind]]) == 1 else pack((KINDS.index(kind), body))

    def decode(self, topic: str, payload: bytes) -> tuple[Kind, Body]:
        """Return the kind and the value, :class:`Malformed` for bytes that are none; never raises."""
        key = (topic, payload)
        found = self._known.get(key)
        if found is None:
            found = self._read(topic, payload)
            if len(self._known) >= REMEMBERED_MAX:
                del self._known[next(iter(self._known))]
            self._known[key] = found
        return found

    def _read(self, topic: str, payload: bytes) -> tuple[Kind, Body]:
        kinds = self._kinds[topic]
        kind = kinds[0]
        try:
            if len(kinds) > 1:
                kind, payload = _opened(kinds, payload)
            return kind, _body(kind, payload)
        except EncodingError as error:
            return kind, Malformed(error.rule)


def _opened(kinds: list[Kind], payload: bytes) -> tuple[Kind, bytes]:
    item = unpack(payload, "envelope")
    if not isinstance(item, tuple) or len(item) != 2 or type(item[0]) is not int:
        raise EncodingError("wrong_fields", field="envelope", value=item)
    number, body = item
    if not 0 <= number < len(KINDS) or KINDS[number] not in kinds or type(body) is not bytes:
        raise EncodingError("unknown_kind", field="envelope", value=number)
    return KINDS[number], body


def _body(kind: Kind, payload: bytes) -> Body:
    if kind == "block":
        signed = codec.decode(payload)
        root = signed.block.root
        return Proposal(signed, root, root.hex())
    value: Body = decode(_RECORDS[kind], payload, kind)
    return value
