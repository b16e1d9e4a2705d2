"""The network of one run: endpoints, the lines between them, and the rules on what they carry."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from typing import TYPE_CHECKING, Any, Final, Literal

from alyslab.errors import Problem
from alyslab.harnesses.network.carrier import Carrier
from alyslab.harnesses.network.defects import Defects
from alyslab.harnesses.network.endpoint import Endpoint
from alyslab.harnesses.network.errors import LinkError, TopologyError, UnknownPeerError
from alyslab.harnesses.network.lines import Lines, LinkOf
from alyslab.harnesses.network.link import LinkSpec
from alyslab.harnesses.network.partition import partition_rules
from alyslab.harnesses.network.rules import Hold, Rule
from alyslab.harnesses.network.shaping import Shaping, shaping_of

if TYPE_CHECKING:
    from alyslab.harnesses.network.line import Line
    from alyslab.harnesses.network.topology import Topology
    from alyslab.runtime import Node, Runtime

OnCrash = Literal["reset", "silent"]

MOST_BYTES: Final = 2**40
"""Largest message that can be allowed: sums of sizes stay within 64 bits."""
MAX_MESSAGE_BYTES: Final = 16 * 1024 * 1024
"""Largest message by default; above the 10 MiB that Ethereum's networking spec allows a gossip message."""


