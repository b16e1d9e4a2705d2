"""Layers, their precedence, the origin of each value, and all problems at once."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alyslab.config import PRESETS, load_config
from alyslab.config.keys import Key, known_keys
from alyslab.errors import ConfigError, Problem


def _problems(
    text: str = "", environ: dict[str, str] | None = None, *, file: Path, preset: str | None = None
) -> tuple[Problem, ...]:
    file.write_text(text)
    with pytest.raises(ConfigError) as caught:
        load_config(preset, file, environ or {})
    return caught.value.problems


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "my.toml"


def test_every_value_says_which_layer_it_came_from(file: Path) -> None:
    """A value that surprises must be traceable to a line or a variable."""
    file.write_text("[framework]\n\nphase_timeout_s = 7\n[paths]\noutputs = 'elsewhere'\n")
    config = load_config("ci", file, {"ALYSLAB__LOGGING__LEVEL": "debug", "ALYSLAB__PATHS__OUTPUTS": "there"})
    assert config.framework.phase_timeout_s == 7.0
    assert config.paths.outputs == Path("there")
    assert config.logging.format == "json"
    origins = {
        key: origin for key, origin in config.origins.items() if origin not in ("default", "preset ci")
    }
    assert origins == {
        "framework.phase_timeout_s": f"{file}:3",
        "logging.level": "ALYSLAB__LOGGING__LEVEL",
        "paths.outputs": "ALYSLAB__PATHS__OUTPUTS",
    }
    assert config.origins["logging.format"] == "preset ci"
    assert config.origins["paths.notebooks"] == "default"
    assert list(config.origins) == list(known_keys())


values = {
    "execution.jobs": st.integers(1, 256),
    "execution.chaos_enabled": st.booleans(),
    "metrics.sample_interval_s": st.floats(0.01, 3600),
    "framework.phase_timeout_s": st.floats(0.001, 86_400),
    "logging.level": st.sampled_from(["debug", "info", "warning", "error"]),
    "paths.outputs": st.from_regex(r"[a-z]{1,8}(/[a-z]{1,8})?", fullmatch=True),
}
layer = st.fixed_dictionaries({}, optional=values)


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return repr(value)


@given(st.sampled_from(PRESETS), layer, layer)
def test_the_last_layer_that_says_something_wins(
    tmp_path_factory: pytest.TempPathFactory,
    preset: str,
    file: dict[str, object],
    variables: dict[str, object],
) -> None:
    """Whatever the keys are and whichever layers have them: environment, then file, then preset."""
    path = tmp_path_factory.mktemp("layers") / "my.toml"
    path.write_text("".join(f"{key} = {_toml(value)}\n" for key, value in file.items()))
    environ = {known_keys()[key].variable: _toml(value).strip("'") for key, value in variables.items()}
    below, config = load_config(preset, environ={}), load_config(preset, path, environ)
    given_lines = {key: f"{path}:{number}" for number, key in enumerate(file, start=1)}
    assert config.flat() == below.flat() | file | variables
    assert config.origins == below.origins | given_lines | {
        key: known_keys()[key].variable for key in variables
    }


def test_every_problem_of_every_layer_is_told_at_once(file: Path) -> None:
    """Correcting one at a time would take as many attempts as there are mistakes."""
    text = """\
