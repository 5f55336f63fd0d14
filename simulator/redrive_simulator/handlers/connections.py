"""Tells connections to the outside from those within the process, and lets their timeouts pass in virtual time.

A server on this machine works in real time, and answers without virtual time. A timeout that has passed for it in real
time passes in virtual time, too, as that is what ends an invocation.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

from redrive_simulator.handlers.waits import current_waiter

_METHODS = ("accept", "connect", "recv", "recv_into", "recvfrom", "recvfrom_into", "send", "sendall", "sendto")


@cache
def take_timeouts() -> None:
    """Let the timeouts of all sockets pass in virtual time, once for the life of the process."""
    kind: Any = socket.socket
    for name in _METHODS:
        setattr(kind, name, _taking(getattr(kind, name)))


def _taking(method: Callable[..., Any]) -> Callable[..., Any]:
    def virtual(self: socket.socket, *arguments: Any, **named: Any) -> Any:
        try:
            return method(self, *arguments, **named)
        except TimeoutError:
            waiter, seconds = current_waiter(), self.gettimeout()
            if waiter is not None and seconds:
                waiter.wait(lambda _: None, seconds)
            raise

    return virtual


def any_from_outside(files: Iterable[Any]) -> bool:
    """Decide if something outside of the process may write to one of these files, sockets or descriptors."""
    return any(not _is_of_pair(each) for each in files)


def _is_of_pair(file: Any) -> bool:
    """Decide if a file is one of `socket.socketpair`, by which an event loop wakes itself."""
    number = file if isinstance(file, int) else file.fileno()
    try:
        probe = socket.socket(fileno=number)
    except OSError:  # no socket
        return False
    try:
        return probe.family == getattr(socket, "AF_UNIX", None) and not probe.getsockname() + probe.getpeername()
    except OSError:  # not connected
        return False
    finally:
        probe.detach()
