"""Workloads: experiments on the network, each with parameters and a verdict.

::

    outcome = WORKLOADS["spread"].run(seed=7, kind="mesh", peers=100)
    outcome.verdict.status
"""

from alyslab.harnesses.network.workloads.registry import WORKLOADS
from alyslab.harnesses.workload import Outcome, Workload

__all__ = ["WORKLOADS", "Outcome", "Workload"]
