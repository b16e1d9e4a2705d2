"""The catalogue of planted bugs: all that there are, and what can show each."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable, Mapping
from functools import cache
from types import MappingProxyType
from typing import Final

from alyslab.chaos.cases import CHAOS, cases_of
from alyslab.chaos.systems import SYSTEMS, system_named
from alyslab.errors import BadInputError, Problem
from alyslab.runtime.sites import CatalogueEntry, catalogue
from alyslab.wording import meant

HUNTERS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "actor": ("actor:trial",),
        "consensus": ("consensus:trial",),
        "gossip": ("network:flood", "network:spread"),
        "network": ("network:trial", "network:links"),
        "sync": ("sync:trial",),
        "validation": ("network:broadcast",),
    }
)
"""For the bugs of a part, the workloads that see most for their price; the bugs of any other part are
hunted by all workloads of the harness of that name."""

ASKED_FOR: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "commits without quorum after a partition": (
            "quorum.commits_without_quorum",
            "consensus.quorum_of_connected",
        ),
        "vote counted twice": ("consensus.vote_counted_twice", "quorum.reply_counted_twice"),
        "fork choice ignores finality": ("consensus.finality_ignored",),
        "restart loses unsynced vote": ("consensus.vote_not_synced", "quorum.acks_before_sync"),
        "equivocation not noticed": ("consensus.equivocation_unnoticed",),
        "eclipse lets a fake chain through": ("consensus.rival_taken_on_trust",),
        "clock step makes a future block valid": ("consensus.future_block_accepted",),
        "stale peer trusted for ever": ("sync.status_sampled_once",),
        "heal does not resend": ("quorum.heal_does_not_resend", "consensus.orphan_ignored"),
        "timer lost on pause": ("consensus.timer_lost_on_pause", "quorum.timer_lost_on_pause"),
        "duplicate delivery applied twice": ("consensus.duplicate_taken_again",),
        "forged signature accepted when batched": ("consensus.batch_checks_first_only",),
    }
)
"""The bugs that there must be at least, in the words of who asked.  Source: issue 7."""


@cache
def planted_bugs() -> tuple[CatalogueEntry, ...]:
    """Return every planted bug of every part, by name; loads all modules that register one."""
    import alyslab.harnesses
    import alyslab.model

    for room in (alyslab.harnesses, alyslab.model):
        for module in pkgutil.walk_packages(room.__path__, f"{room.__name__}."):
            importlib.import_module(module.name)
    for name in SYSTEMS:
        system_named(name)
    return tuple(entry for entry in catalogue() if entry.kind == "planted")


def planted_problems(names: Iterable[str]) -> list[Problem]:
    """Return what is wrong with the names of bugs to plant; registers all that there are."""
    wanted = tuple(names)
    known = [entry.name for entry in planted_bugs()] if wanted else []
    return [
        Problem(
            where="planted",
            what=f"no bug is named {name!r}",
            value=name,
            allowed=meant(name, known, otherwise="`alyslab sites` lists them"),
        )
        for name in wanted
        if name not in known
    ]


def check_planted(names: Iterable[str]) -> None:
    """Raise :class:`BadInputError` with every name that is no bug's; register all that there are."""
    problems = planted_problems(names)
    if problems:
        raise BadInputError(problems)


def cases_for(defect: str) -> tuple[str, ...]:
    """Return the cases that can show a bug: workloads of its own harness, then systems that name it."""
    part = defect.partition(".")[0]
    systems = [f"{CHAOS}:{name}" for name in SYSTEMS if defect in system_named(name).defects]
    return (*HUNTERS.get(part, tuple(cases_of(part))), *systems)
