"""What is wrong with the options that a plan gives to a system."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from alyslab.errors import Problem
from alyslab.wording import meant

if TYPE_CHECKING:
    from alyslab.chaos.plan import Plan
    from alyslab.chaos.system import SystemSpec

MOST: Final = 10_000
"""Of anything that a system counts."""


def option_problems(plan: Plan, spec: SystemSpec, where: str) -> Iterable[Problem]:
    """Yield unknown options, wrong types and values out of range; and a system that is not the plan's."""
    for name, value in plan.options.items():
        found = _problem(name, value, spec)
        if found is not None:
            what, allowed = found
            yield Problem(where=where, key=f"options.{name}", what=what, value=value, allowed=allowed)
    if plan.system is not None and plan.system != spec.name:
        what = f"the plan is for {plan.system!r}"
        yield Problem(where=where, key="system", what=what, value=spec.name, allowed=plan.system)


def _problem(name: str, value: bool | float | str, spec: SystemSpec) -> tuple[str, str] | None:
    """Return what is wrong with an option, and what would be allowed."""
    expected = spec.options.get(name)
    if expected is None:
        return f"{spec.name} has no such option", meant(name, spec.options)
    if type(value) is not type(expected) and not (type(expected) is float and type(value) is int):
        return f"is {type(value).__name__}", f"{type(expected).__name__}, such as {expected!r}"
    if name in spec.choices and value not in spec.choices[name]:
        return "is none of its choices", ", ".join(spec.choices[name])
    if isinstance(value, bool | str):
        return None
    least = spec.least.get(name)
    if (value <= 0 if least is None else value < least) or value > MOST:
        return "out of range", f"above 0, up to {MOST}" if least is None else f"{least} to {MOST}"
    return None
