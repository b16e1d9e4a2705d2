"""The stage of every workload: a source chain, peers that serve it, nodes that sync from them.

Rows of its own: ``sync.member`` for each node with its role, ``sync.source``
whenever the source's head moves, ``sync.truth`` for the roots that checkers
hold nodes against, ``fault.begin`` and ``fault.end``, and ``faults.over``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Final

from alyslab.checkers.drawn import DRAWN
from alyslab.harnesses.network.link import LinkSpec
from alyslab.harnesses.network.network import Network
from alyslab.harnesses.sync.history import History, View
from alyslab.harnesses.sync.hostile import HostileServer
from alyslab.harnesses.sync.ledger import Ledger
from alyslab.harnesses.sync.policy import SyncPolicy
from alyslab.harnesses.sync.sequential import SequentialSyncer
from alyslab.harnesses.sync.store import ChainStore
from alyslab.harnesses.sync.syncer import Syncer
from alyslab.harnesses.sync.workloads.life import live
from alyslab.harnesses.sync.workloads.subjects import stage_subjects
from alyslab.harnesses.sync.workloads.supervisor import Supervisor
from alyslab.runtime import Node, require_current

LINK: Final = LinkSpec(delay_ms=40.0, jitter_ms=10.0, distribution="normal", rate_bps=100e6)
"""A good line between two machines of one continent."""
TRUTHS_MOST: Final = 600
"""Heights of a chain of which every root is written down; of longer chains only some are."""
TICK_S: Final = 0.25
LINGER_S: Final = 2.0


class World:
    """Peers, syncing nodes and their network, of one run.

    Parameters
    ----------
    history
        The source chain.
    height
        What the peers have of it at first; default: all.
    peers
        How many serve it.
    behaviours
        Peer number to a name of :data:`~alyslab.harnesses.sync.hostile.BEHAVIOURS`.
    blocks_most
        Peer number to the most blocks of an answer.
    policy
        Of every syncing node.
    link
        Conditions of every link.
    import_ms
        Virtual time that a node takes to import one block.
    aware
        Whether syncing nodes know of the history's later federation.
    v1
        Whether nodes sync by V1's sequential way.
    telling
        Whether nodes tell of every block, or of batches only.
    produce_s
        How often a syncing node asks whether it may produce, in seconds; 0: never.
    """

    def __init__(
        self,
        history: History,
        *,
        height: int | None = None,
        peers: int = 4,
        behaviours: Mapping[int, str] | None = None,
        blocks_most: Mapping[int, int] | None = None,
        policy: SyncPolicy | None = None,
        link: LinkSpec = LINK,
        import_ms: float = 1.0,
        aware: bool = True,
        v1: bool = False,
        telling: bool = True,
        produce_s: float = 0.0,
    ) -> None:
        self.runtime = require_current()
        self.history = history
        self.policy = policy or SyncPolicy()
        self.network = Network(self.runtime, link=link)
        self.import_ms = import_ms
        self.aware = aware
        self.v1 = v1
        self.telling = telling
        self.produce_s = produce_s
        self.nodes: dict[str, Node] = {}
        self.ledgers: dict[str, Ledger] = {}
        self.syncers: dict[str, Syncer | SequentialSyncer] = {}
        self.views: dict[str, View] = {}
        self.supervisor = Supervisor(self.runtime)
        self._record = self.runtime.journal.record
        self._record("sync.world", "world", aware=aware or not history.eras, v1=v1)
        self._blocks_most = dict(blocks_most or {})
        self._behaviours = dict(behaviours or {})
        self.height = 0
        for number in range(peers):
            self._add_peer(number)
        self.grow(history.height if height is None else height)
        self._tell_truths()
        subjects = stage_subjects(
            policy=self.policy,
            height=self.height,
            behaviours=[self._behaviours.get(number, "honest") for number in range(peers)],
            v1=v1,
            telling=telling,
            produces=produce_s > 0,
        )
        for subject in subjects:
            self.drawn(subject)

    # --- who takes part ------------------------------------------------------------------------

    def add_node(self, name: str = "node-0") -> Node:
        """Start a node that syncs from all peers."""
        node = self._make_node(name)
        node.start()
        return node

    async def add_node_with(self, height: int, name: str = "node-0") -> Node:
        """Start a node whose disk has the chain up to a height already."""
        node, history = self._make_node(name), self.history
        with self.runtime.sites.resting():  # what fired here would strike the laboratory, and not the node
            store = await ChainStore.open(node.disk, history.spec)
            await store.append(
                history.blocks[:height], history.roots[1 : height + 1], history.pointers[height]
            )
        node.start()
        return node

    def _make_node(self, name: str) -> Node:
        node = self.nodes[name] = self.runtime.node(name, boot=self._boot)
        self._record("sync.member", name, role="syncing", behaviour="honest")
        self.network.endpoint(node)
        for peer in self.views:
            self.network.join(name, peer)
        return node

    async def _boot(self, node: Node) -> None:
        await live(self, node)

    def _add_peer(self, number: int) -> None:
        name, behaviour = f"peer-{number}", self._behaviours.get(number, "honest")
        view = self.views[name] = View(self.history, 0)

        async def boot(node: Node) -> None:
            HostileServer(
                self.network.endpoint(node),
                view,
                node=node,
                behaviour=behaviour,
                blocks_most=self._blocks_most.get(number, 1_024),
                checkpoint_interval=self.policy.checkpoint_interval,
            ).attach()

        node = self.nodes[name] = self.runtime.node(name, boot=boot)
        self.network.endpoint(node)
        node.start()
        self._record("sync.member", name, role="source", behaviour=behaviour)

    # --- the source ----------------------------------------------------------------------------

    def grow(self, height: int) -> None:
        """Let every peer have the source chain up to this height from now on."""
        self.height = height
        for view in self.views.values():
            view.height = height
        root = self.history.roots[height].hex()
        self._record("sync.source", "source", height=height, root=root)

    def _tell_truths(self) -> None:
        history = self.history
        step = 1 if history.height <= TRUTHS_MOST else max(1, self.policy.checkpoint_interval)
        for height in sorted({*range(step, history.height + 1, step), history.height}):
            self._record(
                "sync.truth",
                "source",
                height=height,
                root=history.roots[height].hex(),
                state_root=history.state_root(height).hex(),
            )

    def drawn(self, subject: str) -> None:
        """Write what a scene is about, before it acts: the verdict will ask for it."""
        self._record(DRAWN, subject)

    # --- waiting -------------------------------------------------------------------------------

    def arrived(self, name: str, height: int | None = None) -> bool:
        """Return whether the node is synced, by its word, at this height (default: the head's) or above."""
        syncer, ledger = self.syncers.get(name), self.ledgers.get(name)
        if syncer is None or ledger is None or self.nodes[name].state != "running":
            return False
        return syncer.synced and ledger.height >= (self.height if height is None else height)

    async def finish(self, names: Sequence[str], within_s: float) -> bool:
        """Write that faults are over, wait for these nodes and a little longer; return whether they came."""
        self.faults_over(within_s)
        arrived = await self.all_arrived(names, within_s + 1.0)
        await asyncio.sleep(LINGER_S)
        self._record("sync.end", "world", arrived=arrived)
        return arrived

    async def all_arrived(self, names: Sequence[str], within_s: float) -> bool:
        """Wait until these nodes are synced at the source's head, at most ``within_s``; return whether."""
        deadline_ns = self.runtime.now_ns + round(within_s * 1e9)
        while self.runtime.now_ns < deadline_ns:
            if all(self.arrived(name) for name in names):
                return True
            await asyncio.sleep(TICK_S)
        return all(self.arrived(name) for name in names)

    async def pause(self, seconds: float) -> None:
        """Let virtual time pass."""
        await asyncio.sleep(seconds)

    def forget(self, name: str) -> None:
        """Forget the process of a node that crashed."""
        self.ledgers.pop(name, None)
        self.syncers.pop(name, None)

    def calm(self) -> None:
        """Let no link lose messages any more."""
        self.network.shape(None, None, loss_ratio=0.0)

    def faults_over(self, within_s: float = 120.0) -> None:
        """Write that from now on nothing is broken on purpose, and by when nodes must have arrived."""
        self.runtime.sites.rest()
        self._record("faults.over", "world", height=self.height, within_s=within_s)
