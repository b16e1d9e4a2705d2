"""The sampler reports what the operating system said, and always stops."""

from __future__ import annotations

import asyncio
import math
import threading
from collections.abc import Callable

import pytest

from alyslab.errors import AlyslabError, LabError, StateError
from alyslab.metrics import MetricError, MetricsCollector, ResourceSample, ResourceSampler
from alyslab.metrics.resources import read_process

NEVER_S = 3_600.0
OFTEN_S = 0.001
PATIENCE_S = 30.0


class Script:
    """Stands in for the operating system: says what it is told, then repeats the last."""

    def __init__(self, *samples: ResourceSample) -> None:
        self.samples = samples
        self.taken = 0
        self.enough = threading.Event()

    def __call__(self) -> ResourceSample:
        sample = self.samples[min(self.taken, len(self.samples) - 1)]
        self.taken += 1
        if self.taken >= len(self.samples):
            self.enough.set()
        return sample


def _sample(
    cpu_s: float | None = 0.0,
    resident_bytes: int | None = 1,
    descriptors: int | None = 1,
    threads: int | None = 1,
) -> ResourceSample:
    return ResourceSample(
        at_s=0.0, cpu_s=cpu_s, resident_bytes=resident_bytes, descriptors=descriptors, threads=threads
    )


def _sampling_threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name == "alyslab-resources"]


def _values(collector: MetricsCollector) -> dict[str, float | None]:
    return {row.metric: row.value for row in collector.rows()}


def _spin(condition: Callable[[], bool]) -> None:
    while not condition():
        math.sqrt(2.0)


def test_a_block_shorter_than_the_interval_has_a_first_and_a_last_sample() -> None:
    """Otherwise a short phase would have used no CPU time at all."""
    collector = MetricsCollector()
    script = Script(_sample(cpu_s=10.0, resident_bytes=100), _sample(cpu_s=12.5, resident_bytes=300))
    with ResourceSampler(collector, NEVER_S, read=script) as sampler:
        assert len(sampler.samples) == 1
    assert script.taken == len(sampler.samples) == 2
    values = _values(collector)
    assert values["process_cpu_s"] == 2.5
    assert (values["process_resident_bytes_min"], values["process_resident_bytes_max"]) == (100, 300)


def test_it_samples_at_its_interval_while_the_block_computes() -> None:
    """A simulation keeps its thread busy from start to end; that is just when memory grows."""
    script = Script(*[_sample()] * 6)
    with ResourceSampler(MetricsCollector(), OFTEN_S, read=script) as sampler:
        _spin(script.enough.is_set)
    assert len(sampler.samples) >= 6


def test_it_records_what_it_observed_and_nothing_else() -> None:
    """Every number of the rows can be found in the samples."""
    collector = MetricsCollector()
    script = Script(
        _sample(cpu_s=1.0, resident_bytes=5, descriptors=3, threads=2),
        _sample(cpu_s=4.0, resident_bytes=7, descriptors=4, threads=2),
    )
    with ResourceSampler(collector, NEVER_S, read=script):
        pass
    values = _values(collector)
    assert set(values) == {"process_cpu_s"} | {
        f"process_{name}_{statistic}"
        for name in ("resident_bytes", "descriptors", "threads")
        for statistic in ("count", "sum", "mean", "min", "p50", "p90", "p95", "p99", "max")
    }
    assert values["process_cpu_s"] == 3.0
    assert values["process_descriptors_sum"] == 7
    assert values["process_threads_count"] == 2


def test_what_the_system_does_not_say_is_not_reported() -> None:
    """The framework that this one replaces reported 25 file descriptors, always."""
    collector = MetricsCollector()
    nothing = _sample(cpu_s=None, resident_bytes=None, descriptors=None, threads=None)
    with ResourceSampler(collector, NEVER_S, read=Script(nothing)):
        pass
    assert collector.rows() == []


def test_a_real_reading_is_of_this_process() -> None:
    """The fake of the other tests stands for this."""
    sample = read_process()
    assert sample.cpu_s is not None
    assert sample.resident_bytes is not None
    assert sample.threads is not None
    assert sample.cpu_s > 0
    assert sample.resident_bytes > 1_000_000
    assert sample.threads >= threading.active_count()


