"""The inside of one life of a node: what its parts share."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from alyslab.harnesses.consensus.candidates import Candidates, quorum_of
from alyslab.harnesses.consensus.defects import Defects
from alyslab.harnesses.consensus.evidence import Evidence
from alyslab.harnesses.consensus.gossip import Gossip
from alyslab.harnesses.consensus.member import FOLLOWER, Member, Surroundings
from alyslab.harnesses.consensus.pegins import PegInWatch
from alyslab.harnesses.consensus.pegouts import PegoutBook
from alyslab.harnesses.consensus.pool import Pool
from alyslab.harnesses.consensus.scores import Scores
from alyslab.harnesses.consensus.votes import VoteBook
from alyslab.harnesses.consensus.work import WorkBook
from alyslab.harnesses.sync.ledger import Ledger

if TYPE_CHECKING:
    from alyslab.harnesses.network.endpoint import Endpoint
    from alyslab.model.chain import Chain
    from alyslab.runtime import Node

HEARD_SLOTS = 3
"""For how long an authority counts as connected, where the quorum is planted to depend on that."""


class Core:
    """One life of a node; made by :meth:`wake`.

    Parameters
    ----------
    member, around
        Who the node is and where.
    node
        The machine.
    peers
        Nodes that it should be connected to.
    """

    def __init__(self, member: Member, around: Surroundings, node: Node, peers: Sequence[str]) -> None:
        self.member = member
        self.around = around
        self.node = node
        self.name = member.name
        self.peers = tuple(peers)
        self.rows = around.rows
        self.spec = around.spec
        self.scheme = around.scheme
        self.codec = around.codec
        self.settings = around.settings
        self.defects = Defects.read()
        self.members = len(around.spec.authorities)
        self._quorum = quorum_of(self.members)
        self.endpoint: Endpoint = around.network.endpoint(node)
        self.gossip = Gossip(self.endpoint, peers, relay=around.settings.relay)
        self.candidates = Candidates(self.members, self.defects)
        self.votes = VoteBook(node.disk, self.defects)
        self.evidence = Evidence()
        self.scores = Scores(node.clock.time, self._offended)
        self.pool = Pool()
        self.pegouts = PegoutBook()
        self.work = WorkBook()
        self.ledger: Ledger
        self.watch: PegInWatch
        self.rejoining = False
        """Whether the node is catching up; it then writes no blocks."""
        self.halted_at = -1
        """Head at which the halt was written down; -1 while there is none."""
        self.rollback_reason = "sync"
        """Why the next rollback happens; those of the syncer say nothing themselves."""
        self.written: deque[bytes] = deque(maxlen=64)
        """Roots of the blocks that this life of the node wrote."""
        self._heard: deque[tuple[int, int]] = deque(maxlen=4 * self.members)

    async def wake(self) -> None:
        """Read what the disk kept: chain and votes; from now on messages can be taken."""
        bitcoin = self.around.bitcoins[self.name]
        self.ledger = await Ledger.open(
            self.node,
            self.spec,
            self.scheme,
            bitcoin,
            now_ms=self.now_ms,
            validator=self.member.authority != FOLLOWER,
            trace=self._trace,
        )
        self.plant()
        self.watch = PegInWatch(bitcoin, self.spec.bitcoin_start_height)
        votes = await self.votes.recover()
        self.rows.started(
            self.name,
            self.member.authority,
            self.members,
            self.spec.slot_ms,
            self.around.epoch_ms,
            self.spec.max_blocks_without_pow,
            self.chain.height,
            votes,
        )

    @property
    def chain(self) -> Chain:
        """The node's chain; the ledger may put another in its place."""
        return self.ledger.chain

    def plant(self) -> None:
        """Let the chain depart from the rules as the planted bugs say; none is planted in a sound run."""
        waived = self.defects.waived
        if waived:
            self.chain.waived |= waived
        if self.defects.finality_ignored:
            self.chain.deviations |= {"finality_moves_backwards"}

    def now_ms(self) -> int:
        """Return the Unix time in ms by the node's own clock."""
        return self.around.epoch_ms + self.node.clock.time_ns() // 1_000_000

    @property
    def slot(self) -> int:
        """The present slot by the node's own clock."""
        return self.now_ms() // self.spec.slot_ms

    @property
    def quorum(self) -> int:
        """How many approvals import a block."""
        if not self.defects.quorum_of_connected:
            return self._quorum
        oldest = self.slot - HEARD_SLOTS
        heard = {authority for slot, authority in self._heard if slot >= oldest}
        return quorum_of(len(heard | {self.member.authority}))

    def heard(self, authority: int) -> None:
        """Note that an authority was heard of; only a planted bug asks."""
        if self.defects.quorum_of_connected:
            self._heard.append((self.slot, authority))

    def rejected(self, what: str, rule: str, height: int, root: str, sender: str) -> None:
        """Write down that something was refused."""
        self.rows.rejected(self.name, what, rule, height, root, sender, sender == self.name)

    def _offended(self, peer: str, offence: str, rule: str, points: float, banned: bool) -> None:
        self.rows.offence(self.name, peer, offence, rule, points, banned)

    def _trace(self, kind: str, fields: Any) -> None:
        """Write down what the ledger has made durable: the chain's own row, and what consensus adds."""
        name, rows = self.name, self.rows
        self.around.runtime.journal.record(kind, name, **fields)
        if kind == "block.imported":
            height = fields["height"]
            signed = self.chain.records[height].signed
            # A number, since one row with a tuple makes the journal look at every value of its block.
            signers = sum(1 << index for index, bit in enumerate(signed.signature.signers) if bit)
            source = "rejoin" if self.rejoining else "gossip"
            rows.imported(name, height, fields["root"], fields["slot"], signers, source)
            self.pegouts.forget(signed.block.finalised_pegouts)
        elif kind == "chain.finalised":
            rows.finalised(name, fields["height"], fields["root"], fields["pow_height"])
        elif kind == "chain.rolled_back":
            rows.rolled_back(name, fields["height"], fields["from_height"], self.rollback_reason)
