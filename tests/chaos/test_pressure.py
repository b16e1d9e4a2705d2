"""Real pressure is felt by the operating system, stays within its caps, and is always released."""

from __future__ import annotations

import tempfile
from pathlib import Path

import psutil
import pytest

from alyslab.chaos import pressure as module
from alyslab.chaos.backend import BACK_ENDS
from alyslab.chaos.plan import Entry, Phases, Plan
from alyslab.chaos.pressure import LOADS, MOST_BYTES, MOST_FILES, Load, press_plan, pressing
from alyslab.errors import HarnessError

BYTES = 48 * 1024 * 1024


def children() -> set[int]:
    return {child.pid for child in psutil.Process().children(recursive=True)}


def left_over() -> list[Path]:
    return list(Path(tempfile.gettempdir()).glob("alyslab-pressure-*"))


@pytest.fixture
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A temporary folder of its own, as other tests may press at the same time."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_memory_disk_and_files_are_really_held_and_released_after(scratch: Path) -> None:
    """As the operating system measures them, not as we count."""
    before = children()
    with pressing(Load(held_bytes=BYTES, file_bytes=BYTES, files=40), longest_s=30) as pressure:
        seen = pressure.measure()
        assert seen.held_bytes >= BYTES
        assert seen.file_bytes >= BYTES
        assert seen.files >= 40
        assert left_over()
    assert children() <= before
    assert left_over() == list(scratch.iterdir()) == []


def test_the_kernel_refuses_the_share_of_writes_that_was_asked_for(scratch: Path) -> None:
    """A real errno at a real write, by a cap that only the child has; counted where it was told."""
    with pressing(Load(error_ratio=0.5), longest_s=30) as pressure:
        (folder,) = scratch.iterdir()
        while pressure.measure().errors < 2:
            assert psutil.Process(pressure._process.pid).is_running()
        failed, writes = map(int, (folder / "errors").read_text().split() or (0, 0))
    assert abs(failed - 0.5 * writes) <= 1
    assert list(scratch.iterdir()) == []


def test_the_child_is_ended_when_the_block_raises(scratch: Path) -> None:
    """Pressure that outlives its test slows everything after it."""
    before = children()
    with pytest.raises(KeyError), pressing(Load(busy_ratio=0.1, sync_ratio=0.1), longest_s=30):
        raise KeyError
    assert children() <= before
    assert list(scratch.iterdir()) == []


@pytest.mark.parametrize(
    ("load", "longest_s"),
    [
        (Load(held_bytes=MOST_BYTES + 1), 1.0),
        (Load(file_bytes=MOST_BYTES + 1), 1.0),
        (Load(files=MOST_FILES + 1), 1.0),
        (Load(busy_ratio=0.7, sync_ratio=0.7), 1.0),
        (Load(held_bytes=-1), 1.0),
        (Load(error_ratio=1.5), 1.0),
        (Load(), 3_600.0),
    ],
)
def test_more_than_is_allowed_is_refused(load: Load, longest_s: float) -> None:
    """The machine belongs to others too."""
    with (
        pytest.raises(HarnessError, match="more pressure than is allowed"),
        pressing(load, longest_s=longest_s),
    ):
        pass


def test_a_disk_with_little_room_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """A cap in bytes protects no disk that is nearly full."""
    monkeypatch.setattr(module, "MOST_FREE_RATIO", 0.0)

    with pytest.raises(HarnessError, match="of what is free"), pressing(Load(file_bytes=1), longest_s=1):
        pass


@pytest.mark.slow
def test_every_fault_of_the_back_end_is_felt_in_its_own_measure(scratch: Path) -> None:
    """Each entry of a plan presses where it says, one after the other."""
    entries = tuple(
        Entry(fault=fault, id=fault, start_s=0.0, end_s=0.4, intensity=1.0)
        for fault in sorted(BACK_ENDS["pressure"])
    )
    felt = {one.fault: one for one in press_plan(Plan(phases=Phases(faults_s=1.0), entries=entries))}

    assert set(felt) == set(LOADS) == BACK_ENDS["pressure"]
    idle = felt["resource.descriptors"]
    assert felt["resource.memory"].held_bytes > 0.9 * MOST_BYTES > idle.held_bytes
    assert felt["resource.disk_full"].file_bytes > 0.9 * MOST_BYTES > idle.file_bytes
    assert idle.files > MOST_FILES > felt["resource.cpu"].files
    assert felt["resource.cpu"].cpu_s > 0
    assert felt["resource.disk_slow"].file_bytes > 0
    assert felt["resource.io_errors"].errors > 0 == idle.errors
    assert list(scratch.iterdir()) == []
