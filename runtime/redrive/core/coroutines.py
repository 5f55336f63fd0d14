"""Remembers the coroutines that a call has dropped without awaiting them: nothing of them has run.

Python calls a function of its module `warnings` for each of them, to warn. So calls that drop none pay nothing.
"""

from __future__ import annotations

import sys
import warnings
from contextvars import ContextVar

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType
    from typing import Any, TypeAlias

    #: A dropped coroutine: the helpers' frames below it, the tasks of the `async def` call or `None`, and its name.
    Dropped: TypeAlias = tuple[list[FrameType], list[Any] | None, str]

#: Coroutines that calls have dropped; empty nearly always.
dropped: list[Dropped] = []
#: The tasks that the current call of an `async def` function has started; tasks that these start belong to it too.
started_tasks: ContextVar[list[Any] | None] = ContextVar("redrive_started", default=None)

# Of calls that nothing checks, such as those of hooks.
_MOST = 20
_HOOK = "_warn_unawaited_coroutine"
_python_warns: Any = getattr(warnings, _HOOK, None)
_references: list[int] = []
_frame = sys._getframe  # pyright: ignore[reportPrivateUsage]


def watch_coroutines() -> None:
    """Learn from now on of each coroutine that is dropped."""
    setattr(warnings, _HOOK, _coroutine_is_dropped)


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
            f"{function!r} has called {', '.join(names)} without awaiting it: calling it runs none of it, and it would "
            "count as done; write `await`, return what it gives, or `.close()` it if it is not to run"
        )


def forget_dropped() -> None:
    """Forget what the calls of the function that calls this one have dropped."""
    _taken(_frame(1), None)


def _taken(frame: FrameType, tasks: list[Any] | None) -> list[str]:
    mine = [each for each in dropped if frame in each[0] or (tasks is not None and each[1] is tasks)]
    for each in mine:
        dropped.remove(each)
    return [name for _, _, name in mine]


def _coroutine_is_dropped(coroutine: Any) -> None:
    references = sys.getrefcount(coroutine)
    if coroutine.cr_code is _nothing.__code__:
        _references.append(references)
        return
    if not _references:
        _nothing()  # pyright: ignore[reportUnusedCoroutine]
    # The garbage collector, which leaves more references, may run in the call of another record.
    if references <= _references[0]:
        frames, tasks = _frames_of_helpers(_frame(1)), started_tasks.get()
        if frames or tasks is not None:
            dropped.append((frames, tasks, coroutine.__qualname__))
            del dropped[:-_MOST]
    if coroutine.cr_origin is not None:  # the debug mode of asyncio: Python shows where it was made
        _python_warns(coroutine)
    else:
        text = f"coroutine '{coroutine.__qualname__}' was never awaited"
        warnings.warn(text, RuntimeWarning, stacklevel=2, source=coroutine)


def _frames_of_helpers(frame: FrameType | None) -> list[FrameType]:
    frames: list[FrameType] = []
    while frame is not None:
        if frame.f_globals.get("__name__", "").startswith("redrive."):
            frames.append(frame)
        frame = frame.f_back
    return frames


async def _nothing() -> None: ...
