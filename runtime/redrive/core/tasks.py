"""Awaits a call of a function, and the tasks that it has started. Loaded only where something is awaited."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from contextvars import Context
from typing import TYPE_CHECKING, Any

from redrive.core.callables import PLAIN, name_of
from redrive.core.invocation import find, seconds_left, without_reserve
from redrive.core.results import UnfinishedTasks, abandon, check, is_awaitable, unfinished
from redrive.core.system import dropped, started_tasks

_MOST_AWAITS = 100
# In seconds. The wait for tasks where no deadline is known, and for tasks that were cancelled.
_LONGEST_WAIT = 10.0
_TO_CANCEL = 0.1


async def complete(awaitable: Awaitable[Any], function: Callable[..., Any]) -> Any:
    """Return the result of a call, once nothing is left to await; raise `TypeError` if its work is not done."""
    loop = asyncio.get_running_loop()
    if not isinstance(loop.get_task_factory(), _Recording):
        loop.set_task_factory(_Recording(loop.get_task_factory()))
    if not isinstance(loop.create_future, _RecordingFutures):
        with suppress(AttributeError):  # a loop that takes no attributes
            loop.create_future = _RecordingFutures(loop.create_future)
    started: list[asyncio.Future[Any]] = []
    outer = started_tasks.get()
    started_tasks.set(started)
    try:
        result = await _last_result(awaitable, function, loop)
    except Exception:
        await _wait(started)  # a retry must not meet what this call has started
        raise
    finally:
        started_tasks.set(outer)
    if started:
        _check_tasks(started, await _wait(started), function)
    if dropped:
        from redrive.core.coroutines import check_awaited

        check_awaited(function, 1, started)
    return result


class _Recording:
    """Makes the tasks of an event loop, and records them with the call that starts them."""

    def __init__(self, factory: Callable[..., asyncio.Future[Any]] | None) -> None:
        self._factory = factory

    def __call__(self, loop: asyncio.AbstractEventLoop, coroutine: Any, **options: Any) -> Any:
        task: asyncio.Future[Any]
        if self._factory is None:
            task = asyncio.Task(coroutine, loop=loop, **options)
        else:
            task = self._factory(loop, coroutine, **options)
        context: Context | None = options.get("context")
        _record(task, started_tasks.get() if context is None else context.get(started_tasks))
        return task


class _RecordingFutures:
    """Makes the futures of an event loop, and records those of `run_in_executor`, `to_thread` and `shield`.

    Other futures may never be done, such as one that waits for the end of a connection.
    """

    def __init__(self, make: Callable[[], asyncio.Future[Any]]) -> None:
        self._make = make

    def __call__(self) -> asyncio.Future[Any]:
        future = self._make()
        if sys._getframe(1).f_code in _MAKERS:  # pyright: ignore[reportPrivateUsage]
            _record(future, started_tasks.get())
        return future


# They make a future for work that was started; both are functions in Python's own code.
_MAKERS = (asyncio.wrap_future.__code__, asyncio.shield.__code__)
if TYPE_CHECKING:
    _Gathering = asyncio.Future[Any]
else:
    _Gathering = getattr(asyncio.tasks, "_GatheringFuture", asyncio.Future)


class _RecordingGathering(_Gathering):
    """Records the future of `asyncio.gather`, which alone has the errors of its tasks: it has asked for them."""

    is_asked = False

    def __init__(self, *children: Any, **options: Any) -> None:
        super().__init__(*children, **options)
        _record(self, started_tasks.get())

    def __await__(self) -> Any:
        self.is_asked = True
        return super().__await__()

    __iter__ = __await__

    def result(self) -> Any:
        self.is_asked = True
        return super().result()


# `asyncio.gather` looks the class up at each call. Outside of the helpers' calls nothing is recorded.
asyncio.tasks._GatheringFuture = _RecordingGathering  # pyright: ignore


def _record(task: asyncio.Future[Any], started: list[asyncio.Future[Any]] | None) -> None:
    """Record a task or future with the call that starts it, until it has succeeded: its result may be large."""
    if started is None:
        return

    def forget(task: asyncio.Future[Any]) -> None:
        if not getattr(task, "_log_traceback", False) and getattr(task, "is_asked", True):
            started.remove(task)

    started.append(task)
    task.add_done_callback(forget)


async def _last_result(result: Any, function: Callable[..., Any], loop: asyncio.AbstractEventLoop) -> Any:
    """Await a result, and what it comes to, until that is a value."""
    for _ in range(_MOST_AWAITS):
        if asyncio.isfuture(result) and result.get_loop() is not loop:
            raise unfinished(result, function)
        awaited, result = result, await result
        if type(result) in PLAIN:
            return result
        if result is awaited or not is_awaitable(result):  # a connection pool may come to itself
            return check(result, function)
    abandon(result)
    raise TypeError(f"{name_of(function)} has returned awaitables that come to awaitables, {_MOST_AWAITS} times")


async def _wait(started: list[asyncio.Future[Any]]) -> Sequence[asyncio.Future[Any]]:
    """Wait for tasks and those that they start; cancel and return the tasks that are not done in time."""
    ends: float | None = None
    now = asyncio.get_running_loop().time
    while pending := [task for task in started if not task.done()]:
        if ends is None:
            left = seconds_left(find())
            ends = now() + (_LONGEST_WAIT if left is None else without_reserve(left))
        if now() >= ends:
            for task in pending:
                task.cancel()
            await asyncio.wait(pending, timeout=_TO_CANCEL)
            return pending
        await asyncio.wait(pending, timeout=ends - now())
    return ()


def _check_tasks(
    started: Sequence[asyncio.Future[Any]], late: Sequence[asyncio.Future[Any]], function: Callable[..., Any]
) -> None:
    """Raise the errors of tasks that nothing has awaited, or that a task was not done in time."""
    if late:
        raise (UnfinishedTasks if any(map(_may_run, late)) else RuntimeError)(
            f"{name_of(function)} has started {_name(late[0])} without awaiting it, and it was not done in time: await "
            "it, or use an asyncio.TaskGroup; a task that is to outlive the call needs a context of its own, as in "
            "asyncio.create_task(…, context=contextvars.Context())"
        )
    errors = [error for task in started for error in _unseen(task) if not isinstance(error, asyncio.CancelledError)]
    if len(errors) == 1:
        raise errors[0]
    if errors:
        raise BaseExceptionGroup(f"tasks that {name_of(function)} has started have failed", errors)


def _name(task: asyncio.Future[Any]) -> str:
    coroutine = task.get_coro() if isinstance(task, asyncio.Task) else task
    return getattr(coroutine, "__qualname__", type(coroutine).__name__)


def _may_run(task: asyncio.Future[Any]) -> bool:
    """Return True if a task that was cancelled may still run, as the work of a thread does."""
    return not (isinstance(task, (asyncio.Task, _RecordingGathering)) and task.done())


def _unseen(task: asyncio.Future[Any]) -> list[BaseException]:
    """Return the errors of a task, or of a future, that nothing has seen."""
    if task.cancelled():
        return []
    if getattr(task, "_log_traceback", False):  # asyncio keeps it for its log
        error = task.exception()
        return [] if error is None else [error]
    if isinstance(task, _RecordingGathering) and not task.is_asked and task.exception() is None:
        return [each for each in task.result() if isinstance(each, BaseException)]  # of `return_exceptions=True`
    return []
