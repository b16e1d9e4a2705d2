"""The worker process: takes notebooks on its standard input and executes them with papermill.

One line of JSON per message.  In: a :class:`alyslab.batch.pool.Task`.  Out:
``{"ready": true}`` once, ``{"cell": 3, "total": 12}`` as cells start,
``{"end": {...}}`` when a notebook is over.  When the standard input closes,
the process that started this one is gone, and so are the kernels.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import queue
import sys
import threading
from typing import Any, TextIO

from alyslab.batch.imports import without_grammars


def main() -> None:
    """Work until the standard input closes."""
    channel = os.fdopen(os.dup(1), "w", buffering=1, encoding="utf-8")
    # What libraries print belongs in the log, not between the messages.
    os.dup2(2, 1)
    tasks: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(tasks,), daemon=True).start()
    with without_grammars():
        import papermill  # noqa: F401 - paid for before the first notebook's time runs
    _say(channel, {"ready": True})
    while True:
        _say(channel, {"end": _execute(tasks.get(), channel)})


def _execute(task: dict[str, Any], channel: TextIO) -> dict[str, Any]:
    import papermill

    from alyslab.batch.kernel import OwnKernelManager

    def started(cell: Any, cell_index: int) -> None:  # noqa: ARG001 - nbclient calls by keyword
        _say(channel, {"cell": cell_index + 1, "total": task["total"]})

    try:
        papermill.execute_notebook(
            task["input"],
            task["output"],
            parameters=task["parameters"],
            kernel_name="python3",
            language="python",
            progress_bar=False,
            cwd=task["cwd"],
            start_timeout=math.ceil(task["start_timeout_s"]),
            execution_timeout=math.ceil(task["cell_timeout_s"]),
            kernel_manager_class=OwnKernelManager,
            on_cell_start=started,
        )
    except Exception as error:
        number = error.errno if isinstance(error, OSError) else None
        return {"raised": type(error).__name__, "message": str(error)[-4000:], "errno": number}
    return {"raised": None}


def _listen(tasks: queue.SimpleQueue[dict[str, Any]]) -> None:
    for line in sys.stdin.buffer:
        tasks.put(json.loads(line))
    import psutil

    for child in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):
            child.kill()
    os._exit(0)


def _say(channel: TextIO, message: dict[str, Any]) -> None:
    channel.write(json.dumps(message) + "\n")
    channel.flush()


if __name__ == "__main__":
    main()
