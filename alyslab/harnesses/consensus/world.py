"""A whole federation: its nodes, their network, Bitcoin, miners and users, made from a plan.

The chain begins when the run does.  Users are funded by payments that are deep
enough from the start, so the first block pegs them in.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from alyslab.harnesses.consensus.bitcoin_feed import BitcoinFeed
from alyslab.harnesses.consensus.dialling import Dialling
from alyslab.harnesses.consensus.handover import tell_terms, untold_spec
from alyslab.harnesses.consensus.lives import boot_of
from alyslab.harnesses.consensus.member import FOLLOWER, Surroundings
from alyslab.harnesses.consensus.miner import Miner
from alyslab.harnesses.consensus.plan import Plan, members_of, spec_of, with_spec
from alyslab.harnesses.consensus.roster import Roster
from alyslab.harnesses.consensus.rows import Rows
from alyslab.harnesses.consensus.users import Users
from alyslab.harnesses.consensus.wire import Codec
from alyslab.harnesses.network.network import Network
from alyslab.harnesses.network.topology import Topology, random_regular
from alyslab.model.bitcoin import BitcoinView
from alyslab.model.federation import federation_of
from alyslab.model.scheme import IdealScheme, RealScheme, SignatureScheme

if TYPE_CHECKING:
    from alyslab.runtime import Node, Runtime

__all__ = ["BITCOIN", "MINER", "USERS", "Plan", "World", "with_spec"]

MINER: Final = "miner"
USERS: Final = "users"
BITCOIN: Final = "bitcoin"
"""Machines that are no nodes of the chain."""
EPOCH_SLOTS: Final = 2
"""Slots from the genesis to the beginning of the run."""
FUNDING_SAT: Final = 1_000_000_000


class World:
    """The machines of one run, not started yet; see :meth:`start`.

    Parameters
    ----------
    runtime
        What runs.
    plan
        What there is.

    Keys and addresses are drawn from streams of the run.
    """

    def __init__(self, runtime: Runtime, plan: Plan) -> None:
        self.runtime = runtime
        self.plan = plan
        rng = runtime.random("consensus.keys")
        secrets = [(rng.randrange(1, 1 << 250), rng.randrange(1, 1 << 250)) for _ in range(plan.signers)]
        self.scheme: SignatureScheme = IdealScheme() if plan.scheme == "ideal" else RealScheme()
        self.spec = spec_of(plan, self.scheme, secrets, [rng.randbytes(20) for _ in secrets])
        self.roster = Roster(self.spec)
        self.members = members_of(plan, self.scheme, secrets)
        self.addresses = tuple(rng.randbytes(20) for _ in range(plan.load.users if plan.load else 0))
        self.bitcoin = BitcoinView()
        self.network = Network(runtime, plan.link)
        self.miner: Miner | None = None
        self.around = Surroundings(
            runtime=runtime,
            network=self.network,
            spec=self.spec,
            scheme=self.scheme,
            codec=Codec(plan.settings.topics),
            rows=Rows(runtime.journal),
            settings=plan.settings,
            epoch_ms=self.spec.genesis_timestamp_s * 1_000 + EPOCH_SLOTS * self.spec.slot_ms,
            authors=tuple(member.name for member in self.members if member.authority != FOLLOWER),
            bitcoins={member.name: self.bitcoin for member in self.members},
        )
        for member in self.members[: plan.handover.untold if plan.handover else 0]:
            self.around.specs[member.name] = untold_spec(self.spec)
        self.feed = BitcoinFeed(
            runtime,
            [self.bitcoin],
            federation_of(self.spec).script,
            interval_s=plan.bitcoin_interval_s,
            rng=runtime.random("consensus.bitcoin"),
        )
        for address in self.addresses:
            self.feed.pay(address, FUNDING_SAT)
        for _ in range(self.spec.bitcoin_confirmations):
            self.feed.mine()

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the chain's nodes."""
        return tuple(member.name for member in self.members)

    def node(self, name: str) -> Node:
        """Return a machine by its name."""
        return self.runtime.nodes[name]

    def start(self, *, except_for: tuple[str, ...] = ()) -> None:
        """Make and connect all machines and boot them; those named wait for :meth:`join`."""
        tell_terms(self.runtime.journal, self.spec)
        for name in self.around.specs:
            self.runtime.journal.record("federation.untold", name)
        topology = _topology(self.plan, self.runtime)
        neighbours = topology.neighbours()
        for index, member in enumerate(self.members):
            peers = tuple(self.names[other] for other in neighbours[index])
            self.network.endpoint(self.runtime.node(member.name, boot=boot_of(member, self.around, peers)))
        for low, high in topology.links:
            ends = (self.names[low], self.names[high])
            if not frozenset(ends) & frozenset(except_for):
                self.network.join(*ends)
        for name in self.names:
            if name not in except_for:
                self.node(name).start()
        self._start_others(except_for)

    def join(self, name: str) -> None:
        """Boot a node that was left out at the start; it dials its peers itself."""
        self.node(name).start()

    def tell(self, name: str) -> None:
        """Give a node the present configuration; it reads it when it is started again."""
        if self.around.specs.pop(name, None) is not None:
            self.runtime.journal.record("federation.told", name)

    def machine(self, name: str, peers: tuple[str, ...] = ()) -> Node:
        """Make a machine that is no node of the chain, connected to these peers (default: all nodes)."""
        node = self.runtime.node(name)
        self.network.endpoint(node)
        for peer in peers or self.names:
            self.network.join(name, peer)
        return node

    def _start_others(self, except_for: tuple[str, ...]) -> None:
        plan, runtime = self.plan, self.runtime
        authors = tuple(name for name in self.around.authors if name not in except_for)
        bitcoin = runtime.node(BITCOIN)
        bitcoin.spawn(self.feed.run(bitcoin), name=BITCOIN)
        if plan.pace is not None:
            node = self.machine(MINER, authors)
            self.miner = Miner(
                node, self.network.endpoint(node), authors, pace=plan.pace, journal=runtime.journal
            )
            node.spawn(self.miner.run(), name=MINER)
            self._keep_dialling(node, authors)
        if plan.load is not None and plan.load.interval_s > 0:
            node = self.machine(USERS, authors)
            users = Users(
                node,
                self.network.endpoint(node),
                authors,
                addresses=self.addresses,
                load=plan.load,
                codec=self.around.codec,
                feed=self.feed,
                journal=runtime.journal,
            )
            node.spawn(users.run(), name=USERS)
            self._keep_dialling(node, authors)

    def _keep_dialling(self, node: Node, authors: tuple[str, ...]) -> None:
        """Let a machine come back to nodes that were down; else it has nobody left once each was, once."""
        node.spawn(
            Dialling(node, self.network.endpoint(node), authors).run(), name=f"dialling of {node.name}"
        )


def _topology(plan: Plan, runtime: Runtime) -> Topology:
    if plan.degree:
        random = runtime.random("consensus.topology")
        return random_regular(peers=plan.nodes, degree=plan.degree, random=random).require_connected()
    pairs = ((low, high) for low in range(plan.nodes) for high in range(low + 1, plan.nodes))
    return Topology(peers=plan.nodes, links=tuple(pairs))