jobs = 3
[execution]
jobs = 0
jbos = 3
cell_timeout_s = nan
chaos_enabled = 1
[pahts]
x = 1
[logging]
level = "loud"
format = "json"
"""
    environ = {
        "TEST_ENV": "cii",
        "TEST_PARALLEL": "maybe",
        "ALYSLAB__EXECUTION__JOB": "2",
        "ALYSLAB__PATHS__OUTPUTS": "a\0b",
        "ALYSLAB__METRICS__SAMPLE_INTERVAL_S": "often",
    }
    assert [str(problem) for problem in _problems(text, environ, file=file)] == [
        "TEST_ENV: preset: there is no preset 'cii' "
        "(did you mean ci? known presets: local, ci, docker, stress)",
        f"{file}:1: jobs: unknown key (did you mean execution.jobs?)",
        f"{file}:3: execution.jobs: 0 is not allowed (a whole number, >= 1, <= 256)",
        f"{file}:4: execution.jbos: unknown key (did you mean execution.jobs?)",
        f"{file}:5: execution.cell_timeout_s: nan is not allowed (a number, > 0, <= 86400)",
        f"{file}:6: execution.chaos_enabled: 1 is not allowed (true or false)",
        f"{file}:7: pahts: unknown section (did you mean paths?)",
        f"{file}:10: logging.level: 'loud' is not allowed (one of debug, info, warning, error)",
        "TEST_PARALLEL: execution.jobs: 'maybe' is not allowed (true, false or a whole number, >= 1, <= 256)",
        "ALYSLAB__EXECUTION__JOB: execution.job: unknown variable (did you mean ALYSLAB__EXECUTION__JOBS?)",
        "ALYSLAB__METRICS__SAMPLE_INTERVAL_S: metrics.sample_interval_s: 'often' is not allowed "
        "(a number, >= 0.01, <= 3600)",
        "ALYSLAB__PATHS__OUTPUTS: paths.outputs: 'a\\x00b' is not allowed (a folder)",
    ]


def test_a_file_that_can_not_be_read_does_not_hide_other_problems(file: Path) -> None:
    """Both have to be corrected before anything starts."""
    where = [problem.where for problem in _problems("= 1", {"CHAOS_ENABLED": "often"}, file=file)]
    assert where == [f"{file}:1", "CHAOS_ENABLED"]


def test_a_mistake_that_a_later_layer_replaces_is_still_told(file: Path) -> None:
    """It would wait in the file for the day on which the variable is not set."""
    (problem,) = _problems("[execution]\njobs = 0", {"TEST_PARALLEL": "4"}, file=file)
    assert problem.where == f"{file}:2"
    assert problem.value == 0


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("execution = 3", "execution: 3 is not a table"),
        ("logging = []", "logging: [] is not a table"),
        ("[[paths]]", "paths: [{}] is not a table"),
        ("execution.jobs.x = 1", "execution.jobs: {'x': 1} is not allowed"),
        ("execution.jobs = '4'", "execution.jobs: '4' is not allowed"),
        ("execution.jobs = 4.0", "execution.jobs: 4.0 is not allowed"),
        ("execution.jobs = true", "execution.jobs: True is not allowed"),
        ("execution.jobs = 257", "execution.jobs: 257 is not allowed"),
        ("execution.cell_timeout_s = 0", "0 is not allowed (a number, > 0"),
        ("execution.cell_timeout_s = inf", "inf is not allowed"),
        ("execution.cell_timeout_s = true", "True is not allowed"),
        ("execution.chaos_enabled = 'true'", "'true' is not allowed (true or false)"),
        ("logging.level = 'INFO'", "'INFO' is not allowed (one of debug"),
        ("paths.outputs = ''", "'' is not allowed (a folder)"),
        ('paths.outputs = "a\\u0000b"', "is not allowed (a folder)"),
        ("paths.outputs = 7", "7 is not allowed (a folder)"),
        ("paths.outputs = 2026-01-01", "is not allowed (a folder)"),
        ("framework.jobs = 1", "framework.jobs: unknown key (did you mean execution.jobs?)"),
        ("framework.zzz = 1", "unknown key (known there: initialize_timeout_s, shutdown_timeout_s"),
        ("zzz.a = 1", "zzz: unknown section (known sections: execution, framework"),
        ("zzz = 1", "zzz: unknown section (known sections: execution, framework"),
    ],
)
def test_a_wrong_shape_or_type_is_one_problem_on_its_line(file: Path, line: str, message: str) -> None:
    """Files have TOML's types: nothing is guessed."""
    (problem,) = _problems(f"\n{line}\n", file=file)
    assert problem.where == f"{file}:2"
    assert message in str(problem)


def test_a_whole_number_of_seconds_is_a_number(file: Path) -> None:
    """Nobody should have to write 60.0."""
    file.write_text("[framework]\nphase_timeout_s = 60\n")
    seconds = load_config(path=file, environ={}).framework.phase_timeout_s
    assert type(seconds) is float
    assert seconds == 60.0


def test_the_variable_names_the_file_where_no_argument_does(file: Path, tmp_path: Path) -> None:
    """A kernel, which gets no arguments, sees the same file as its runner."""
    file.write_text("execution.jobs = 3")
    other = tmp_path / "other.toml"
    other.write_text("execution.jobs = 5")
    environ = {"ALYSLAB_CONFIG": str(file)}
    assert load_config(environ=environ).execution.jobs == 3
    assert load_config(path=other, environ=environ).execution.jobs == 5
    assert load_config(environ={"ALYSLAB_CONFIG": ""}) == load_config(environ={})


def test_the_process_s_own_environment_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    """And it is only read: asking twice gives the same."""
    monkeypatch.setenv("ALYSLAB__EXECUTION__JOBS", "7")
    before = dict(os.environ)
    assert load_config().execution.jobs == 7
    assert dict(os.environ) == before


@given(st.sampled_from(sorted(known_keys())), st.text(max_size=30).filter(lambda text: "\0" not in text))
def test_any_text_in_a_variable_is_a_value_or_a_problem(name: str, text: str) -> None:
    """Never another exception: the environment is the user's."""
    key: Key = known_keys()[name]
    try:
        config = load_config(environ={key.variable: text})
    except ConfigError as error:
        (problem,) = error.problems
        assert (problem.where, problem.key, problem.value) == (key.variable, name, text)
    else:
        assert config.origins[name] == (key.variable if text else load_config(environ={}).origins[name])
