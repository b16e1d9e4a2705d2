"""What a phase's workload is given, and where it records what it saw."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from alyslab.checkers.verdict import Observable, Verdict
from alyslab.harnesses.harness import Harness
from alyslab.metrics import MetricsCollector
from alyslab.phases.phase import ParameterValue, Phase
from alyslab.phases.validator import Observation

if TYPE_CHECKING:
    from alyslab.runtime import Run

HarnessT = TypeVar("HarnessT", bound=Harness)


class PhaseContext:
    """One run of one phase, as its workload sees it.

    Parameters
    ----------
    phase
        Which phase runs.
    seed
        The session's seed; the only source of chance that a workload may use.
    parameters
        Every parameter of the phase, resolved and of the right type.
    harnesses
        What the phase asked for, by name; initialised, and found ready.
    metrics
        This run's own collector.
    chaos_enabled
        Whether faults may be injected (``execution.chaos_enabled``).
    """

    def __init__(
        self,
        *,
        phase: Phase,
        seed: int,
        parameters: Mapping[str, ParameterValue],
        harnesses: Mapping[str, Harness],
        metrics: MetricsCollector,
        chaos_enabled: bool = False,
    ) -> None:
        self.phase = phase
        self.seed = seed
        self.parameters = parameters
        self.metrics = metrics
        self.chaos_enabled = chaos_enabled
        self.runs: list[Run] = []
        self.observations: dict[str, Observation] = {}
        self.verdicts: list[Verdict] = []
        self._harnesses = harnesses

    def harness(self, name: str, kind: type[HarnessT]) -> HarnessT:
        """Return the harness of that name; raises TypeError when it is none of that kind."""
        harness = self._harnesses[name]
        if not isinstance(harness, kind):
            raise TypeError(f"harness {name!r} is a {type(harness).__name__}, not a {kind.__name__}")
        return harness

    def observe(
        self,
        name: str,
        value: Observable,
        *,
        unit: str = "",
        note: str = "",
        evidence: Iterable[Mapping[str, Any]] = (),
    ) -> None:
        """Record what was seen: the validator holds it against the limit of that name.

        A number or a flag is also kept as a metric.  Raises ValueError for a
        name that was recorded already: a later observation may not replace
        an earlier one.
        """
        if name in self.observations:
            raise ValueError(f"{name} was observed already: {self.observations[name].value!r}")
        self.observations[name] = Observation(
            name=name, value=value, unit=unit, note=note, evidence=tuple(evidence)
        )
        if isinstance(value, int | float):
            self.metrics.gauge(name, unit, phase=self.phase.value).set(float(value))

    def include(self, verdict: Verdict) -> None:
        """Add the checks of a checker to the phase's verdict as they are."""
        self.verdicts.append(verdict)
