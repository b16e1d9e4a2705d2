"""Named places in code where the laboratory may interfere.

A *site* is a place where a fault may fire: ``if site("disk.slow"): ...``.  Each
run first decides by its seed which sites are active at all, then each visit to
an active site fires by another draw, so that one run meets few kinds of fault
but meets them often (FoundationDB's "buggify" works this way, with the same
two ratios).

A *planted* defect is a bug that can be switched on by name:
``if planted("gossip.forget_relay"): ...``.  It is on for a whole run or not at
all, and exists to prove that the checkers bite.

Both are answered by the running simulation and are False outside one, at the
cost of one global look-up.  Names are registered where they are used, so the
registry is the catalogue of everything that can go wrong on purpose.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

from alyslab.errors import BadInputError, Problem
from alyslab.runtime.randomness import Streams
from alyslab.wording import meant

ACTIVATION_RATIO = 0.25
"""Share of sites that are active in a run.  Source: FoundationDB flow/include/flow/Buggify.h."""
FIRE_RATIO = 0.25
"""Share of visits to an active site at which it fires.  Source: as above."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogueEntry:
    """A registered site or planted defect."""

    name: str
    """Dotted name, the part first: ``gossip.forget_relay``."""
    kind: Literal["site", "planted"]
    """Whether a fault may fire there, or a defect can be switched on."""
    summary: str
    """What happens when it does, in one line."""


_catalogue: dict[str, CatalogueEntry] = {}


def _register(name: str, kind: Literal["site", "planted"], summary: str) -> str:
    entry = CatalogueEntry(name=name, kind=kind, summary=summary)
    if _catalogue.setdefault(name, entry) != entry:
        raise ValueError(f"{name!r} is registered already, as {_catalogue[name]}")
    return name


def register_site(name: str, summary: str) -> str:
    """Add a site to the catalogue and return its name; raises ValueError for a name used otherwise."""
    return _register(name, "site", summary)


def register_planted(name: str, summary: str) -> str:
    """Add a planted defect to the catalogue and return its name; raises ValueError as above."""
    return _register(name, "planted", summary)


def catalogue() -> tuple[CatalogueEntry, ...]:
    """Return everything registered so far by the modules imported, by name."""
    return tuple(_catalogue[name] for name in sorted(_catalogue))


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteCoverage:
    """What one site did in one run."""

    name: str
    active: bool
    """Whether this run's seed made the site active."""
    visits: int
    fired: int


class Sites:
    """The answers of one run: drawn from its seed, counted as they are given.

    Parameters
    ----------
    streams
        The run's random streams; each site has its own, so that visiting one
        shifts no other.
    planted
        The defects that are on.  Raises :class:`BadInputError` for a name that
        no imported module has registered.
    activation_ratio
        Share of sites to make active; 0 switches all sites off, 1 all on.
    """

    def __init__(self, streams: Streams, planted: Iterable[str] = (), activation_ratio: float = 0.0) -> None:
        if type(activation_ratio) not in (int, float) or not 0 <= activation_ratio <= 1:
            raise BadInputError(
                Problem(
                    where="simulate()",
                    key="activation_ratio",
                    what="not a ratio",
                    value=activation_ratio,
                    allowed="0 to 1",
                )
            )
        self._streams = streams
        self._activation_ratio = activation_ratio
        self._planted = _known_defects(planted)
        self._visits: dict[str, list[int]] = {}
        self._draw: dict[str, Callable[[], float] | None] = {}
        self._resting = False

    @property
    def planted_names(self) -> tuple[str, ...]:
        """The defects that are on, sorted."""
        return tuple(sorted(self._planted))

    def planted(self, name: str) -> bool:
        """Return whether the defect is on."""
        return name in self._planted

    def site(self, name: str) -> bool:
        """Return whether the fault fires at this visit; consumes a draw of the site's own stream."""
        if name not in self._visits:
            stream = self._streams.stream(f"runtime/site/{name}")
            active = stream.random() < self._activation_ratio
            self._draw[name] = stream.random if active else None
            self._visits[name] = [0, 0]
        counts = self._visits[name]
        counts[0] += 1
        draw = self._draw[name]
        if draw is None or draw() >= FIRE_RATIO or self._resting:
            return False
        counts[1] += 1
        return True

    def rest(self) -> None:
        """Let no site fire from now on: for the part of a run in which nothing is broken on purpose."""
        self._resting = True

    def wake(self) -> None:
        """Let sites fire again after :meth:`rest`."""
        self._resting = False

    @contextmanager
    def resting(self) -> Iterator[None]:
        """Let no site fire inside the block: for what the laboratory does with code under test itself."""
        before, self._resting = self._resting, True
        try:
            yield
        finally:
            self._resting = before

    def coverage(self) -> tuple[SiteCoverage, ...]:
        """Return what each site that was visited did, by name."""
        return tuple(
            SiteCoverage(name=name, active=self._draw[name] is not None, visits=visits, fired=fired)
            for name, (visits, fired) in sorted(self._visits.items())
        )


def _names(given: object) -> frozenset[str]:
    if isinstance(given, Iterable) and not isinstance(given, str | bytes):
        names = tuple(given)
        if all(isinstance(name, str) for name in names):
            return frozenset(names)
    allowed = "names of the catalogue"
    raise BadInputError(Problem(where="planted", what="not a list of names", value=given, allowed=allowed))


def _known_defects(names: Iterable[str]) -> frozenset[str]:
    chosen = _names(names)
    known = [entry.name for entry in catalogue() if entry.kind == "planted"]
    problems = []
    for name in sorted(chosen.difference(known)):
        hint = meant(name, known, otherwise="import the module that registers it first")
        problems.append(
            Problem(where="planted", what=f"no defect is named {name!r}", value=name, allowed=hint)
        )
    if problems:
        raise BadInputError(problems)
    return chosen


_answering: Sites | None = None
_thread_id = 0


def planted(name: str) -> bool:
    """Return whether the named defect is switched on in the simulation that runs on this thread."""
    sites = _answering
    return sites is not None and _thread_id == threading.get_ident() and sites.planted(name)


def site(name: str) -> bool:
    """Return whether the fault at the named site fires now in the simulation that runs on this thread."""
    sites = _answering
    return sites is not None and _thread_id == threading.get_ident() and sites.site(name)


@contextmanager
def answering(sites: Sites | None) -> Iterator[None]:
    """Let ``sites`` answer on this thread until the block ends; blocks nest."""
    global _answering, _thread_id
    before = _answering, _thread_id
    _answering, _thread_id = sites, threading.get_ident()
    try:
        yield
    finally:
        _answering, _thread_id = before


@contextmanager
def planting(*names: str) -> Iterator[Mapping[str, CatalogueEntry]]:
    """Switch defects on for plain synchronous code outside a simulation; for tests of pure code."""
    with answering(Sites(Streams(0), planted=names)):
        yield {name: _catalogue[name] for name in names}
