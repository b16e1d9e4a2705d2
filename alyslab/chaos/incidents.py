"""What each fault did to service, and to which of several faults an outage belongs.

An outage is a stretch, longer than the system's window, in which a member was
served nothing.  A fault *affects* the members whose outages overlap it.  Where
an outage overlaps several faults it belongs to one of them alone:

1. of those that had ended when the member served again, to the one that ended
   last, since service came back after its healing;
2. where none had ended by then, to the one that began last.

For the others it is *shared*: the member stands among those affected, but its
time to recover is not counted again, nor from the begin of a fault that went on
all the while.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

NS_PER_S: Final = 1_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """What one fault did to service."""

    entry: str
    fault: str
    targets: tuple[str, ...]
    start_s: float
    """When it began, in s from the beginning of the run."""
    affected: tuple[str, ...]
    """Members that stopped serving while it lasted."""
    shared: tuple[str, ...]
    """Those of them whose outages belong to other faults, all of them."""
    detect_s: float | None
    """From its beginning until something failed in the system's own rows; None if nothing did."""
    recover_s: float | None
    """The longest of its own outages, from its beginning at the earliest; None if it has none, or one of
    those affected never served again."""
    recovered: bool
    """Whether every affected member served again."""


@dataclass(frozen=True, slots=True)
class Injected:
    """When one fault was at work, in ns."""

    entry: str
    fault: str
    targets: tuple[str, ...]
    start_ns: int
    stop_ns: int


@dataclass(frozen=True, slots=True)
class _Outage:
    """A stretch in which a member served nothing, in ns."""

    member: str
    since_ns: int
    back_ns: int | None
    """When it served again; None if it never did."""

    def overlaps(self, fault: Injected) -> bool:
        return self.since_ns <= fault.stop_ns and (self.back_ns is None or self.back_ns > fault.start_ns)


def incidents(
    injected: Sequence[Injected],
    served: dict[str, list[int]],
    failed: Sequence[int],
    *,
    begin_ns: int,
    end_ns: int,
    window_ns: int,
) -> Iterator[Incident]:
    """Yield what each fault did to service.

    Parameters
    ----------
    injected
        The faults, in the order in which they began.
    served
        When each member was served, in order.
    failed
        When something failed, of any member, in order.
    begin_ns, end_ns
        Of the run.
    window_ns
        A stretch is an outage from this length on.
    """
    outages = [
        outage
        for member, times in served.items()
        for outage in _outages(member, times, begin_ns=begin_ns, end_ns=end_ns, window_ns=window_ns)
    ]
    owners = {outage: _owner(outage, injected) for outage in outages}
    for fault in injected:
        met = [outage for outage in outages if outage.overlaps(fault)]
        own = [outage for outage in met if owners[outage] is fault]
        affected = dict.fromkeys(outage.member for outage in met)
        mine = {outage.member for outage in own}
        backs = [outage.back_ns for outage in met if outage.back_ns is not None]
        times = [
            outage.back_ns - max(fault.start_ns, outage.since_ns)
            for outage in own
            if outage.back_ns is not None
        ]
        recovered = len(backs) == len(met)
        until_ns = max([fault.stop_ns, *backs])
        signs = [at_ns for at_ns in failed if fault.start_ns <= at_ns <= until_ns]
        yield Incident(
            entry=fault.entry,
            fault=fault.fault,
            targets=fault.targets,
            start_s=fault.start_ns / NS_PER_S,
            affected=tuple(affected),
            shared=tuple(member for member in affected if member not in mine),
            detect_s=(min(signs) - fault.start_ns) / NS_PER_S if signs else None,
            recover_s=max(times) / NS_PER_S if times and recovered else None,
            recovered=recovered,
        )


def _outages(
    member: str, served: Sequence[int], *, begin_ns: int, end_ns: int, window_ns: int
) -> Iterator[_Outage]:
    times = [begin_ns, *served]
    for earlier, later in pairwise(times):
        if later - earlier > window_ns:
            yield _Outage(member, earlier, later)
    last_ns = times[bisect_right(times, end_ns) - 1]
    if end_ns - last_ns > window_ns:
        yield _Outage(member, last_ns, None)


def _owner(outage: _Outage, injected: Sequence[Injected]) -> Injected | None:
    """Return the fault that an outage belongs to; None where it overlaps none."""
    met = [fault for fault in injected if outage.overlaps(fault)]
    ended = [fault for fault in met if outage.back_ns is None or fault.stop_ns <= outage.back_ns]
    if ended:
        return max(ended, key=lambda fault: (fault.stop_ns, fault.start_ns))
    return max(met, key=lambda fault: fault.start_ns, default=None)
