"""The presets in the package are valid, say only what differs, and are chosen as told."""

from __future__ import annotations

from importlib import resources

import pytest

from alyslab.config import PRESETS, load_config
from alyslab.config.keys import known_keys
from alyslab.config.preset import preset_settings
from alyslab.config.setting import Setting, checked
from alyslab.errors import ConfigError


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_is_valid_and_its_values_name_it(name: str) -> None:
    """A user can't correct a file inside the package."""
    config = load_config(name, environ={})
    settings = [checked(setting) for setting in preset_settings(name) if isinstance(setting, Setting)]
    assert settings
    for setting in settings:
        assert isinstance(setting, Setting)
        assert config.origins[setting.key.dotted] == f"preset {name}"
        assert config.flat()[setting.key.dotted] == setting.value


SAID_ALOUD = {"docker": {"execution.chaos_enabled": False}, "stress": {"execution.jobs": 1}}
"""Defaults that a preset repeats because its purpose depends on them; the file says why."""


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_says_only_what_differs_from_the_defaults(name: str) -> None:
    """A reader sees at once what it is for."""
    said = {s.key.dotted: s.value for s in preset_settings(name) if isinstance(s, Setting)}
    repeated = {key: value for key, value in said.items() if value == known_keys()[key].default}
    assert repeated == SAID_ALOUD.get(name, {})


def test_the_package_has_the_presets_that_it_names() -> None:
    """A file that no name leads to would be dead, a name without a file an error."""
    files = {file.name for file in (resources.files("alyslab.config") / "presets").iterdir()}
    assert files == {f"{name}.toml" for name in PRESETS}


@pytest.mark.parametrize(
    ("argument", "variable", "chosen"),
    [(None, None, "local"), (None, "", "local"), (None, "stress", "stress"), ("ci", "stress", "ci")],
)
def test_the_argument_chooses_then_the_variable(
    argument: str | None, variable: str | None, chosen: str
) -> None:
    """TEST_ENV is the guide's name for it."""
    environ = {} if variable is None else {"TEST_ENV": variable}
    config = load_config(argument, environ=environ)
    assert config.origins["execution.chaos_enabled"] == f"preset {chosen}"


@pytest.mark.parametrize("name", ["LOCAL", "../local", "local.toml", "/etc/passwd", "sterss", " "])
def test_an_unknown_preset_is_refused_and_no_file_is_looked_for(name: str) -> None:
    """A name is one of four; it is never a path."""
    with pytest.raises(ConfigError) as caught:
        load_config(name, environ={})
    (problem,) = caught.value.problems
    assert (problem.where, problem.key, problem.value) == ("argument", "preset", name)
    assert "known presets: local, ci, docker, stress" in str(problem)


def test_an_empty_argument_is_not_taken_for_none() -> None:
    """Unlike a variable, an argument can be left out."""
    with pytest.raises(ConfigError, match="there is no preset ''"):
        load_config("", environ={})
