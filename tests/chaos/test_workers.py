"""Processes of searches come in order, and go when who started them goes, however that was."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys

import pytest

from alyslab.chaos.workers import in_order

STARTS_TWO = """
import os
from alyslab.chaos.workers import workers

if __name__ == "__main__":
    with workers(2) as pool:
        pids = set()
        while len(pids) < 2:
            pids.update(pool.map(int, [pool.submit(os.getpid).result() for _ in range(8)]))
        print(*pids, flush=True)
        input()
"""


@pytest.mark.parametrize("jobs", [1, 2])
def test_results_come_in_the_order_of_their_tasks(jobs):
    """A search that stops at the first violation must stop at the same one with any number of processes."""
    assert list(in_order(abs, iter([-3, 2, -1, 0, 5]), jobs)) == [3, 2, 1, 0, 5]


@pytest.mark.parametrize("with_signal", [signal.SIGTERM, signal.SIGKILL])
def test_processes_end_with_whoever_started_them(tmp_path, with_signal):
    """A killed search left processes behind that waited for ever, with hundreds of megabytes each."""
    script = tmp_path / "starts_two.py"
    script.write_text(STARTS_TWO)
    with subprocess.Popen(
        [sys.executable, str(script)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        living = [os.pidfd_open(int(pid)) for pid in parent.stdout.readline().split()]
        assert len(living) == 2
        assert select.select(living, [], [], 0)[0] == []

        parent.send_signal(with_signal)

        for process in living:
            assert select.select([process], [], [], 60)[0], "it still runs"
            os.close(process)
