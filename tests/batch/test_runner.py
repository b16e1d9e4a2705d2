"""Whole runs with real kernels: what a notebook can do to its runner, it will do one day.

One run of a few notebooks serves most tests here, since each costs seconds.
"""

from __future__ import annotations

import io
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import psutil
import pytest

from alyslab.batch.gateway import RunScraps, read_run
from alyslab.batch.manifest import read_manifest
from alyslab.batch.plan import Request
from alyslab.batch.planner import make_plan
from alyslab.batch.progress import progress_on
from alyslab.batch.runner import Limits, resume_batch, run_batch
from alyslab.errors import LabError, RunDirectoryError
from tests.batch.lab import PASSING, write_lab, write_notebook

SUMMARY = Path(__file__).parents[2] / "notebooks" / "summary.ipynb"
LIMITS = Limits(jobs=2, cell_timeout_s=60, notebook_timeout_s=120)


def run_lab(
    root: Path,
    notebooks: Mapping[str, Any],
    limits: Limits = LIMITS,
    summary: Path | None = None,
    **files: str,
) -> Path:
    folders = write_lab(root, notebooks, **files)
    if summary:
        shutil.copy(summary, folders[0])
    plan = make_plan(Request(seed=7), notebooks=folders[0], parameters=folders[1])
    return run_batch(plan, outputs=root / "outputs", limits=limits, progress=progress_on(io.StringIO()))


def states(run: RunScraps) -> dict[str, str]:
    return {scraps.entry.notebook: scraps.entry.state for scraps in (*run.notebooks, run.summary)}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> RunScraps:
    """Three notebooks: one that passes, one whose kernel is killed, one that leaves by SystemExit."""
    root = tmp_path_factory.mktemp("run")
    hostile = root / "jupyter" / "kernels" / "python3"
    hostile.mkdir(parents=True)
    spec = {"argv": ["/bin/false", "{connection_file}"], "display_name": "Python 3", "language": "python"}
    (hostile / "kernel.json").write_text(json.dumps(spec))
    killed = "print('before', flush=True)\nimport os\nos.kill(os.getpid(), 9)"
    notebooks = {"good": (PASSING,), "killed": (killed, "1"), "leaves": ("raise SystemExit(0)", PASSING)}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JUPYTER_PATH", str(root / "jupyter"))
        patch.setenv("IPYTHONDIR", str(root / "ipython"))
        start_up = root / "ipython" / "profile_default" / "startup"
        start_up.mkdir(parents=True)
        (start_up / "00-mine.py").write_text("raise SystemExit('a start-up file of the user')")
        return read_run(run_lab(root, notebooks, summary=SUMMARY, profiles__quick="peers: 9"))


def test_a_good_notebook_runs_whatever_kernels_and_start_up_files_the_user_has(run: RunScraps) -> None:
    """The fixture installs a kernelspec named python3 that fails and a start-up file that exits."""
    good = run.notebooks[0]

    assert (good.entry.state, good.problems) == ("finished", ())
    assert good.verdict is not None
    assert good.verdict.status == "pass"


def test_parameters_reach_the_notebook(run: RunScraps) -> None:
    """The value in the scrap was computed from the injected one."""
    assert run.notebooks[0].metrics[0]["value"] == 9
    assert run.notebooks[0].provenance["parameters"] == {"peers": 9}


def test_a_killed_kernel_is_a_recorded_failure_with_its_last_words(run: RunScraps) -> None:
    """papermill records that every cell completed."""
    error = run.notebooks[1].entry.error

    assert error is not None
    assert (error.kind, error.cell) == ("died", 2)
    assert error.output in ("before", "")  # what a killed process had not sent yet died with it
    assert "os.kill" in error.source


def test_system_exit_is_a_recorded_failure(run: RunScraps) -> None:
    """papermill returns as if nothing had happened."""
    error = run.notebooks[2].entry.error

    assert error is not None
    assert (error.kind, error.cell) == ("failed", 2)


def test_the_summary_runs_last_and_its_gate_agrees(run: RunScraps) -> None:
    """It reads the scraps of the others, those of the failed included."""
    decision = run.decide()

    assert run.summary.verdict is not None
    assert (run.summary.verdict.status, decision.exit_code) == ("fail", 1)
    assert {reason.id for reason in decision.reasons} == {"killed__default__s7", "leaves__default__s7"}


