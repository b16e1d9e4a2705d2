"""What asyncio may ask of a simulated loop beyond scheduling: failures, and refusals by name."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, NoReturn

from alyslab.errors import IsolationError, NodeCrashedError
from alyslab.runtime.task import SimTask

Handler = Callable[[asyncio.AbstractEventLoop, dict[str, Any]], object]


class LoopSurface(asyncio.AbstractEventLoop):
    """The part of an event loop that does not schedule.

    Whatever needs the real world (sockets, threads, processes, signals) raises
    :class:`~alyslab.errors.IsolationError`.
    """

    def __init__(self) -> None:
        self.unhandled: list[dict[str, Any]] = []
        """Failures that nobody awaited, where no handler was set."""
        self._handler: Handler | None = None

    def get_debug(self) -> bool:
        """Return False: asyncio's debug mode measures real time."""
        return False

    def set_debug(self, enabled: bool) -> None:
        """Ignore the request, as debug mode has no meaning in virtual time."""

    def is_running(self) -> bool:
        """Return whether this loop is the running one."""
        return asyncio._get_running_loop() is self

    def get_exception_handler(self) -> Handler | None:
        """Return the handler that was set, or None."""
        return self._handler

    def set_exception_handler(self, handler: Handler | None) -> None:
        """Set who hears of failures that nobody awaited."""
        self._handler = handler

    def default_exception_handler(self, context: dict[str, Any]) -> None:
        """Keep the failure; the simulation raises :class:`~alyslab.errors.UnhandledError` at its end.

        Tasks of a crashed node, and what they were waiting for (a ``gather``, a
        task group), fail with the node and are nobody's failure.
        """
        error, of = context.get("exception"), context.get("future") or context.get("task")
        outlived = isinstance(of, SimTask) and of.gate is None
        if not isinstance(error, NodeCrashedError) or outlived:
            self.unhandled.append(context)

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        """Report a failure that nobody awaited."""
        if self._handler is None:
            self.default_exception_handler(context)
        else:
            self._handler(self, context)


_REFUSED = {
    "a node's network handle": (
        "create_connection create_server create_datagram_endpoint create_unix_connection create_unix_server "
        "connect_accepted_socket start_tls sendfile sock_accept sock_connect sock_recv sock_recv_into "
        "sock_recvfrom sock_recvfrom_into sock_sendall sock_sendfile sock_sendto getaddrinfo getnameinfo "
        "add_reader remove_reader add_writer remove_writer"
    ),
    "a coroutine in a task": (
        "run_in_executor set_default_executor shutdown_default_executor call_soon_threadsafe"
    ),
    "the wall clock (alyslab.runtime.wall)": (
        "subprocess_exec subprocess_shell connect_read_pipe connect_write_pipe add_signal_handler "
        "remove_signal_handler"
    ),
    "alyslab.simulate() or Simulation.run()": "run_forever run_until_complete stop",
    "create_task()": "set_task_factory",
}


def _refusal(name: str, use: str) -> Callable[..., NoReturn]:
    def refused(*_: Any, **__: Any) -> NoReturn:
        raise IsolationError(f"the event loop's {name}", use)

    refused.__name__ = name
    return refused


for _use, _names in _REFUSED.items():
    for _name in _names.split():
        setattr(LoopSurface, _name, _refusal(_name, _use))
