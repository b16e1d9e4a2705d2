"""Which supervisor a new child comes below: one that still supervises, or one of its parent's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alyslab.errors import Problem
from alyslab.harnesses.actor.errors import PolicyError
from alyslab.harnesses.actor.strategy import Strategy
from alyslab.harnesses.actor.supervisor import Supervisor

if TYPE_CHECKING:
    from alyslab.harnesses.actor.cell import Cell


def require_above(child: str, given: object, root: Supervisor) -> Supervisor:
    """Return the supervisor that a child is to come below, the root where none is given.

    Raises
    ------
    PolicyError
        For something that is no supervisor.
    ActorStoppedError
        If it was stopped, or has given up.
    """
    above = root if given is None else given
    if not isinstance(above, Supervisor):
        what, allowed = f"{given!r} is no supervisor", "what system.supervisor() returned"
        where = f"actor or supervisor {child!r} (not started)"
        raise PolicyError(Problem(where=where, what=what, value=given, allowed=allowed))
    above.require_up()
    return above


def nursery_of(cell: Cell) -> Supervisor:
    """Return a new supervisor for the children of an actor's present life."""
    name = f"{cell.name}/children/{cell.incarnation}"
    while name in cell.core.supervisors:  # an earlier one of this life has given up
        name += "+"
    policy = cell.supervisor.policy_of(cell)
    made = Supervisor(
        cell.core, name, cell.supervisor, strategy=Strategy.ONE_FOR_ONE, policy=policy, owner=cell.name
    )
    cell.core.supervisors[name] = made
    return made
