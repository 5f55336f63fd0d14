"""Brings the call of a function to its end: awaits what is to be awaited, and refuses results of work not done."""

from __future__ import annotations

import warnings
from collections.abc import Awaitable, Callable
from threading import Lock
from types import CoroutineType

from redrive.core.callables import PLAIN
from redrive.core.system import dropped

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypeVar

    T = TypeVar("T")

# CPython calls this function of `warnings` for each coroutine that is dropped.
_HOOK = "_warn_unawaited_coroutine"
_python_warns: Any = getattr(warnings, _HOOK, None)


def _is_dropped(coroutine: Any) -> None:
    from redrive.core.coroutines import note

    note(coroutine, _python_warns)


def _is_in_loop() -> bool:
    import asyncio

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


class EventLoop:
    """The event loop of one execution environment.

    It is kept between invocations, so that clients that belong to a loop (HTTP sessions, aioboto3) can be made once and
    reused; `asyncio.run` would close the loop each time.
    """

    def __init__(self) -> None:
        self._runner: Any = None
        self._running = Lock()

    def run(self, awaitable: Awaitable[T]) -> T:
        """Wait for an awaitable in this thread, one at a time; `RuntimeError` if it already runs an event loop."""
        import asyncio
        from weakref import finalize

        async def wait() -> T:
            return await awaitable

        if _is_in_loop():
            if isinstance(awaitable, CoroutineType):
                awaitable.close()  # prevents the warning about a coroutine that was never awaited
            raise RuntimeError(
                "an event loop is running in this thread already, and a plain function cannot wait in it for what is "
                "to be awaited: make the function `async def`, or call the handler from another thread, as in await "
                "asyncio.to_thread(handler, event, context)"
            )
        with self._running:
            if self._runner is None:
                self._runner = asyncio.Runner(loop_factory=asyncio.new_event_loop)
                finalize(self, self._runner.get_loop().close)
            loop = self._runner.get_loop()
            task = loop.create_task(wait())
            while True:
                try:
                    return loop.run_until_complete(task)
                except SystemExit:
                    # Raised in another task, it stops the loop too. Continue: the code that awaits that task gets it.
                    if task.done():
                        raise
                except BaseException:
                    if not task.done():  # interrupted: no task may continue in the next invocation
                        self._runner.close()
                        self._runner = None
                    raise


class Completion:
    """Brings the calls of one function to an end: a call has succeeded when nothing is left to do for its result.

    Args:
        function: The user's function, for error messages.
        loop: Waits for what is to be awaited. Default: an event loop of the function's own.

    Attributes:
        function: The argument.
    """

    __slots__ = ("_loop", "function")

    def __init__(self, function: Callable[..., Any], loop: EventLoop | None = None) -> None:
        self.function = function
        self._loop = loop or EventLoop()
        setattr(warnings, _HOOK, _is_dropped)

    def of(self, result: Any) -> Any:
        """Return what a call of a plain function comes to; raise `TypeError` if its work is not done or has failed."""
        if type(result) not in PLAIN:
            result = self._finished(result)
        if dropped:
            from redrive.core.coroutines import check_awaited

            check_awaited(self.function, 2)
        return result

    def _finished(self, result: Any) -> Any:
        from redrive.core.results import abandon, check, is_awaitable

        if not is_awaitable(result):
            return check(result, self.function)
        from redrive.core.tasks import complete

        try:
            return self._loop.run(complete(result, self.function))
        finally:
            abandon(result)

    async def awaited(self, result: Awaitable[Any]) -> Any:
        """Await a call of an `async def` function and all that it has started; errors as in `of`."""
        from redrive.core.tasks import complete

        return await complete(result, self.function)

    def run(self, awaitable: Awaitable[T]) -> T:
        """Wait for an awaitable of the helper's own."""
        return self._loop.run(awaitable)
