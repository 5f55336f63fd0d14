"""What kind of function a user has given, and how to call it."""

from __future__ import annotations

from _thread import allocate_lock  # `threading` has the same under another name, and takes longer to import
from collections.abc import Awaitable, Callable
from types import FunctionType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypeVar

    T = TypeVar("T")

_CO_COROUTINE = 0x80  # https://docs.python.org/3/library/inspect.html#code-objects-bit-flags


def takes_context(function: Callable[..., Any]) -> bool:
    """Whether a function wants the Lambda context: it has a second positional parameter without a default."""
    if isinstance(function, FunctionType) and not hasattr(function, "__wrapped__"):
        # `inspect` costs ten milliseconds to import, and a plain function can be asked directly.
        return function.__code__.co_argcount - len(function.__defaults__ or ()) >= 2
    import inspect

    positional = [
        parameter
        for parameter in inspect.signature(function).parameters.values()
        if parameter.kind in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD)
        and parameter.default is parameter.empty
    ]
    return len(positional) >= 2


def is_async(function: Callable[..., Any]) -> bool:
    """Whether calling a function makes a coroutine. Sees through partials and objects with an async `__call__`."""
    if isinstance(function, FunctionType):
        return bool(function.__code__.co_flags & _CO_COROUTINE)
    from inspect import iscoroutinefunction

    return iscoroutinefunction(function) or iscoroutinefunction(getattr(function, "__call__", None))  # noqa: B004


class EventLoop:
    """The event loop of one execution environment.

    It is kept from one invocation to the next, so that clients which belong to a loop (HTTP sessions, aioboto3) can be
    made once and used again; `asyncio.run` would close it each time.
    """

    def __init__(self) -> None:
        self._runner: Any = None
        self._running = allocate_lock()

    def run(self, awaitable: Awaitable[T]) -> T:
        """Wait for an awaitable, in this thread; one at a time.

        Args:
            awaitable: A coroutine or anything else that can be awaited.

        Returns:
            Its result.

        Raises:
            RuntimeError: An event loop is running in this thread already.
        """
        import asyncio

        async def wait() -> T:
            return await awaitable

        with self._running:
            if self._runner is None:
                self._runner = asyncio.Runner()
            waiting = wait()
            try:
                return self._runner.run(waiting)
            finally:
                waiting.close()  # never started if a loop was running already; nothing happens if it has ended
