"""What every command shares: errors become exit codes, and JSON is printed one way."""

from __future__ import annotations

import functools
import json
import os
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, ParamSpec

import typer

from alyslab.errors import AlyslabError, LabError

P = ParamSpec("P")

Json = Annotated[bool, typer.Option("--json", help="Print JSON for a program to read.")]


def guarded(function: Callable[P, int]) -> Callable[P, None]:
    """End with the code that ``function`` returns, or with that of the error it raises."""

    @functools.wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            code = function(*args, **kwargs)
        except AlyslabError as error:
            notes = getattr(error, "__notes__", ())
            typer.echo("\n".join([f"alyslab: {error}", *notes]), err=True)
            code = error.exit_code
        except BrokenPipeError:
            # Whoever read us, `head` perhaps, has seen enough; a second flush at exit would fail again.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            code = 141
        except KeyboardInterrupt:
            code = 130
        except typer.Exit as stop:
            code = stop.exit_code
        except Exception:
            typer.echo(traceback.format_exc(), err=True)
            typer.echo("alyslab: an unexpected error, a bug of the laboratory; please report it", err=True)
            code = LabError.exit_code
        raise typer.Exit(code)

    return run


def print_json(value: Any) -> None:
    """Print a value as JSON."""
    typer.echo(json.dumps(value, indent=2, ensure_ascii=False))


def plain(value: Any) -> dict[str, Any]:
    """Return a dataclass, or a mapping, as a dictionary of what JSON has."""
    from dataclasses import asdict, is_dataclass

    if is_dataclass(value) and not isinstance(value, type):
        return {name: str(item) if isinstance(item, Path) else item for name, item in asdict(value).items()}
    return dict(value)
