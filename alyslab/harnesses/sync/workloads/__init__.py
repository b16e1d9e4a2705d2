"""Workloads: experiments on nodes that sync, each with parameters and a verdict.

::

    outcome = WORKLOADS["partition"].run(seed=7, blocks=400)
    outcome.verdict.status
"""

from alyslab.harnesses.sync.workloads.registry import WORKLOADS
from alyslab.harnesses.workload import Outcome, Workload

__all__ = ["WORKLOADS", "Outcome", "Workload"]
