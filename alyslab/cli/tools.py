"""Commands about the laboratory itself: what it can do here, how it is set, what it costs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from alyslab.cli.command import Json, plain, print_json


def lint(
    paths: Annotated[
        list[Path] | None, typer.Argument(help="Files and folders; alyslab if not given.")
    ] = None,
    as_json: Json = False,
) -> int:
    """Look for calls that a simulation can't intercept: 0 none, 1 some.

    Example: alyslab lint alyslab notebooks
    """
    from alyslab.runtime.lint import lint_paths

    findings = lint_paths(paths or [Path("alyslab")])
    if as_json:
        print_json([plain(finding) for finding in findings])
    else:
        for finding in findings:
            typer.echo(str(finding))
        typer.echo(f"{len(findings)} findings")
    return 1 if findings else 0


def doctor(as_json: Json = False) -> int:
    """Find out what this machine can and cannot run, and how to get the rest.

    Example: alyslab doctor
    """
    from alyslab.doctor import examine

    capabilities = examine()
    if as_json:
        print_json([capability.as_dict() for capability in capabilities])
        return 0
    for capability in capabilities:
        mark = "✓ available" if capability.available else "✗ missing  "
        typer.echo(f"{mark}  {capability.name}: {capability.detail}")
        if not capability.available:
            typer.echo(f"             for {capability.needed_for}; {capability.how_to_get}")
    return 0


def config(
    preset: Annotated[str | None, typer.Option(help="local, ci, docker or stress.", metavar="NAME")] = None,
    file: Annotated[Path | None, typer.Option(help="Your own TOML on top.", metavar="FILE")] = None,
    reference: Annotated[bool, typer.Option("--reference", help="Print every key as Markdown.")] = False,
    as_json: Json = False,
) -> int:
    """Show the resolved configuration and where each value came from.

    Example: alyslab config --preset ci
    """
    if reference:
        from alyslab.config import reference as page

        typer.echo(page.render(), nl=False)
        return 0
    from alyslab.config import load_config

    resolved = load_config(preset=preset, path=file)
    values = resolved.model_dump(mode="json")
    if as_json:
        print_json({"values": values, "origins": dict(resolved.origins)})
        return 0
    for key, origin in resolved.origins.items():
        value: Any = values
        for part in key.split("."):
            value = value[part]
        typer.echo(f"{key} = {json.dumps(value)}  ({origin})")
    return 0


def bench(
    only: Annotated[
        list[str] | None, typer.Option(help="Run only this benchmark; may be repeated.", metavar="NAME")
    ] = None,
    as_json: Json = False,
) -> int:
    """Measure the runtime and the journal, as ratios within one run.

    Example: alyslab bench --only journal
    """
    from alyslab.performance.bench import main

    return main(as_json=as_json, only=only or ())


def sites(as_json: Json = False) -> int:
    """List the places where a fault may fire and the defects that can be planted.

    Example: alyslab sites
    """
    import importlib
    import pkgutil

    import alyslab.chaos
    import alyslab.harnesses
    import alyslab.model
    from alyslab.runtime.sites import catalogue

    # A site is registered by the module that has it.
    for room in (alyslab.harnesses, alyslab.model, alyslab.chaos):
        for module in pkgutil.walk_packages(room.__path__, f"{room.__name__}."):
            importlib.import_module(module.name)
    entries = [plain(entry) for entry in catalogue()]
    if as_json:
        print_json(entries)
        return 0
    for entry in entries:
        typer.echo(f"{entry['kind']:8}  {entry['name']:32}  {entry['summary']}")
    return 0
