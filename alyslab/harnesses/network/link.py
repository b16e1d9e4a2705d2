"""The conditions of a link: latency, bandwidth, loss, duplication, reordering, corruption.

The fields bear the names of netem's parameters, with their unit last; ratios
are 0 to 1 where netem takes percent.  A link is directed: what goes back has
conditions of its own.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Final

from alyslab.errors import Problem
from alyslab.harnesses.network.errors import LinkError

DISTRIBUTIONS: Final = ("constant", "uniform", "normal", "lognormal", "pareto")
"""How latencies may be distributed; with ``distance_km`` each becomes geographic."""

FIBRE_KM_PER_MS: Final = 299_792.458 / 1.468 / 1_000
"""How far light gets in glass, 204.2 km in a ms.

Source: the vacuum's 299,792.458 km/s, and the group index 1.468 of standard single-mode fibre at 1550 nm
(ITU-T G.652 fibres as sold).
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class GilbertElliott:
    """Loss in bursts: a link is good or bad, and each message may change that.

    In the long run it loses ``good_loss_ratio·r/(p+r) + bad_loss_ratio·p/(p+r)``
    of its messages, and stays bad for 1/r messages at a time.  It begins in its
    stationary state, so that the formula holds from the first message on.

    Source: netem's ``loss gemodel p r 1-h 1-k``; Gilbert 1960, Elliott 1963.
    """

    p: float
    """Chance that a good link turns bad at a message."""
    r: float
    """Chance that a bad link turns good at a message."""
    bad_loss_ratio: float = 1.0
    """netem's ``1-h``: how much a bad link loses."""
    good_loss_ratio: float = 0.0
    """netem's ``1-k``: how much a good link loses."""

    @property
    def loss_ratio(self) -> float:
        """Share of messages that is lost in the long run."""
        return (self.good_loss_ratio * self.r + self.bad_loss_ratio * self.p) / (self.p + self.r)

    @property
    def bad_run_mean(self) -> float:
        """For how many messages the link stays bad, on average."""
        return 1.0 / self.r

    def problems(self, where: str) -> Iterator[Problem]:
        """Yield what is wrong with these chances."""
        for field in fields(self):
            yield from _outside(where, f"gemodel.{field.name}", getattr(self, field.name), 0.0, 1.0)
        if self.p == 0 or self.r == 0:
            key = "gemodel.p" if self.p == 0 else "gemodel.r"
            what = "a link that never changes its state has no bursts"
            yield Problem(where=where, key=key, what=what, value=0, allowed="above 0; else use loss_ratio")


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
        yield from _wrong_kinds(where, self)
        for name in ("delay_ms", "jitter_ms", "distance_km"):
            yield from _outside(where, name, getattr(self, name), 0.0, math.inf)
        for name in ("loss_ratio", "duplicate_ratio", "reorder_ratio", "corrupt_ratio"):
            yield from _outside(where, name, getattr(self, name), 0.0, 1.0)
        for name in _CORRELATIONS:
            yield from _outside(where, name, getattr(self, name), 0.0, 1.0, upper_excluded=True)
        for name in ("rate_bps", "limit_messages", "reorder_gap"):
            value = getattr(self, name)
            if value is not None and _is_number(value) and not 0 < value < math.inf:
                yield Problem(where=where, key=name, what=f"is {value!r}", value=value, allowed="above 0")
        yield from self._contradictions(where)
        if isinstance(self.gemodel, GilbertElliott):
            yield from self.gemodel.problems(where)

    def _contradictions(self, where: str) -> Iterator[Problem]:
        def problem(key: str, what: str, allowed: str) -> Problem:
            return Problem(where=where, key=key, what=what, value=getattr(self, key), allowed=allowed)

        if self.distribution not in DISTRIBUTIONS:
            what = f"no distribution is named {self.distribution!r}"
            yield problem("distribution", what, ", ".join(DISTRIBUTIONS))
        elif self.distribution == "constant" and (self.jitter_ms or self.correlation):
            key = "jitter_ms" if self.jitter_ms else "correlation"
            yield problem(key, "a constant latency has none", "0, or another distribution")
        if self.shape is not None and _is_number(self.shape):
            if self.distribution != "pareto":
                yield problem("shape", f"{self.distribution} has no shape", "None, or distribution pareto")
            elif not 1 < self.shape < math.inf:
                yield problem("shape", f"with {self.shape!r} there is no mean", "above 1")
            elif self.jitter_ms:
                yield problem("jitter_ms", "the shape says it already", "0 beside a shape")
        if not (_is_number(self.delay_ms) and _is_number(self.jitter_ms)):
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
_CORRELATIONS: Final = tuple(name for name in _DEFAULTS if name.endswith("correlation"))
_OPTIONAL: Final = ("shape", "rate_bps", "limit_messages")
_WHOLE: Final = ("limit_messages", "reorder_gap")


def link_from(values: Mapping[str, Any]) -> LinkSpec:
    """Make a link's conditions of a JSON object; ``gemodel`` is ``[p, r, 1-h, 1-k]`` there.

    Raises
    ------
    LinkError
        With every name that no link has, and everything :class:`LinkSpec` refuses.
    """
    return _constructed(LinkSpec(), values)


def _constructed(base: LinkSpec, values: Mapping[str, Any]) -> LinkSpec:
    unknown = _unknown(values)
    given = {name: value for name, value in values.items() if name in _DEFAULTS}
    if isinstance(given.get("gemodel"), list | tuple):
        try:
            names = ("p", "r", "bad_loss_ratio", "good_loss_ratio")
            given["gemodel"] = GilbertElliott(**dict(zip(names, given["gemodel"], strict=False)))
        except TypeError:
            what, allowed = "p and r are missing", "[p, r, 1-h, 1-k]"
            unknown.append(
                Problem(where="link", key="gemodel", what=what, value=given.pop("gemodel"), allowed=allowed)
            )
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
            where="link", key=str(name), what="no such condition", value=values[name], allowed=_near(name)
        )
        for name in values
        if name not in _DEFAULTS
    ]


def _near(name: object) -> str:
    from difflib import get_close_matches

    return ", ".join(get_close_matches(str(name), _DEFAULTS, n=1)) or ", ".join(_DEFAULTS)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _wrong_kinds(where: str, spec: LinkSpec) -> Iterator[Problem]:
    for name in _DEFAULTS:
        value = getattr(spec, name)
        if name == "distribution":
            good, kind = isinstance(value, str), "a name"
        elif name == "fifo":
            good, kind = isinstance(value, bool), "true or false"
        elif name == "gemodel":
            good, kind = value is None or isinstance(value, GilbertElliott), "a GilbertElliott or None"
        else:
            whole = name in _WHOLE
            good = (value is None and name in _OPTIONAL) or (
                _is_number(value) and not (whole and not isinstance(value, int))
            )
            kind = "a whole number" if whole else "a number"
        if not good:
            yield Problem(where=where, key=name, what=f"is {value!r}", value=value, allowed=kind)


def _outside(
    where: str, key: str, value: Any, low: float, high: float, *, upper_excluded: bool = False
) -> Iterator[Problem]:
    if not _is_number(value):
        return
    if not (low <= value < high or (value == high and not upper_excluded and math.isfinite(high))):
        top = "finite" if high == math.inf else f"{high:g}{' (excluded)' if upper_excluded else ''}"
        allowed = f"{low:g} or more, {top}" if high == math.inf else f"{low:g} to {top}"
        yield Problem(where=where, key=key, what=f"is {value!r}", value=value, allowed=allowed)
