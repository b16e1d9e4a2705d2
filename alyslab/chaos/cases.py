"""Everything that a search can run: each system under drawn plans, and every workload of every harness.

A harness registers its workloads in ``alyslab.harnesses.NAME.workloads``, as
``WORKLOADS``: by name, each with ``main`` and ``judge``.  A part is loaded when
one of its cases is asked for, so that a process that runs one system needs no
other.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from functools import cache, partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from alyslab.chaos.case import Case
from alyslab.chaos.conduct import conduct, judge
from alyslab.chaos.draws import drawn_parameters
from alyslab.chaos.swarm import draw_plan
from alyslab.chaos.systems import SYSTEMS, system_named
from alyslab.errors import BadInputError, Problem
from alyslab.runtime.sites import ACTIVATION_RATIO
from alyslab.runtime.token import Token
from alyslab.wording import meant

if TYPE_CHECKING:
    from alyslab.checkers.verdict import Verdict
    from alyslab.runtime import Journal

EXACT: Final = frozenset({"network:links", "network:broadcast"})
"""Workloads that hold links against their own conditions: a site that slows a link breaks that, rightly."""
CHAOS: Final = "chaos"
MODEL: Final = "model"


def all_cases() -> Mapping[str, Case]:
    """Return every case by name: the systems first, then what the harnesses register, then the model's."""
    found: dict[str, Case] = {}
    for part in parts():
        found |= cases_of(part)
    return MappingProxyType(found)


@cache
def parts() -> tuple[str, ...]:
    """Return what case names begin with: ``chaos``, every harness that has workloads, and ``model``."""
    import alyslab.harnesses

    harnesses = [
        package.name
        for package in pkgutil.iter_modules(alyslab.harnesses.__path__)
        if package.ispkg and importlib.util.find_spec(_workloads_of(package.name)) is not None
    ]
    return (CHAOS, *harnesses, MODEL)


@cache
def cases_of(part: str) -> Mapping[str, Case]:
    """Return the cases of one part by their full names; none for a part that does not exist."""
    if part == CHAOS:
        cases = [_of_system(name) for name in SYSTEMS]
    elif part == MODEL:
        cases = [_of_model()]
    elif part in parts():
        workloads: Mapping[str, Any] = importlib.import_module(_workloads_of(part)).WORKLOADS
        cases = [_of_workload(f"{part}:{name}", workload) for name, workload in workloads.items()]
    else:
        cases = []
    return MappingProxyType({case.name: case for case in cases})


def case_named(name: str) -> Case:
    """Return the case of that name; raises :class:`BadInputError` if there is none."""
    (case,) = chosen((name,))
    return case


def chosen(names: tuple[str, ...] | list[str] = ()) -> tuple[Case, ...]:
    """Return the cases of these names, or all; a prefix such as ``actor`` stands for all of a harness.

    Raises
    ------
    BadInputError
        With every name that is no case and no prefix of one.
    """
    if not names:
        return tuple(all_cases().values())
    picked: dict[str, Case] = {}
    unknown = []
    for name in names:
        part, _, rest = name.partition(":")
        cases = cases_of(part)
        matching = {full: case for full, case in cases.items() if full == name or not rest}
        picked |= matching
        if not matching:
            unknown.append(name)
    if unknown:
        known = list(all_cases())
        raise BadInputError(
            Problem(
                where="search",
                key="case",
                what=f"no case is named {name!r}",
                value=name,
                allowed=meant(name, known, otherwise=", ".join(known)),
            )
            for name in unknown
        )
    return tuple(picked.values())


def case_of(token: Token) -> Case:
    """Return the case whose run a token repeats; raises :class:`BadInputError` if there is none."""
    if token.workload == _address(conduct):
        name = str(token.parameters.get("system"))
        if name in SYSTEMS:
            system_named(name)  # registers the bugs that the token may plant
            return cases_of(CHAOS)[f"{CHAOS}:{name}"]
    for case in all_cases().values():
        if token.workload == _address(case.main) and case.main is not conduct:
            return case
    what = f"no case runs {token.workload}"
    raise BadInputError(Problem(where="token", what=what, allowed=", ".join(all_cases())))


def _address(main: Any) -> str:
    return f"{main.__module__}:{main.__qualname__}"


def _workloads_of(harness: str) -> str:
    return f"alyslab.harnesses.{harness}.workloads"


def _of_system(name: str) -> Case:
    return Case(
        name=f"{CHAOS}:{name}",
        main=conduct,
        judge=partial(_judge_system, name),
        parameters=partial(_planned, name),
    )


def _judge_system(system: str, journal: Journal) -> Verdict:
    return judge(journal, system)


def _planned(system: str, seed: int) -> Mapping[str, Any]:
    return {"system": system, "plan": draw_plan(system_named(system), seed).as_dict()}


def _of_workload(name: str, workload: Any) -> Case:
    return Case(
        name=name,
        main=workload.main,
        judge=workload.judge,
        parameters=partial(drawn_parameters, name),
        activation_ratio=0.0 if name in EXACT else ACTIVATION_RATIO,
    )


def _of_model() -> Case:
    from alyslab.checkers.model import judge as judge_model
    from alyslab.model.workload import validation

    return Case(name=f"{MODEL}:validation", main=validation, judge=judge_model)
