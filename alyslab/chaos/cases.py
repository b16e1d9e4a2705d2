"""Everything that a search can run: each system under drawn plans, and every workload of every harness."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from functools import cache, partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from alyslab.chaos.conduct import conduct, judge
from alyslab.chaos.swarm import draw_plan
from alyslab.chaos.systems import SYSTEMS, system_named
from alyslab.errors import BadInputError, Problem
from alyslab.runtime.randomness import Streams
from alyslab.runtime.sites import ACTIVATION_RATIO
from alyslab.runtime.token import Token

if TYPE_CHECKING:
    from alyslab.checkers.verdict import Verdict
    from alyslab.runtime import Journal

STRATEGIES: Final = ("fifo", "random", "pct")
"""How tasks are ordered; each seed draws one."""

WITHOUT_SITES: Final = frozenset({"network:links"})
"""Workloads that hold links against their own conditions: a site that slows a link breaks that, rightly."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One thing to run with a seed."""

    name: str
    """``harness:workload``; a system under drawn plans is ``chaos:system``."""
    main: Callable[..., Coroutine[Any, Any, Any]]
    """What a token names."""
    judge: Callable[[Journal], Verdict]
    parameters: Callable[[int], Mapping[str, Any]]
    """Makes the parameters of a seed."""
    strategies: tuple[str, ...] = STRATEGIES
    activation_ratio: float = ACTIVATION_RATIO
    """Share of fault sites that a run makes active."""

    def strategy(self, seed: int) -> str:
        """Return the strategy that a seed draws."""
        return Streams(seed).stream("chaos.strategy").choice(self.strategies)


def _none(_: int) -> Mapping[str, Any]:
    return {}


def _drawn(system: str, seed: int) -> Mapping[str, Any]:
    return {"system": system, "plan": draw_plan(system_named(system), seed).as_dict()}


def _judge_system(system: str, journal: Journal) -> Verdict:
    return judge(journal, system)


@cache
def all_cases() -> Mapping[str, Case]:
    """Return every case by name: the systems first, then what the harnesses register.

    A harness registers its workloads in ``alyslab.harnesses.NAME.workloads``, as
    ``WORKLOADS``: by name, each with ``main`` and ``judge``.
    """
    found = {
        f"chaos:{name}": Case(
            name=f"chaos:{name}",
            main=conduct,
            judge=partial(_judge_system, name),
            parameters=partial(_drawn, name),
        )
        for name in SYSTEMS
    }
    for harness, workloads in _registered():
        for name, workload in workloads.items():
            full = f"{harness}:{name}"
            found[full] = Case(
                name=full,
                main=workload.main,
                judge=workload.judge,
                parameters=_none,
                activation_ratio=0.0 if full in WITHOUT_SITES else ACTIVATION_RATIO,
            )
    found["network:flood"] = _flood()
    return MappingProxyType(found)


def _registered() -> list[tuple[str, Mapping[str, Any]]]:
    import alyslab.harnesses

    registered = []
    for package in pkgutil.iter_modules(alyslab.harnesses.__path__):
        name = f"{alyslab.harnesses.__name__}.{package.name}.workloads"
        if package.ispkg and importlib.util.find_spec(name) is not None:
            workloads = getattr(importlib.import_module(name), "WORKLOADS", {})
            registered.append((package.name, workloads))
    return registered


def _flood() -> Case:
    from alyslab.checkers.propagation import check_propagation
    from alyslab.harnesses.network.gossip import flood

    return Case(
        name="network:flood",
        main=flood,
        judge=lambda journal: check_propagation(journal).verdict,
        parameters=lambda _: {"peers": 12, "blocks": 4, "degree": 4},
    )


def chosen(names: tuple[str, ...] | list[str] = ()) -> tuple[Case, ...]:
    """Return the cases of these names, or all; a prefix such as ``actor`` stands for all of a harness.

    Raises
    ------
    BadInputError
        With every name that is no case and no prefix of one.
    """
    cases = all_cases()
    if not names:
        return tuple(cases.values())
    picked: dict[str, Case] = {}
    unknown = []
    for name in names:
        matching = {full: case for full, case in cases.items() if full == name or full.startswith(f"{name}:")}
        picked |= matching
        if not matching:
            unknown.append(name)
    if unknown:
        raise BadInputError(
            Problem(where="search", key="case", what="no such case", value=name, allowed=", ".join(cases))
            for name in unknown
        )
    return tuple(picked.values())


def case_of(token: Token) -> Case:
    """Return the case whose run a token repeats; raises :class:`BadInputError` if there is none."""
    if token.workload == f"{conduct.__module__}:{conduct.__qualname__}":
        name = f"chaos:{token.parameters.get('system')}"
        if name in all_cases():
            return all_cases()[name]
    for case in all_cases().values():
        if token.workload == f"{case.main.__module__}:{case.main.__qualname__}" and case.main is not conduct:
            return case
    what = f"no case runs {token.workload}"
    raise BadInputError(Problem(where="token", what=what, allowed=", ".join(all_cases())))
