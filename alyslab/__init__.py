"""alyslab: a laboratory for the Alys V2 migration, and for any node built like it.

Layout, each room using those before it: ``runtime`` (virtual time, journal,
replay), ``model`` and ``checkers`` (pure rules and verdicts), ``harnesses``
(systems under test), ``framework`` and ``phases`` (what each migration phase
must show), ``batch``, ``display`` and ``reporting`` (notebooks, figures,
reports), ``cli``.
"""

from alyslab.checkers.verdict import Check, Verdict
from alyslab.errors import AlyslabError, BadInputError, LabError
from alyslab.runtime import (
    Event,
    Journal,
    Node,
    Run,
    Simulation,
    current,
    failed_run,
    planted,
    simulate,
    site,
)

__version__ = "0.1.0"

__all__ = [
    "AlyslabError",
    "BadInputError",
    "Check",
    "Event",
    "Journal",
    "LabError",
    "Node",
    "Run",
    "Simulation",
    "Verdict",
    "current",
    "failed_run",
    "planted",
    "simulate",
    "site",
]
