"""Adds what handlers print, log and write to stderr to the logs of their functions."""

from __future__ import annotations

import logging
import sys
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import Any, TextIO

from redrive_simulator.engine.world import World

# Outputs that are not printed, of the simulations that run.
_quiet: list[Output] = []


def is_kept_back() -> bool:
    """Decide if a handler runs whose output is not to be shown outside of the log of its function."""
    return any(each.is_of_handler for each in _quiet)


class Output:
    """The output of the handlers of one simulation.

    Args:
        world: The simulation.
        echo: Whether the output is also printed.
    """

    def __init__(self, world: World, *, echo: bool) -> None:
        self._world = world
        self._echo = echo

    @contextmanager
    def captured(self) -> Generator[None]:
        """Capture the standard outputs, and what is logged."""
        before = {name: getattr(sys, name) for name in ("stderr", "stdout")}
        handler = _LogHandler(self)
        root = logging.getLogger()
        root.addHandler(handler)
        if not self._echo:
            _quiet.append(self)
        try:
            for name, output in before.items():
                setattr(sys, name, _Captured(self, output, echo=self._echo))
            yield
        finally:
            for name, output in before.items():
                setattr(sys, name, output)
            root.removeHandler(handler)
            if not self._echo:
                _quiet.remove(self)

    @property
    def is_of_handler(self) -> bool:
        """True while a handler of the simulation runs."""
        return self._world.invocation is not None

    def write(self, text: str) -> None:
        """Add lines of the current handler to its function's log."""
        invocation = self._world.invocation
        if invocation is not None:
            log, now = invocation.log, self._world.scheduler.now
            log.extend((now, line) for each in text.split("\n") if (line := each.rstrip("\r")))

    def write_part(self, text: str) -> None:
        """Add text of the current handler to its function's log, where each line appears once it has ended."""
        invocation = self._world.invocation
        if invocation is not None:
            lines, newline, invocation.unfinished = (invocation.unfinished + text).rpartition("\n")
            if newline:
                self.write(lines)

    def finish_line(self) -> None:
        """Add what the current handler has written without the end of its line."""
        invocation = self._world.invocation
        if invocation is not None and invocation.unfinished:
            text, invocation.unfinished = invocation.unfinished, ""
            self.write(text)

    def write_error(self, error: Mapping[str, Any]) -> None:
        """Add Lambda's error object to the log of the current invocation, as Lambda's own runtime does."""
        self.finish_line()
        kind, message = error.get("errorType"), error.get("errorMessage")
        trace = "".join(error.get("stackTrace") or ())
        self.write(f"[ERROR] {kind}: {message}" + (f"\nTraceback (most recent call last):\n{trace}" if trace else ""))


class _Captured:
    """A standard output, or one for errors, that copies text to the log of the function that writes it."""

    def __init__(self, own: Output, output: TextIO, *, echo: bool) -> None:
        self._own = own
        self._output = output
        self._echo = echo

    def write(self, text: str) -> int:
        self._own.write_part(text)
        return self._output.write(text) if self._echo else len(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._output, name)


class _LogHandler(logging.Handler):
    """Writes log records of handlers to the log of their function, as Lambda does."""

    def __init__(self, own: Output) -> None:
        super().__init__()
        self._own = own
        self.setFormatter(logging.Formatter("[%(levelname)s] %(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        self._own.write(self.format(record))
