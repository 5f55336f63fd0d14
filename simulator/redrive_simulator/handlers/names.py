"""Replaces functions of the standard library wherever they are bound: `from time import sleep`, too.

Each function is replaced once, for the life of the process, by an object that calls the replacement of the running
simulation, and without one the function itself. Whatever had bound the function before (a module, an argument's
default, an object) gets the object, and modules that import it later find it in its place.
"""

from __future__ import annotations

import atexit
import os
import random
import select
import signal
import threading
import time
from _thread import get_ident
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import Any

from redrive_simulator.handlers.bindings import replace_bindings
from redrive_simulator.handlers.locks import replacements

#: Replacements by the names of the functions.
Replacements = Mapping[str, Callable[..., Any]]

_FUNCTIONS: Mapping[str, Any] = {
    "sleep": time.sleep,
    "monotonic": time.monotonic,
    "monotonic_ns": time.monotonic_ns,
    "clock_gettime": getattr(time, "clock_gettime", None),
    "clock_gettime_ns": getattr(time, "clock_gettime_ns", None),
    "perf_counter": time.perf_counter,
    "ctime": time.ctime,
    "asctime": time.asctime,
    "perf_counter_ns": time.perf_counter_ns,
    "urandom": os.urandom,
    "getrandom": getattr(os, "getrandom", None),  # this is on Linux only
    "seed": random.seed,
    "register": atexit.register,
    "_exit": os._exit,
    "abort": os.abort,
    "kill": os.kill,
    "raise_signal": signal.raise_signal,
    "signal": signal.signal,
    "getsignal": signal.getsignal,
    "alarm": getattr(signal, "alarm", None),  # these are not on Windows
    "setitimer": getattr(signal, "setitimer", None),
    "getitimer": getattr(signal, "getitimer", None),
    "pause": getattr(signal, "pause", None),
    "select": select.select,
}
# The interpreter's own modules, on which imports rely.
_UNTOUCHED = frozenset({"posix", "nt", "_thread", "_frozen_importlib", "_frozen_importlib_external"})
_OWN_THREADS = "redrive-simulator"

_running: list[tuple[Replacements, frozenset[int]]] = []
# Threads from outside that work for a handler now.
_working: set[int] = set()


class _Named:
    """Stands in the place of a function. No function itself, so that a class that has it does not bind it."""

    def __init__(self, name: str, original: Callable[..., Any]) -> None:
        self.__name__ = self.__qualname__ = name
        self.__doc__ = original.__doc__
        self.__wrapped__ = original

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        if _running:
            replacements, outside = _running[-1]
            replacement = replacements.get(self.__name__)
            if replacement is not None and (get_ident() not in outside or get_ident() in _working):
                return replacement(*arguments, **named)
        return self.__wrapped__(*arguments, **named)

    def __reduce__(self) -> str:
        return self.__name__


@contextmanager
def replaced(replacements: Replacements) -> Generator[None]:
    """Replace functions for the calling thread and all threads that start from now on, but not for other threads."""
    _install()
    current = get_ident()
    outside = frozenset(
        thread.ident
        for thread in threading.enumerate()
        if thread.ident not in (None, current) and not is_simulated(thread)
    )
    _running.append((replacements, outside))  # pyright: ignore[reportArgumentType]
    try:
        yield
    finally:
        _running.pop()


@contextmanager
def working() -> Generator[None]:
    """Replace functions for the calling thread, too, while it works for a handler."""
    current = get_ident()
    is_nested = current in _working
    _working.add(current)
    try:
        yield
    finally:
        if not is_nested:
            _working.discard(current)


def is_simulated(thread: threading.Thread) -> bool:
    """Decide if a thread belongs to a simulation: it runs handlers, or a handler has started it."""
    from redrive_simulator.handlers.sealing import outlives

    return thread.name.startswith(_OWN_THREADS) or outlives(thread)


@cache
def _install() -> None:
    present = [(original, _Named(name, original)) for name, original in _FUNCTIONS.items() if original is not None]
    pairs = [*present, *replacements()]
    replace_bindings([original for original, _ in pairs], {id(original): made for original, made in pairs}, _is_own)


def _is_own(module: str) -> bool:
    """Decide if a module keeps the functions: the interpreter's, and those of the simulator itself."""
    return module in _UNTOUCHED or module.partition(".")[0] == __name__.partition(".")[0]
