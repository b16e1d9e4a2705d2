"""The command line: each command reads its options, calls one function of a package, and prints.

Exit codes: 0 every gate held; 1 a gate failed, or a replay differed; 2 bad
input; 3 the laboratory itself failed; 128 plus the signal after a signal.

=======  =====================================================
running  execute notebooks, build a report again, replay
tools    lint, doctor, configuration, benchmarks, sites
command  what they share: errors become exit codes, JSON
=======  =====================================================

The commands ``alyslab chaos …`` are in :mod:`alyslab.cli_chaos`, ``alyslab property …`` in
:mod:`alyslab.cli_property`.
"""

from __future__ import annotations

import typer

from alyslab.cli.command import guarded
from alyslab.cli.running import replay, report, run
from alyslab.cli.tools import bench, config, doctor, lint, sites
from alyslab.cli_chaos import add_chaos
from alyslab.cli_property import add_property

__all__ = ["app"]

app = typer.Typer(
    name="alyslab",
    help="A laboratory for the Alys V2 migration: run experiments, replay them, read what they showed.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
for _function in (run, report, replay, lint, doctor, config, bench, sites):
    app.command()(guarded(_function))
add_chaos(app, guarded)
add_property(app, guarded)
