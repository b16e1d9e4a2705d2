"""Runs a plan: notebooks in parallel, the summary last, everything recorded as it happens."""

from __future__ import annotations

import contextlib
import errno
import json
import signal
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from alyslab.atomic import write_bytes, write_json
from alyslab.batch import provenance
from alyslab.batch.failure import Ending, judge, stamped
from alyslab.batch.manifest import ENDED, Asked, Manifest, NotebookEntry
from alyslab.batch.plan import Job, Plan, Request
from alyslab.batch.planner import make_plan
from alyslab.batch.pool import WorkerPool
from alyslab.batch.progress import Progress
from alyslab.batch.resume import differences, sha256, with_undone_reset
from alyslab.batch.rundir import RunDirectory, create, reopen
from alyslab.batch.signals import signals_interrupt
from alyslab.batch.task import Event, Task
from alyslab.errors import LabError, RunDirectoryError

_DISK_ERRORS = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO}


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How the notebooks are run, as opposed to what they are."""

    jobs: int
    """Worker processes at the same time."""
    cell_timeout_s: float
    """Wall-clock limit of one cell."""
    notebook_timeout_s: float
    """Wall-clock limit of one notebook."""


class InterruptedRunError(LabError):
    """The run was stopped from outside; what had finished stays, and the message says how to go on.

    ``exit_code`` is 128 plus the signal's number, as shells have it.
    """

    def __init__(self, directory: Path, finished: int, total: int, signal_number: int) -> None:
        self.directory = directory
        self.exit_code = 128 + signal_number
        super().__init__(
            f"interrupted; {finished} of {total} notebooks ended and stay readable in {directory}\n"
            f"go on with: {_resume_command(directory)}"
        )


def run_batch(plan: Plan, *, outputs: Path, limits: Limits, progress: Progress) -> Path:
    """Execute a plan in a fresh directory below ``outputs`` and return the directory.

    A notebook that fails, dies or runs out of time is recorded and does not
    stop the others.  Reads the wall clock; starts processes.

    Raises
    ------
    RunDirectoryError
        If ``outputs`` can't hold runs.
    InterruptedRunError
        After Ctrl-C or SIGTERM.
    LabError
        If workers can't start or the disk refuses.
    """
    label = f"{plan.request.profile}-s{plan.seed}" if plan.seed is not None else plan.request.profile
    with create(outputs, label) as directory:
        manifest = _new_manifest(plan, directory.run_id)
        directory.save(manifest)
        _Run(plan, directory, manifest, limits, progress).run()
        return directory.path


def resume_batch(
    run_id: str, *, outputs: Path, notebooks: Path, parameters: Path, limits: Limits, progress: Progress
) -> Path:
    """Execute what an interrupted run left undone and return its directory.

    Raises
    ------
    RunDirectoryError
        If the directory can't be resumed, or notebooks, parameters or
        alyslab changed since; each difference is named.
    InterruptedRunError, LabError
        As :func:`run_batch`.
    """
    with reopen(outputs, run_id) as (directory, manifest):
        asked = manifest.asked
        request = Request(
            profile=asked.profile, notebooks=asked.notebooks, overrides=asked.overrides, seed=asked.seed
        )
        plan = make_plan(request, notebooks=notebooks, parameters=parameters)
        problems = differences(manifest, _new_manifest(plan, run_id), directory.path)
        if problems:
            raise RunDirectoryError(problems)
        _Run(plan, directory, with_undone_reset(manifest, directory.path), limits, progress).run()
        return directory.path


class _Run:
    """One run in its directory; every change of state reaches ``run.json`` at once."""

    def __init__(
        self, plan: Plan, directory: RunDirectory, manifest: Manifest, limits: Limits, progress: Progress
    ) -> None:
        self.plan = plan
        self.directory = directory
        self.manifest = manifest
        self.limits = limits
        self.progress = progress

    def run(self) -> None:
        try:
            with signals_interrupt(), WorkerPool(self.limits.jobs) as pool, self.progress:
                self._execute(pool, self.plan.jobs)
                self._execute(pool, (self.plan.summary,))
        except KeyboardInterrupt as error:
            self._save(status="interrupted", ended_at=_now())
            ended = sum(entry.state in ENDED for entry in self.manifest.notebooks)
            number = error.args[0] if error.args else signal.SIGINT
            raise InterruptedRunError(
                self.directory.path, ended, len(self.manifest.notebooks), int(number)
            ) from None
        except LabError as error:
            error.add_note(f"what had finished is kept; go on with: {_resume_command(self.directory.path)}")
            raise
        self.manifest = self.manifest.model_copy(update={"status": "finished", "ended_at": _now()})
        self.directory.finish(self.manifest)

    def _execute(self, pool: WorkerPool, jobs: Sequence[Job]) -> None:
        undone = {job.id: job for job in jobs if self.manifest.entry(job.id).state not in ENDED}
        tasks = [self._task(job) for job in undone.values()]
        for event in pool.run(tasks):
            if event.what == "started":
                self._change(event.task.id, state="running")
                self.progress.started(event.task.id, event.task.total)
            elif event.what == "cell":
                self.progress.cell(event.task.id, event.cell)
            else:
                self._publish(undone[event.task.id], event)
                self.progress.ended(self.manifest.entry(event.task.id))

    def _task(self, job: Job) -> Task:
        work = self.directory.work
        source = work / f"{job.id}.source.ipynb"
        write_bytes(source, job.notebook.raw)
        return Task(
            id=job.id,
            input=str(source.resolve()),
            output=str((work / f"{job.id}.ipynb").resolve()),
            cwd=str(self.directory.path.resolve()),
            parameters=job.parameters,
            total=len(json.loads(job.notebook.raw)["cells"]),
            cell_timeout_s=self.limits.cell_timeout_s,
            notebook_timeout_s=self.limits.notebook_timeout_s,
        )

    def _publish(self, job: Job, event: Event) -> None:
        """Judge what the worker left, and move it to its name in one step."""
        ending = event.ending or Ending(how="worker died", message="no ending was reported")
        if ending.errno in _DISK_ERRORS:
            raise LabError(f"a worker could not write {event.task.output}: {ending.message}")
        left = _read_left(Path(event.task.output))
        failure = judge(left, ending)
        document = stamped(left or json.loads(job.notebook.raw), failure)
        record = document.setdefault("metadata", {}).setdefault("papermill", {})
        record |= {"input_path": job.notebook.path.name, "output_path": f"{job.id}.ipynb"}
        target = self.directory.path / f"{job.id}.ipynb"
        write_json(target, document)
        self._change(
            job.id,
            state=failure.kind if failure else "finished",
            error=failure,
            duration_s=round(event.duration_s, 3),
            executed_sha256=sha256(target),
        )
        with contextlib.suppress(OSError):
            Path(event.task.output).unlink(missing_ok=True)

    def _change(self, job_id: str, **update: Any) -> None:
        self.manifest = self.manifest.changed(job_id, **update)
        self.directory.save(self.manifest)

    def _save(self, **update: Any) -> None:
        self.manifest = self.manifest.model_copy(update=update)
        self.directory.save(self.manifest)


def _new_manifest(plan: Plan, run_id: str) -> Manifest:
    request = plan.request
    return Manifest(
        run_id=run_id,
        status="running",
        asked=Asked(
            profile=request.profile,
            notebooks=request.notebooks,
            overrides=request.overrides,
            seed=request.seed,
        ),
        seed=plan.seed,
        required_checks=plan.required_checks,
        started_at=_now(),
        versions=dict(provenance.versions()),
        git_commit=provenance.git_commit(),
        code_digest=provenance.code_digest(),
        notebooks=tuple(_new_entry(job) for job in plan.jobs),
        summary=_new_entry(plan.summary),
    )


def _new_entry(job: Job) -> NotebookEntry:
    seed = job.parameters.get("seed")
    return NotebookEntry(
        id=job.id,
        notebook=job.notebook.name,
        scenario=job.scenario,
        seed=seed if isinstance(seed, int) else None,
        source_sha256=job.notebook.sha256,
        parameters=dict(job.parameters),
    )


def _read_left(path: Path) -> dict[str, Any] | None:
    """Return the notebook as papermill last saved it, or ``None`` if it was killed while saving."""
    try:
        document = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None
    return document if isinstance(document, dict) and isinstance(document.get("cells"), list) else None


def _resume_command(directory: Path) -> str:
    return f"alyslab run --resume {directory.name} --out {directory.parent}"


def _now() -> str:
    now = datetime.now(UTC)  # alyslab: real - when a run was is kept beside its journals
    return now.isoformat(timespec="seconds")
