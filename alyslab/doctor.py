"""What this machine can and cannot run, found out by trying.

Each probe does the thing in small: it starts a kernel, asks the Docker engine,
runs a program for its version.  A probe that fails is a capability that is not
available, with its reason; it is never an exception.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from alyslab.errors import LabError

PYTHON_MIN, PYTHON_END = (3, 11), (3, 14)
"""Minor versions that the tests are run on; the end is excluded."""
DISK_FREE_MIB_MIN = 500
"""A set-up takes most of this once; a quick run then adds some tens of MiB."""
MEMORY_FREE_MIB_MIN = 1_000
"""Two notebook processes with pandas and figures take about 300 MiB each."""
PROBE_TIMEOUT_S = 20.0
"""How long a program or kernel may take to answer; a cold start on a slow disk needs seconds."""
DOCKER_TIMEOUT_S = 3
"""How long the Docker engine may take to answer; it is near, or it is not there."""
SERVER_FOLDERS = ("/usr/sbin", "/usr/local/sbin", "/opt/homebrew/sbin")
"""Where systems put servers that are often not on a user's PATH."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Capability:
    """One thing that the laboratory can make use of, and whether this machine has it."""

    name: str
    """The thing, in a word or two."""
    available: bool
    """True only if the probe saw it work."""
    detail: str
    """What was found, or why it can't be used."""
    how_to_get: str
    """What to do to have it; empty if it is available."""
    needed_for: str
    """What does not work without it."""

    def as_dict(self) -> dict[str, Any]:
        """Return the capability as plain JSON values."""
        return {name: getattr(self, name) for name in self.__slots__}


def examine() -> list[Capability]:
    """Probe this machine and return every capability, needed ones first.

    Takes some seconds of real time, most of it for starting a kernel.
    """
    probes: tuple[tuple[Callable[[], str], str, str, str], ...] = (
        (
            probe_python,
            "Python",
            "everything",
            "install Python 3.11, 3.12 or 3.13, then: make clean-all lab",
        ),
        (probe_packages, "packages", "everything", "python -m pip install -c requirements.lock -e ."),
        (probe_kernel, "notebook kernel", "running notebooks", "python -m pip install ipykernel"),
        (probe_cores, "cores", "running notebooks in parallel", "allow this process a second core"),
        (probe_memory, "memory", "running notebooks", "end other programs, or run with --jobs 1"),
        (probe_disk, "disk", "keeping runs", "remove old folders in outputs/"),
        (probe_git, "git", "the commit in a run's provenance", "install git and work in a clone"),
        (probe_docker, "Docker engine", "services in containers", "install Docker and start its engine"),
        (probe_broker, "MQTT broker", "telemetry over a real broker", "install mosquitto"),
        (probe_chromium, "Chromium", "pictures of report pages", "install chromium"),
    )
    return [_capability(*probe) for probe in probes]


class Unavailable(LabError):  # noqa: N818 - the answer of a probe; it never leaves this module
    """The thing can't be used here; the message says why."""


def probe_python() -> str:
    """Return the interpreter's version and place."""
    version = ".".join(map(str, sys.version_info[:3]))
    if not PYTHON_MIN <= sys.version_info[:2] < PYTHON_END:
        raise Unavailable(f"{version} is not one of the versions that alyslab is tested on, 3.11 to 3.13")
    return f"{version} at {sys.executable}"


def probe_packages() -> str:
    """Return how many declared packages are installed in a version that suits."""
    from importlib import metadata

    try:
        declared = list(_requirements())
    except metadata.PackageNotFoundError:
        raise Unavailable("alyslab itself is not installed, only importable") from None
    problems = []
    for requirement in declared:
        try:
            version = metadata.version(requirement.name)
        except metadata.PackageNotFoundError:
            problems.append(f"{requirement.name} is missing")
            continue
        if not requirement.specifier.contains(version, prereleases=True):
            problems.append(f"{requirement.name} is {version}, needed is {requirement.specifier}")
    if problems:
        raise Unavailable("; ".join(problems))
    return f"{len(declared)} packages, all in versions that suit"


