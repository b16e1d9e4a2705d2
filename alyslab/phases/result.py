"""What a phase ends with: a verdict, what was measured, and what to replay."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from alyslab.checkers.verdict import Verdict
from alyslab.phases.phase import ParameterValue, Phase

if TYPE_CHECKING:
    from alyslab.metrics import MetricRow
    from alyslab.runtime import Run


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseResult:
    """The outcome of one run of one phase."""

    phase: Phase
    verdict: Verdict
    """The phase's limits held against what was observed, then the checks of its checkers."""
    correlation: str
    """What the run's log lines carry; an identity, of no meaning to the experiment."""
    duration_s: float
    """Seconds on the event loop's clock."""
    parameters: Mapping[str, ParameterValue] = field(default_factory=dict)
    """Every parameter with the value used."""
    metrics: tuple[MetricRow, ...] = ()
    """What the run measured, its observations and this process's resources included."""
    runs: tuple[Run, ...] = ()
    """The simulations, each with its journal, digests and replay token."""
