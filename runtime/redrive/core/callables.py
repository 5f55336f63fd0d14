"""Inspects the functions that users pass."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from types import BuiltinFunctionType, FunctionType, MethodType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# https://docs.python.org/3/library/inspect.html#code-objects-bit-flags
_COROUTINE = 0x80
_GENERATOR = 0x20 | 0x200  # plain and asynchronous
_VARARGS = 0x04
_RECEIVERS = (("self",), ("cls",))

#: Types of results that need no look: nothing can be left to do for them, and they are no failures.
PLAIN = frozenset({type(None), bool, int, float, str, bytes})


def check_function(function: Any, decorator: str) -> None:
    """Raise `TypeError` for what a decorator cannot call for each event: no function, or one that needs `self`."""
    if not callable(function):
        raise TypeError(f"{function!r} is not a function: put @{decorator} on one, and give options by name")
    if getattr(function, "is_handler_of_records", False) is True:
        raise TypeError(
            f"{function!r} is the handler of another helper, and takes a whole event: put @{decorator} on the function "
            "itself, one helper for each handler"
        )
    inner: Any = function
    while not isinstance(inner, MethodType) and hasattr(inner, "__wrapped__"):
        inner = inner.__wrapped__
    if isinstance(inner, FunctionType) and inner.__code__.co_varnames[: inner.__code__.co_argcount][:1] in _RECEIVERS:
        raise TypeError(
            f"{function!r} is a method, and Lambda calls a handler without an object: decorate the method of one "
            f"object, as in handler = {decorator}(Consumer().handle)"
        )


def make_handler(kind: Callable[..., Callable[..., Any]], function: Any, options: Mapping[str, Any]) -> Any:
    """Return a handler of a class as a function of an event and Lambda's context; a decorator without a function."""
    _check_names(kind, options)
    if function is None:
        return partial(make_handler, kind, options=options)
    users: Any = function.__func__ if isinstance(function, staticmethod) else function
    handle = kind(users, **options)

    def handler(event: Any, context: Any = None) -> Any:
        return handle(event, context)

    name_like(handler, users)
    handler.function = users  # pyright: ignore[reportFunctionMemberAccess]
    handler.is_handler_of_records = True  # pyright: ignore[reportFunctionMemberAccess]
    return staticmethod(handler) if isinstance(function, staticmethod) else handler


def _check_names(kind: Callable[..., Any], options: Mapping[str, Any]) -> None:
    """Raise `TypeError` for options that a handler does not have, where they are written."""
    code = kind.__init__.__code__  # pyright: ignore[reportFunctionMemberAccess]
    known = code.co_varnames[code.co_argcount : code.co_argcount + code.co_kwonlyargcount]
    unknown = [name for name in options if name not in known]
    if unknown:
        raise TypeError(f"there is no option {', '.join(unknown)}: give one of {', '.join(sorted(known))}")


def decorated(function: Any, decorate: Callable[[Callable[..., Any]], Callable[..., Any]]) -> Any:
    """Decorate a function, or the one inside a static or class method, which then binds as before."""
    if isinstance(function, (staticmethod, classmethod)):
        return type(function)(decorate(function.__func__))  # pyright: ignore[reportUnknownArgumentType, reportUnknownMemberType, reportUnknownVariableType]
    if not callable(function):
        raise TypeError(f"{function!r} is not a function: decorate one, and give options by name")
    return decorate(function)


def name_like(handler: Any, function: Any) -> None:
    """Give a handler name and docstring of the user's function, or of the class of a callable object."""
    while isinstance(function, partial):
        function = function.func  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    # Without `__wrapped__`, whose signature would be taken for the handler's.
    has_name = isinstance(getattr(function, "__name__", None), str)  # pyright: ignore[reportUnknownArgumentType]
    named: Any = function if has_name else type(function)  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
    for name in ("__module__", "__name__", "__qualname__", "__doc__"):
        setattr(handler, name, getattr(named, name, None) or getattr(handler, name, None))


def takes_context(function: Callable[..., Any]) -> bool:
    """Return True if a function wants the Lambda context: it has a second positional parameter without a default."""
    return needed_arguments(function) >= 2


def needed_arguments(function: Callable[..., Any]) -> int:
    """Return the number of positional parameters without a default; 0 for some functions written in C."""
    if isinstance(function, FunctionType) and not hasattr(function, "__wrapped__"):
        # A plain function has the answer itself; importing `inspect` takes ten milliseconds.
        return function.__code__.co_argcount - len(function.__defaults__ or ())
    import inspect

    try:
        parameters = inspect.signature(function).parameters.values()
    except ValueError:  # it has no signature, as that of `operator.methodcaller`
        return 0
    positional = [
        parameter
        for parameter in parameters
        if parameter.kind in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD)
        and parameter.default is parameter.empty
    ]
    return len(positional)


def takes_arguments(function: Callable[..., Any], count: int) -> bool:
    """Return True if a function can be called with this number of positional arguments."""
    if isinstance(function, MethodType):
        return takes_arguments(function.__func__, count + 1)
    if isinstance(function, BuiltinFunctionType):  # many have no signature
        return True
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


def is_same_method(one: object, other: object) -> bool:
    """Return True for one method of one object, which is a new object at each access."""
    return type(one) is type(other) is MethodType and one == other


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


def check_not_async(name: str, callback: Callable[..., Any]) -> None:
    """Raise `TypeError` for a function that would have to be awaited."""
    if is_async(callback):
        raise TypeError(f"{name}={callback!r} is an `async def` function, and is called without being awaited")


def check_callbacks(callbacks: Mapping[str, Any]) -> None:
    """Raise `TypeError` if a callback is neither left out nor a plain function that takes one argument."""
    for name, callback in callbacks.items():
        if callback is None:
            continue
        if not callable(callback):
            raise TypeError(f"{name}={callback!r} is not a function: give one that takes one argument")
        check_not_async(name, callback)
        # A class is not asked: that takes importing `inspect`.
        if not isinstance(callback, type) and not takes_arguments(callback, 1):
            raise TypeError(f"{name}={callback!r} is called with one argument, which it does not take")
