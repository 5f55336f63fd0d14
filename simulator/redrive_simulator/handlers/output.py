"""Copies the output of handlers to the logs of their functions."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, Protocol, TextIO


class Echo(Protocol):
    """Says whether output is printed.

    Attributes:
        echo: Whether it is.
    """

    echo: bool


class Captured:
    """A standard output, or one for errors, that copies lines to the log of the function that writes them.

    Args:
        write: Adds lines to the log.
        output: Output in whose place this is.
        to: Says whether the output gets the text, too.
    """

    def __init__(self, write: Callable[[str], None], output: TextIO, to: Echo) -> None:
        self._write = write
        self._output = output
        self._to = to
        self._unfinished = ""

    def write(self, text: str) -> int:
        """Write text."""
        lines, newline, rest = (self._unfinished + text).rpartition("\n")
        self._unfinished = rest
        if newline:
            self._write(lines)
        return self._output.write(text) if self._to.echo else len(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._output, name)


class LogHandler(logging.Handler):
    """Writes log records of handlers to the log of their function, as Lambda does.

    Args:
        write: Adds lines to the log.
    """

    def __init__(self, write: Callable[[str], None]) -> None:
        super().__init__()
        self._write = write
        self.setFormatter(logging.Formatter("[%(levelname)s] %(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        """Write a record."""
        self._write(self.format(record))
