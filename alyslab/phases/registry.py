"""Which phases are built.

A phase is loaded when it is asked for, so that listing them costs no import
of a harness.  To build one: write its module with a ``PhaseSpec`` and name it
in :data:`_BUILT` instead of :data:`_NOT_BUILT`.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Mapping

from alyslab.phases.phase import HarnessFactory, NotBuilt, Phase, PhaseSpec

_BUILT: Mapping[Phase, str] = {
    Phase.FOUNDATION: "alyslab.phases.foundation:FOUNDATION",
    Phase.ACTOR_CORE: "alyslab.phases.actor_core:ACTOR_CORE",
    Phase.SYNC_IMPROVEMENT: "alyslab.phases.sync_improvement:SYNC_IMPROVEMENT",
}
_NOT_BUILT: Mapping[Phase, str] = {
    Phase.LIGHTHOUSE_MIGRATION: "the consensus client: compatibility, validators, finality",
    Phase.GOVERNANCE_INTEGRATION: "the governance: proposals, votes, signatures and their execution",
}


def specify(phase: Phase) -> PhaseSpec | NotBuilt:
    """Return what ``phase`` runs, or that nothing implements it yet."""
    if phase in _NOT_BUILT:
        return NotBuilt(phase=phase, title=_NOT_BUILT[phase])
    module, name = _BUILT[phase].split(":")
    spec = getattr(importlib.import_module(module), name)
    if not isinstance(spec, PhaseSpec):
        raise TypeError(f"{_BUILT[phase]} is a {type(spec).__name__}, not a PhaseSpec")
    return spec


def specify_all(phases: Iterable[Phase] = tuple(Phase)) -> dict[Phase, PhaseSpec | NotBuilt]:
    """Return what each of ``phases`` runs; without an argument, of all five, in order."""
    return {phase: specify(phase) for phase in phases}


def harness_factories(specs: Iterable[PhaseSpec | NotBuilt]) -> dict[str, HarnessFactory]:
    """Return the factory of each harness that ``specs`` name; ValueError when two disagree on a name."""
    factories: dict[str, HarnessFactory] = {}
    for spec in specs:
        for name, factory in {} if isinstance(spec, NotBuilt) else spec.harnesses.items():
            if factories.setdefault(name, factory) is not factory:
                raise ValueError(f"two phases give the name {name!r} to different harnesses")
    return factories
