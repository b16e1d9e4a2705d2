"""Put the layers of configuration on top of each other."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from alyslab.config.environment import environment_settings
from alyslab.config.lab import LabConfig
from alyslab.config.preset import choose_preset, preset_settings
from alyslab.config.setting import Setting, checked
from alyslab.config.tomlfile import read_settings, read_text
from alyslab.errors import ConfigError, Problem

FILE_VARIABLE = "ALYSLAB_CONFIG"
"""Names the user's file where no argument does: so a kernel sees the same file as its runner."""

Layer = list[Setting | Problem]


def load_config(
    preset: str | None = None,
    path: str | os.PathLike[str] | None = None,
    environ: Mapping[str, str] | None = None,
) -> LabConfig:
    """Return the resolved configuration, which says where each value came from.

    Later layers win: the defaults of the models, the preset, the user's file,
    the environment.  Every value of every layer is checked, also one that a
    later layer replaces, so that a mistake does not wait for another day.

    Parameters
    ----------
    preset
        ``local``, ``ci``, ``docker`` or ``stress``; by default what
        ``TEST_ENV`` names, else ``local``.
    path
        A TOML file of the user; by default what ``ALYSLAB_CONFIG`` names, else none.
    environ
        The environment variables; by default those of this process.

    Raises
    ------
    ConfigError
        With every problem of every layer, each with its file and line or its
        variable.  Nothing was started.
    """
    environ = os.environ if environ is None else environ
    path = path or environ.get(FILE_VARIABLE) or None
    found = [
        *_tried(lambda: preset_settings(choose_preset(preset, environ))),
        *(_tried(lambda: _file_settings(Path(path))) if path else ()),
        *environment_settings(environ),
    ]
    settings = [item if isinstance(item, Problem) else checked(item) for item in found]
    problems = [item for item in settings if isinstance(item, Problem)]
    if problems:
        raise ConfigError(problems)
    return _resolved([item for item in settings if isinstance(item, Setting)])


def _tried(read: Callable[[], Layer]) -> Layer:
    """Return the layer, or why there is none: the other layers may have problems to tell as well."""
    try:
        return read()
    except ConfigError as error:
        return list(error.problems)


def _file_settings(path: Path) -> Layer:
    return read_settings(read_text(path), str(path))


def _resolved(settings: list[Setting]) -> LabConfig:
    tables: dict[str, dict[str, Any]] = {}
    origins: dict[str, str] = {}
    for setting in settings:
        tables.setdefault(setting.key.section, {})[setting.key.name] = setting.value
        origins[setting.key.dotted] = setting.origin
    return LabConfig.model_validate(tables).with_origins(origins)
