"""A person watches a terminal, a CI log is read afterwards; both must learn how each notebook ended."""

from __future__ import annotations

import io

import pytest

from alyslab.batch.progress import Bars, Lines, progress_on
from tests.batch.lab import DIED, entry


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_log_gets_plain_lines_and_a_terminal_gets_bars() -> None:
    """Control sequences make a log unreadable."""
    assert isinstance(progress_on(io.StringIO()), Lines)
    assert isinstance(progress_on(Terminal()), Bars)


@pytest.mark.parametrize("stream", [io.StringIO(), Terminal()])
def test_each_end_is_told_in_words_with_its_reason(stream: io.StringIO) -> None:
    """A symbol or a colour alone does not reach every reader."""
    with progress_on(stream) as progress:
        progress.started("one__default__s7", 3)
        progress.cell("one__default__s7", 2)
        progress.ended(entry("one", state="died", error=DIED))

    assert "✗ one__default__s7 died in 1.2 s at cell 2: the kernel died" in stream.getvalue()


def test_lines_hold_no_control_sequences() -> None:
    """They go to files."""
    stream = io.StringIO()
    with progress_on(stream) as progress:
        progress.started("one", 3)
        progress.ended(entry("one"))

    assert "\x1b" not in stream.getvalue()
