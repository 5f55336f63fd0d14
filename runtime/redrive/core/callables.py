"""Inspects the functions that users pass, and runs coroutines in one event loop."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from threading import Lock
from types import CoroutineType, FunctionType, MethodType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypeVar


if TYPE_CHECKING:
    T = TypeVar("T")

# https://docs.python.org/3/library/inspect.html#code-objects-bit-flags
_COROUTINE = 0x80
_GENERATOR = 0x20 | 0x200  # plain and asynchronous
_VARARGS = 0x04


def takes_context(function: Callable[..., Any]) -> bool:
    """Return True if a function wants the Lambda context: it has a second positional parameter without a default."""
    return needed_arguments(function) >= 2


def needed_arguments(function: Callable[..., Any]) -> int:
    """Return the number of positional parameters without a default."""
    if isinstance(function, FunctionType) and not hasattr(function, "__wrapped__"):
        # A plain function has the answer itself; importing `inspect` takes ten milliseconds.
        return function.__code__.co_argcount - len(function.__defaults__ or ())
    import inspect

    positional = [
        parameter
        for parameter in inspect.signature(function).parameters.values()
        if parameter.kind in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD)
        and parameter.default is parameter.empty
    ]
    return len(positional)


def takes_arguments(function: Callable[..., Any], count: int) -> bool:
    """Return True if a function can be called with this number of positional arguments."""
    if isinstance(function, FunctionType) and not hasattr(function, "__wrapped__"):
        code = function.__code__
        takes = code.co_argcount >= count or code.co_flags & _VARARGS
        has_defaults = code.co_kwonlyargcount <= len(function.__kwdefaults__ or ())
        return bool(takes) and needed_arguments(function) <= count and has_defaults
    import inspect

    try:
        signature = inspect.signature(function)
    except ValueError:  # some functions written in C have no signature
        return True
    try:
        signature.bind(*[None] * count)
    except TypeError:
        return False
    return True


def is_async(function: Callable[..., Any]) -> bool:
    """Return True if calling a function makes a coroutine."""
    return bool(_code_flags(function) & _COROUTINE)


def is_generator(function: Callable[..., Any]) -> bool:
    """Return True if calling a function makes a generator, which runs no code before something iterates over it."""
    return bool(_code_flags(function) & _GENERATOR)


def name_of(function: Callable[..., Any]) -> str:
    """Return the module and name of a function, looking through partials, or of the class of a callable object."""
    while isinstance(function, partial):
        function = function.func  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    named: Any = function if hasattr(function, "__qualname__") else type(function)  # pyright: ignore[reportUnknownArgumentType]
    return f"{named.__module__}.{named.__qualname__}"


def _code_flags(function: object) -> int:
    """Return the code flags of the function behind partials, methods and callable objects; 0 if it is not Python."""
    while not isinstance(function, FunctionType):
        if isinstance(function, partial):
            function = function.func
        elif isinstance(function, MethodType):
            function = function.__func__
        else:
            function = getattr(type(function), "__call__", None)  # noqa: B004
            if not isinstance(function, FunctionType):
                return 0
    return function.__code__.co_flags


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
                "an event loop is running in this thread already, and the handler has to wait for its own: call it "
                "from another thread, as in await asyncio.to_thread(handler, event, context)"
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
