"""Keeps what handlers do inside the simulation: no connection leaves the machine, and no thread outlives a run.

The audit hook of Python sees every use of a socket, however it was imported. It cannot be removed again, so it is
installed once and does nothing without a running simulation.
"""

from __future__ import annotations

import atexit
import socket
import sys
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from functools import cache
from ipaddress import ip_address
from typing import Any
from weakref import WeakSet

from redrive_simulator.engine.invocation import InvocationEndedError

#: Makes the error for a connection to a place outside the machine.
Refuse = Callable[[str], BaseException]

_refusing: list[Refuse | None] = []
_outliving: WeakSet[threading.Thread] = WeakSet()
# Position of the address among the arguments of an event: https://docs.python.org/3/library/audit_events.html.
_TO_ADDRESSES = {"socket.connect": 1, "socket.sendto": 1, "socket.sendmsg": 1}
_TO_NAMES = frozenset({"socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"})
_INTERNET = frozenset({socket.AF_INET, socket.AF_INET6})
_register = atexit.register


@contextmanager
def sealed(refuse: Refuse | None) -> Generator[None]:
    """Refuse connections to other machines, and note the threads that are started meanwhile.

    Args:
        refuse: Makes the error from the address; `None`: connections are allowed.
    """
    _install()
    before = set(threading.enumerate())
    _refusing.append(refuse)
    try:
        yield
    finally:
        _refusing.remove(refuse)
        _outliving.update(thread for thread in threading.enumerate() if thread not in before)


def outlives(thread: threading.Thread) -> bool:
    """Decide if a thread was started in a simulation."""
    return thread in _outliving


def is_sealed() -> bool:
    """Return whether the current thread was started in a simulation, whose run is over."""
    return outlives(threading.current_thread())


def register_at_exit(function: Callable[..., Any], *arguments: Any, **named: Any) -> Callable[..., Any]:
    """Stand in for `atexit.register`: what a handler registers runs sealed off, too, as the run is long over then."""
    _register(_AtExit(function), *arguments, **named)
    return function


class _AtExit:
    """A function that a handler has registered for the end of the process; equal to it, for `atexit.unregister`."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function

    def __call__(self, *arguments: Any, **named: Any) -> None:
        thread = threading.current_thread()
        _outliving.add(thread)
        try:
            self._function(*arguments, **named)
        except InvocationEndedError:
            pass
        finally:
            _outliving.discard(thread)

    def __eq__(self, other: object) -> bool:
        return self is other or self._function == other

    def __hash__(self) -> int:
        return hash(self._function)


@cache
def _install() -> None:
    sys.addaudithook(_audit)


def _audit(event: str, arguments: tuple[Any, ...]) -> None:
    if event in _TO_ADDRESSES:
        address = arguments[_TO_ADDRESSES[event]]
        if arguments[0].family not in _INTERNET or address is None:
            return
        host, text = address[0], f"{address[0]}:{address[1]}"
    elif event in _TO_NAMES:
        host = text = arguments[0]
    else:
        return
    if (not _refusing and not is_sealed()) or _is_local(host):
        return
    if not _refusing:
        raise ConnectionRefusedError(f"{text}: the run of the simulation in which this thread was started is over")
    refuse = _refusing[-1]
    if refuse is not None:
        raise refuse(text)


def _is_local(host: Any) -> bool:
    """Decide if a host is this machine."""
    name = host.decode(errors="replace") if isinstance(host, bytes) else host
    if name in (None, "", "localhost", socket.gethostname()):  # `socket.getfqdn`, and so `email`, asks for its own name
        return True
    try:
        address = ip_address(str(name).partition("%")[0])
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified
