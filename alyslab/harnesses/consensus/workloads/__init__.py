"""Workloads: experiments on live consensus, each with parameters and a verdict.

::

    outcome = WORKLOADS["live"].run(seed=7, nodes=7, trouble=True)
    outcome.verdict.status
"""

from alyslab.harnesses.consensus.workloads.registry import WORKLOADS
from alyslab.harnesses.workload import Outcome, Workload

__all__ = ["WORKLOADS", "Outcome", "Workload"]
