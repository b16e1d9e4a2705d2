"""A merged miner that keeps its work back and hands it in when that costs the other miner's.

Proofs of work on this chain finalise; they do not extend it, so there is no
private chain to be ahead on, as there is in Bitcoin.  What a miner can gain is
a race: of two proofs that wait for a block the longer range is taken.  The
selfish one therefore always works on the newest head, keeps what it finds, and
hands it in at a member of its own as soon as another's proof is announced: that
other proof is then worth nothing.  It costs the chain time to be final; and
once all power is its own, no proof ever comes, and the chain halts.

Source: Eyal and Sirer, "Majority is not enough: Bitcoin mining is vulnerable"
(2014), for the strategy; alys-system.md §1, "AuxPoW", "Halt/finality".
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from alyslab.harnesses.consensus import rpc
from alyslab.harnesses.consensus.miner import Pace, prove
from alyslab.harnesses.network.errors import NetworkError
from alyslab.model.errors import EncodingError, ModelError

if TYPE_CHECKING:
    from alyslab.harnesses.consensus.adversary.coalition import Coalition
    from alyslab.harnesses.consensus.core import Core
    from alyslab.model.block import AuxPow

LOOK_S: Final = 0.1
RECIPIENT: Final = b"selfish miner".ljust(20, b"\0")
"""Where its share of the fees goes."""


@dataclass(frozen=True, slots=True)
class _Kept:
    """A proof that was not handed in yet."""

    commitment: bytes
    proof: AuxPow
    height: int
    end: bytes
    """Root of the last block of its range."""


class SelfishMiner:
    """The selfish miner of a coalition; its members' nodes are its door to the chain.

    Parameters
    ----------
    coalition
        Whose nodes it works with.
    chance
        Asked when a proof could be handed in to another's cost; it counts what is taken.
    share_ratio
        Its share of all mining power, which the honest miner then lacks.
    """

    def __init__(self, coalition: Coalition, chance: Callable[[str], bool], *, share_ratio: float) -> None:
        self._coalition = coalition
        self._chance = chance
        self._share = share_ratio
        world = coalition.world
        self._pace = world.plan.pace or Pace()
        self._name = f"selfish-{coalition.name}"
        self._node = world.machine(self._name, coalition.members)
        self._kept: _Kept | None = None
        self._answered: set[bytes] = set()
        self._from = max((life.chain.height for life in world.around.lives.values() if life.awake), default=0)
        record = world.runtime.journal.recorder
        self._found = record("miner.kept", "height", "end")
        self._gave = record("miner.submitted", "asked", "code")
        self._lost = record("miner.lost", "height", "end")

    async def run(self) -> None:
        """Mine and watch until cancelled."""
        miner = self._coalition.world.miner
        if miner is None:
            return  # nobody mines in this world, and there is nobody to cost anything
        miner.power_ratio = 1.0 - self._share
        async with asyncio.TaskGroup() as group:
            group.create_task(self._mine())
            group.create_task(self._watch())

    def stop(self) -> None:
        """Give the power back, and write what came of it: works in an honest chain, and its own."""
        coalition = self._coalition
        miner = coalition.world.miner
        if miner is not None:
            miner.power_ratio = 1.0
        for name in coalition.honest[:1]:
            headers = [
                record.block.auxpow_header for record in coalition.core(name).chain.records[self._from + 1 :]
            ]
            works = [header for header in headers if header is not None]
            won = sum(header.fee_recipient == RECIPIENT for header in works)
            coalition.world.runtime.journal.record(
                "adversary.revenue", coalition.name, works=len(works), won=won
            )

    async def _mine(self) -> None:
        """Find proof after proof for whatever is newest, and keep the latest."""
        if self._share <= 0:
            return
        random = self._node.random
        while True:
            await asyncio.sleep(random.uniform(self._pace.work_s_least, self._pace.work_s_most) / self._share)
            members = self._coalition.speakers
            if not members:
                continue
            body = await self._ask(members[0], rpc.CREATE_AUX_BLOCK, RECIPIENT)
            if body is None or body[0] != rpc.OK:
                continue
            commitment, bits, chain_id, height = body[1]
            header = self._core(members[0]).work.template_of(commitment)
            try:
                proof = prove(commitment, bits, chain_id, random)
            except ModelError:
                continue
            if header is not None:
                self._kept = _Kept(commitment, proof, height, header.range_end)
                self._found(self._name, height, header.range_end.hex())

    async def _watch(self) -> None:
        """Hand the kept proof in as soon as another's is announced that it displaces."""
        while True:
            await asyncio.sleep(LOOK_S)
            kept, members = self._kept, self._coalition.speakers
            if kept is None or not members:
                continue
            core = self._core(members[0])
            end = core.chain.height_of(kept.end)
            if end is None or end <= core.chain.pow.finalised_height:
                self._kept = None
                self._lost(self._name, kept.height, kept.end.hex())
                continue
            other = core.work.queued
            if other is None or other.fee_recipient == RECIPIENT or other.range_end in self._answered:
                continue
            theirs = core.chain.height_of(other.range_end)
            if theirs is None or not core.chain.pow.finalised_height < theirs < end:
                continue
            self._answered.add(other.range_end)
            if self._chance(members[0]):
                self._kept = None
                body = await self._ask(
                    members[0], rpc.SUBMIT_AUX_BLOCK, rpc.submission(kept.commitment, kept.proof)
                )
                self._gave(self._name, members[0], 1 if body is None else body[0])

    async def _ask(self, member: str, topic: str, body: bytes) -> tuple[int, tuple[Any, ...]] | None:
        network = self._coalition.world.network
        network.join(self._name, member)
        try:
            answer = await network.endpoint(self._node).request(
                member, topic, body, timeout_s=self._pace.patience_s
            )
            return rpc.read_answer(answer)
        except (NetworkError, EncodingError):
            return None

    def _core(self, member: str) -> Core:
        return self._coalition.core(member)
