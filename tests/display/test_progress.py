from __future__ import annotations

import json
import subprocess
import sys
import threading

import pytest

from alyslab.display import progress
from alyslab.telemetry.logging import logging_configured

MODULE = "alyslab.display.progress"


@pytest.mark.parametrize("interactive", [True, False])
def test_every_item_passes_through_in_order(interactive, capsys):
    """A progress display that eats an item changes the experiment."""
    assert list(progress(range(5), description="seeds", interactive=interactive)) == [0, 1, 2, 3, 4]


def test_headless_it_logs_a_line_at_the_end(capsys):
    """An executed notebook should hold a line, not a bar drawn a hundred times; no session is needed."""
    list(progress([1, 2, 3], description="seeds", interactive=False))
    out, err = capsys.readouterr()
    assert out == "", "standard output belongs to the notebook"
    assert len(err.splitlines()) == 1
    assert "seeds: 3 of 3 done" in err
    assert "\x1b" not in err, "no colours where no terminal is"


def test_headless_a_long_loop_logs_now_and_then(monkeypatch, capsys):
    """A loop that hangs shows where it hung; the clock is the test's own."""
    times_s = iter([0.0, 4.0, 11.0, 12.0, 12.5])
    monkeypatch.setattr(sys.modules[MODULE].time, "monotonic", lambda: next(times_s))
    list(progress(iter("abc"), description="seeds", interactive=False))
    first, last = capsys.readouterr().err.splitlines()
    assert "seeds: 2 " in first
    assert "elapsed_s=11.0" in first
    assert "seeds: 3 done" in last
    assert "elapsed_s=12.5" in last


def test_within_a_session_its_log_is_used(capsys):
    """The session decides about form and level, and its lines carry its identity."""
    with logging_configured(format="json", session="s1"):
        list(progress([1], description="seeds", interactive=False))
    line = json.loads(capsys.readouterr().err)
    assert (line["event"], line["session"]) == ("seeds: 1 of 1 done", "s1")


def test_interactive_it_draws_a_bar(capsys):
    """A person waits easier with something to look at."""
    list(progress([1, 2], description="seeds", interactive=True))
    shown = capsys.readouterr().err
    assert "seeds: 100%" in shown
    assert "2/2" in shown


def test_no_thread_is_left_or_started(capsys):
    """tqdm starts a monitor that outlives its bar; under simulation a thread is an error."""
    before = threading.active_count()
    for _ in progress([1, 2], description="seeds", interactive=True):
        assert threading.active_count() == before


def test_an_error_in_the_loop_passes_through(capsys):
    """The display is not where a failure should surface or vanish."""

    def broken():
        yield 1
        raise LookupError("the third seed")

    with pytest.raises(LookupError, match="the third seed"):
        list(progress(broken(), description="seeds", interactive=True))


def test_importing_display_loads_no_plotting_library():
    """The command line and the checkers' users must not wait for matplotlib."""
    heavy = {"matplotlib", "seaborn", "pandas", "tqdm", "numpy"}
    code = f"import sys, alyslab.display; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
