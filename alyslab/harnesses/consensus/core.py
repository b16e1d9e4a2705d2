"""The inside of one life of a node: what its parts share."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Coroutine, Sequence
from typing import TYPE_CHECKING, Any

from alyslab.harnesses.consensus.candidates import Candidates
from alyslab.harnesses.consensus.defects import Defects
from alyslab.harnesses.consensus.evidence import Evidence
from alyslab.harnesses.consensus.gossip import Gossip
from alyslab.harnesses.consensus.member import FOLLOWER, Member, Surroundings
from alyslab.harnesses.consensus.pegins import PegInWatch
from alyslab.harnesses.consensus.pegouts import PegoutBook
from alyslab.harnesses.consensus.pool import Pool
from alyslab.harnesses.consensus.roster import Roster, Term
from alyslab.harnesses.consensus.scores import Scores
from alyslab.harnesses.consensus.suspicion import Suspicion
from alyslab.harnesses.consensus.votes import VoteBook
from alyslab.harnesses.consensus.work import WorkBook
from alyslab.harnesses.sync.ledger import Ledger
from alyslab.model.aura import majority

if TYPE_CHECKING:
    from alyslab.harnesses.consensus.gate import Gate
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
        self.spec = around.spec_of(member.name)
        self.scheme = around.scheme
        self.codec = around.codec
        self.settings = around.settings
        self.defects = Defects.read()
        self.roster = Roster(self.spec, member.key)
        self._first_term: Term | None = None
        self.endpoint: Endpoint = around.network.endpoint(node)
        self.gossip = Gossip(self.endpoint, peers, relay=around.settings.relay)
        self.candidates = Candidates(self.defects)
        self.votes = VoteBook(node.disk, self.defects)
        self.evidence = Evidence()
        self.scores = Scores(node.clock.time, self._offended)
        self.suspicion = Suspicion(
            self.now_ms,
            self._suspected,
            peers=self.peers,
            authors=around.authors,
            own=member.authority,
        )
        self.pool = Pool()
        self.pegouts = PegoutBook()
        self.work = WorkBook()
        self.ledger: Ledger
        self.watch: PegInWatch
        self.rejoining = False
        """Whether the node is catching up; it then writes no blocks."""
        self.gate: Gate | None = None
        """What says whether it may write; None where V1's rule does."""
        self.unsure = False
        """Whether its votes stand on blocks that its disk has lost: it signs nothing before it has synced."""
        self.awake = False
        """Whether it has read what its disk kept."""
        self.stopped = False
        """Whether this life is over."""
        self.tasks: asyncio.TaskGroup
        """What the life does; the disk's failure in any of it ends the life."""
        self.payments_told = -1
        """Slot in which the signatures of payments were sent last."""
        self.halted_at = -1
        """Head at which the halt was written down; -1 while there is none."""
        self.rollback_reason = "sync"
        """Why the next rollback happens; those of the syncer say nothing themselves."""
        self.written: deque[bytes] = deque(maxlen=64)
        """Roots of the blocks that this life of the node wrote."""
        self._heard: deque[tuple[int, int]] = deque(maxlen=4 * len(around.authors))

    async def wake(self) -> None:
        """Read what the disk kept: chain and votes; from now on messages can be taken."""
        around, bitcoin = self.around, self.around.bitcoins[self.name]
        self.ledger = await Ledger.open(
            self.node,
            self.spec,
            self.scheme,
            bitcoin,
            now_ms=self.now_ms,
            validator=self.member.authority != FOLLOWER,
            trace=self._trace,
            told_height=around.told.get(self.name),
        )
        self.plant()
        self.watch = PegInWatch(bitcoin, self.spec.bitcoin_start_height)
        first_slot = self.spec.genesis_timestamp_s * 1_000 // self.spec.slot_ms
        votes = await self.votes.recover(self.slot, first_slot)
        self.awake = True
        around.lives[self.name] = self
        self.unsure = self.votes.highest > self.chain.height + 1
        self.rows.started(
            self.name,
            self.member.authority,
            self.members,
            self.spec.slot_ms,
            self.around.epoch_ms,
            self.spec.max_blocks_without_pow,
            self.chain.height,
            votes,
            self.votes.abstains_until,
        )
        around.told[self.name] = min(around.told.get(self.name, 0), self.chain.height)
        self.ledger.tell()

    def spawn(self, work: Coroutine[Any, Any, None], name: str) -> None:
        """Let the life do something beside the rest."""
        self.tasks.create_task(work, name=f"{self.name}/{name}")

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

    def term(self, height: int) -> Term:
        """Return the federation that signs the block of a height, as far as this node follows changes."""
        if not self.defects.federation_read_once:
            return self.roster.at(height)
        if self._first_term is None:
            self._first_term = self.roster.at(self.chain.height + 1)
        return self._first_term

    @property
    def members(self) -> int:
        """How many members sign the block after the head."""
        return self.term(self.chain.height + 1).members

    def quorum(self, height: int) -> int:
        """Return how many approvals import the block of a height."""
        if self.defects.quorum_of_former:
            return self.roster.terms[0].quorum
        if not self.defects.quorum_of_connected:
            return self.term(height).quorum
        oldest = self.slot - HEARD_SLOTS
        heard = {authority for slot, authority in self._heard if slot >= oldest}
        return majority(len(heard | {self.member.authority}))

    def heard(self, authority: int) -> None:
        """Note that an authority was heard of; only a planted bug asks."""
        if self.defects.quorum_of_connected:
            self._heard.append((self.slot, authority))

    def rejected(self, what: str, rule: str, height: int, root: str, sender: str) -> None:
        """Write down that something was refused."""
        self.rows.rejected(self.name, what, rule, height, root, sender, sender == self.name)

    def _offended(self, peer: str, offence: str, rule: str, points: float, banned: bool) -> None:
        self.rows.offence(self.name, peer, offence, rule, points, banned)

    def _suspected(self, peer: str, what: str, cases: int, limit: int) -> None:
        self.rows.suspected(self.name, peer, what, cases, limit)

    def _trace(self, kind: str, fields: Any) -> None:
        """Write down what the ledger has made durable: the chain's own row, and what consensus adds."""
        name, rows = self.name, self.rows
        self.around.runtime.journal.record(kind, name, **fields)
        if kind in ("block.imported", "chain.rolled_back"):
            self.around.told[name] = fields["height"]
        if kind == "block.imported":
            height = fields["height"]
            signed = self.chain.records[height].signed
            # A number, since one row with a tuple makes the journal look at every value of its block.
            seats = self.term(height).seats
            signers = sum(1 << seats[place] for place, bit in enumerate(signed.signature.signers) if bit)
            source = "rejoin" if self.rejoining else "gossip"
            rows.imported(name, height, fields["root"], fields["slot"], signers, source)
            self.pegouts.forget(signed.block.finalised_pegouts)
        elif kind == "chain.finalised":
            rows.finalised(name, fields["height"], fields["root"], fields["pow_height"])
        elif kind == "chain.rolled_back":
            rows.rolled_back(name, fields["height"], fields["from_height"], self.rollback_reason)
