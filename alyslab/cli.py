"""The command line: each command reads its options, calls one function of a package, and prints.

Exit codes: 0 every gate held; 1 a gate failed, or a replay differed; 2 bad
input; 3 the laboratory itself failed; 128 plus the signal after a signal.
"""

from __future__ import annotations

import functools
import json
import os
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ParamSpec

import typer

from alyslab.cli_chaos import add_chaos
from alyslab.errors import AlyslabError, LabError, Problem, RunDirectoryError

if TYPE_CHECKING:
    from alyslab.config import LabConfig

P = ParamSpec("P")

app = typer.Typer(
    name="alyslab",
    help="A laboratory for the Alys V2 migration: run experiments, replay them, read what they showed.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

Json = Annotated[bool, typer.Option("--json", help="Print JSON for a program to read.")]


def _command(function: Callable[P, int]) -> Callable[P, None]:
    """End with the code that ``function`` returns, or with that of the error it raises."""

    @functools.wraps(function)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> None:
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

    return guarded


def _print_json(value: Any) -> None:
    typer.echo(json.dumps(value, indent=2, ensure_ascii=False))


@app.command()
@_command
def run(
    *,
    profile: Annotated[
        str | None, typer.Option(help="A file of parameters/profiles; quick if not given.", metavar="NAME")
    ] = None,
    notebook: Annotated[
        list[str] | None,
        typer.Option(help="Run only this notebook; may be repeated.", metavar="NAME[:SCENARIO]"),
    ] = None,
    parameter: Annotated[
        list[str] | None, typer.Option("-p", help="Set a parameter; may be repeated.", metavar="NAME=VALUE")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of all that is random.")] = None,
    jobs: Annotated[int | None, typer.Option(min=1, help="Notebooks that run at the same time.")] = None,
    out: Annotated[Path | None, typer.Option(help="Where run directories are made.", metavar="DIR")] = None,
    resume: Annotated[
        str | None, typer.Option(help="Go on with an interrupted run.", metavar="RUN_ID")
    ] = None,
    preset: Annotated[str | None, typer.Option(help="Preset of the configuration.", metavar="NAME")] = None,
    file: Annotated[Path | None, typer.Option("--config", help="A TOML file on top of the preset.")] = None,
    as_json: Json = False,
) -> int:
    """Execute notebooks with a profile, gate on their verdicts and build the report.

    Example: alyslab run --profile quick --notebook foundation -p peers=30 --seed 11
    """
    from alyslab.batch.plan import Request, make_plan
    from alyslab.batch.progress import progress_on
    from alyslab.batch.runner import Limits, resume_batch, run_batch
    from alyslab.reporting import build_report

    # In the environment, so that the notebooks' kernels resolve the same configuration.
    if preset is not None:
        os.environ["TEST_ENV"] = preset
    if file is not None:
        os.environ["ALYSLAB_CONFIG"] = str(file.resolve())
    config = _config()
    outputs = out or Path(config.paths.outputs)
    execution = config.execution
    limits = Limits(
        jobs=jobs or execution.jobs,
        cell_timeout_s=execution.cell_timeout_s,
        notebook_timeout_s=execution.notebook_timeout_s,
    )
    folders = {"notebooks": Path(config.paths.notebooks), "parameters": Path(config.paths.parameters)}
    progress = progress_on(sys.stderr)
    if resume is not None:
        _refuse_with_resume(profile=profile, notebook=notebook, p=parameter, seed=seed)
        directory = resume_batch(resume, outputs=outputs, limits=limits, progress=progress, **folders)
    else:
        request = Request(
            profile="quick" if profile is None else profile,
            notebooks=tuple(notebook or ()),
            overrides=tuple(parameter or ()),
            seed=seed,
        )
        plan = make_plan(request, **folders)
        directory = run_batch(plan, outputs=outputs, limits=limits, progress=progress)
    try:
        report = build_report(directory)
    except BaseException:
        typer.echo(
            f"the notebooks are done, the report is not; go on with: alyslab report {directory}", err=True
        )
        raise
    return _told(report, directory, as_json)


@app.command()
@_command
def report(
    run_dir: Annotated[Path, typer.Argument(help="A run directory, such as outputs/latest.")],
    as_json: Json = False,
) -> int:
    """Build the report of a run again, from what its directory holds.

    Example: alyslab report outputs/latest
    """
    from alyslab.reporting import build_report

    directory = run_dir.resolve()
    return _told(build_report(directory), directory, as_json)


@app.command()
@_command
def replay(
    token: Annotated[str, typer.Argument(help="A token that a run printed, alys1-…")],
    journal: Annotated[
        Path | None, typer.Option(help="The first run's saved journal, to show the first differing event.")
    ] = None,
    as_json: Json = False,
) -> int:
    """Run again what a token names and compare the digests: 0 same, 1 different, 2 a bad token.

    Example: alyslab replay alys1-…
    """
    from alyslab.runtime.replay import replay as replay_token

    result = replay_token(token, journal=journal)
    if as_json:
        _print_json({"same": result.same, "report": result.report})
    else:
        typer.echo(result.report)
    return 0 if result.same else 1


@app.command()
@_command
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
        _print_json([_plain(finding) for finding in findings])
    else:
        for finding in findings:
            typer.echo(str(finding))
        typer.echo(f"{len(findings)} findings")
    return 1 if findings else 0


@app.command()
@_command
def doctor(as_json: Json = False) -> int:
    """Find out what this machine can and cannot run, and how to get the rest.

    Example: alyslab doctor
    """
    from alyslab.doctor import examine

    capabilities = examine()
    if as_json:
        _print_json([capability.as_dict() for capability in capabilities])
        return 0
    for capability in capabilities:
        mark = "✓ available" if capability.available else "✗ missing  "
        typer.echo(f"{mark}  {capability.name}: {capability.detail}")
        if not capability.available:
            typer.echo(f"             for {capability.needed_for}; {capability.how_to_get}")
    return 0


@app.command()
@_command
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
        _print_json({"values": values, "origins": dict(resolved.origins)})
        return 0
    for key, origin in resolved.origins.items():
        value: Any = values
        for part in key.split("."):
            value = value[part]
        typer.echo(f"{key} = {json.dumps(value)}  ({origin})")
    return 0


@app.command()
@_command
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


@app.command()
@_command
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
    entries = [_plain(entry) for entry in catalogue()]
    if as_json:
        _print_json(entries)
        return 0
    for entry in entries:
        typer.echo(f"{entry['kind']:8}  {entry['name']:32}  {entry['summary']}")
    return 0


def _config() -> LabConfig:
    from alyslab.config import load_config

    return load_config()


def _refuse_with_resume(**given: object) -> None:
    names = [name for name, value in given.items() if value is not None]
    if names:
        options = ", ".join(f"-{name}" if len(name) == 1 else f"--{name}" for name in names)
        what = f"takes its experiments from the run and can't be combined with {options}"
        raise RunDirectoryError(Problem(where="--resume", what=what))


def _told(document: Any, directory: Path, as_json: bool) -> int:
    if as_json:
        _print_json({**document, "directory": str(directory)})
    else:
        counts = document["counts"]
        typer.echo(
            f"{document['verdict']}: {counts['notebooks']} notebooks, {counts['passed']} checks passed, "
            f"{counts['failed']} failed, {counts['inconclusive']} inconclusive"
        )
        for reason in document["reasons"]:
            check = f", {reason['check']}" if reason["check"] else ""
            typer.echo(f"  {reason['id']}{check}: {reason['what']}")
        typer.echo(f"report: {directory / 'report' / 'index.html'}")
    return int(document["exit_code"])


def _plain(value: Any) -> dict[str, Any]:
    from dataclasses import asdict, is_dataclass

    if is_dataclass(value) and not isinstance(value, type):
        return {name: str(item) if isinstance(item, Path) else item for name, item in asdict(value).items()}
    return dict(value)


add_chaos(app, _command)

if __name__ == "__main__":
    app()
