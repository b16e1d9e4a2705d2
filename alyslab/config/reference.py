"""The reference page of the configuration, generated from its models and presets."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from alyslab.config.environment import GUIDE_VARIABLES
from alyslab.config.keys import Key, known_keys, known_sections
from alyslab.config.lab import LabConfig
from alyslab.config.load import FILE_VARIABLE, load_config
from alyslab.config.preset import PRESET_VARIABLE, PRESETS
from alyslab.config.tomlfile import LINE_LIMIT, SIZE_LIMIT_BYTES

_UNITS = {"_s": "seconds", "_ms": "milliseconds", "_bytes": "bytes", "_ratio": "ratio"}

_HEAD = f"""\
# Configuration

This page is generated: `alyslab config --reference > docs/configuration.md`.

Configuration says how the laboratory runs. What an experiment is (its peers, its blocks, its seed) is a
parameter, and no name stands in both. `alyslab config` shows the resolved values and where each came from.

## Layers

Later layers win.

1. The defaults below.
2. A preset: {", ".join(f"`{name}`" for name in PRESETS)}. An argument chooses it, else `{PRESET_VARIABLE}`, \
else it is `{PRESETS[0]}`.
3. Your own TOML file, given as an argument or by `{FILE_VARIABLE}`. It is a regular file of UTF-8 and of at
   most {SIZE_LIMIT_BYTES:,} bytes, with at most {LINE_LIMIT:,} characters on a line.
4. Environment variables. `ALYSLAB__SECTION__KEY`, in upper case, sets any key.

An empty variable counts as not set. Files use TOML's own types: `jobs = "4"` is refused. An unknown section,
key or `ALYSLAB__` variable is an error that names the nearest known one. Everything is checked before
anything starts, and all problems are told at once with exit code 2.

Two older variables set one key each, and yield to `ALYSLAB__SECTION__KEY`:

| variable | key | values |
|---|---|---|
"""

_GUIDE_VALUES = {
    "TEST_PARALLEL": "`true` (as many as this process has processors), `false` (1) or a number",
    "CHAOS_ENABLED": "`true` or `false`",
}


def render() -> str:
    """Return the page as Markdown; it depends on nothing but the models and presets."""
    lines = [f"| `{name}` | `{key}` | {_GUIDE_VALUES[name]} |" for name, key in GUIDE_VARIABLES.items()]
    parts = [_HEAD + "\n".join(lines)]
    presets = {name: load_config(preset=name, environ={}) for name in PRESETS}
    for section in known_sections():
        keys = [key for key in known_keys().values() if key.section == section]
        parts.append(_section(section, keys, presets))
    return "\n\n".join(parts) + "\n"


def _section(section: str, keys: Iterable[Key], presets: dict[str, LabConfig]) -> str:
    model = LabConfig.model_fields[section].annotation
    assert model is not None
    meaning = (model.__doc__ or "").strip()
    head = f"| key | meaning | unit | allowed | default | {' | '.join(presets)} |"
    rule = "|---" * (5 + len(presets)) + "|"
    rows = [_row(key, presets) for key in keys]
    return "\n".join([f"## `[{section}]`", "", meaning, "", head, rule, *rows])


def _row(key: Key, presets: dict[str, LabConfig]) -> str:
    values = [_cell(getattr(getattr(config, key.section), key.name)) for config in presets.values()]
    unit = next((unit for ending, unit in _UNITS.items() if key.name.endswith(ending)), "")
    cells = [f"`{key.name}`", key.meaning, unit, key.allowed, _cell(key.default), *values]
    return "| " + " | ".join(cells) + " |"


def _cell(value: object) -> str:
    """Return a value as TOML writes it."""
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, str | Path):
        return f'`"{value.as_posix() if isinstance(value, Path) else value}"`'
    return f"`{value}`"
