"""The conditions of a link: latency, bandwidth, loss, duplication, reordering, corruption.

The fields bear the names of netem's parameters, with their unit last; ratios
are 0 to 1 where netem takes percent.  A link is directed: what goes back has
conditions of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Final

from alyslab.errors import Problem
from alyslab.harnesses.network.bounds import CORRELATION, LATENCY_MS, RATIO, Bounds, is_number
from alyslab.harnesses.network.errors import LinkError
from alyslab.harnesses.network.gilbert_elliott import GilbertElliott
from alyslab.wording import meant

__all__ = ["DISTRIBUTIONS", "FIBRE_KM_PER_MS", "GilbertElliott", "LinkSpec", "link_from"]

DISTRIBUTIONS: Final = ("constant", "uniform", "normal", "lognormal", "pareto")
"""How latencies may be distributed; with ``distance_km`` each becomes geographic."""

FIBRE_KM_PER_MS: Final = 299_792.458 / 1.468 / 1_000
"""How far light gets in glass, 204.2 km in a ms.

Source: the vacuum's 299,792.458 km/s, and the group index 1.468 of standard single-mode fibre at 1550 nm
(ITU-T G.652 fibres as sold).
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkSpec:
    """What a message meets on its way over one link.

    Raises
    ------
    LinkError
        With every field that is negative, not a number, out of range, or
        contradicts another one.
    """

    delay_ms: float = 0.0
    """Mean latency, in ms, without what ``distance_km`` adds."""
    jitter_ms: float = 0.0
    """Spread of the latency, in ms: half the width of ``uniform``, else the standard deviation."""
    correlation: float = 0.0
    """How much a message's latency hangs on the one before, 0 to 1 (excluded); the distribution stays.

    It is the autocorrelation of a normal variable whose quantile the latency
    takes.  netem mixes two uniform numbers instead, which narrows the spread.
    """
    distribution: str = "constant"
    """One of :data:`DISTRIBUTIONS`."""
    shape: float | None = None
    """Pareto's shape, above 1, in place of ``jitter_ms``; below 2 it has no standard deviation."""
    distance_km: float = 0.0
    """How far the ends are apart; adds the time that light needs in fibre."""
    rate_bps: float | None = None
    """Bits in a second that the sender's line puts on this link; None: as many as come.

    A peer has one line, at which its messages queue whatever link they take.
    """
    limit_messages: int | None = None
    """How many messages may queue at the sender; more are dropped (netem's ``limit``).  None: any number."""
    loss_ratio: float = 0.0
    """Share of messages lost, 0 to 1."""
    loss_correlation: float = 0.0
    """Chance that a message shares the fate of the one before, 0 to 1 (excluded)."""
    gemodel: GilbertElliott | None = None
    """Loss in bursts, instead of ``loss_ratio``."""
    duplicate_ratio: float = 0.0
    """Share of messages that arrive twice."""
    duplicate_correlation: float = 0.0
    """As ``loss_correlation``."""
    reorder_ratio: float = 0.0
    """Share of messages that skip the delay and so overtake others."""
    reorder_correlation: float = 0.0
    """As ``loss_correlation``."""
    reorder_gap: int = 1
    """Only every so-manieth message may skip the delay."""
    corrupt_ratio: float = 0.0
    """Share of messages in which one bit is flipped."""
    corrupt_correlation: float = 0.0
    """As ``loss_correlation``."""
    fifo: bool = True
    """Whether messages arrive in the order in which they were sent."""

    def __post_init__(self) -> None:
        problems = list(self.problems())
        if problems:
            raise LinkError(problems)

    @property
    def distance_ms(self) -> float:
        """What ``distance_km`` adds to each latency, in ms."""
        return self.distance_km / FIBRE_KM_PER_MS

    @property
    def is_random(self) -> bool:
        """Whether any of it is drawn."""
        return (
            (self.distribution != "constant" and (self.jitter_ms > 0 or self.shape is not None))
            or self.gemodel is not None
            or max(self.loss_ratio, self.duplicate_ratio, self.reorder_ratio, self.corrupt_ratio) > 0
        )

    def changed(self, **changes: Any) -> LinkSpec:
        """Return the same conditions but for these; raises :class:`LinkError` also for unknown names."""
        return _constructed(self, changes)

    @staticmethod
    def check_names(values: Mapping[str, Any]) -> None:
        """Raise :class:`LinkError` with every name that is no condition of a link."""
        unknown = _unknown(values)
        if unknown:
            raise LinkError(unknown)

    def as_pairs(self) -> tuple[tuple[str, Any], ...]:
        """Return the fields that differ from their defaults, as the journal keeps them."""
        pairs: list[tuple[str, Any]] = []
        for name, default in _DEFAULTS.items():
            value = getattr(self, name)
            if isinstance(value, GilbertElliott):
                pairs.append((name, (value.p, value.r, value.bad_loss_ratio, value.good_loss_ratio)))
            elif value != default:
                pairs.append((name, value))
        return tuple(pairs)

    def problems(self, where: str = "link") -> Iterator[Problem]:
        """Yield everything that is wrong."""
        for name, bounds in _BOUNDS.items():
            found = bounds.problem(where, name, getattr(self, name))
            if found is not None:
                yield found
        for name, kind in _KINDS.items():
            value = getattr(self, name)
            if not isinstance(value, kind) and not (name == "gemodel" and value is None):
                yield Problem(
                    where=where, key=name, what=f"is {value!r}", value=value, allowed=f"a {kind.__name__}"
                )
        yield from self._contradictions(where)
        if isinstance(self.gemodel, GilbertElliott):
            yield from self.gemodel.problems(where)

    def _contradictions(self, where: str) -> Iterator[Problem]:
        def problem(key: str, what: str, allowed: str) -> Problem:
            return Problem(where=where, key=key, what=what, value=getattr(self, key), allowed=allowed)

        if isinstance(self.distribution, str) and self.distribution not in DISTRIBUTIONS:
            what = f"no distribution is named {self.distribution!r}"
            yield problem("distribution", what, ", ".join(DISTRIBUTIONS))
        elif self.distribution == "constant" and (self.jitter_ms or self.correlation):
            key = "jitter_ms" if self.jitter_ms else "correlation"
            yield problem(key, "a constant latency has none", "0, or another distribution")
        if is_number(self.shape):
            if self.distribution != "pareto":
                yield problem("shape", f"{self.distribution} has no shape", "None, or distribution pareto")
            elif self.shape == 1:
                yield problem("shape", "with 1 there is no mean", "above 1")
            elif self.jitter_ms:
                yield problem("jitter_ms", "the shape says it already", "0 beside a shape")
        if not (is_number(self.delay_ms) and is_number(self.jitter_ms)):
            return
        if self.distribution == "uniform" and self.jitter_ms > self.delay_ms:
            yield problem("jitter_ms", "some messages would arrive before they left", "at most delay_ms")
        if self.distribution in ("lognormal", "pareto") and not self.delay_ms > 0:
            yield problem("delay_ms", f"{self.distribution} has a positive mean", "above 0")
        if self.loss_ratio and self.gemodel is not None:
            yield problem("loss_ratio", "gemodel says it already", "0 beside gemodel")
        if self.fifo and self.reorder_ratio:
            yield problem("reorder_ratio", "a FIFO link reorders nothing", "0, or fifo=False")


