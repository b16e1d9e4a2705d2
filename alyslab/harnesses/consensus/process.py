"""One life of a node, from its boot to its crash: what comes in, and its slots.

Messages are only put aside when they arrive; one task of the node works
through them, so that a paused node does nothing, and approvals that wait
together are verified together.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from alyslab.errors import DiskError
from alyslab.harnesses.consensus import intake, rpc, service
from alyslab.harnesses.consensus.core import Core
from alyslab.harnesses.consensus.counting import on_approvals
from alyslab.harnesses.consensus.dialling import Dialling
from alyslab.harnesses.consensus.importing import import_candidate, publish_payments_again, ready
from alyslab.harnesses.consensus.intake import Parcel
from alyslab.harnesses.consensus.producer import is_mine, write_slot
from alyslab.harnesses.consensus.rejoin import Rejoin
from alyslab.harnesses.consensus.settings import INBOX_MAX
from alyslab.harnesses.consensus.sites import SLOT_LATE, SLOT_LATE_S
from alyslab.harnesses.consensus.wire import Malformed, PegoutSignatures, Proposal
from alyslab.harnesses.network.errors import NetworkError
from alyslab.harnesses.sync.server import SyncServer
from alyslab.model.block import AuxPowHeader
from alyslab.model.candidates import Approval
from alyslab.model.transaction import Transaction
from alyslab.runtime.sites import site

if TYPE_CHECKING:
    from alyslab.harnesses.consensus.member import Member, Surroundings
    from alyslab.harnesses.consensus.wire import Body
    from alyslab.harnesses.network.message import Message
    from alyslab.runtime import Node

NS_PER_MS = 1_000_000
WAITING_MAX = 16
"""Blocks that are kept while a node catches up."""


class Process:
    """One life of a node."""

    def __init__(self, member: Member, around: Surroundings, node: Node, peers: Sequence[str]) -> None:
        self.core = Core(member, around, node, peers)
        self._dialling = Dialling(node, self.core.endpoint, peers)
        self._inbox: deque[Any] = deque()
        self._wake = asyncio.Event()
        self._idle = False
        self._loop = asyncio.get_running_loop()
        self._approval_topic = self.core.codec.topics["approval"]
        self._waiting: deque[tuple[Proposal, Parcel]] = deque(maxlen=WAITING_MAX)
        defects = self.core.defects
        self._takes_copies = defects.duplicate_taken_again or defects.vote_counted_twice
        self._topics = self.core.codec.known_topics
        self._came = self.core.gossip.came
        self._is_banned = self.core.scores.banned
        self._server: SyncServer
        self._rejoin: Rejoin

    async def run(self) -> str:
        """Boot, catch up, and live until the disk fails; return how it did."""
        core = self.core
        causes: list[str] = []
        try:
            async with asyncio.TaskGroup() as core.tasks:
                await self._live()
        except* DiskError as failed:
            causes = [str(error) for error in failed.exceptions]
        core.stopped = True
        return causes[0]

    async def _live(self) -> None:
        core = self.core
        await core.wake()
        self._server = SyncServer(core.endpoint, core.ledger.store)
        self._rejoin = Rejoin(core, self._caught_up)
        core.gossip.start()
        core.endpoint.on_message(self._arrived)
        core.spawn(self._work(), "work")
        core.spawn(self._slots(), "slots")
        await self._dialling.dial_all()
        core.spawn(self._dialling.run(), "dialling")
        if core.gate is not None:
            core.spawn(self._rejoin.watch(), "watch")
        await self._rejoin.boot()

    # --- what comes in ---------------------------------------------------------------------------

    def _arrived(self, message: Message) -> None:
        """Put a message aside for the worker, unless it is a copy or its sender is banned."""
        topic, sender = message.topic, message.sender
        if topic in self._topics:
            payload = message.payload
            came = self._came(payload, sender, message.copy)  # most messages are copies, so this comes first
            new = came == "new"
            if came == "again":
                self._again(message)
            if (not new and not self._takes_copies) or self._is_banned(sender):
                return
            entry: Parcel | Message = Parcel(topic, payload, sender, new)
        elif self._is_banned(sender):
            return
        else:
            entry = message
        if len(self._inbox) < INBOX_MAX:
            self._inbox.append(entry)
            if self._idle:
                self._idle = False
                self._loop.call_soon(self._begin)

    def _again(self, message: Message) -> None:
        """Note what a peer sends twice; signatures over payments are sent until they are used."""
        if self.core.codec.decode(message.topic, message.payload)[0] != "pegouts":
            self.core.suspicion.repeated(message.sender, message.id)

    def _begin(self) -> None:
        """Take approvals, which need no waiting, at once; leave everything else to the worker."""
        inbox, core = self._inbox, self.core
        first = inbox[0] if inbox else None
        if core.node.state == "running" and isinstance(first, Parcel) and first.topic == self._approval_topic:
            _, body = core.codec.decode(first.topic, first.payload)
            if isinstance(body, Approval):
                inbox.popleft()
                on_approvals(core, self._approvals(body, first))
                if not inbox and ready(core) is None:
                    self._idle = True
                    return
        self._wake.set()

    async def _work(self) -> None:
        """Work through the inbox, for ever."""
        inbox, wake = self._inbox, self._wake
        while True:
            if not inbox:
                self._idle = True
                await wake.wait()
                self._idle = False
            wake.clear()
            await import_candidate(self.core)
            while inbox:
                entry = inbox.popleft()
                if isinstance(entry, Parcel):
                    await self._gossiped(entry)
                elif isinstance(entry, int):
                    await self._tick(entry)
                else:
                    self._asked(entry)

    async def _gossiped(self, parcel: Parcel) -> None:
        core = self.core
        body = self._opened(parcel)
        if isinstance(body, Approval):
            on_approvals(core, self._approvals(body, parcel))
            await import_candidate(core)
        elif isinstance(body, Proposal):
            if core.rejoining:
                self._waiting.append((body, parcel))
            elif not await intake.on_block(core, body, parcel):
                self._waiting.append((body, parcel._replace(new=False)))
                self._rejoin.notice(body.signed.block.height, parcel.sender)
        elif not parcel.new:
            return
        elif isinstance(body, AuxPowHeader):
            if not intake.on_work(core, body, parcel):
                self._rejoin.notice(core.chain.height + 1, parcel.sender)
        elif isinstance(body, PegoutSignatures):
            intake.on_pegouts(core, body, parcel)
        elif isinstance(body, Transaction):
            intake.on_transaction(core, body)

    def _opened(self, parcel: Parcel) -> Body | None:
        """Return what a message says; None for bytes that say nothing, which cost their sender points."""
        core = self.core
        kind, body = core.codec.decode(parcel.topic, parcel.payload)
        if kind not in ("transaction", "approval"):
            core.suspicion.spoke(parcel.sender)
        if isinstance(body, Malformed):
            core.rejected(kind, body.rule, -1, "", parcel.sender)
            core.scores.offend(parcel.sender, "malformed", body.rule)
            return None
        return body

    def _approvals(self, first: Approval, parcel: Parcel) -> list[tuple[Approval, Parcel]]:
        """Return an approval with all that wait right behind it."""
        batch, inbox = [(first, parcel)], self._inbox
        while inbox and isinstance(inbox[0], Parcel) and inbox[0].topic == parcel.topic:
            _, body = self.core.codec.decode(inbox[0].topic, inbox[0].payload)
            if not isinstance(body, Approval):
                break
            batch.append((body, inbox.popleft()))
        return batch

    def _asked(self, message: Message) -> None:
        """Answer a peer's, miner's or user's request."""
        core = self.core
        if self._server.handle(message):
            return
        if message.topic not in rpc.TOPICS:
            core.scores.offend(message.sender, "unwanted", "unknown_topic")
            return
        answer = service.answer(core, message.topic, message.payload, message.sender)
        try:
            core.endpoint.reply(message, answer)
        except NetworkError:
            return  # whoever asked is gone

    def _caught_up(self) -> None:
        """Look again at the blocks that came while the node caught up."""
        self.core.spawn(self._look_again(), "look again")

    async def _look_again(self) -> None:
        waiting, core = list(self._waiting), self.core
        self._waiting.clear()
        for proposal, parcel in waiting:
            await intake.on_block(core, proposal, parcel)
        await import_candidate(core)

    # --- slots -----------------------------------------------------------------------------------

    async def _slots(self) -> None:
        """Post every slot that begins by the node's own clock."""
        core, node = self.core, self.core.node
        slot_ns, epoch_ns = core.spec.slot_ms * NS_PER_MS, core.around.epoch_ms * NS_PER_MS
        last = (epoch_ns + node.clock.time_ns()) // slot_ns
        while True:
            now_ns = epoch_ns + node.clock.time_ns()
            coming = now_ns // slot_ns + 1
            await node.sleep((coming * slot_ns - now_ns) / 1e9)
            if site(SLOT_LATE):
                await node.sleep(SLOT_LATE_S)
            slot = (epoch_ns + node.clock.time_ns()) // slot_ns
            if core.defects.timer_lost_on_pause and slot > coming:
                return
            if slot != last:
                last = slot
                self._inbox.append(slot)
                self._wake.set()

    async def _tick(self, slot: int) -> None:
        core = self.core
        intake.look_back(core, slot)
        publish_payments_again(core)
        self._rejoin.again()
        if is_mine(core, slot):
            await write_slot(core, slot)