def test_a_finished_directory_holds_results_and_nothing_else(run: RunScraps) -> None:
    """Work files, locks and temporaries would confuse who looks in."""
    names = {path.name for path in run.directory.iterdir()}

    executed = {f"{name}__default__s7.ipynb" for name in ("good", "killed", "leaves")}
    assert names == executed | {"summary.ipynb", "run.json"}
    assert run.manifest.status == "finished"
    assert (run.directory.parent / "latest").resolve() == run.directory.resolve()


def test_kernels_say_nothing_of_their_own(run: RunScraps) -> None:
    """ipykernel's warnings about TCP and frozen modules would stand in every report."""
    document = json.loads((run.directory / "good__default__s7.ipynb").read_text())

    said = [output for cell in document["cells"] for output in cell.get("outputs", ())]
    assert [output["output_type"] for output in said if output["output_type"] == "stream"] == []


def resume(root: Path, run_id: str) -> Path:
    return resume_batch(
        run_id,
        outputs=root / "outputs",
        notebooks=root / "notebooks",
        parameters=root / "parameters",
        limits=LIMITS,
        progress=progress_on(io.StringIO()),
    )


SCRIPT = """
import sys
from pathlib import Path
from alyslab.batch.plan import Request
from alyslab.batch.planner import make_plan
from alyslab.batch.progress import progress_on
from alyslab.batch.runner import Limits, resume_batch, run_batch
from alyslab.errors import AlyslabError
root = Path(sys.argv[1])
folders = {"notebooks": root / "notebooks", "parameters": root / "parameters"}
limits = Limits(jobs=1, cell_timeout_s=60, notebook_timeout_s=120)
how = {"outputs": root / "outputs", "limits": limits, "progress": progress_on(sys.stderr)}
try:
    if sys.argv[2:]:
        resume_batch(sys.argv[2], **folders, **how)
    else:
        run_batch(make_plan(Request(seed=7), **folders), **how)
except AlyslabError as error:
    print(error, file=sys.stderr, flush=True)
    sys.exit(error.exit_code)
"""
WAITS = "import os, pathlib, threading\npathlib.Path({pid!r}).write_text(str(os.getpid()))\n{wait}"


@pytest.fixture
def interrupted(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], int, Path]]:
    """A run in a process of its own whose second notebook waits until it is told to go on."""
    pid, go = tmp_path / "pid", tmp_path / "go"
    wait = f"while not os.path.exists({str(go)!r}): threading.Event().wait(0.05)"
    waiting = WAITS.format(pid=str(pid), wait=wait)
    write_lab(tmp_path, {"good": (PASSING,), "waits": (waiting, PASSING)})
    process = subprocess.Popen(
        [sys.executable, "-c", SCRIPT, str(tmp_path)], stderr=subprocess.PIPE, text=True
    )
    try:
        until(lambda: pid.exists() and pid.read_text() != "", process)
        yield process, int(pid.read_text()), tmp_path
    finally:
        if process.poll() is None:
            process.kill()
            process.communicate()


def until(condition: Any, process: subprocess.Popen[str] | None = None, limit_s: float = 60) -> None:
    deadline = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < deadline
        assert process is None or process.poll() is None
        os.sched_yield()


@pytest.mark.slow
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupted_run_keeps_what_finished_and_can_go_on(
    interrupted: tuple[subprocess.Popen[str], int, Path], number: int, code: int
) -> None:
    """Ctrl-C, or a cancelled CI job: no process stays behind and nothing is lost."""
    process, kernel, root = interrupted

    process.send_signal(number)
    _, said = process.communicate(timeout=60)

    assert process.returncode == code
    until(lambda: not psutil.pid_exists(kernel) or psutil.Process(kernel).status() == "zombie")
    (directory,) = [path for path in (root / "outputs").iterdir() if path.is_dir()]
    assert f"alyslab run --resume {directory.name}" in said
    stopped = read_run(directory)
    assert stopped.manifest.status == "interrupted"
    assert states(stopped) == {"good": "finished", "waits": "running", "summary": "pending"}
    assert stopped.notebooks[0].verdict is not None
    before = (directory / "good__default__s7.ipynb").read_bytes()

    (root / "go").write_text("")
    resumed = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(root), directory.name], capture_output=True, text=True, check=False
    )

    assert resumed.returncode == 0, resumed.stderr
    assert set(states(read_run(directory)).values()) == {"finished"}
    assert read_run(directory).decide().exit_code == 0
    assert (directory / "good__default__s7.ipynb").read_bytes() == before


