"""A branch that a coalition writes in secret, and the machine from which it shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alyslab.harnesses.sync import protocol
from alyslab.harnesses.sync.errors import ProtocolError
from alyslab.model import production
from alyslab.model.aura import author_index, slot_start_ms
from alyslab.model.chain import Chain
from alyslab.model.errors import ModelError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from alyslab.harnesses.consensus.adversary.coalition import Coalition
    from alyslab.harnesses.network.message import Message
    from alyslab.model.block import SignedBlock
    from alyslab.model.transaction import Transaction


def extended(
    coalition: Coalition,
    theirs: Chain,
    fork: int,
    *,
    payment: Transaction | None = None,
    own_slots_only: bool,
) -> list[SignedBlock]:
    """Return the chain up to ``fork`` and a branch from there to the coalition's latest slot.

    Its first block holds the payment, if there is one.  The coalition signs
    with all keys that it has.  A certificate bears its author's signature, so
    only its own slots serve; a branch of every slot is longer, and no block
    of it will pass that another should have written.

    Raises :class:`ModelError` where the chain can't be run again, or the payment not at all.
    """
    world = coalition.world
    spec = world.spec
    own = Chain(spec, world.scheme, theirs.bitcoin, deviations=frozenset())
    branch = [record.signed for record in theirs.records[1 : fork + 1]]
    for signed in branch:
        own.import_unsigned(signed, slot_start_ms(spec, signed.block.slot))
    payments = () if payment is None else (payment,)
    for slot in range(own.head.block.slot + 1, coalition.latest_slot() + 1):
        if own_slots_only and author_index(spec, slot) not in coalition.keys:
            continue
        # A second later than an honest author would: or the block might be the very one that it wrote.
        stamp_s = max(slot_start_ms(spec, slot) // 1_000 + 1, own.head.block.payload.timestamp_s + 1)
        try:
            block, outcome = production.build(own, slot=slot, timestamp_s=stamp_s, transactions=payments)
        except ModelError:
            if payments:
                raise
            break  # what is burned on that branch can't be paid
        root = block.root
        signed = coalition.sign(block, coalition.keys, root)
        own.commit(signed, root, outcome)
        branch.append(signed)
        payments = ()
    return branch if len(branch) > fork else []


class Publisher:
    """A machine of the coalition that shows nodes the tip of a branch and answers for the rest.

    It is no member: nodes know it as a stranger.
    """

    def __init__(self, coalition: Coalition) -> None:
        self._coalition = coalition
        world = coalition.world
        self._name = f"publisher-{coalition.name}"
        self._endpoint = world.network.endpoint(world.machine(self._name))
        self._branch: Sequence[SignedBlock] = ()
        self._endpoint.on_message(self._serve)

    def publish(self, branch: Sequence[SignedBlock], receivers: Sequence[str]) -> None:
        """Show nodes the tip, signed by its author alone as all proposals are."""
        coalition = self._coalition
        world, tip = coalition.world, branch[-1].block
        self._branch = branch
        proposal = coalition.sign(tip, [author_index(world.spec, tip.slot)])
        for name in receivers:
            world.network.join(self._name, name)
        coalition.say(self._name, receivers, "block", proposal, tip.root)

    def _serve(self, message: Message) -> None:
        if message.topic != protocol.BLOCKS or message.reply_to:
            return
        try:
            wanted = protocol.read_range(message.payload)
        except ProtocolError:
            return  # the line has spoilt it
        else:
            frames = [signed.encode() for signed in self._branch[wanted.start - 1 :][: wanted.count]]
            self._endpoint.reply(message, protocol.write_blocks(frames))