_DEFAULTS: Final[Mapping[str, Any]] = {field.name: field.default for field in fields(LinkSpec)}
_COUNT: Final = Bounds(low=1, high=1e9, whole=True)
_BOUNDS: Final[Mapping[str, Bounds]] = {
    "delay_ms": LATENCY_MS,
    "jitter_ms": LATENCY_MS,
    "correlation": CORRELATION,
    "shape": Bounds(low=1.0, high=1e9, optional=True),
    "distance_km": Bounds(low=0.0, high=1e9),
    "rate_bps": Bounds(low=1.0, high=1e15, optional=True),
    "limit_messages": replace(_COUNT, optional=True),
    "reorder_gap": _COUNT,
    **{name: RATIO for name in _DEFAULTS if name.endswith("_ratio")},
    **{name: CORRELATION for name in _DEFAULTS if name.endswith("_correlation")},
}
_GEMODEL: Final = ("p", "r", "bad_loss_ratio", "good_loss_ratio")
_KINDS: Final = {"distribution": str, "fifo": bool, "gemodel": GilbertElliott}


def link_from(values: Mapping[str, Any]) -> LinkSpec:
    """Make a link's conditions of a JSON object; ``gemodel`` is ``[p, r, 1-h, 1-k]`` there.

    Raises
    ------
    LinkError
        With every name that no link has, and everything :class:`LinkSpec` refuses;
        and for what is no object.
    """
    given: object = values
    if not isinstance(given, Mapping):
        what, allowed = f"is {given!r}", 'an object of conditions, such as {"delay_ms": 80}'
        raise LinkError(Problem(where="link", key="link", what=what, value=given, allowed=allowed))
    return _constructed(LinkSpec(), values)


def _constructed(base: LinkSpec, values: Mapping[str, Any]) -> LinkSpec:
    unknown = _unknown(values)
    given = {name: value for name, value in values.items() if name in _DEFAULTS}
    numbers = given.get("gemodel")
    if isinstance(numbers, list | tuple):
        if 2 <= len(numbers) <= len(_GEMODEL):
            given["gemodel"] = GilbertElliott(**dict(zip(_GEMODEL, numbers, strict=False)))
        else:
            what, allowed = f"{len(numbers)} numbers", "2 to 4: [p, r, 1-h, 1-k]"
            unknown.append(Problem(where="link", key="gemodel", what=what, value=numbers, allowed=allowed))
            del given["gemodel"]
    try:
        link = replace(base, **given)
    except LinkError as error:
        raise LinkError([*unknown, *error.problems]) from None
    if unknown:
        raise LinkError(unknown)
    return link


def _unknown(values: Mapping[str, Any]) -> list[Problem]:
    return [
        Problem(
            where="link",
            key=str(name),
            what="no such condition",
            value=values[name],
            allowed=meant(name, _DEFAULTS, otherwise=", ".join(_DEFAULTS)),
        )
        for name in values
        if name not in _DEFAULTS
    ]
