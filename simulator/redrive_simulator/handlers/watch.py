"""Ends a run whose handler works on and on in real time: a test that hangs says nothing."""

from __future__ import annotations

import sys
import sysconfig
import time
from types import FrameType

from redrive_simulator.engine.world import World
from redrive_simulator.timeline.entries import Kind

_real_time = time.monotonic
_PYTHON = sysconfig.get_path("stdlib")
_PACKAGE = __name__.partition(".")[0]
# A handler may work for long while somebody steps through it.
_DEBUGGERS = frozenset({"bdb", "pdb", "pydevd", "_pydevd_bundle", "debugpy"})


class Watch:
    """Looks now and then whether the current handler gets on: time passes, it plans something, or it calls AWS.

    Args:
        world: The simulation.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self._state: tuple[object, ...] = ()
        self._since = 0.0

    def __call__(self) -> RuntimeError | None:
        """Look at the handler, and return an error if it has worked for too long."""
        world, scheduler = self._world, self._world.scheduler
        invocation, most = world.invocation, world.parameters.longest_work
        if invocation is not None and invocation.goes_on:
            place = _place_in(_frames_of(scheduler.runner))
            return RuntimeError(
                f"{invocation.name} goes on after Lambda has ended it, now at {place}: in a loop it catches what stops "
                "it, where Lambda ends the process. Catch Exception, in place of everything"
            )
        state = (invocation, scheduler.now, scheduler.planned, invocation and invocation.looks)
        if invocation is None or state != self._state:
            self._state, self._since = state, _real_time()
            return None
        if _real_time() - self._since < most:
            return None
        frames = _frames_of(scheduler.runner)
        if any(_module_of(frame) in _DEBUGGERS for frame in frames):
            return None
        invocation.ended = Kind.TIMED_OUT  # what it still does has no effect
        return RuntimeError(
            f"{invocation.name} has worked for {most:g} s of real time without a wait and without a call of AWS, "
            f"now at {_place_in(frames)}: in virtual time that takes none, so its timeout does not end it. End the "
            "loop, let it wait with time.sleep, or give it more real time with Parameters(longest_work=…)"
        )


def _frames_of(thread: int) -> list[FrameType]:
    """Return what a thread does, the innermost first."""
    frame = sys._current_frames().get(thread)  # pyright: ignore[reportPrivateUsage]
    frames: list[FrameType] = []
    while frame is not None:
        frames.append(frame)
        frame = frame.f_back
    return frames


def _place_in(frames: list[FrameType]) -> str:
    """Return file, line and function of the innermost code that is neither Python's own nor the simulator's."""
    for frame in frames:
        file, line, function = frame.f_code.co_filename, frame.f_lineno, frame.f_code.co_name
        if _module_of(frame) != _PACKAGE and (not file.startswith(_PYTHON) or "site-packages" in file):
            return f"{file}:{line} in {function}"
    return "an unknown place"


def _module_of(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__", "")).partition(".")[0]
