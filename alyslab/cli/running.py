"""Commands about runs: execute notebooks, build a report again, replay a token."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from alyslab.cli.command import Json, print_json
from alyslab.errors import Problem, RunDirectoryError

if TYPE_CHECKING:
    from alyslab.batch.runner import Limits
    from alyslab.config import LabConfig


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
    from alyslab.batch.plan import Request
    from alyslab.batch.planner import make_plan
    from alyslab.batch.progress import progress_on
    from alyslab.batch.runner import resume_batch, run_batch

    config = _config(preset, file)
    folders = {"notebooks": Path(config.paths.notebooks), "parameters": Path(config.paths.parameters)}
    outputs, limits = out or Path(config.paths.outputs), _limits(config, jobs)
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
    return _told(_first_report(directory), directory, as_json)


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
        print_json({"same": result.same, "report": result.report})
    else:
        typer.echo(result.report)
    return 0 if result.same else 1


def _config(preset: str | None, file: Path | None) -> LabConfig:
    from alyslab.config import load_config

    # In the environment, so that the notebooks' kernels resolve the same configuration.
    if preset is not None:
        os.environ["TEST_ENV"] = preset
    if file is not None:
        os.environ["ALYSLAB_CONFIG"] = str(file.resolve())
    return load_config()


def _limits(config: LabConfig, jobs: int | None) -> Limits:
    from alyslab.batch.runner import Limits

    execution = config.execution
    return Limits(
        jobs=jobs or execution.jobs,
        cell_timeout_s=execution.cell_timeout_s,
        notebook_timeout_s=execution.notebook_timeout_s,
    )


def _refuse_with_resume(**given: object) -> None:
    names = [name for name, value in given.items() if value is not None]
    if names:
        options = ", ".join(f"-{name}" if len(name) == 1 else f"--{name}" for name in names)
        what = f"takes its experiments from the run and can't be combined with {options}"
        raise RunDirectoryError(Problem(where="--resume", what=what))


def _first_report(directory: Path) -> Any:
    from alyslab.reporting import build_report

    try:
        return build_report(directory)
    except BaseException:
        typer.echo(
            f"the notebooks are done, the report is not; go on with: alyslab report {directory}", err=True
        )
        raise


def _told(document: Any, directory: Path, as_json: bool) -> int:
    if as_json:
        print_json({**document, "directory": str(directory)})
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
