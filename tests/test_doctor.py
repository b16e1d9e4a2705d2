"""The doctor tells what was tried, and never fails itself."""

from __future__ import annotations

import json
import stat
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from alyslab import doctor


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is the whole path, servers' folders included."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(doctor, "SERVER_FOLDERS", ())
    return tmp_path


def put_program(folder: Path, name: str, output: str, exit_code: int = 0) -> None:
    program = folder / name
    program.write_text(f"#!{sys.executable}\nprint({output!r})\nraise SystemExit({exit_code})\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)


class Engine(BaseHTTPRequestHandler):
    """A Docker engine that knows its version and nothing else."""

    def do_GET(self) -> None:
        body = json.dumps({"Version": "99.1", "ApiVersion": "1.44", "MinAPIVersion": "1.24"}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: object) -> None:
        pass


@pytest.fixture
def engine_address() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), Engine)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"tcp://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_every_capability_says_what_it_is_for_and_a_lacking_one_how_to_get_it(
    programs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A newcomer must be able to act on each line, on a machine that has next to nothing."""
    monkeypatch.setenv("DOCKER_HOST", f"unix://{programs}/none.sock")

    capabilities = doctor.examine()

    assert len({capability.name for capability in capabilities}) == len(capabilities) >= 10
    for capability in capabilities:
        assert capability.detail, capability
        assert capability.needed_for, capability
        assert bool(capability.how_to_get) is not capability.available, capability
    lacking = {capability.name for capability in capabilities if not capability.available}
    assert {"git", "Docker engine", "MQTT broker", "Chromium"} <= lacking


def test_a_capability_is_plain_json() -> None:
    """`alyslab doctor --json` is read by programs."""
    capability = doctor.Capability(
        name="x", available=False, detail="gone", how_to_get="get it", needed_for="everything"
    )

    assert json.loads(json.dumps(capability.as_dict())) == {
        "name": "x",
        "available": False,
        "detail": "gone",
        "how_to_get": "get it",
        "needed_for": "everything",
    }


def test_the_kernel_probe_starts_this_interpreter() -> None:
    """Notebooks run in this environment; that it can start one is the first thing to know."""
    assert doctor.probe_kernel() == "started and answered"


def test_a_kernel_that_dies_at_once_is_not_available(monkeypatch: pytest.MonkeyPatch) -> None:
    """A probe that only looked for the package would call this one fine."""
    monkeypatch.setattr(sys, "executable", "/bin/false")

    with pytest.raises(RuntimeError, match="died"):
        doctor.probe_kernel()


def test_a_broker_is_found_by_its_own_word(programs: Path) -> None:
    """mosquitto answers -h with an exit code that is not 0; its version counts all the same."""
    put_program(programs, "mosquitto", "mosquitto version 2.0.99\n\nusage: ...", exit_code=3)

    assert doctor.probe_broker() == "mosquitto version 2.0.99"


def test_a_program_that_prints_nothing_is_not_available(programs: Path) -> None:
    """A file of the right name proves nothing."""
    put_program(programs, "chromium", "", exit_code=1)

    with pytest.raises(doctor.Unavailable, match=r"printed nothing \(exit code 1\)"):
        doctor.probe_chromium()


def test_a_missing_program_is_named_with_its_other_names(programs: Path) -> None:
    """The reader learns which names would have been taken."""
    with pytest.raises(doctor.Unavailable, match="chromium or chromium-browser or google-chrome"):
        doctor.probe_chromium()


def test_a_docker_engine_that_answers_is_available(
    engine_address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The engine is asked through the SDK that the services will use, where the environment says."""
    monkeypatch.setenv("DOCKER_HOST", engine_address)

    assert doctor.probe_docker() == "engine 99.1 answers"


def test_a_docker_engine_that_refuses_is_not_available(monkeypatch: pytest.MonkeyPatch) -> None:
    """An address alone proves nothing; the reason comes from the attempt."""
    monkeypatch.setenv("DOCKER_HOST", "tcp://127.0.0.1:1")

    found = {capability.name: capability for capability in doctor.examine()}["Docker engine"]

    assert not found.available
    assert "refused" in found.detail


def test_a_package_of_an_unsuitable_version_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Installed is not enough: bounds stand in pyproject.toml for a reason."""
    monkeypatch.setattr(
        "importlib.metadata.requires",
        lambda name: ["pydantic>=9999", "alys-no-such-package", 'also-absent; extra == "dev"'],
    )

    with pytest.raises(doctor.Unavailable) as caught:
        doctor.probe_packages()

    assert "pydantic is" in str(caught.value)
    assert "needed is >=9999" in str(caught.value)
    assert "alys-no-such-package is missing" in str(caught.value)
    assert "also-absent" not in str(caught.value)


def test_too_little_disk_is_not_available(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that fills the disk loses its report; better to hear of it before."""
    monkeypatch.setattr("alyslab.doctor.DISK_FREE_MIB_MIN", 10**12)

    with pytest.raises(doctor.Unavailable, match="MiB free, 1000000000000 MiB needed"):
        doctor.probe_disk()


def test_an_untested_python_is_not_called_fine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Digests hold for one minor version; a version that no test ran on is said to be one."""
    monkeypatch.setattr(sys, "version_info", (3, 99, 0, "final", 0))

    with pytest.raises(doctor.Unavailable, match=r"3\.99\.0 is not one of the versions"):
        doctor.probe_python()
