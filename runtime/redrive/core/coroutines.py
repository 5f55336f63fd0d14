"""Remembers the coroutines that a call has dropped without awaiting them: nothing of them has run.

Python calls a function of its module `warnings` for each of them, to warn. So calls that drop none pay nothing: this
module is loaded for the first coroutine that is dropped.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable
from types import FrameType
from typing import Any

from redrive.core.callables import name_of
from redrive.core.system import dropped, started_tasks

# Of calls that nothing checks, such as those of hooks.
_MOST = 20
_references: list[int] = []
_frame = sys._getframe  # pyright: ignore[reportPrivateUsage]


def check_awaited(function: Callable[..., Any], levels: int, tasks: list[Any] | None = None) -> None:
    """Raise `TypeError` if a call of a function has dropped a coroutine.

    Args:
        function: The user's function.
        levels: The number of frames from here up to the one that has called the function: 1 for the caller of this.
        tasks: The tasks that the function has started, if it is `async def`.
    """
    names = _taken(_frame(levels), tasks)
    if names:
        raise TypeError(
            f"{name_of(function)} has called {', '.join(names)} without awaiting it: calling it runs none of it, and "
            "it would count as done; write `await`, return what it gives, or `.close()` it if it is not to run"
        )


def forget_dropped() -> None:
    """Forget what the calls of the function that calls this one have dropped."""
    _taken(_frame(1), None)


def _taken(frame: FrameType, tasks: list[Any] | None) -> list[str]:
    mine = [each for each in dropped if frame in each[0] or (tasks is not None and each[1] is tasks)]
    for each in mine:
        dropped.remove(each)
    return [name for _, _, name in mine]


def note(coroutine: Any, python_warns: Callable[[Any], object]) -> None:
    """Remember a coroutine that is dropped, and warn as Python does; called by the function that Python calls."""
    references = sys.getrefcount(coroutine)
    if coroutine.cr_code is _nothing.__code__:
        _references.append(references)
        return
    if not _references:
        _nothing()  # pyright: ignore[reportUnusedCoroutine]
    # The garbage collector, which leaves more references, may run in the call of another record.
    if references <= _references[0]:
        frames, tasks = _frames_of_helpers(_frame(2)), started_tasks.get()
        if frames or tasks is not None:
            dropped.append((frames, tasks, coroutine.__qualname__))
            del dropped[:-_MOST]
    if coroutine.cr_origin is not None:  # the debug mode of asyncio: Python shows where it was made
        python_warns(coroutine)
    else:
        text = f"coroutine '{coroutine.__qualname__}' was never awaited"
        warnings.warn(text, RuntimeWarning, stacklevel=3, source=coroutine)


def _frames_of_helpers(frame: FrameType | None) -> list[FrameType]:
    frames: list[FrameType] = []
    while frame is not None:
        if frame.f_globals.get("__name__", "").startswith("redrive."):
            frames.append(frame)
        frame = frame.f_back
    return frames


async def _nothing() -> None: ...
