"""What the environment's variables set, and which of their names are mistakes."""

from __future__ import annotations

import pytest

from alyslab.config import load_config
from alyslab.config.environment import environment_settings
from alyslab.config.keys import known_keys
from alyslab.config.setting import Setting
from alyslab.errors import ConfigError


def _message(environ: dict[str, str]) -> str:
    with pytest.raises(ConfigError) as caught:
        load_config(environ=environ)
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "jobs"),
    [("true", "5"), ("TRUE", "5"), ("false", "1"), ("False", "1"), ("3", "3"), (" 3 ", " 3 ")],
)
def test_parallel_is_a_switch_or_a_number(text: str, jobs: str) -> None:
    """The guide has the switch; true means every processor that this process may use."""
    (setting,) = environment_settings({"TEST_PARALLEL": text}, processors=5)
    assert isinstance(setting, Setting)
    assert (setting.key.dotted, setting.value, setting.origin) == ("execution.jobs", jobs, "TEST_PARALLEL")


def test_parallel_true_is_at_least_one_job_here() -> None:
    """Without a number given, the machine is asked."""
    config = load_config(environ={"TEST_PARALLEL": "true"})
    assert config.execution.jobs >= 1
    assert config.origins["execution.jobs"] == "TEST_PARALLEL"


@pytest.mark.parametrize("text", ["maybe", "-1", "2.5", "1e3", "²", "0", "257", "9" * 5000])
def test_parallel_refuses_everything_else(text: str) -> None:
    """Also what looks like a number to some function of Python."""
    message = _message({"TEST_PARALLEL": text})
    assert message.startswith("TEST_PARALLEL: execution.jobs: ")
    assert len(message) < 300


@pytest.mark.parametrize(("text", "enabled"), [("true", True), ("1", True), ("false", False), ("no", False)])
def test_chaos_enabled_is_a_switch(text: str, enabled: bool) -> None:
    """Both ways, over a preset that says the opposite."""
    preset = "docker" if enabled else "local"
    assert load_config(preset, environ={}).execution.chaos_enabled is not enabled
    config = load_config(preset, environ={"CHAOS_ENABLED": text})
    assert config.execution.chaos_enabled is enabled
    assert config.origins["execution.chaos_enabled"] == "CHAOS_ENABLED"


def test_chaos_enabled_refuses_what_is_no_switch() -> None:
    """A chaos run by misunderstanding is the one to avoid."""
    assert "CHAOS_ENABLED: execution.chaos_enabled: '2' is not allowed" in _message({"CHAOS_ENABLED": "2"})


def test_the_full_name_wins_over_the_guide_s() -> None:
    """One of them must, and the page says which."""
    environ = {"ALYSLAB__EXECUTION__JOBS": "3", "TEST_PARALLEL": "4"}
    config = load_config(environ=environ)
    assert (config.execution.jobs, config.origins["execution.jobs"]) == (3, "ALYSLAB__EXECUTION__JOBS")


def test_every_key_has_a_variable_that_sets_it() -> None:
    """The default's own text, so that each type is read back from text."""
    values = load_config(environ={}).flat()
    environ = {key.variable: str(values[name]) for name, key in known_keys().items()}
    config = load_config("stress", environ=environ)
    assert config.flat() == values
    assert dict(config.origins) == {name: key.variable for name, key in known_keys().items()}


@pytest.mark.parametrize("name", ["TEST_ENV", "TEST_PARALLEL", "CHAOS_ENABLED", "ALYSLAB__EXECUTION__JOBS"])
def test_an_empty_variable_is_not_set(name: str) -> None:
    """A CI job can often only empty a variable, not take it away."""
    config = load_config(environ={name: ""})
    assert config.origins == load_config(environ={}).origins


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("ALYSLAB__EXECUTION__JOB", "ALYSLAB__EXECUTION__JOBS"),
        ("ALYSLAB__JOBS", "ALYSLAB__EXECUTION__JOBS"),
        ("ALYSLAB__FRAMEWORK__JOBS", "ALYSLAB__EXECUTION__JOBS"),
        ("alyslab__execution__jobs", "ALYSLAB__EXECUTION__JOBS"),
        ("ALYSLAB__EXECUTION_JOBS", "ALYSLAB__EXECUTION__JOBS"),
        ("ALYSLAB__LOGING__LEVEL", "ALYSLAB__LOGGING__LEVEL"),
        ("ALYSLAB__EXECUTION__JOBS__", "ALYSLAB__EXECUTION__JOBS"),
    ],
)
def test_a_misspelt_variable_names_the_one_that_was_meant(name: str, meant: str) -> None:
    """It would otherwise set nothing, and nobody would know."""
    assert f"{name}: " in _message({name: "2"})
    assert f"did you mean {meant}?" in _message({name: "2"})


@pytest.mark.parametrize("name", ["ALYSLAB__", "ALYSLAB__Q", "ALYSLAB__" + "X" * 5_000])
def test_a_variable_like_nothing_known_says_what_names_look_like(name: str) -> None:
    """No guess is better than a wild one."""
    assert "unknown variable (ALYSLAB__SECTION__KEY of a known key)" in _message({name: "2"})


def test_other_variables_are_nobody_s_business() -> None:
    """Tools of other projects, and of this one, have variables too."""
    environ = {"PATH": "/bin", "ALYSLAB": "1", "ALYSLAB_X": "1", "MY_ALYSLAB__EXECUTION__JOBS": "9"}
    assert environment_settings(environ) == []