def test_a_real_block_sees_the_cpu_time_that_it_used() -> None:
    """The measured time is that of the block, not of the process since it started."""
    collector = MetricsCollector()
    before_s = read_process().cpu_s
    assert before_s is not None
    with ResourceSampler(collector, NEVER_S):
        _spin(lambda: (read_process().cpu_s or 0.0) >= before_s + 0.1)
    after_s = read_process().cpu_s
    used_s = _values(collector)["process_cpu_s"]
    assert after_s is not None
    assert used_s is not None
    assert 0.05 <= used_s <= after_s - before_s


def test_a_refused_reading_is_no_sample(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process without a descriptor left can't read /proc; the experiment goes on."""
    import psutil

    def refused(self: psutil.Process) -> int:
        raise OSError(24, "Too many open files")

    monkeypatch.setattr(psutil.Process, "num_fds", refused)
    sample = read_process()
    assert sample.descriptors is None
    assert sample.threads is not None


def test_an_exception_of_the_block_passes_and_the_sampler_stops_and_records() -> None:
    """What a failed phase used until then is wanted most."""
    collector = MetricsCollector()
    with pytest.raises(ZeroDivisionError), ResourceSampler(collector, NEVER_S, read=Script(_sample())):
        raise ZeroDivisionError
    assert _sampling_threads() == []
    assert _values(collector)["process_threads_count"] == 2


async def _cancelled(collector: MetricsCollector) -> None:
    inside = asyncio.Event()

    async def work() -> None:
        async with ResourceSampler(collector, NEVER_S, read=Script(_sample())):
            inside.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(work())
    await inside.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


def test_a_cancelled_block_leaves_no_thread_behind() -> None:
    """A framework that is torn down by Ctrl-C goes this way."""
    collector = MetricsCollector()
    asyncio.run(_cancelled(collector))
    assert _sampling_threads() == []
    assert _values(collector)["process_threads_count"] == 2


class Failing(Script):
    def __call__(self) -> ResourceSample:
        if self.taken == 1:
            self.enough.set()
            raise RuntimeError("no such reading")
        return super().__call__()


def test_a_sampler_that_failed_says_so_when_the_block_ends() -> None:
    """Silence would look like a process that used nothing."""
    collector = MetricsCollector()
    script = Failing(_sample(), _sample())
    with (
        pytest.raises(LabError, match="sampling this process failed: no such reading"),
        ResourceSampler(collector, OFTEN_S, read=script),
    ):
        assert script.enough.wait(PATIENCE_S)
    assert _sampling_threads() == []
    assert _values(collector)["process_threads_count"] == 1


def test_a_failure_of_the_block_is_not_hidden_by_one_of_the_sampler() -> None:
    """The block's own is the one to look at."""
    script = Failing(_sample(), _sample())

    def block() -> None:
        with ResourceSampler(MetricsCollector(), OFTEN_S, read=script):
            assert script.enough.wait(PATIENCE_S)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        block()


def test_a_sampler_is_used_once() -> None:
    """A second block would be mixed with the first."""
    sampler = ResourceSampler(MetricsCollector(), NEVER_S, read=Script(_sample()))
    with sampler, pytest.raises(StateError, match="a new ResourceSampler"):
        sampler.__enter__()
    with pytest.raises(StateError):
        sampler.__enter__()


@pytest.mark.parametrize("interval_s", [0, -1, float("nan"), float("inf")])
def test_an_interval_that_is_no_positive_time_is_refused(interval_s: float) -> None:
    """0 would sample without pause and measure itself."""
    with pytest.raises(MetricError, match="interval_s"):
        ResourceSampler(MetricsCollector(), interval_s)


async def _sample_inside() -> None:
    async with ResourceSampler(MetricsCollector(), NEVER_S, read=Script(_sample())):
        pass


def test_it_is_refused_inside_a_simulation() -> None:
    """The wall clock's numbers are kept beside a run, never in it."""
    from alyslab import simulate

    with pytest.raises(AlyslabError, match="thread"):
        simulate(_sample_inside, seed=1)
    assert _sampling_threads() == []
