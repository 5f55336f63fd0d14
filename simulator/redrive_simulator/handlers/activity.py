"""Decides from outside whether a thread works or waits: by its frame, its state and its processor time."""

from __future__ import annotations

import os
import queue
import sys
import threading
import time
from concurrent.futures import thread as executors
from enum import Enum
from multiprocessing import pool
from threading import Thread
from typing import NamedTuple

from redrive_simulator.handlers import locks, waits

# Seconds of real time in which a thread has done nothing: where it waits for other threads of its process, and where
# that is not known, as it may wait for a file, a connection or another process.
_FOR_THREADS = 0.003
_FOR_ANYTHING = 0.5
_monotonic = time.monotonic
_FILES_THAT_WAIT = frozenset(each.__file__ for each in (threading, queue, executors, pool, locks, waits))
_MOST_OF_A_FILE = 4096


class Activity(Enum):
    """The state of a thread."""

    WORKS = "works"
    #: It waits for another thread.
    IDLE = "idle"
    #: It has done nothing for some time, and may wait for anything.
    BLOCKED = "blocked"


class _Look(NamedTuple):
    """A first look at a thread that has not changed since.

    Attributes:
        state: Place in its code, and its processor time.
        since: Time of the look.
        looks: Number of looks so far.
        is_known: Whether the place is a wait for other threads.
        shows_work: Whether the operating system says how much a thread works.
    """

    state: tuple[object, ...]
    since: float
    looks: int
    is_known: bool
    shows_work: bool


class Activities:
    """Looks at threads again and again."""

    def __init__(self) -> None:
        self._looks: dict[int, _Look] = {}

    def of(self, thread: Thread) -> Activity:
        """Look at a thread, and compare with the looks before."""
        number, now = thread.ident, _monotonic()
        frame = None if number is None else sys._current_frames().get(number)  # pyright: ignore[reportPrivateUsage]
        if number is None or frame is None:  # it begins, or ends
            return Activity.WORKS
        work = _work_of(thread)
        state = (id(frame), frame.f_lasti, work)
        before = self._looks.get(number)
        if before is None or before.state != state or work == _RUNS:
            self._looks[number] = _Look(state, now, 1, frame.f_code.co_filename in _FILES_THAT_WAIT, work is not None)
            return Activity.WORKS
        before = self._looks[number] = before._replace(looks=before.looks + 1)
        if before.is_known and before.shows_work and before.looks > 2 and now - before.since >= _FOR_THREADS:
            return Activity.IDLE
        if now - before.since < _FOR_ANYTHING:
            return Activity.WORKS
        return Activity.IDLE if before.is_known else Activity.BLOCKED

    def forget(self, thread: Thread) -> None:
        """Forget a thread that has ended."""
        self._looks.pop(thread.ident or 0, None)


_RUNS = (b"runs",)


def _work_of(thread: Thread) -> tuple[bytes, ...] | None:
    """Return the processor time and the turns of a thread so far; `None` where the system does not say."""
    folder = f"/proc/self/task/{thread.native_id}"  # https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
    try:
        state = _content(f"{folder}/stat").rpartition(b")")[2].split()[0]
        ran, _, turns = _content(f"{folder}/schedstat").split()
    except (OSError, ValueError, IndexError):
        return None
    return _RUNS if state == b"R" else (ran, turns)


def _content(file: str) -> bytes:
    """Read a small file, without `open`, which a simulation replaces."""
    descriptor = os.open(file, os.O_RDONLY)
    try:
        return os.read(descriptor, _MOST_OF_A_FILE)
    finally:
        os.close(descriptor)
