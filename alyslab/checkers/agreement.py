"""Verdicts over many nodes' chains: how far they ever differ, what is final, and when they meet again.

Reads the chains' own rows (``block.imported``, ``chain.rolled_back``,
``chain.finalised``), ``consensus.started`` (a node that boots has the chain
that its disk kept) and ``faults.over``; the subject is the node.

Source: Garay, Kiayias, Leonardos, "The Bitcoin backbone protocol" (2015),
common prefix; alys-system.md §1, "Halt/finality".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from alyslab.checkers.evidence import none_of
from alyslab.checkers.verdict import Check, Verdict
from alyslab.runtime.event import Event

KINDS = ("block.imported", "chain.rolled_back", "chain.finalised", "consensus.started", "faults.over")
"""What the checks of this module read."""
NS_PER_S = 1_000_000_000


class Chains:
    """Every node's chain as its rows tell it, followed event by event."""

    def __init__(self) -> None:
        self.blocks: dict[str, list[Event]] = {}
        """Imports by node; the block of height *h* stands at *h* - 1."""

    def follow(self, event: Event) -> bool:
        """Take note of an event; return whether a node's chain has changed."""
        kind, node = event.kind, event.subject
        if kind == "block.imported":
            self.blocks.setdefault(node, []).append(event)
            return True
        if kind in ("chain.rolled_back", "consensus.started"):
            chain = self.blocks.setdefault(node, [])
            height = event.fields["height"]
            changed: bool = height < len(chain)
            del chain[height:]
            return changed
        return False

    def fork(self, one: str, other: str) -> tuple[Event, Event] | None:
        """Return the lowest blocks in which two nodes differ, None if the shorter is the other's prefix."""
        mine, theirs = self.blocks[one], self.blocks[other]
        height = min(len(mine), len(theirs))
        if not height or _root(mine[height - 1]) == _root(theirs[height - 1]):
            return None
        while height > 1 and _root(mine[height - 2]) != _root(theirs[height - 2]):
            height -= 1
        return mine[height - 1], theirs[height - 1]

    def depth(self, one: str, other: str) -> int:
        """Return in how many blocks below the lower head two nodes differ."""
        fork = self.fork(one, other)
        if fork is None:
            return 0
        lower = min(len(self.blocks[one]), len(self.blocks[other]))
        return int(lower - fork[0].fields["height"] + 1)


def _root(event: Event) -> str:
    root: str = event.fields["root"]
    return root


def common_prefix_always(events: Iterable[Event], *, depth_blocks: int) -> Verdict:
    """At no moment do two nodes differ in more than ``depth_blocks`` blocks below the lower head."""
    chains, deepest, evidence = Chains(), -1, list[Event]()
    for event in events:
        if not chains.follow(event):
            continue
        for other in chains.blocks:
            if other == event.subject:
                continue
            depth = chains.depth(event.subject, other)
            if depth > deepest:
                deepest, evidence = depth, list(chains.fork(event.subject, other) or ())
    return Verdict(
        (
            Check(
                name="depth at which two nodes ever differ",
                observed=deepest if deepest >= 0 else None,
                comparison="<=",
                limit=depth_blocks,
                unit="blocks",
                source="Garay et al. 2015, common prefix",
                evidence=tuple(event.as_dict() for event in evidence) if deepest > depth_blocks else (),
                note="" if deepest >= 0 else "fewer than two nodes imported blocks",
            ),
        )
    )


def finalised_agree(events: Iterable[Event]) -> Verdict:
    """Of all blocks that any node holds final, no two stand at one height; and none is ever taken back."""
    chains = Chains()
    final: dict[int, Event] = {}
    upto: dict[str, int] = {}
    forks, undone = list[Event](), list[Event]()
    for event in events:
        chains.follow(event)
        node = event.subject
        if event.kind == "chain.finalised":
            for block in chains.blocks.get(node, [])[upto.get(node, 0) : event.fields["height"]]:
                other = final.setdefault(block.fields["height"], block)
                if _root(other) != _root(block):
                    forks += [other, block]
            upto[node] = max(upto.get(node, 0), event.fields["height"])
        elif event.kind == "chain.rolled_back" and event.fields["height"] < upto.get(node, 0):
            undone.append(event)
    source = "alys-system.md §1, Halt/finality"
    shown = tuple(event.as_dict() for event in forks[:2])
    return Verdict(
        (
            none_of(
                "heights at which two blocks are final",
                seen=len(final),
                broken=len(forks) // 2,
                source=source,
                unit="blocks",
                evidence=shown,
            ),
            none_of(
                "rollbacks below a final block",
                seen=len(final),
                broken=len(undone),
                source=source,
                unit="rollbacks",
                evidence=tuple(event.as_dict() for event in undone[:1]),
            ),
        )
    )


def heads_meet(events: Iterable[Event], *, within_s: float, lag_blocks: int) -> Verdict:
    """Once faults are over, all nodes soon stand on one chain, and stay there.

    Observed is the time from ``faults.over`` to the last moment at which some
    node differed from another, or was more than ``lag_blocks`` behind.
    """
    chains, over_ns, apart_ns, last_ns = Chains(), None, None, 0
    evidence: tuple[Event, ...] = ()
    for event in events:
        last_ns = event.time_ns
        changed = chains.follow(event)
        if event.kind == "faults.over":
            over_ns = event.time_ns
        if over_ns is not None and (changed or event.kind == "faults.over"):
            found = tuple(_apart(chains, lag_blocks))
            if found:
                apart_ns, evidence = event.time_ns, found
    observed, note = _waited(over_ns, apart_ns, last_ns, within_s)
    return Verdict(
        (
            Check(
                name="time from the end of faults until all nodes stand on one chain",
                observed=observed,
                comparison="<=",
                limit=within_s,
                unit="s",
                source="alys-system.md §3: partition recovery ≤ 60 s",
                evidence=tuple(event.as_dict() for event in evidence[:2])
                if observed is not None and observed > within_s
                else (),
                note=note,
            ),
        )
    )


def _waited(
    over_ns: int | None, apart_ns: int | None, last_ns: int, within_s: float
) -> tuple[float | None, str]:
    if over_ns is None:
        return None, "faults.over was not recorded"
    if last_ns - over_ns < within_s * NS_PER_S:
        return None, "the run ended before the time was up"
    return (0.0 if apart_ns is None else (apart_ns - over_ns) / NS_PER_S), ""


def _apart(chains: Chains, lag_blocks: int) -> Iterator[Event]:
    """Yield the heads of two nodes that are apart, if any are; each is held against the highest."""
    heads = [(len(blocks), node) for node, blocks in chains.blocks.items()]
    if not heads:
        return
    most, highest = max(heads)
    for height, node in heads:
        if most - height > lag_blocks or chains.fork(node, highest) is not None:
            yield from chains.blocks[highest][-1:]
            yield from chains.blocks[node][-1:]
            return
