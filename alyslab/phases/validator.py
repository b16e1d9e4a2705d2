"""The validator of a phase: its limits held against what its workload observed.

Pure: the same observations give the same verdict, so a verdict can be made
again later from what a run recorded.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from alyslab.checkers.verdict import Check, Observable, Verdict
from alyslab.phases.phase import Limit, ParameterValue


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """One thing that a workload saw."""

    name: str
    """What limits and metrics call it, with its unit last."""
    value: Observable
    """What was seen; ``None`` when the workload looked and there was nothing to see."""
    unit: str = ""
    """Unit of ``value``; empty for counts, ratios and flags."""
    note: str = ""
    """Why there was nothing, or what else a reader should know."""
    evidence: tuple[Mapping[str, Any], ...] = ()
    """The fewest events that show it, where it is a violation."""


def judge(
    limits: Iterable[Limit],
    observations: Mapping[str, Observation],
    parameters: Mapping[str, ParameterValue],
) -> Verdict:
    """Return one check for each limit, inconclusive where its observation is missing.

    Raises
    ------
    ValueError
        When an observation has another unit than its limit, which is a
        mistake of the phase's author.
    """
    return Verdict(tuple(_check(limit, observations.get(limit.name), parameters) for limit in limits))


def _check(limit: Limit, seen: Observation | None, parameters: Mapping[str, ParameterValue]) -> Check:
    if seen is None:
        seen = Observation(name=limit.name, value=None, unit=limit.unit, note="not observed")
    if seen.unit != limit.unit:
        raise ValueError(f"observation {seen.name} is in {seen.unit!r}, its limit in {limit.unit!r}")
    return Check(
        name=limit.claim,
        observed=seen.value,
        comparison=limit.comparison,
        limit=_bound(limit, parameters),
        unit=limit.unit,
        source=limit.source,
        note=seen.note,
        evidence=seen.evidence,
    )


def _bound(limit: Limit, parameters: Mapping[str, ParameterValue]) -> bool | int | float | str:
    if not limit.per:
        return limit.limit
    share, whole = limit.limit, parameters[limit.per]
    # Limit and PhaseSpec let no text through.
    assert not isinstance(share, str)
    assert not isinstance(whole, str)
    return share * whole
