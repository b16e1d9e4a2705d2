"""The deterministic runtime: virtual time, scheduling, randomness, nodes, the journal, replay.

Layout: ``loop`` (the event loop) uses ``task`` and ``strategy``; ``context``
(what a harness finds around it) uses ``journal``, ``randomness`` and ``sites``;
``node`` has its ``clock`` and ``disk``; ``simulation`` puts them together
behind ``isolation``, and ``run`` runs one function to its end; ``token`` and
``replay`` repeat a run; ``wall`` runs the same harness in real time; ``lint``
looks for what can't be intercepted.
"""

from alyslab.runtime.context import Runtime, current, require_current
from alyslab.runtime.event import Difference, Event
from alyslab.runtime.journal import Journal
from alyslab.runtime.node import Node
from alyslab.runtime.run import Run, failed_run, simulate
from alyslab.runtime.simulation import Simulation
from alyslab.runtime.sites import planted, register_planted, register_site, site

__all__ = [
    "Difference",
    "Event",
    "Journal",
    "Node",
    "Run",
    "Runtime",
    "Simulation",
    "current",
    "failed_run",
    "planted",
    "register_planted",
    "register_site",
    "require_current",
    "simulate",
    "site",
]