def probe_kernel() -> str:
    """Start a kernel with this interpreter, wait for its first answer, and stop it."""
    from jupyter_client.kernelspec import KernelSpec
    from jupyter_client.manager import KernelManager

    manager = KernelManager()
    # This interpreter, whatever kernels the user has installed under whatever name.
    arguments = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    manager._kernel_spec = KernelSpec(argv=arguments, display_name="alyslab", language="python")
    try:
        manager.start_kernel(stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        client = manager.client()
        client.start_channels()
        try:
            client.wait_for_ready(timeout=PROBE_TIMEOUT_S)
        finally:
            client.stop_channels()
    finally:
        if manager.has_kernel:
            manager.shutdown_kernel(now=True)
    return "started and answered"


def probe_cores() -> str:
    """Return how many cores this process may use; one is not enough for parallel runs."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if cores < 2:
        raise Unavailable("1 core: notebooks run one after the other")
    return f"{cores} cores"


def probe_memory() -> str:
    """Return the memory that is free for new processes."""
    import psutil

    return _enough(psutil.virtual_memory().available, MEMORY_FREE_MIB_MIN)


def probe_disk() -> str:
    """Return the space that is free where runs are written, the present folder."""
    return _enough(shutil.disk_usage(Path.cwd()).free, DISK_FREE_MIB_MIN)


def probe_git() -> str:
    """Return the version of git."""
    return _first_line([_find("git"), "--version"])


def probe_docker() -> str:
    """Ask the engine that the environment names (``DOCKER_HOST``, else the local socket)."""
    import docker

    host = os.environ.get("DOCKER_HOST") or "unix:///var/run/docker.sock"
    scheme, _, place = host.partition("://")
    # The SDK leaks a socket when there is nothing at its other end, so look first.
    if scheme == "unix" and not Path(place).exists():
        raise Unavailable(f"no engine at {host}")
    client = docker.from_env(timeout=DOCKER_TIMEOUT_S)
    try:
        version = client.version()
    finally:
        client.close()
    return f"engine {version['Version']} answers"


def probe_broker() -> str:
    """Return the version of a broker program; no broker is started."""
    program = _find("mosquitto", folders=SERVER_FOLDERS)
    # mosquitto has no option for its version alone; its help begins with it.
    return _first_line([program, "-h"])


def probe_chromium() -> str:
    """Return the version of a Chromium or Chrome program."""
    return _first_line([_find("chromium", "chromium-browser", "google-chrome"), "--version"])


def _capability(probe: Callable[[], str], name: str, needed_for: str, how_to_get: str) -> Capability:
    try:
        detail, available = probe(), True
    except Exception as reason:  # whatever goes wrong is the answer
        text = str(reason).strip().partition("\n")[0]
        detail = text if isinstance(reason, Unavailable) else f"{type(reason).__name__}: {text}"
        available = False
    return Capability(
        name=name,
        available=available,
        detail=detail,
        how_to_get="" if available else how_to_get,
        needed_for=needed_for,
    )


def _requirements() -> Iterator[Any]:
    """Yield what alyslab declares for this interpreter, extras left out."""
    from importlib import metadata

    from packaging.requirements import Requirement

    for line in metadata.requires("alyslab") or ():
        requirement = Requirement(line)
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
            yield requirement


def _enough(free_bytes: int, least_mib: int) -> str:
    free_mib = free_bytes // 2**20
    if free_mib < least_mib:
        raise Unavailable(f"{free_mib} MiB free, {least_mib} MiB needed")
    return f"{free_mib} MiB free"


def _find(*names: str, folders: tuple[str, ...] = ()) -> str:
    path = os.pathsep.join([os.environ.get("PATH", os.defpath), *folders])
    for name in names:
        program = shutil.which(name, path=path)
        if program is not None:
            return program
    raise Unavailable(f"no program {' or '.join(names)} on the path")


def _first_line(command: list[str]) -> str:
    """Run a program and return the first line that it prints, on whichever stream."""
    done = subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=PROBE_TIMEOUT_S,
        check=False,
        text=True,
        errors="replace",
    )
    lines = [line.strip() for line in done.stdout.splitlines() if line.strip()]
    if not lines:
        raise Unavailable(f"{command[0]} printed nothing (exit code {done.returncode})")
    return lines[0]
