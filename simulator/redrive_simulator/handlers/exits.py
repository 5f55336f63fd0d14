"""Ends the process of a function in place of that of the test: `os._exit`, `os.abort`."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NoReturn

from redrive_simulator.engine.invocation import InvocationEndedError
from redrive_simulator.timeline.entries import Kind

if TYPE_CHECKING:
    from redrive_simulator.engine.world import World

_exit = os._exit  # pyright: ignore[reportPrivateUsage]
# Exit status of a process that has ended itself by a signal: 128, and the number of SIGABRT.
_ABORTED = 134


class Exits:
    """The ends of functions' processes in one simulation.

    Args:
        world: The simulation.
        takes_part: Decides if a handler, or a thread that it has started, runs in the calling thread.

    Attributes:
        replacements: What replaces the functions of the module `os`, by name.
    """

    def __init__(self, world: World, takes_part: Callable[[], bool]) -> None:
        self._world = world
        self._takes_part = takes_part
        self._process = os.getpid()
        self.replacements: Mapping[str, Callable[..., Any]] = {
            "_exit": self._end,
            "abort": lambda: self._end(_ABORTED),
        }

    def _end(self, status: int) -> NoReturn:
        invocation = self._world.invocation
        if invocation is None or not self._takes_part() or os.getpid() != self._process:  # in a fork of a handler
            _exit(status)
        invocation.ended, invocation.exit_status = Kind.CRASHED, status & 0xFF
        raise InvocationEndedError
