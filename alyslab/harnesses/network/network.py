"""The network of one run: endpoints, the lines between them, and the rules on what they carry."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from typing import TYPE_CHECKING, Any, Final, Literal

from alyslab.errors import Problem
from alyslab.harnesses.network.carrier import Carrier
from alyslab.harnesses.network.defects import Defects
from alyslab.harnesses.network.endpoint import Endpoint
from alyslab.harnesses.network.errors import LinkError, TopologyError, UnknownPeerError
from alyslab.harnesses.network.line import Line
from alyslab.harnesses.network.link import LinkSpec
from alyslab.harnesses.network.rules import Drop, Hold, Rule
from alyslab.harnesses.network.shaping import Shaping, shaping_of

if TYPE_CHECKING:
    from alyslab.harnesses.network.topology import Topology
    from alyslab.runtime import Node, Runtime

LinkOf = Callable[[str, str], LinkSpec]
"""The conditions from one peer to another."""
OnCrash = Literal["reset", "silent"]

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
        self.carrier = Carrier(runtime, self.defects)
        self.rules = self.carrier.rules
        """What faults act through."""
        self.broken: set[int] = set()
        """Connections that were reset: nothing on its way on one of them arrives."""
        self.next_connection = count(1).__next__
        self._link = link if link is not None else LinkSpec()
        self._record_quiet = runtime.journal.recorder("net.quiet", "sent")
        self._record_line = runtime.journal.recorder("net.line", "receiver", "spec")
        self._endpoints: dict[str, Endpoint] = {}
        self._lines: dict[tuple[str, str], Line] = {}
        self._shapings: list[Shaping] = []

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
            If there are not as many names as peers.
        UnknownPeerError
            If a name has no endpoint yet.
        """
        if len(names) != topology.peers:
            what = f"{len(names)} names for {topology.peers} peers"
            raise TopologyError(Problem(where="connect_all", key="names", what=what, value=len(names)))
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
        self._reshape([*self._shapings, shaping])
        return shaping

    def unshape(self, shaping: Shaping) -> None:
        """Take a change of conditions back; a second call does nothing."""
        self._reshape([other for other in self._shapings if other is not shaping])

    @contextmanager
    def partition(
        self, *groups: Collection[str], name: str = "partition", one_way: bool = False
    ) -> Iterator[None]:
        """Drop every message from one group to another until the block ends.

        With ``one_way`` only messages from an earlier group to a later one are
        dropped.  Peers in no group are not concerned.
        """
        cuts = [
            Rule(name=f"{name}:{i}>{j}", verdict=Drop(), senders=tuple(here), receivers=tuple(there))
            for i, here in enumerate(groups)
            for j, there in enumerate(groups)
            if i != j and (i < j or not one_way)
        ]
        with self.rules.installed(*cuts):
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
        """Return the endpoint of that name; raises :class:`UnknownPeerError`."""
        found = self._endpoints.get(name)
        if found is None:
            raise UnknownPeerError(asker, name, "nobody has that name", "make its endpoint first")
        return found

    def line(self, sender: str, receiver: str) -> Line:
        """Return the way from one peer to another, made at the first call."""
        line = self._lines.get((sender, receiver))
        if line is None:
            end, start = self.at(receiver, sender), self.at(sender, receiver)
            line = self._lines[sender, receiver] = Line(
                sender,
                receiver,
                self._spec(sender, receiver, self._shapings),
                lambda: self.runtime.random(f"network.line:{sender}>{receiver}"),
                arrive=end.inbox.arrive,
                context=end.context,
                defects=self.defects,
            )
            line.transmit = self.carrier.transmitter(line, start.uplink)
            self._record_line(sender, receiver, line.spec.as_pairs())
        return line

    # --- helpers -------------------------------------------------------------------------------

    def _spec(self, sender: str, receiver: str, shapings: Sequence[Shaping]) -> LinkSpec:
        given: object = self._link if isinstance(self._link, LinkSpec) else self._link(sender, receiver)
        if not isinstance(given, LinkSpec):
            what = f"the function of links returned {given!r} for {sender} → {receiver}"
            raise LinkError(
                Problem(where="network", key="link", what=what, value=given, allowed="a LinkSpec")
            )
        spec = given
        for shaping in shapings:
            if shaping.concerns(sender, receiver):
                spec = shaping.change(spec)
        return spec

    def _reshape(self, shapings: list[Shaping]) -> None:
        specs = [self._spec(line.sender, line.receiver, shapings) for line in self._lines.values()]
        self._shapings = shapings
        for line, spec in zip(self._lines.values(), specs, strict=True):
            if spec != line.spec:
                line.change(spec)
                self._record_line(line.sender, line.receiver, spec.as_pairs())


def _check(link: object, max_message_bytes: object, on_crash: object) -> None:
    problems = []
    if link is not None and not isinstance(link, LinkSpec) and not callable(link):
        allowed = "a LinkSpec, or a function of sender and receiver"
        problems.append(Problem(where="network", key="link", what="is none", value=link, allowed=allowed))
    if type(max_message_bytes) is not int or max_message_bytes < 1:
        what = f"is {max_message_bytes!r}"
        problems.append(
            Problem(
                where="network",
                key="max_message_bytes",
                what=what,
                value=max_message_bytes,
                allowed="a whole number from 1",
            )
        )
    if on_crash not in ("reset", "silent"):
        problems.append(
            Problem(
                where="network",
                key="on_crash",
                what=f"is {on_crash!r}",
                value=on_crash,
                allowed="reset, silent",
            )
        )
    if problems:
        raise LinkError(problems)
