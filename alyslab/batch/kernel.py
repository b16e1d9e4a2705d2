"""The kernel that notebooks run in: this interpreter, whatever kernelspecs are installed.

Imported by the worker process only; jupyter_client is heavy.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager

# A Unix socket's address holds 104 bytes on macOS and 108 on Linux; a suffix is added to this.
_SOCKET_PATH_BYTES_MAX = 90


class OwnKernelManager(AsyncKernelManager):  # type: ignore[misc, unused-ignore]
    """Starts ``sys.executable -m ipykernel_launcher`` and looks no kernelspec up.

    A kernelspec named ``python3`` in the user's folders wins over the
    environment's own, and often belongs to another environment.

    The kernel talks over Unix sockets in ``JUPYTER_RUNTIME_DIR`` where their
    paths are short enough: no port can then be taken by a kernel that starts
    at the same moment, and there is no unencrypted TCP for ipykernel to warn
    of.  Otherwise TCP on the loopback stays.
    """

    def __init__(self, **traits: Any) -> None:
        super().__init__(**traits)
        stem = Path(os.environ["JUPYTER_RUNTIME_DIR"]) / "k"
        if sys.platform != "win32" and len(os.fsencode(stem)) < _SOCKET_PATH_BYTES_MAX:
            self.transport = "ipc"
            self.ip = str(stem)
            self.connection_file = f"{stem}.json"

    @property
    def kernel_spec(self) -> KernelSpec:
        """The specification of the kernel, made here."""
        return KernelSpec(
            argv=[sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
            display_name="alyslab",
            language="python",
            metadata={"debugger": False},
        )
