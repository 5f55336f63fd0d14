"""Settings of a whole process hold for the handler's next invocation, and never outside of the simulation."""

from __future__ import annotations

import csv
import decimal
import gc
import logging
import os
import socket
import sys
import threading
import tracemalloc
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from redrive_simulator import Simulation
from tests.support.simulator.simulations import async_stack

QUIET = "tests.process.quiet"
Setting = tuple[Callable[[], Any], Callable[[], object]]


def umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def stack_size() -> int:
    size = threading.stack_size()  # which sets it to 0
    threading.stack_size(size)
    return size


def hook(*_: object) -> None:
    """Does nothing."""


def add_handler() -> None:
    logging.getLogger(QUIET).addHandler(logging.NullHandler())


# How each is read, and how a handler changes it.
SETTINGS: dict[str, Setting] = {
    "recursion limit": (sys.getrecursionlimit, lambda: sys.setrecursionlimit(5_000)),
    "switch interval": (sys.getswitchinterval, lambda: sys.setswitchinterval(0.5)),
    "digits": (sys.get_int_max_str_digits, lambda: sys.set_int_max_str_digits(5_000)),
    "stack size": (stack_size, lambda: threading.stack_size(1 << 20)),
    "sockets": (socket.getdefaulttimeout, lambda: socket.setdefaulttimeout(7)),
    "csv": (csv.field_size_limit, lambda: csv.field_size_limit(7)),
    "umask": (umask, lambda: os.umask(0o007)),
    "folder": (Path.cwd, lambda: os.chdir("/")),
    "collection": (gc.isenabled, gc.disable),
    "thresholds": (gc.get_threshold, lambda: gc.set_threshold(7, 7, 7)),
    "warnings": (lambda: list(warnings.filters), lambda: warnings.simplefilter("ignore", BytesWarning)),
    "level": (lambda: logging.getLogger(QUIET).level, lambda: logging.getLogger(QUIET).setLevel(7)),
    "handlers": (lambda: list(logging.getLogger(QUIET).handlers), add_handler),
    "disabled": (lambda: logging.root.manager.disable, lambda: logging.disable(7)),
    "tracemalloc": (tracemalloc.is_tracing, tracemalloc.start),
    "path": (lambda: list(sys.path), lambda: sys.path.append("/nowhere")),
    "excepthook": (lambda: sys.excepthook, lambda: setattr(sys, "excepthook", hook)),
    "thread hook": (lambda: threading.excepthook, lambda: setattr(threading, "excepthook", hook)),
    "traceback limit": (lambda: getattr(sys, "tracebacklimit", None), lambda: setattr(sys, "tracebacklimit", 7)),
    "decimal": (lambda: decimal.getcontext().prec, lambda: setattr(decimal.getcontext(), "prec", 7)),
    "traps": (
        lambda: decimal.getcontext().traps[decimal.Inexact],
        lambda: decimal.getcontext().traps.__setitem__(decimal.Inexact, True),
    ),
}


@pytest.mark.parametrize("name", SETTINGS)
def test_a_setting_stays_in_the_simulation(name: str) -> None:
    read, change = SETTINGS[name]
    seen: list[Any] = []

    def handler(event: Any, context: Any) -> None:
        if not seen:
            change()
        seen.append(read())

    before = read()
    simulation = Simulation.from_template(async_stack(), {"Function": handler})
    for _ in range(2):
        simulation.invoke("Function")
        assert read() == before
    assert seen[0] != before
    assert seen[1] == seen[0]


def test_the_context_of_decimals_does_not_reach_another_simulation() -> None:
    """Simulations run their handlers in the same threads."""
    seen: list[int] = []

    def changes(event: Any, context: Any) -> None:
        decimal.getcontext().prec = 7

    def looks(event: Any, context: Any) -> None:
        seen.append(decimal.getcontext().prec)

    for handler in (changes, looks):
        simulation = Simulation.from_template(async_stack(), {"Function": handler})
        simulation.invoke("Function", asynchronous=True)
        simulation.run()
    assert seen == [decimal.DefaultContext.prec]
