"""A hostile peer, and an authority whose key somebody else uses too.

The peer is connected to every node and takes no part in anything else.  It
looks into nodes to know what is worth forging; nodes see only its messages.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from alyslab.harnesses.consensus import rpc
from alyslab.harnesses.consensus.wire import PegoutSignatures
from alyslab.harnesses.consensus.workloads.faults import until_slot_of
from alyslab.harnesses.sync import protocol
from alyslab.harnesses.sync.errors import ProtocolError
from alyslab.model import production
from alyslab.model.aura import slot_start_ms
from alyslab.model.block import AggregateSignature, Block, SignedBlock
from alyslab.model.candidates import Approval
from alyslab.model.chain import Chain
from alyslab.model.errors import ModelError
from alyslab.model.mining import template

if TYPE_CHECKING:
    from alyslab.harnesses.consensus.core import Core
    from alyslab.harnesses.consensus.roster import Term
    from alyslab.harnesses.consensus.world import World
    from alyslab.harnesses.network.message import Message

HOSTILE: Final = "hostile"
LEAD_S: Final = 0.005
"""So long before its author's a forged block is sent: the author, to whom others pass it on, writes first."""
ITS_OWN_S: Final = 1.0
"""By then the author has written its own."""


class Hostile:
    """The hostile peer of one world.

    Its lines lose nothing and delay all alike, so that what it sends at once
    arrives at once.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self._branch: list[SignedBlock] = []
        node = world.machine(HOSTILE)
        self._endpoint = world.network.endpoint(node)
        self._random = node.random
        world.network.shape(HOSTILE, None, delay_ms=1.0, jitter_ms=0.0, loss_ratio=0.0, duplicate_ratio=0.0)
        self._signed = world.runtime.journal.recorder(
            "adversary.signed", "authority", "root", "slot", "height"
        )

    def forge_approvals(self, name: str) -> None:
        """Send a node approvals of what it waits for, by all authorities, none of them signed."""
        if (core := self._core(name)) is None:
            return
        held = core.candidates.at(core.chain.height + 1)
        root = core.chain.head_root if held is None else held.proposal.root
        for authority in range(core.members):
            self._gossip(name, "approval", Approval(root, authority, self._random.randbytes(96)))
        self._gossip(name, "approval", Approval(root, 200, self._random.randbytes(96)))

    def talk_nonsense(self, name: str) -> None:
        """Send a node bytes that are nothing on every topic, and one topic that is none."""
        send, random = self._endpoint.send, self._random
        topics = sorted(self._world.around.codec.known_topics)
        for topic in [*topics, protocol.BLOCKS, protocol.STATUS, rpc.SUBMIT_AUX_BLOCK, "nonsense"]:
            send(name, topic, random.randbytes(random.randrange(200)))

    def forge_the_rest(self, name: str) -> None:
        """Send a node a block, work and signatures of a payment that are well-formed and false."""
        if (core := self._core(name)) is None:
            return
        head = core.chain.head
        block = replace(head.block, slot=head.block.slot + 1, parent_root=core.chain.head_root)
        signers = tuple(index == block.slot % core.members for index in range(core.members))
        mark = AggregateSignature(signers=signers, point=self._random.randbytes(96))
        self._gossip(name, "block", SignedBlock(block=block, signature=mark))
        self._gossip(name, "work", template(core.chain, bytes(20)))
        proposals = [record.block.pegout_proposal for record in core.chain.records]
        txid = next((p.txid for p in reversed(proposals) if p is not None), self._random.randbytes(32))
        self._gossip(name, "pegouts", PegoutSignatures(txid, 0, (self._random.randbytes(64),)))

    async def equivocate(self, author: str, *, spoilt: bool = False) -> bool:
        """Sign a second block for the author's next slot with its key, and send it to every second node.

        The author knows nothing of it and writes its own: it gets the other
        too late to keep it from that.  ``spoilt`` claims a state root that is
        none: such a block goes to all others, is approved, and fails at import.
        Return whether there are two blocks now; an author that is down, or must
        not write, writes none.
        """
        world = self._world
        await until_slot_of(world, author, after_s=-LEAD_S)
        core = self._core(author)
        if core is None or world.node(author).state != "running":
            return False
        slot, written = core.slot + 1, len(core.written)
        try:
            block, _ = production.build(
                core.chain, slot=slot, timestamp_s=slot_start_ms(core.spec, slot) // 1_000 + 1
            )
        except ModelError:
            return False  # no block without the payments that are due
        if spoilt:
            payload = replace(block.payload, state_root=self._random.randbytes(32))
            block = replace(block, payload=replace(payload, block_hash=payload.computed_hash()))
        signed = self._sign(block, [core.member.authority])
        for name in [name for name in world.around.authors if name != author][:: 1 if spoilt else 2]:
            self._gossip(name, "block", signed)
        await asyncio.sleep(ITS_OWN_S)
        return self._core(author) is core and len(core.written) > written

    def lure(self, name: str, *, forged: bool = False) -> None:
        """Show a node the tip of a branch that all authorities' keys have signed, from below what is final.

        Whoever asks this peer for blocks afterwards gets that branch.  With
        ``forged`` it begins at the latest final block, and only its tip is
        signed: its quorums are made up.
        """
        if (core := self._core(name)) is None:
            return
        theirs, spec = core.chain, core.spec
        fork = theirs.finalised_height - (0 if forged else 2)
        if fork < 1:
            return
        own = Chain(spec, core.scheme, theirs.bitcoin, deviations=frozenset())
        branch = [record.signed for record in theirs.records[1 : fork + 1]]
        try:
            for signed in branch:
                own.import_unsigned(signed, slot_start_ms(spec, signed.block.slot))
        except ModelError:
            return  # the node's own chain is none: a planted bug let it in
        last = core.slot + 1
        for behind in reversed(range(theirs.height + 1 - fork)):
            slot = last - behind
            stamp = max(slot_start_ms(spec, slot) // 1_000, own.head.block.payload.timestamp_s + 1)
            try:
                block, outcome = production.build(own, slot=slot, timestamp_s=stamp)
            except ModelError:
                return  # a payment is due on that branch, and there is nothing to pay it with
            signed = self._made_up(block) if forged else self._sign(block, self._term(block).seats)
            own.commit(signed, block.root, outcome)
            branch.append(signed)
        self._branch = branch
        self._endpoint.on_message(self._serve)
        tip = branch[-1].block
        term = self._term(tip)
        self._gossip(name, "block", self._sign(tip, [term.seats[term.author(last)]]))

    def _serve(self, message: Message) -> None:
        """Answer a request for blocks from the branch, and nothing else."""
        if message.topic == protocol.BLOCKS:
            try:
                wanted = protocol.read_range(message.payload)
            except ProtocolError:
                return  # the line has spoilt it
            frames = [signed.encode() for signed in self._branch[wanted.start - 1 :][: wanted.count]]
            self._endpoint.reply(message, protocol.write_blocks(frames))

    def _made_up(self, block: Block) -> SignedBlock:
        signers = (True,) * self._term(block).members
        mark = AggregateSignature(signers=signers, point=self._random.randbytes(96))
        return SignedBlock(block=block, signature=mark)

    def _sign(self, block: Block, authorities: Iterable[int]) -> SignedBlock:
        """Return the block signed with the keys of these members of its federation, and say so."""
        world, root = self._world, block.root
        chosen = sorted(authorities)
        for authority in chosen:
            self._signed(HOSTILE, authority, root.hex(), block.slot, block.height)
        signers = tuple(seat in chosen for seat in self._term(block).seats)
        secrets = [world.members[index].secret for index in chosen]
        mark = AggregateSignature(signers=signers, point=world.scheme.sign(secrets, root))
        return SignedBlock(block=block, signature=mark)

    def _term(self, block: Block) -> Term:
        return self._world.roster.at(block.height)

    def _core(self, name: str) -> Core | None:
        """Return the node's present or last life; None if its disk has let it have none so far."""
        return self._world.around.lives.get(name)

    def _gossip(self, name: str, kind: str, value: object) -> None:
        codec, world = self._world.around.codec, self._world
        if world.node(name).state == "running":
            world.network.join(
                HOSTILE, name
            )  # a node that crashed has forgotten it, and dials its peers only
        self._endpoint.send(name, codec.topics[kind], codec.encode(kind, value))  # type: ignore[index, arg-type]
