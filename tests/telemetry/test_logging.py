from __future__ import annotations

import io
import json
import sys
from typing import Any

import pytest
import structlog

from alyslab.runtime import require_current, simulate
from alyslab.telemetry.logging import LogFormat, LogLevel, correlated, get_logger, logging_configured

log = get_logger("a.module")


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


async def chatter() -> None:
    journal = require_current().journal
    journal.record("first", "node")
    log.info("between")
    journal.record("second", "node")


def test_a_line_joins_the_journal_by_its_sequence_number() -> None:
    """What the laboratory said can be put beside what happened, event by event."""
    stream = io.StringIO()

    with logging_configured(format="json", stream=stream):
        run = simulate(chatter, seed=1)
        log.info("after")

    between, after = lines(stream)
    assert run.journal[between["journal_seq"]].kind == "second"
    assert between["run_ns"] == run.journal[1].time_ns
    assert "journal_seq" not in after


def test_a_log_line_changes_no_digest() -> None:
    """Otherwise a run with another log level would be another run."""
    silent = simulate(chatter, seed=1)

    with logging_configured(level="error", stream=io.StringIO()):
        quiet = simulate(chatter, seed=1)
    with logging_configured(level="debug", stream=io.StringIO()):
        loud = simulate(chatter, seed=1)

    assert silent.digest == quiet.digest == loud.digest


def test_correlation_reaches_every_line_and_ends_with_its_block() -> None:
    """An id that is missing on one line, or stays too long, makes the others useless."""
    stream = io.StringIO()

    with logging_configured(format="json", stream=stream, session="s-1"):
        with correlated(correlation="c-1"):
            log.info("inside", session="its own")
        log.warning("outside")

    inside, outside = lines(stream)
    assert (inside["correlation"], inside["session"], inside["module"]) == ("c-1", "its own", "a.module")
    assert "correlation" not in outside
    assert (outside["session"], outside["level"], outside["event"]) == ("s-1", "warning", "outside")


@pytest.mark.parametrize(
    ("level", "written"),
    [("debug", 4), ("info", 3), ("warning", 2), ("error", 1)],
)
def test_less_important_lines_are_not_written(level: LogLevel, written: int) -> None:
    """The level of the configuration decides, for loggers made before it too."""
    stream = io.StringIO()

    with logging_configured(level=level, format="json", stream=stream):
        for method in (log.debug, log.info, log.warning, log.error):
            method("said")

    assert len(lines(stream)) == written


@pytest.mark.parametrize("format", ["console", "json"])
def test_lines_go_to_standard_error_as_it_is_when_they_are_written(
    format: LogFormat, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Standard output belongs to notebooks and programs, and a kernel swaps standard error for each cell."""
    later = io.StringIO()

    with logging_configured(format=format):
        log.info("first")
        monkeypatch.setattr(sys, "stderr", later)
        log.info("second")

    said = capsys.readouterr()
    assert said.out == ""
    assert "first" in said.err
    assert "second" in later.getvalue()


def test_an_exception_is_written_in_plain_text() -> None:
    """Both formats must survive a file and a JSON parser."""
    console, json_lines = io.StringIO(), io.StringIO()
    for stream, format in ((console, "console"), (json_lines, "json")):
        with logging_configured(format=format, stream=stream):  # type: ignore[arg-type]
            try:
                int("seven")
            except ValueError:
                log.exception("failed", what=pytest)

    assert "ValueError: invalid literal" in console.getvalue()
    assert "\x1b" not in console.getvalue()
    assert "ValueError: invalid literal" in lines(json_lines)[0]["exception"]


def test_configuring_is_undone() -> None:
    """A notebook's own structlog must be as it was when the session is over."""
    before = structlog.get_config()

    def fail() -> None:
        with logging_configured(stream=io.StringIO()):
            assert structlog.get_config() != before
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert structlog.get_config() == before


def test_what_another_configured_is_put_back() -> None:
    """A session inside somebody's application must not take over its logs for good."""
    stream = io.StringIO()
    with logging_configured(format="json", stream=stream):
        theirs = structlog.get_config()
        with logging_configured(format="json", stream=io.StringIO()):
            log.info("ours")
        assert structlog.get_config() == theirs
        log.info("theirs")

    assert [line["event"] for line in lines(stream)] == ["theirs"]
    assert not structlog.is_configured()


def test_stretches_may_end_in_any_order() -> None:
    """Two sessions that overlap must neither silence nor outlive each other."""
    before = structlog.get_config()
    first, second = io.StringIO(), io.StringIO()
    one = logging_configured(format="json", stream=first)
    two = logging_configured(format="json", stream=second)

    one.__enter__()
    two.__enter__()
    one.__exit__(None, None, None)
    log.info("second is left")
    two.__exit__(None, None, None)

    assert [line["event"] for line in lines(second)] == ["second is left"]
    assert first.getvalue() == ""
    assert structlog.get_config() == before
