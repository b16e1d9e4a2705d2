"""Members that hold their own votes and blocks back: for ever, for a while, or for a false one instead.

Only what a member has signed itself is held: what it passes on for others goes
on, since one that passed on nothing would look like a bad line at once.  A vote
that is withheld is in no certificate that the member shows either.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from alyslab.harnesses.consensus.wire import Proposal
from alyslab.harnesses.network.rules import PASS, Decision, DeliverAfter, Drop, Rule
from alyslab.harnesses.sync import protocol
from alyslab.harnesses.sync.errors import ProtocolError
from alyslab.model.aura import author_index
from alyslab.model.candidates import Approval

if TYPE_CHECKING:
    from random import Random

    from alyslab.chaos.cheats.timing import Timing
    from alyslab.harnesses.consensus.adversary.coalition import Coalition
    from alyslab.harnesses.network.message import Message

DELAY_MS: Final = (1_000.0, 6_000.0)
"""Least and most that something delayed waits, in ms: from a fifth of a slot to more than one."""
HELD: Final = {
    "withhold_votes": ("vote", "withhold"),
    "delay_votes": ("vote", "delay"),
    "flip_votes": ("vote", "flip"),
    "withhold_blocks": ("block", "withhold"),
    "delay_blocks": ("block", "delay"),
}
"""What each behaviour holds back, and how."""


class Holding:
    """What the members of one entry hold back.

    Parameters
    ----------
    coalition
        The members and their keys.
    timing
        When they do it.
    behaviour
        A key of :data:`HELD`.
    random
        The entry's own stream.
    """

    def __init__(self, coalition: Coalition, timing: Timing, behaviour: str, random: Random) -> None:
        self._coalition = coalition
        self._timing = timing
        self._what, self._how = HELD[behaviour]
        self._random = random
        self._decided: dict[bytes, Decision] = {}
        self._withheld: set[bytes] = set()
        self._asked: dict[int, bytes] = {}
        self._held = coalition.world.runtime.journal.recorder("adversary.held", "what", "root", "delay_ms")
        self._rule = Rule(name=f"{coalition.name}/0", decide=self._decide)

    def start(self) -> None:
        """Begin."""
        self._coalition.world.network.rules.install(self._rule)

    def stop(self) -> None:
        """Let everything go out again."""
        self._coalition.world.network.rules.remove(self._rule)

    def _decide(self, message: Message) -> Decision:
        """Decide once for each vote or block, so that nobody gets it or everybody gets it late."""
        if message.topic == protocol.BLOCKS:
            return self._shown(message)
        if message.sender not in self._coalition.members:
            return PASS
        decided = self._decided.get(message.payload)
        if decided is None:
            decided = self._decided[message.payload] = self._fate(message)
        return decided

    def _shown(self, message: Message) -> Decision:
        """Leave requests for blocks without an answer that would show what is withheld."""
        members = self._coalition.members
        if not message.reply_to and message.receiver in members:
            self._asked[message.id] = message.payload
        elif message.reply_to and message.sender in members:
            try:
                wanted = protocol.read_range(self._asked.pop(message.reply_to, b""))
                blocks = protocol.read_blocks(message.payload, wanted)
            except ProtocolError:
                return PASS  # a request that was none is answered so
            if any(signed.block.root in self._withheld for signed in blocks):
                return Drop()
        return PASS

    def _fate(self, message: Message) -> Decision:
        root = self._own(message)
        if root is None or not self._timing.take(message.sender):
            return PASS
        if self._how == "delay":
            delay_ms = self._random.uniform(*DELAY_MS)
            self._held(message.sender, self._what, root.hex(), round(delay_ms))
            return DeliverAfter(delay_ms)
        self._held(message.sender, self._what, root.hex(), -1)
        self._withheld.add(root)
        if self._how == "flip":
            asyncio.get_running_loop().call_soon(self._flip, message.sender, root)
        return Drop()

    def _own(self, message: Message) -> bytes | None:
        """Return the root that the message is about if it is the sender's own vote or block."""
        world = self._coalition.world
        codec = world.around.codec
        if message.topic not in codec.known_topics:
            return None
        authority = world.around.authors.index(message.sender)
        _, body = codec.decode(message.topic, message.payload)
        if self._what == "vote":
            return body.root if isinstance(body, Approval) and body.authority == authority else None
        if isinstance(body, Proposal) and author_index(world.spec, body.signed.block.slot) == authority:
            return body.root
        return None

    def _flip(self, member: str, root: bytes) -> None:
        """Vote for a block that is none, where the vote for the one that is was due."""
        coalition = self._coalition
        false_root = sha256(b"flipped" + root).digest()
        false = coalition.vote(member, false_root, coalition.slot)
        others: Sequence[str] = [name for name in coalition.world.names if name != member]
        self._decided[coalition.world.around.codec.encode("approval", false)] = PASS
        coalition.say(member, others, "approval", false, false_root)
