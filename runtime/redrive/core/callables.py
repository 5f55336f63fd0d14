"""Inspects the functions that users pass."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from types import FunctionType, MethodType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# https://docs.python.org/3/library/inspect.html#code-objects-bit-flags
_COROUTINE = 0x80
_GENERATOR = 0x20 | 0x200  # plain and asynchronous
_VARARGS = 0x04

#: Types of results that need no look: nothing can be left to do for them, and they are no failures.
PLAIN = frozenset({type(None), bool, int, float, str, bytes})


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
