"""Handles Ctrl-C without an exception, which could come between any two steps."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager


@contextmanager
def instead_of_interrupts(act: Callable[[], None]) -> Generator[None]:
    """Call a function at the first Ctrl-C; the second one raises `KeyboardInterrupt`."""
    if threading.current_thread() is not threading.main_thread():  # only that one can handle signals
        yield
        return
    before = signal.getsignal(signal.SIGINT)

    def handle(number: int, frame: object) -> None:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        act()

    signal.signal(signal.SIGINT, handle)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
