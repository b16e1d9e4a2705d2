"""The presets that come with the package, and how one is chosen."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import resources

from alyslab.config.setting import Setting
from alyslab.config.tomlfile import read_settings
from alyslab.errors import ConfigError, Problem
from alyslab.wording import closest

PRESETS = ("local", "ci", "docker", "stress")
"""The names of all presets; the first is used when none is asked for."""

PRESET_VARIABLE = "TEST_ENV"


def choose_preset(argument: str | None, environ: Mapping[str, str]) -> str:
    """Return the preset's name: the argument, else ``TEST_ENV``, else ``local``.

    Raises
    ------
    ConfigError
        When there is no preset of that name.
    """
    where, name = "argument", argument
    if name is None:
        where, name = PRESET_VARIABLE, environ.get(PRESET_VARIABLE) or PRESETS[0]
    if name in PRESETS:
        return name
    close = closest(name, PRESETS)
    meant = f"did you mean {close}? " if close else ""
    raise ConfigError(
        Problem(
            where=where,
            key="preset",
            value=name,
            what=f"there is no preset {name!r}",
            allowed=f"{meant}known presets: {', '.join(PRESETS)}",
        )
    )


def preset_settings(name: str) -> list[Setting | Problem]:
    """Return what the preset sets; a problem here is a defect of the package, which a test looks for."""
    text = (resources.files("alyslab.config") / "presets" / f"{name}.toml").read_text(encoding="utf-8")
    return read_settings(text, f"preset {name}", named=f"preset {name}")
