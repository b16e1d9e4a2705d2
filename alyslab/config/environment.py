"""The layer of environment variables.

``ALYSLAB__SECTION__KEY`` sets any key.  Two older names, from the guide that
the laboratory implements, set one key each and yield to it.  An empty variable
counts as not set, since a shell or a CI job often can't take one away.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace

from alyslab.config.keys import VARIABLE_PREFIX, known_keys, nearest_key
from alyslab.config.setting import Setting, shown, shown_name
from alyslab.errors import Problem
from alyslab.wording import closest

GUIDE_VARIABLES: Mapping[str, str] = {
    "TEST_PARALLEL": "execution.jobs",
    "CHAOS_ENABLED": "execution.chaos_enabled",
}
"""Variables of the guide, each with the key that it sets."""


def environment_settings(
    environ: Mapping[str, str], *, processors: int | None = None
) -> list[Setting | Problem]:
    """Return what the variables set, later entries winning, and what is wrong with their names.

    Parameters
    ----------
    environ
        The environment; only the names that are ours are looked at.
    processors
        What ``TEST_PARALLEL=true`` means; by default the processors that this
        process may run on.
    """
    found: list[Setting | Problem] = []
    for name, dotted in GUIDE_VARIABLES.items():
        if text := environ.get(name):
            setting = Setting(key=known_keys()[dotted], value=text, origin=name, is_text=True)
            found.append(_parallel(setting, processors) if name == "TEST_PARALLEL" else setting)
    by_variable = {key.variable: key for key in known_keys().values()}
    for name in sorted(environ):
        # Asked without regard to case, so that a name in lower case is told, not ignored.
        if not name.upper().startswith(VARIABLE_PREFIX) or not environ[name]:
            continue
        if key := by_variable.get(name):
            found.append(Setting(key=key, value=environ[name], origin=name, is_text=True))
        else:
            found.append(_unknown_variable(name, environ[name], list(by_variable)))
    return found


def _parallel(setting: Setting, processors: int | None) -> Setting | Problem:
    """Return the setting with the number of jobs that the text of ``TEST_PARALLEL`` stands for."""
    text = setting.value.strip().lower()
    if text == "true":
        return replace(setting, value=str(processors or _processors()))
    if text == "false":
        return replace(setting, value="1")
    if text.isdecimal():
        return setting
    return Problem(
        where=setting.origin,
        key=setting.key.dotted,
        value=setting.value,
        what=f"{shown(setting.value)} is not allowed",
        allowed=f"true, false or {setting.key.allowed}",
    )


def _processors() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))  # a container may allow fewer than the machine has
    return os.cpu_count() or 1


def _unknown_variable(name: str, value: str, variables: list[str]) -> Problem:
    dotted = name[len(VARIABLE_PREFIX) :].lower().replace("__", ".")
    key = nearest_key(dotted)
    meant = known_keys()[key].variable if key else closest(name.upper(), variables)
    allowed = f"did you mean {meant}?" if meant else "ALYSLAB__SECTION__KEY of a known key"
    return Problem(where=name, key=shown_name(dotted), value=value, what="unknown variable", allowed=allowed)
