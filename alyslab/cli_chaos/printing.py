"""What the chaos commands share: options, JSON on standard output, progress beside it."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from typing import Annotated, Any

import typer

Json = Annotated[bool, typer.Option("--json", help="Print JSON for a program to read.")]
Planted = Annotated[
    list[str] | None, typer.Option(help="Switch a planted bug on; may be repeated.", metavar="NAME")
]
Jobs = Annotated[int | None, typer.Option(min=1, help="Processes; the configuration's if not given.")]
INTERRUPTED = 130
"""Exit code after an interrupt, as a shell has it: 128 and the number of SIGINT."""


def print_json(value: Any) -> None:
    """Print a value as JSON, at once: whoever reads may be waiting."""
    typer.echo(json.dumps(value, indent=2, ensure_ascii=False))
    sys.stdout.flush()


def plain(value: Any) -> dict[str, Any]:
    """Return a dataclass as a dictionary."""
    from dataclasses import asdict

    return asdict(value)


def processes() -> int:
    """Return how many processes the configuration allows."""
    from alyslab.config import load_config

    return load_config().execution.jobs


def bar(description: str) -> Any:
    """Return what wraps results and their number in a progress bar."""
    from alyslab.display.progress import progress

    def wrap(results: Iterable[Any], total: int) -> Iterable[Any]:
        return progress(results, description=description, total=total)

    return wrap


def tell(text: str) -> None:
    """Print a line beside the results."""
    typer.echo(text, err=True)
