"""The benchmark suite: every number that the laboratory promises of itself, measured here and now."""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable, Iterable, Mapping

from alyslab.checkers.verdict import Check, Verdict
from alyslab.errors import BadInputError, Problem
from alyslab.wording import meant

SUITE: Mapping[str, str] = {
    "loop": "alyslab.performance.runtime:loop_checks",
    "journal": "alyslab.performance.runtime:journal_checks",
    "memory": "alyslab.performance.runtime:memory_check",
    "import": "alyslab.performance.runtime:import_check",
    "setup": "alyslab.performance.runtime:setup_check",
    "lab": "alyslab.performance.runtime:lab_check",
    "model": "alyslab.performance.model:model_checks",
    "kernel": "alyslab.performance.kernel:all_checks",
    "actor": "alyslab.performance.actor:all_checks",
    "actor_checkers": "alyslab.performance.actor_checkers:checker_checks",
    "sync": "alyslab.performance.sync:sync_checks",
    "network": "alyslab.performance.network:network_checks",
    "actor_detection": "alyslab.performance.actor_checkers:detection_checks",
    "consensus": "alyslab.performance.consensus:consensus_checks",
    "chaos": "alyslab.performance.chaos:all_checks",
    "chaos_detection": "alyslab.performance.chaos_detection:detection_checks",
    "property": "alyslab.performance.property:generation_checks",
    "property_detection": "alyslab.performance.property:detection_checks",
}
"""Benchmarks by name: ``module:function`` that returns checks."""


def measure(only: Iterable[str] = ()) -> dict[str, Verdict]:
    """Run the benchmarks of these names, or all, one after the other.

    Raises
    ------
    BadInputError
        If a name is not one of :data:`SUITE`; nothing has run then.
    """
    chosen = list(dict.fromkeys(only)) or list(SUITE)
    unknown = [name for name in chosen if name not in SUITE]
    if unknown:
        raise BadInputError(
            Problem(
                where="bench",
                what="no such benchmark",
                value=name,
                key=name,
                allowed=meant(name, SUITE, otherwise=", ".join(SUITE)),
            )
            for name in unknown
        )
    return {name: Verdict(tuple(_function(SUITE[name])())) for name in chosen}


def main(*, as_json: bool = False, only: Iterable[str] = (), say: Callable[[str], None] = print) -> int:
    """Measure and say what came of it; 0 if every limit held, else 1."""
    verdicts = measure(only)
    if as_json:
        say(json.dumps({name: verdict.as_dict() for name, verdict in verdicts.items()}, indent=2))
    else:
        for name, verdict in verdicts.items():
            say(f"{name}: {verdict.status}")
            for check in verdict.checks:
                say(f"  {_line(check)}")
    return 0 if all(verdict.status != "fail" for verdict in verdicts.values()) else 1


def _line(check: Check) -> str:
    mark = {True: "held  ", False: "MISSED", None: "unseen"}[check.passed]
    note = f"  [{check.note}]" if check.note else ""
    return (
        f"{mark} {check.name}: {check.observed} {check.unit} (asked {check.comparison} {check.limit}){note}"
    )


def _function(path: str) -> Callable[[], list[Check]]:
    module, _, name = path.partition(":")
    function: Callable[[], list[Check]] = getattr(importlib.import_module(module), name)
    return function
