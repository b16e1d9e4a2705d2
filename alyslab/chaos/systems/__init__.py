"""The systems under test, each shown to chaos by an adapter that is loaded when it is named."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Final

from alyslab.chaos.system import SystemSpec
from alyslab.errors import BadInputError, Problem

SYSTEMS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "actors": "alyslab.chaos.systems.actors:ACTORS",
        "quorum": "alyslab.chaos.systems.quorum:QUORUM",
        "network": "alyslab.chaos.systems.network:NETWORK",
        "consensus": "alyslab.chaos.systems.consensus:CONSENSUS",
        "sync": "alyslab.chaos.systems.sync:SYNC",
        "mining": "alyslab.chaos.systems.mining:MINING",
    }
)
"""Where each system's description is: ``module:name``."""


@cache
def system_named(name: str) -> SystemSpec:
    """Return the description of a system.

    Raises
    ------
    BadInputError
        If there is none of that name.
    """
    if name not in SYSTEMS:
        problem = Problem(
            where="chaos",
            key="system",
            what=f"no system is named {name!r}",
            value=name,
            allowed=", ".join(SYSTEMS),
        )
        raise BadInputError(problem)
    module, _, attribute = SYSTEMS[name].partition(":")
    found = getattr(importlib.import_module(module), attribute)
    if not isinstance(found, SystemSpec):
        raise TypeError(f"{SYSTEMS[name]} is a {type(found).__name__}, not a SystemSpec")
    return found
