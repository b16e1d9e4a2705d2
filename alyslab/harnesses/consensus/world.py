"""A whole federation: its nodes, their network, Bitcoin, miners and users, made from a few numbers.

The chain begins when the run does.  Users are funded by payments that are deep
enough from the start, so the first block pegs them in.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from alyslab.errors import ParameterError, Problem
from alyslab.harnesses.consensus.bitcoin_feed import BitcoinFeed
from alyslab.harnesses.consensus.member import FOLLOWER, Member, Surroundings
from alyslab.harnesses.consensus.miner import Miner, Pace
from alyslab.harnesses.consensus.process import boot_of
from alyslab.harnesses.consensus.rows import Rows
from alyslab.harnesses.consensus.settings import Settings
from alyslab.harnesses.consensus.users import Load, Users
from alyslab.harnesses.consensus.wire import Codec
from alyslab.harnesses.network.link import LinkSpec
from alyslab.harnesses.network.network import Network
from alyslab.harnesses.network.topology import Topology, random_regular
from alyslab.model import schnorr
from alyslab.model.bitcoin import BitcoinView
from alyslab.model.federation import federation_of
from alyslab.model.presets import laboratory_spec
from alyslab.model.scheme import IdealScheme, RealScheme, SignatureScheme
from alyslab.model.spec import SIGNERS_MAX, Retarget, Spec

if TYPE_CHECKING:
    from alyslab.runtime import Node, Runtime

MINER: Final = "miner"
USERS: Final = "users"
BITCOIN: Final = "bitcoin"
"""Machines that are no nodes of the chain."""
EPOCH_SLOTS: Final = 2
"""Slots from the genesis to the beginning of the run."""
FUNDING_SAT: Final = 1_000_000_000
SCHEMES: Final = ("ideal", "real")
LINK: Final = LinkSpec(delay_ms=40, jitter_ms=10, distribution="uniform")
"""Half a round trip within a continent."""
_SETTINGS: Final = Settings()
_PACE: Final = Pace()
_LOAD: Final = Load()


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a world consists of; raises :class:`ParameterError` with every value that makes no sense."""

    authorities: int = 4
    """Nodes that write and approve blocks, 1 to 15."""
    followers: int = 0
    """Nodes that only follow."""
    degree: int = 0
    """Peers of each node; 0 connects everybody with everybody."""
    link: LinkSpec = LINK
    """Conditions of every link."""
    scheme: str = "ideal"
    """``ideal`` or ``real`` signatures."""
    settings: Settings = _SETTINGS
    pace: Pace | None = _PACE
    """How fast the miner is; None for none."""
    load: Load | None = _LOAD
    """What users do; None for no users."""
    bitcoin_interval_s: float = 15.0
    """From one Bitcoin block to the next; Bitcoin's 600 s would be a hundred slots."""
    spec: tuple[tuple[str, Any], ...] = ()
    """Changed fields of the laboratory's spec."""

    def __post_init__(self) -> None:
        bounds = (
            ("authorities", 1 <= self.authorities <= SIGNERS_MAX, f"1 to {SIGNERS_MAX}"),
            ("followers", 0 <= self.followers <= 1_000, "0 to 1000"),
            ("degree", 0 <= self.degree < self.nodes, "0, or fewer than there are nodes"),
            ("scheme", self.scheme in SCHEMES, ", ".join(SCHEMES)),
            ("bitcoin_interval_s", 0 < self.bitcoin_interval_s <= 1e6, "above 0, at most 1e6"),
        )
        problems = [
            Problem(where="world", key=key, what="makes no sense", value=getattr(self, key), allowed=allowed)
            for key, holds, allowed in bounds
            if not holds
        ]
        if problems:
            raise ParameterError(problems)

    @property
    def nodes(self) -> int:
        """Nodes of the chain."""
        return self.authorities + self.followers


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
        secrets = [(rng.randrange(1, 1 << 250), rng.randrange(1, 1 << 250)) for _ in range(plan.authorities)]
        self.scheme: SignatureScheme = IdealScheme() if plan.scheme == "ideal" else RealScheme()
        self.spec = _spec(plan, self.scheme, secrets, [rng.randbytes(20) for _ in secrets])
        self.members = tuple(
            Member(f"node-{index}", index, *secret) for index, secret in enumerate(secrets)
        ) + tuple(Member(f"follower-{index}") for index in range(plan.followers))
        self.addresses = tuple(rng.randbytes(20) for _ in range(plan.load.users if plan.load else 0))
        self.bitcoin = BitcoinView()
        self.network = Network(runtime, plan.link)
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
            miner = Miner(node, self.network.endpoint(node), authors, pace=plan.pace, journal=runtime.journal)
            node.spawn(miner.run(), name=MINER)
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


def _spec(
    plan: Plan, scheme: SignatureScheme, secrets: list[tuple[int, int]], addresses: list[bytes]
) -> Spec:
    """Return the laboratory's spec with these keys; work stays as hard, so that a gap is a fault's doing."""
    values: dict[str, Any] = {
        "retarget": Retarget(no_retargeting=True, pow_limit=0x207F_FFFF, pow_lower_limit=0x1F7F_FFFF)
    }
    return laboratory_spec(
        tuple(scheme.public_key(secret) for secret, _ in secrets),
        tuple(addresses),
        tuple(schnorr.public_key(secret) for _, secret in secrets),
        **(values | dict(plan.spec)),
    )


def _topology(plan: Plan, runtime: Runtime) -> Topology:
    if plan.degree:
        random = runtime.random("consensus.topology")
        return random_regular(peers=plan.nodes, degree=plan.degree, random=random).require_connected()
    pairs = ((low, high) for low in range(plan.nodes) for high in range(low + 1, plan.nodes))
    return Topology(peers=plan.nodes, links=tuple(pairs))


def with_spec(plan: Plan, **changes: Any) -> Plan:
    """Return the plan with fields of its spec changed."""
    return replace(plan, spec=tuple({**dict(plan.spec), **changes}.items()))
