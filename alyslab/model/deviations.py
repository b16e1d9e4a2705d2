"""Where a node departs from the sound rules: V1 as it runs, and defects to plant.

The model's default is the sound rule.  Each departure has one name, which can
be part of a :class:`~alyslab.model.spec.Spec` (to study the node as it is) or
be planted as ``model.<name>`` (to see whether the laboratory finds it).  Many
departures only waive a rule; the others are asked for by name where they act.
The entries themselves stand in :mod:`alyslab.model.departures`.
"""

from __future__ import annotations

from collections.abc import Mapping

from alyslab.model.departures import Deviation, every
from alyslab.runtime.sites import planted, register_planted

__all__ = ["CATALOGUE", "V1_DEVIATIONS", "Deviation", "planted_deviations", "waived_by"]

CATALOGUE: Mapping[str, Deviation] = {entry.name: entry for entry in every()}
"""Every departure by name."""

V1_DEVIATIONS = frozenset(entry.name for entry in CATALOGUE.values() if entry.in_v1)
"""How branch main of the node departs from the sound rules."""

for _entry in CATALOGUE.values():
    register_planted(f"model.{_entry.name}", _entry.summary)


def planted_deviations() -> frozenset[str]:
    """Return the departures that are planted in the running simulation; empty outside one."""
    return frozenset(name for name in CATALOGUE if planted(f"model.{name}"))


def waived_by(deviations: frozenset[str]) -> frozenset[str]:
    """Return the rules that these departures waive."""
    return frozenset().union(*(CATALOGUE[name].waives for name in deviations))
