"""The commands ``alyslab chaos …``: run a plan, search for violations, shrink one, list what there is.

Exit codes: 0 every promise held; 1 one was broken; 2 bad input; 3 code under
test or the laboratory raised; 130 interrupted, with what was found until then.

=========  ================================================
plans      run a plan, draw one, what one may hold
searching  search for violations, shrink one
bugs       hunt planted bugs, print the page of them
files      what they write can be written
printing   what else they share
=========  ================================================
"""

from __future__ import annotations

from collections.abc import Callable

import typer

from alyslab.cli_chaos.bugs import catalogue, reference
from alyslab.cli_chaos.plans import draw, faults, run, schema
from alyslab.cli_chaos.searching import search, shrink

__all__ = ["add_chaos"]


def add_chaos(app: typer.Typer, command: Callable[[Callable[..., int]], Callable[..., None]]) -> None:
    """Add the commands to the command line; ``command`` turns errors into exit codes."""
    chaos = typer.Typer(help="Break systems on purpose: plans, searches, shrinking.", no_args_is_help=True)
    for function in (run, search, shrink, draw, faults, catalogue, schema, reference):
        chaos.command()(command(function))
    app.add_typer(chaos, name="chaos")
