"""Keeps what code sets for its whole process: limits, hooks, loggers, filters of warnings, and the like."""

from __future__ import annotations

import csv
import faulthandler
import gc
import locale
import logging
import os
import socket
import sys
import threading
import tracemalloc
import warnings
from collections.abc import Callable, Mapping
from decimal import Context
from functools import partial
from typing import Any, NamedTuple

_MISSING: Any = object()


class _Setting(NamedTuple):
    """A setting of a process, with how it is read and how it is set again."""

    read: Callable[[], Any]
    write: Callable[[Any], object]


def _attribute(owner: object, name: str) -> _Setting:
    def write(value: Any) -> None:
        if value is _MISSING:
            delattr(owner, name)
        else:
            setattr(owner, name, value)

    return _Setting(lambda: getattr(owner, name, _MISSING), write)


def _members(several: list[Any]) -> _Setting:
    def write(value: list[Any]) -> None:
        several[:] = value

    return _Setting(lambda: list(several), write)


def _switch(is_on: Callable[[], bool], turn_on: Callable[[], object], turn_off: Callable[[], object]) -> _Setting:
    def write(on: bool) -> None:
        (turn_on if on else turn_off)()

    return _Setting(is_on, write)


def _enable_faulthandler() -> None:
    if sys.__stderr__ is not None:
        faulthandler.enable(sys.__stderr__)


def _write_thresholds(thresholds: tuple[int, int, int]) -> None:
    gc.set_threshold(*thresholds)


def _read_umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def _read_stack_size() -> int:
    size = threading.stack_size()  # which sets it to 0
    threading.stack_size(size)
    return size


def _write_filters(filters: list[Any]) -> None:
    warnings.filters[:] = filters  # pyright: ignore[reportIndexIssue]
    with warnings.catch_warnings():  # which tells the module at its end that they have changed
        pass


def _read_loggers() -> dict[str, Any]:
    found = {name: each for name, each in logging.root.manager.loggerDict.items() if isinstance(each, logging.Logger)}
    return {name: (each.level, list(each.handlers), each.propagate, each.disabled) for name, each in found.items()}


def _write_loggers(states: Mapping[str, Any]) -> None:
    for name, there in _read_loggers().items():
        state = states.get(name, (logging.NOTSET, [], True, False))  # of one that was made since
        if state != there:
            logger = logging.getLogger(name)
            logger.setLevel(state[0])
            logger.handlers[:], logger.propagate, logger.disabled = state[1:]


_SETTINGS = {
    "recursion limit": _Setting(sys.getrecursionlimit, sys.setrecursionlimit),
    "switch interval": _Setting(sys.getswitchinterval, sys.setswitchinterval),
    "digits of integers": _Setting(sys.get_int_max_str_digits, sys.set_int_max_str_digits),
    "stack of threads": _Setting(_read_stack_size, threading.stack_size),
    "time limit of sockets": _Setting(socket.getdefaulttimeout, socket.setdefaulttimeout),
    "fields of CSV": _Setting(csv.field_size_limit, csv.field_size_limit),
    "locale": _Setting(partial(locale.setlocale, locale.LC_ALL), partial(locale.setlocale, locale.LC_ALL)),
    "rights of new files": _Setting(_read_umask, os.umask),
    "current folder": _Setting(os.getcwd, os.chdir),
    "garbage collection": _switch(gc.isenabled, gc.enable, gc.disable),
    "its thresholds": _Setting(gc.get_threshold, _write_thresholds),
    "filters of warnings": _Setting(lambda: list(warnings.filters), _write_filters),
    "loggers": _Setting(_read_loggers, _write_loggers),
    "disabled logging": _attribute(logging.root.manager, "disable"),
    "faulthandler": _switch(faulthandler.is_enabled, _enable_faulthandler, faulthandler.disable),
    "tracemalloc": _switch(tracemalloc.is_tracing, tracemalloc.start, tracemalloc.stop),
    "path": _members(sys.path),
    "arguments": _members(sys.argv),
    **{f"sys.{name}": _attribute(sys, name) for name in ("excepthook", "unraisablehook", "displayhook")},
    **{f"sys.{name}": _attribute(sys, name) for name in ("tracebacklimit", "dont_write_bytecode")},
    "threading.excepthook": _attribute(threading, "excepthook"),
}


class ProcessSettings:
    """The settings of a simulated process: they hold while its code runs, and elsewhere those from before hold.

    Attributes:
        decimals: Context of decimal numbers, which is one of the thread that runs the code.
    """

    __slots__ = ("_before", "_cleared", "_handlers", "_level", "_own", "_root", "decimals")

    def __init__(self) -> None:
        self.decimals = Context()
        self._own: dict[str, Any] = {}
        self._before: dict[str, Any] = {}
        # Of the root logger, to which a test adds handlers of its own meanwhile.
        self._level: int | None = None
        self._handlers: list[logging.Handler] = []
        self._cleared = False  # `basicConfig(force=True)` removes all handlers from before
        self._root: tuple[int, list[logging.Handler]] = (0, [])

    def enter(self) -> None:
        """Set what the code has set."""
        root = logging.getLogger()
        self._root = (root.level, list(root.handlers))
        self._before = _read()
        if self._level is not None:
            root.setLevel(self._level)
        root.handlers[:] = [*([] if self._cleared else root.handlers), *self._handlers]
        _write(self._own, self._before)

    def leave(self) -> None:
        """Keep what the code has set, and set again what was before."""
        root = logging.getLogger()
        level, handlers = self._root
        if root.level != level:
            self._level = root.level
            root.setLevel(level)
        self._handlers = [each for each in root.handlers if each not in handlers]
        self._cleared = self._cleared or (bool(handlers) and not any(each in handlers for each in root.handlers))
        root.handlers[:] = handlers
        now = _read()
        self._own = {name: value for name, value in now.items() if value != self._before[name]}
        _write({name: self._before[name] for name in self._own}, now)


def _read() -> dict[str, Any]:
    return {name: each.read() for name, each in _SETTINGS.items()}


def _write(settings: Mapping[str, Any], now: Mapping[str, Any]) -> None:
    for name, value in settings.items():
        if value != now[name]:
            _SETTINGS[name].write(value)
