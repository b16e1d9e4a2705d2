"""The links of a network as arrays, for the compiled kernel; checked before anything is sent over them.

What the kernel covers is said in :mod:`alyslab.harnesses.network.kernel`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from alyslab.errors import ParameterError, Problem
from alyslab.harnesses.network.link import LinkSpec
from alyslab.harnesses.network.topology import Topology

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Integers = npt.NDArray[np.int64]
    Ids = npt.NDArray[np.int32]
    Rates = npt.NDArray[np.float64]

IN_SCOPE: Final = ("delay_ms", "distance_km", "rate_bps", "fifo")
"""What a link may say for the kernel; ``fifo`` changes nothing for one message."""

NS_PER_MS: Final = 1_000_000


@dataclass(frozen=True, kw_only=True)
class LinkGraph:
    """Who sends to whom, in what order, and what each directed link costs; arrays in compressed rows.

    Made by :func:`graph_of` or :func:`graph_from_arrays`, which check it.
    """

    first: Integers
    """Where each peer's links begin, and the end of the last; shape (peers + 1,)."""
    receiver: Ids
    """Each link's receiver, ascending within a sender's row; shape (links,)."""
    latency_ns: Integers
    """Each link's latency, in ns; shape (links,)."""
    rate_bps: Rates | None
    """How fast the sender's line puts a message on the link, in bits/s; infinite where nothing queues."""

    @property
    def peers(self) -> int:
        """How many peers there are."""
        return len(self.first) - 1

    @property
    def links(self) -> int:
        """How many directed links there are."""
        return len(self.receiver)

    @cached_property
    def in_degree(self) -> Integers:
        """How many links lead to each peer."""
        import numpy as np

        return np.bincount(self.receiver, minlength=self.peers)

    @property
    def nbytes(self) -> int:
        """Memory of the arrays, in bytes."""
        arrays = (self.first, self.receiver, self.latency_ns, self.rate_bps)
        return sum(array.nbytes for array in arrays if array is not None)


def graph_from_arrays(
    peers: int, sender: Any, receiver: Any, latency_ns: Any, rate_bps: Any = None
) -> LinkGraph:
    """Make a graph of directed links given as arrays of one length, in any order.

    Raises
    ------
    ParameterError
        With everything that is no graph of links: lengths that differ, peers
        that don't exist, a link from a peer to itself or given twice, a
        latency that is negative or no whole number of ns, a rate not above 0.
    """
    import numpy as np

    columns = {"sender": sender, "receiver": receiver, "latency_ns": latency_ns}
    given = {name: np.asarray(column) for name, column in columns.items()}
    if rate_bps is not None:
        given["rate_bps"] = np.asarray(rate_bps, np.float64)
    problems = _array_problems(peers, given)
    if problems:
        raise ParameterError(problems)
    rows = np.lexsort((given["receiver"], given["sender"]))
    senders, receivers = given["sender"][rows], given["receiver"][rows]
    twice = int(np.count_nonzero((np.diff(senders) == 0) & (np.diff(receivers) == 0)))
    if twice:
        raise ParameterError(_problem("receiver", f"{twice} links are given twice", twice, "each link once"))
    first = np.zeros(peers + 1, np.int64)
    np.cumsum(np.bincount(senders, minlength=peers), out=first[1:])
    return LinkGraph(
        first=first,
        receiver=receivers.astype(np.int32),
        latency_ns=given["latency_ns"][rows].astype(np.int64),
        rate_bps=given["rate_bps"][rows] if rate_bps is not None else None,
    )


def graph_of(topology: Topology, link: LinkSpec | Callable[[int, int], LinkSpec]) -> LinkGraph:
    """Make a graph of a topology and the conditions of its links, both ways of each.

    Parameters
    ----------
    link
        The same for all, or a function of (sender, receiver).

    Raises
    ------
    ParameterError
        If some link has a feature that the kernel does not cover, naming each
        such field once, with the first link that has it.
    """
    import numpy as np

    pairs = [pair for low, high in topology.links for pair in ((low, high), (high, low))]
    specs = [link if isinstance(link, LinkSpec) else link(*pair) for pair in pairs]
    require_in_scope(zip(pairs, specs, strict=True))
    rates = [np.inf if spec.rate_bps is None else spec.rate_bps for spec in specs]
    ends = np.asarray(pairs, np.int64).reshape(-1, 2)
    return graph_from_arrays(
        topology.peers,
        ends[:, 0],
        ends[:, 1],
        np.asarray([round((spec.delay_ms + spec.distance_ms) * NS_PER_MS) for spec in specs], np.int64),
        rates if any(spec.rate_bps is not None for spec in specs) else None,
    )


def require_in_scope(links: Iterable[tuple[tuple[int, int], LinkSpec]]) -> None:
    """Refuse links with features beyond :data:`IN_SCOPE`; takes pairs of ((sender, receiver), conditions)."""
    found: dict[str, Problem] = {}
    for (sender, receiver), spec in links:
        for name, value in spec.as_pairs():
            if name not in IN_SCOPE and name not in found:
                where = f"kernel, link {sender} to {receiver}"
                what = "the compiled kernel covers no link with it"
                allowed = f"{', '.join(IN_SCOPE)}; the message-by-message network covers the rest"
                found[name] = Problem(where=where, key=name, what=what, value=value, allowed=allowed)
    if found:
        raise ParameterError(found.values())


def _array_problems(peers: int, given: dict[str, Any]) -> list[Problem]:
    import numpy as np

    problems = []
    if peers < 1:
        problems.append(_problem("peers", f"{peers} peers", peers, "1 or more"))
    shapes = {name: array.shape for name, array in given.items()}
    if len(set(shapes.values())) > 1 or len(shapes["sender"]) != 1:
        return [*problems, _problem("sender", f"shapes differ: {shapes}", shapes, "one number for each link")]
    if not given["sender"].size:
        return problems
    for name in ("sender", "receiver", "latency_ns"):
        if given[name].dtype.kind not in "iu":
            kind = str(given[name].dtype)
            problems.append(_problem(name, f"is an array of {kind}", kind, "whole numbers"))
    if problems:
        return problems
    for name in ("sender", "receiver"):
        for peer in sorted({int(given[name].min()), int(given[name].max())}):
            if not 0 <= peer < peers:
                problems.append(_problem(name, f"there is no peer {peer}", peer, f"0 to {peers - 1}"))
    loops = int(np.count_nonzero(given["sender"] == given["receiver"]))
    if loops:
        problems.append(_problem("receiver", f"{loops} links lead back to their sender", loops, "none"))
    lowest = int(given["latency_ns"].min())
    if lowest < 0:
        problems.append(_problem("latency_ns", f"is {lowest} somewhere", lowest, "0 or more"))
    rates = given.get("rate_bps")
    if rates is not None and not bool((rates > 0).all()):
        worst = float(rates[~(rates > 0)][0])
        problems.append(_problem("rate_bps", f"is {worst} somewhere", worst, "above 0"))
    return problems


def _problem(key: str, what: str, value: object, allowed: str) -> Problem:
    return Problem(where="kernel", key=key, what=what, value=value, allowed=allowed)
