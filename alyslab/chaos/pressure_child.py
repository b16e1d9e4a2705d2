"""The process that presses: run by path with a plain interpreter, so it knows the standard library only.

It takes caps of its own before it takes anything else, holds what it is told,
says ``held`` on standard output, and ends when its time is over or its parent
is gone.

Its writes fail by its own cap on the size of a file: the kernel refuses what
goes beyond it with EFBIG, and the child counts each refusal in a file.
"""

from __future__ import annotations

import errno
import io
import json
import os
import resource
import signal
import sys
import time
from pathlib import Path

TURN_S = 0.05
"""Length of a turn of work and rest, in s."""
START_S = 10
"""Processor time, in s, to get up with all that is to be held, however busy the machine is."""
CHUNK = bytes(1024 * 1024)


def main() -> None:
    """Hold memory, a file and descriptors; burn time and sync writes until the end."""
    load = json.loads(sys.argv[1])
    os.nice(10)
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # else the first write beyond the cap would end the child
    for what, most in (
        (resource.RLIMIT_AS, load["held_bytes"] + 512 * 1024 * 1024),
        (resource.RLIMIT_CPU, load["longest_s"] + START_S),
        (resource.RLIMIT_FSIZE, load["file_bytes"] + len(CHUNK)),
        (resource.RLIMIT_NOFILE, load["files"] + 32),
    ):
        resource.setrlimit(what, (most, most))
    folder = Path(load["folder"])
    held = bytearray(load["held_bytes"])
    for at in range(0, len(held), 4096):
        held[at] = 1
    with (folder / "held").open("wb") as file:
        for _ in range(load["file_bytes"] // len(CHUNK)):
            file.write(CHUNK)
    opened = [(folder / f"open-{number}").open("wb") for number in range(load["files"])]
    print("held", flush=True)
    _work(load, folder)
    for one in opened:
        one.close()


def _work(load: dict[str, float], folder: Path) -> None:
    parent, end_s = os.getppid(), time.monotonic() + load["longest_s"]
    writes = failed = 0
    with (folder / "synced").open("wb") as file, (folder / "written").open("wb", buffering=0) as written:
        while time.monotonic() < end_s and os.getppid() == parent:
            busy_s = time.monotonic() + TURN_S * load["busy_ratio"]
            while time.monotonic() < busy_s:
                pass
            synced_s = time.monotonic() + TURN_S * load["sync_ratio"]
            while time.monotonic() < synced_s:
                file.seek(0)
                file.write(CHUNK)
                file.flush()
                os.fsync(file.fileno())
            if load["error_ratio"]:
                writes += 1
                beyond = failed < load["error_ratio"] * writes
                failed += _refused(written, resource.getrlimit(resource.RLIMIT_FSIZE)[0] if beyond else 0)
                (folder / "errors").write_text(f"{failed} {writes}")
            time.sleep(TURN_S * max(0.0, 1 - load["busy_ratio"] - load["sync_ratio"]))


def _refused(file: io.FileIO, at: int) -> bool:
    """Write a byte there, and return whether the kernel refused it as beyond the cap."""
    try:
        os.pwrite(file.fileno(), b"x", at)
    except OSError as error:
        if error.errno != errno.EFBIG:
            raise
        return True
    return False


if __name__ == "__main__":
    main()
