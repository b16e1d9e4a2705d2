"""Structured logs that can be joined with the journal.

A log line says what the laboratory did; the journal says what happened in the
simulation.  The two meet by ``journal_seq``: a line that was written while a
simulation ran carries the number of events that the journal held, so it
belongs just before the event of that sequence number.

Configuring structlog is global to a process, so it is done for a stretch of
time (:func:`logging_configured`) and undone at its end.  Lines go to the
present ``sys.stderr``, never to standard output, which belongs to notebooks
and to programs whose output is read by others.  structlog is imported where
it is used: it costs as much as the whole of the time that
``import alyslab`` may take.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Literal, TextIO

from alyslab.runtime import current

LogLevel = Literal["debug", "info", "warning", "error"]
LogFormat = Literal["console", "json"]

_in_force: list[dict[str, Any] | None] = []
"""What structlog was given by whoever came before us (None: nothing), then by each stretch in force."""


def get_logger(name: str) -> Any:
    """Return the logger of a module; its lines carry ``module=name``.

    Whatever is configured when a line is written decides about it, so a
    logger may be made at any time and kept.
    """
    import structlog

    return structlog.get_logger(module=name)


def correlated(**fields: object) -> AbstractContextManager[None]:
    """Let every line of this task, and of the tasks that it starts, carry ``fields`` until the block ends."""
    import structlog

    return structlog.contextvars.bound_contextvars(**fields)


@contextmanager
def logging_configured(
    *,
    level: LogLevel = "info",
    format: LogFormat = "console",
    stream: TextIO | None = None,
    **fields: object,
) -> Iterator[None]:
    """Write log lines of at least ``level`` until the block ends, then put back what was before.

    Stretches may overlap and end in any order; the one begun last decides.

    Parameters
    ----------
    level
        The least important lines that are written.
    format
        ``console`` for people, ``json`` for programs: an object a line.
    stream
        Where lines go; by default to what ``sys.stderr`` is when they are written.
    fields
        What every line carries that does not say otherwise itself.
    """
    import structlog

    mine: dict[str, Any] = {
        "processors": [
            structlog.contextvars.merge_contextvars,
            _defaults(fields),
            join_journal,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *_renderers(format, stream),
        ],
        "wrapper_class": structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        "context_class": dict,
        "logger_factory": lambda *_: structlog.PrintLogger(stream or sys.stderr),
        # A cached logger would outlive the stretch that it was made in.
        "cache_logger_on_first_use": False,
    }
    if not _in_force:
        _in_force.append(structlog.get_config() if structlog.is_configured() else None)
    _in_force.append(mine)
    structlog.configure(**mine)
    try:
        yield
    finally:
        _in_force[:] = [config for config in _in_force if config is not mine]
        latest = _in_force[-1]
        if len(_in_force) == 1:
            _in_force.clear()
        if latest is None:
            structlog.reset_defaults()
        else:
            structlog.configure(**latest)


def join_journal(_logger: object, _method: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Add where the run that is going on stands, if one is: ``journal_seq``, and its time in ``run_ns``."""
    runtime = current()
    if runtime is not None:
        line["journal_seq"] = len(runtime.journal)
        line["run_ns"] = runtime.now_ns
    return line


def _defaults(fields: Mapping[str, object]) -> Any:
    def add(_logger: object, _method: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        for name, value in fields.items():
            line.setdefault(name, value)
        return line

    return add


def _renderers(format: LogFormat, stream: TextIO | None) -> list[Any]:
    import structlog

    if format == "json":
        return [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(default=str)]
    terminal = (stream or sys.stderr).isatty()
    # The plain traceback: the coloured one of rich hides failures from papermill's caller.
    formatter = structlog.dev.plain_traceback
    return [structlog.dev.ConsoleRenderer(colors=terminal, exception_formatter=formatter)]
