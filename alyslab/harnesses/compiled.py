"""Compiling a measured hot loop with numba, and keeping what was compiled between processes.

A module whose functions carry :func:`compiled` imports numba when it is
imported itself; so such modules are named ``*_compiled`` and are imported only
inside the functions that call them.

What numba keeps of a function it finds again by the file in which the function
stands, and would not see that another file changed whose functions it calls.
So everything that is older than the newest compiled module is thrown away
first, once in a process.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])


def compiled(function: F) -> F:
    """Compile a function at its first call, and keep the machine code beside its source.

    Where neither that folder nor the user's cache folder can be written to (an
    installed package of another user, no home), it is compiled anew in each
    process.  Integers wrap, a division by zero gives no error and nothing
    checks indices: the caller passes what fits.
    """
    import numba

    jit: Any = numba.njit
    # Only compiled code calls a private function; what Python would call it through takes long to compile.
    private = function.__name__.startswith("_")
    options = {
        "nogil": True,
        "error_model": "numpy",
        "no_cpython_wrapper": private,
        "no_cfunc_wrapper": private,
    }
    machine: Any
    try:
        machine = jit(cache=True, **options)(function)
    except RuntimeError:  # numba found no folder that it can write to
        machine = jit(**options)(function)
    else:
        discard_stale(Path(machine.stats.cache_path))
    result: F = machine
    return result


@cache
def discard_stale(folder: Path) -> None:
    """Delete machine code of compiled modules that is older than the newest of them."""
    sources = Path(__file__).parents[1].rglob("*_compiled.py")
    newest_ns = max((source.stat().st_mtime_ns for source in sources), default=0)
    for kept in [*folder.glob("*_compiled.*.nbi"), *folder.glob("*_compiled.*.nbc")]:
        try:
            if kept.stat().st_mtime_ns < newest_ns:
                kept.unlink()
        except FileNotFoundError:  # another process was first
            continue
