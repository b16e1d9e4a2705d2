"""Workloads: experiments on actors, each with parameters and a verdict.

::

    outcome = WORKLOADS["recovery"].run(seed=7, failure="hang", policy="chain")
    outcome.verdict.status
"""

from alyslab.harnesses.actor.workloads.registry import WORKLOADS
from alyslab.harnesses.workload import Outcome, Workload

__all__ = ["WORKLOADS", "Outcome", "Workload"]
