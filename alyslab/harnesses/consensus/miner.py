"""A merged miner: it asks nodes what to work on, works for a while, and hands its proof in.

It knows commitment, target and chain id, as a pool does, and none of the
chain.  The proof is real work at the laboratory's low target; the time it
takes in the simulation is drawn, and does not follow the difficulty.

Source: alys-system.md §1, "AuxPoW", "RPC"; Bitcoin wiki, "Merged mining specification".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Any

from alyslab.errors import AlyslabError
from alyslab.harnesses.consensus import rpc
from alyslab.model.auxpow import coinbase_root, commitment_script, tree_index
from alyslab.model.bitcoin import BitcoinHeader, BitcoinTransaction, TxInput, TxOutput
from alyslab.model.block import AuxPow
from alyslab.model.errors import EncodingError, ModelError
from alyslab.model.generate import MINER
from alyslab.model.hashing import bitcoin_merkle_branch, fold_branch
from alyslab.model.mining import COINBASE_SAT, PARENT_VERSION, work
from alyslab.model.retarget import target_of

if TYPE_CHECKING:
    from alyslab.harnesses.network.endpoint import Endpoint
    from alyslab.runtime import Journal, Node

TREE_DEPTH = 1
"""Of the merged-mining tree: the parent's miner serves two chains."""

HARDEST_TARGET = 1 << 240
"""Harder work, above some 65,000 hashes, is refused: a node that lies about bits must not stop the run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How fast a miner is."""

    work_s_least: float = 10.0
    work_s_most: float = 20.0
    """Bounds of the time for one proof, drawn evenly."""
    pause_s: float = 2.0
    """Wait after an answer that gave nothing to do."""
    patience_s: float = 2.0
    """Wait for an answer."""


class Miner:
    """One miner; it goes from node to node, so that no single one decides over finality.

    Parameters
    ----------
    node, endpoint
        Its own machine.
    names
        The nodes that it asks, in turn.
    pace
        How fast it is.
    fee_recipient
        Where its share of the fees goes, 20 bytes.
    """

    def __init__(
        self,
        node: Node,
        endpoint: Endpoint,
        names: Sequence[str],
        *,
        pace: Pace,
        journal: Journal,
        fee_recipient: bytes = MINER,
    ) -> None:
        self._node = node
        self._endpoint = endpoint
        self._names = tuple(names)
        self._pace = pace
        self._fee_recipient = fee_recipient
        self._next = 0
        self.power_ratio = 1.0
        """Share of its power that it has now; the rest works for somebody else.  0 is none."""
        self._found = journal.recorder("miner.found", "asked", "height", "bits", "hashes", "worked_ms")
        self._ended = journal.recorder("miner.submitted", "asked", "code")

    async def run(self) -> None:
        """Mine for ever; what nodes refuse or do not answer costs a pause."""
        while True:
            if not await self._round():
                await self._node.sleep(self._pace.pause_s)

    async def _round(self) -> bool:
        if self.power_ratio <= 0:
            return False
        name = self._names[self._next % len(self._names)]
        self._next += 1
        task = await self._ask(name, rpc.CREATE_AUX_BLOCK, self._fee_recipient)
        if task is None or task[0] != rpc.OK or len(task[1]) != 4:
            return False
        commitment, bits, chain_id, height = task[1]
        work_s = self._node.random.uniform(self._pace.work_s_least, self._pace.work_s_most) / self.power_ratio
        await self._node.sleep(work_s)
        try:
            proof = prove(commitment, bits, chain_id, self._node.random)
        except (ModelError, TypeError, ValueError):
            return False  # the node gave nonsense to work on
        self._found(self._node.name, name, height, bits, proof.parent.nonce + 1, round(work_s * 1_000))
        answered = await self._ask(name, rpc.SUBMIT_AUX_BLOCK, rpc.submission(commitment, proof))
        self._ended(self._node.name, name, 1 if answered is None else answered[0])
        return answered is not None

    async def _ask(self, name: str, topic: str, body: bytes) -> tuple[int, tuple[Any, ...]] | None:
        try:
            return rpc.read_answer(
                await self._endpoint.request(name, topic, body, timeout_s=self._pace.patience_s)
            )
        except EncodingError:
            return None
        except AlyslabError:  # nobody answers: asked the next one
            return None


def prove(commitment: bytes, bits: int, chain_id: int, rng: Random, *, depth: int = TREE_DEPTH) -> AuxPow:
    """Return a proof of work for the commitment; consumes ``rng`` for what else the parent block holds.

    Raises :class:`ModelError` for a target that is none or too hard.
    """
    if target_of(bits) < HARDEST_TARGET:
        raise ModelError("target_too_hard", bits=bits)
    nonce = rng.getrandbits(32)
    side = tree_index(nonce, chain_id, depth)
    branch = tuple(rng.randbytes(32) for _ in range(depth))
    outputs = (
        TxOutput(value_sat=COINBASE_SAT, script=b"\x51"),
        TxOutput(value_sat=0, script=b"\x6a\x24\xaa\x21\xa9\xed" + rng.randbytes(32)),
        TxOutput(value_sat=0, script=commitment_script(fold_branch(commitment, branch, side), depth, nonce)),
    )
    coinbase = BitcoinTransaction(
        version=1,
        inputs=(TxInput(txid=bytes(32), vout=0xFFFF_FFFF, script_sig=rng.randbytes(4)),),
        outputs=outputs,
    )
    others = [rng.randbytes(32)]
    parent = BitcoinHeader(
        version=PARENT_VERSION,
        previous=rng.randbytes(32),
        merkle_root=coinbase_root(coinbase.txid, others),
        time_s=0,
        bits=bits,
        nonce=0,
    )
    proof = AuxPow(
        coinbase=coinbase,
        coinbase_branch=bitcoin_merkle_branch([coinbase.txid, *others], 0),
        chain_branch=branch,
        chain_side_mask=side,
        parent=parent,
    )
    return work(proof, target_of(bits))