@pytest.mark.slow
def test_killing_the_runner_kills_its_kernels_and_leaves_a_run_to_resume(
    interrupted: tuple[subprocess.Popen[str], int, Path],
) -> None:
    """SIGKILL can't be handled, so the workers watch for the runner's end themselves."""
    process, kernel, root = interrupted

    process.kill()
    process.communicate()

    until(lambda: not psutil.pid_exists(kernel) or psutil.Process(kernel).status() == "zombie")
    (directory,) = [path for path in (root / "outputs").iterdir() if path.is_dir()]
    assert read_manifest(directory).status == "running"
    (root / "go").write_text("")
    write_notebook(root / "notebooks", "waits", "1")
    with pytest.raises(RunDirectoryError, match="notebook waits changed since this run began"):
        resume(root, directory.name)


@pytest.mark.slow
def test_limits_of_time_are_recorded_failures(tmp_path: Path) -> None:
    """A cell that spins, and cells that together take too long, end; the others go on."""
    spin = "print('spinning', flush=True)\nwhile True: pass"
    wait = "import threading\nthreading.Event().wait(2.5)"
    notebooks = {"good": (PASSING,), "spins": (spin,), "long": (wait,) * 8}

    run = read_run(run_lab(tmp_path, notebooks, Limits(jobs=2, cell_timeout_s=4, notebook_timeout_s=12)))

    assert states(run) == {
        "good": "finished",
        "spins": "timed_out",
        "long": "timed_out",
        "summary": "finished",
    }
    errors = {scraps.entry.notebook: scraps.entry.error for scraps in run.notebooks}
    assert errors["spins"] is not None
    assert errors["long"] is not None
    assert "spinning" in errors["spins"].output
    assert "the notebook ran longer than 12 s" in errors["long"].message
    assert errors["long"].cell is not None


@pytest.mark.slow
def test_a_worker_that_dies_is_a_recorded_failure_and_is_replaced(tmp_path: Path) -> None:
    """papermill itself may be killed, for want of memory for instance."""
    shot = "import os\nos.kill(os.getppid(), 9)\nimport threading\nthreading.Event().wait(30)"
    notebooks = {"shoots": (shot,), "good": (PASSING,), "later": (PASSING,)}

    run = read_run(run_lab(tmp_path, notebooks, Limits(jobs=1, cell_timeout_s=60, notebook_timeout_s=60)))

    assert states(run)["shoots"] == "died"
    assert {states(run)[name] for name in ("good", "later", "summary")} == {"finished"}
    error = next(s.entry.error for s in run.notebooks if s.entry.notebook == "shoots")
    assert error is not None
    assert "killed by signal 9" in error.message


@pytest.mark.slow
def test_what_papermill_would_have_called_a_success_is_not(tmp_path: Path) -> None:
    """A notebook that ends without a verdict, and one that raises after its verdict."""
    notebooks = {"silent": ("x = 1",), "late": (PASSING, "1 / 0")}

    run = read_run(run_lab(tmp_path, notebooks))

    assert run.decide().exit_code == 1
    reasons = {reason.id: reason.what for reason in run.decide().reasons}
    assert reasons["silent__default__s7"] == "no verdict: no verdict was glued"
    assert "ZeroDivisionError" in reasons["late__default__s7"]


def test_a_disk_that_fills_up_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The lab failed, not the experiment; and the message says how to go on."""
    import errno

    from alyslab.batch import runner
    from alyslab.batch.task import Event

    def full(_pool: object, tasks: Any) -> Any:
        from alyslab.batch.failure import Ending

        ending = Ending(how="raised", name="OSError", message="No space left on device", errno=errno.ENOSPC)
        for task in tasks:
            yield Event(task=task, what="started")
            yield Event(task=task, what="ended", ending=ending)

    monkeypatch.setattr(runner.WorkerPool, "run", full)
    with pytest.raises(LabError, match="No space left on device") as caught:
        run_lab(tmp_path, {"good": (PASSING,)})
    assert "alyslab run --resume" in caught.value.__notes__[0]


def test_workers_that_cannot_start_are_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A broken installation must not look like a failed experiment."""
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(LabError, match="a worker process could not start: exit code 1"):
        run_lab(tmp_path, {"good": (PASSING,)})
