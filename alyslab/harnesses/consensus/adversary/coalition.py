"""Members who act as one: their keys, what they know, and what leaves their machines.

A member's own process goes on as that of an honest one; while the coalition
silences it, nothing of it leaves but what the coalition says.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from alyslab.harnesses.network.rules import PASS, Decision, Drop, Rule
from alyslab.harnesses.sync import protocol
from alyslab.model.aura import author_index
from alyslab.model.block import AggregateSignature, Block, SignedBlock
from alyslab.model.candidates import Approval

if TYPE_CHECKING:
    from alyslab.harnesses.consensus.core import Core
    from alyslab.harnesses.consensus.wire import Kind
    from alyslab.harnesses.consensus.world import World
    from alyslab.harnesses.network.message import Message


class Coalition:
    """Some authorities of a world, in one hand.

    Parameters
    ----------
    world
        The federation.
    name
        What its rules on the network are called; unique among those at work.
    members
        Names of the authorities that take part.
    """

    def __init__(self, world: World, name: str, members: Sequence[str]) -> None:
        self.world = world
        self.name = name
        self.members = tuple(member for member in world.around.authors if member in members)
        record = world.runtime.journal.recorder
        self._signed = record("adversary.signed", "authority", "root", "slot", "height")
        self._sent = record("adversary.sent", "message", "receiver", "what", "root")
        self._spoken: set[tuple[str, bytes]] = set()

    @property
    def keys(self) -> tuple[int, ...]:
        """Authorities whose keys it has."""
        return tuple(self.world.around.authors.index(member) for member in self.members)

    @property
    def honest(self) -> tuple[str, ...]:
        """The nodes that are not its own and that run."""
        return tuple(name for name in self.world.names if name not in self.members and self.runs(name))

    @property
    def speakers(self) -> tuple[str, ...]:
        """Its members that run."""
        return tuple(name for name in self.members if self.runs(name))

    def runs(self, name: str) -> bool:
        """Return whether a node is there at all."""
        life = self.world.around.lives.get(name)
        return self.world.node(name).state == "running" and life is not None and life.awake

    def core(self, name: str) -> Core:
        """Return the inside of a node: whoever attacks is taken to know all that there is to know."""
        return self.world.around.lives[name]

    @property
    def slot(self) -> int:
        """The present slot by the true time."""
        world = self.world
        now_ms = world.around.epoch_ms + world.runtime.now_ns // 1_000_000
        return now_ms // world.spec.slot_ms

    def latest_slot(self) -> int:
        """Return the latest slot that has begun and is one of its members'."""
        slot, keys = self.slot, self.keys
        while author_index(self.world.spec, slot) not in keys:
            slot -= 1
        return slot

    def sign(self, block: Block, authorities: Iterable[int], root: bytes | None = None) -> SignedBlock:
        """Return the block signed with these of its keys, and say so."""
        world, chosen = self.world, sorted(authorities)
        root = block.root if root is None else root
        for authority in chosen:
            self._signed(world.around.authors[authority], authority, root.hex(), block.slot, block.height)
        signers = tuple(index in chosen for index in range(len(world.spec.authorities)))
        point = world.scheme.sign([world.members[index].secret for index in chosen], root)
        return SignedBlock(block=block, signature=AggregateSignature(signers=signers, point=point))

    def vote(self, member: str, root: bytes, slot: int) -> Approval:
        """Return a member's approval of a root, and say so."""
        world = self.world
        authority = world.around.authors.index(member)
        self._signed(member, authority, root.hex(), slot, -1)
        return Approval(root, authority, world.scheme.sign([world.members[authority].secret], root))

    def say(self, speaker: str, receivers: Iterable[str], kind: Kind, value: Any, root: bytes) -> int:
        """Send something from a machine of the coalition to each receiver; return to how many it went.

        A machine that is down says nothing, and one that lost its connection reaches nobody.
        """
        codec, node = self.world.around.codec, self.world.node(speaker)
        if node.state != "running":
            return 0
        endpoint = self.world.network.endpoint(node)
        payload = codec.encode(kind, value)
        self._spoken.add((speaker, payload))
        reached = 0
        for receiver in receivers:
            if receiver != speaker and receiver in endpoint.connections.open:
                number = endpoint.send(receiver, codec.topics[kind], payload)
                self._sent(speaker, number, receiver, kind, root.hex())
                reached += 1
        return reached

    def repeat(self, speaker: str, receiver: str, message: Message) -> None:
        """Send something again that a member got from somebody else."""
        endpoint = self.world.network.endpoint(self.world.node(speaker))
        number = endpoint.send(receiver, message.topic, message.payload)
        self._sent(speaker, number, receiver, "repeated", "")

    def silence(self) -> Rule:
        """Return the rule that lets nothing out of the members' machines but what the coalition says.

        Their requests for status pass: they are how the coalition looks around.
        """
        members, spoken = frozenset(self.members), self._spoken

        def decide(message: Message) -> Decision:
            if message.sender not in members or (message.sender, message.payload) in spoken:
                return PASS
            own = message.topic == protocol.STATUS and not message.reply_to
            return PASS if own or message.topic.startswith(("net.", "rpc/")) else Drop()

        return Rule(name=f"{self.name}/silence", decide=decide)
