"""What stays of a node from one life to the next: who it is, and the world that it lives in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from alyslab.harnesses.consensus.settings import Settings
from alyslab.harnesses.consensus.wire import Codec
from alyslab.model.bitcoin import BitcoinView
from alyslab.model.scheme import SignatureScheme
from alyslab.model.spec import Spec

if TYPE_CHECKING:
    from alyslab.harnesses.consensus.core import Core
    from alyslab.harnesses.consensus.rows import Rows
    from alyslab.harnesses.network.network import Network
    from alyslab.runtime import Runtime

FOLLOWER = -1
"""Authority of a node that approves nothing."""


@dataclass(frozen=True, slots=True)
class Member:
    """One node, as its operator knows it."""

    name: str
    authority: int = FOLLOWER
    """Its number among all who are ever authorities; -1 for a node that follows without a vote."""
    secret: int = 0
    """With which it signs blocks."""
    bitcoin_secret: int = 0
    """With which it signs peg-outs."""
    custody: int = FOLLOWER
    """Its place among the keys that hold the bridge's bitcoin; -1 for none."""
    key: bytes = b""
    """The public key of ``secret``."""


@dataclass(slots=True)
class Governance:
    """What of the governance stream a node's gate may ask for."""

    error_ratio: float = 0.0
    """Share of its requests that fail."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What all nodes of one run share: parameters, cryptography, network, and the journal's recorders.

    Sharing changes nothing that a node could see: the scheme and the codec are
    pure functions with a memory, and every node shows its own rows.
    """

    runtime: Runtime
    network: Network
    spec: Spec
    scheme: SignatureScheme
    codec: Codec
    rows: Rows
    settings: Settings
    epoch_ms: int
    """Unix time in ms at which the run began."""
    authors: tuple[str, ...]
    """Name of the node of everybody who is ever an authority, by number."""
    bitcoins: Mapping[str, BitcoinView]
    """Each node's view of Bitcoin, by name; all may be one."""
    valid_approvals: dict[bytes, bytes] = field(default_factory=dict)
    """Approvals, as sent, whose signature some node has verified, with the key; forged ones never."""
    specs: dict[str, Spec] = field(default_factory=dict)
    """Nodes that were configured with another spec, by name."""
    told: dict[str, int] = field(default_factory=dict)
    """Up to which height the journal was told of each node's blocks: bookkeeping of the laboratory's."""
    governance: Governance = field(default_factory=Governance)
    lives: dict[str, Core] = field(default_factory=dict)
    """The latest life of each node that has read its disk, for who looks on; nodes do not look."""

    def spec_of(self, name: str) -> Spec:
        """Return the spec that a node's operator gave it."""
        return self.specs.get(name, self.spec)