class Network:
    """Carries messages between the nodes of a run, and knows when none is left to handle.

    Parameters
    ----------
    runtime
        What runs: its clock, its journal, and a random stream for each line.
    link
        The conditions of every link, or a function of (sender, receiver) for
        each direction.  Asked once for each line, when it is first used.
    max_message_bytes
        Larger messages are refused where they are sent.
    on_crash
        What peers of a crashed node get: ``reset``, as from a machine whose
        process was killed, or nothing, as when its power fails.

    Raises
    ------
    LinkError
        If ``link`` or ``max_message_bytes`` is neither of these.

    Rows of the journal: ``net.line`` for each direction that is used, and again
    when its conditions change; ``net.message`` when a receiver takes a message;
    ``net.drop`` when one is lost, with its cause; ``net.corrupt``;
    ``net.connect``, ``net.disconnect`` and ``net.reset`` on each side of a
    connection; ``net.request`` when a request ends; ``net.rule``; ``net.quiet``
    with the number of messages sent until then.
    """

    def __init__(
        self,
        runtime: Runtime,
        link: LinkSpec | LinkOf | None = None,
        *,
        max_message_bytes: int = MAX_MESSAGE_BYTES,
        on_crash: OnCrash = "reset",
    ) -> None:
        _check(link, max_message_bytes, on_crash)
        self.runtime = runtime
        self.max_message_bytes = max_message_bytes
        self.on_crash = on_crash
        self.defects = Defects.read()
        self._endpoints: dict[str, Endpoint] = {}
        self.carrier = Carrier(runtime, self.defects, self._endpoints)
        self.rules = self.carrier.rules
        """What faults act through."""
        self.broken: set[int] = set()
        """Connections that were reset: nothing on its way on one of them arrives."""
        self.next_connection = count(1).__next__
        self._record_quiet = runtime.journal.recorder("net.quiet", "sent")
        self._lines = Lines(self, link if link is not None else LinkSpec())

    # --- what harnesses use --------------------------------------------------------------------

    def endpoint(self, node: Node) -> Endpoint:
        """Return the node's end of the network, made at the first call; crashes of the node reach it."""
        found = self._endpoints.get(node.name)
        if found is None:
            found = self._endpoints[node.name] = Endpoint(self, node)
            node.network = found
        return found

    @property
    def endpoints(self) -> tuple[str, ...]:
        """The names of all endpoints, in the order in which they were made."""
        return tuple(self._endpoints)

    def connect_all(self, topology: Topology, names: Sequence[str]) -> None:
        """Connect peers along a topology, at once and without messages: how a network stands at its start.

        Raises
        ------
        TopologyError
            If there are not as many names as peers, or a name stands there twice.
        UnknownPeerError
            If a name has no endpoint yet.
        """
        if len(names) != topology.peers:
            what = f"{len(names)} names for {topology.peers} peers"
            raise TopologyError(Problem(where="connect_all", key="names", what=what, value=len(names)))
        twice = sorted(name for name, times in Counter(names).items() if times > 1)
        if twice:
            what = f"{', '.join(twice)} stands there twice"
            raise TopologyError(Problem(where="connect_all", key="names", what=what, value=twice[0]))
        for low, high in topology.links:
            self.join(names[low], names[high])

    def join(self, one: str, other: str) -> None:
        """Connect two peers at once and without messages; those that are connected stay so."""
        first, second = self.at(one, other), self.at(other, one)
        if other not in first.connections.open:
            number = self.next_connection()
            first.connections.establish(other, number, dialled=True)
            second.connections.establish(one, number, dialled=False)

    @contextmanager
    def shaped(
        self,
        sender: str | Collection[str] | None,
        receiver: str | Collection[str] | None,
        change: Callable[[LinkSpec], LinkSpec] | None = None,
        **changes: Any,
    ) -> Iterator[None]:
        """Change the conditions of links until the block ends; blocks nest, the inner one last.

        Parameters
        ----------
        sender, receiver
            Whose links: a name, several, or None for all.
        change
            A function of a link's conditions, or else
        changes
            fields of :class:`LinkSpec` and their new values.

        Raises
        ------
        LinkError
            If some link can't have these conditions; nothing has changed then.
        """
        shaping = self.shape(sender, receiver, change, **changes)
        try:
            yield
        finally:
            self.unshape(shaping)

    def shape(
        self,
        sender: str | Collection[str] | None,
        receiver: str | Collection[str] | None,
        change: Callable[[LinkSpec], LinkSpec] | None = None,
        **changes: Any,
    ) -> Shaping:
        """Change conditions without a guard; :meth:`unshape` with what this returns takes it back."""
        shaping = shaping_of(sender, receiver, change, changes)
        self._lines.shape(shaping)
        return shaping

    def unshape(self, shaping: Shaping) -> None:
        """Take a change of conditions back, once; raises :class:`LinkError` as ``Lines.unshape`` does."""
        self._lines.unshape(shaping)

    @contextmanager
    def partition(
        self, *groups: str | Collection[str], name: str = "partition", one_way: bool = False
    ) -> Iterator[None]:
        """Drop every message from one group, a name or several, to another until the block ends.

        With ``one_way`` only messages from an earlier group to a later one are
        dropped.  Peers in no group are not concerned.

        Raises
        ------
        RuleError
            If there are not two groups at least, somebody is in two of them,
            or somebody does not exist.
        """
        with self.rules.installed(*partition_rules(name, groups, one_way=one_way)):
            yield

    @contextmanager
    def held(
        self,
        senders: Collection[str] | None = None,
        receivers: Collection[str] | None = None,
        *,
        name: str = "hold",
    ) -> Iterator[None]:
        """Hold messages until the block ends; then they are released in their order."""
        with self.rules.installed(Rule(name=name, verdict=Hold(), senders=senders, receivers=receivers)):
            yield

    async def quiet(self) -> None:
        """Return once no message is on its way, held, or waiting to be handled.

        A receiver has handled a message when it comes to its next ``await``;
        work beyond that counts while it is in :meth:`Endpoint.working`.
        """
        await self.carrier.pending.none_left()
        self._record_quiet("network", self.carrier.pending.sent)

    # --- what endpoints use --------------------------------------------------------------------

    def at(self, name: str, asker: str) -> Endpoint:
        """Return the endpoint of that name; raises :class:`UnknownPeerError`, also for the asker's own."""
        if name == asker:
            raise UnknownPeerError(asker, name, "no peer has a connection to itself", "name another one")
        found = self._endpoints.get(name) if isinstance(name, str) else None
        if found is None:
            raise UnknownPeerError(asker, name, "nobody has that name", "make its endpoint first")
        return found

    def line(self, sender: str, receiver: str) -> Line:
        """Return the way from one peer to another, made at the first call."""
        return self._lines.line(sender, receiver)


def _check(link: object, max_message_bytes: object, on_crash: object) -> None:
    good = {
        "link": link is None or isinstance(link, LinkSpec) or callable(link),
        "max_message_bytes": type(max_message_bytes) is int and 1 <= max_message_bytes <= MOST_BYTES,
        "on_crash": on_crash in ("reset", "silent"),
    }
    allowed = {
        "link": "a LinkSpec, or a function of sender and receiver",
        "max_message_bytes": f"a whole number from 1 to {MOST_BYTES}",
        "on_crash": "reset, silent",
    }
    given = {"link": link, "max_message_bytes": max_message_bytes, "on_crash": on_crash}
    problems = [
        Problem(where="network", key=key, what=f"is {value!r}", value=value, allowed=allowed[key])
        for key, value in given.items()
        if not good[key]
    ]
    if problems:
        raise LinkError(problems)
