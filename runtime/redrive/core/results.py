"""Examines what a function has returned: whether its work is done, or still to do, or has failed.

Loaded only for results that are not plain values.
"""

from __future__ import annotations

from collections import UserDict, UserList, deque
from collections.abc import AsyncGenerator, Callable, Generator, Iterable, Iterator, Mapping, ValuesView
from functools import lru_cache, partial
from operator import attrgetter, itemgetter, methodcaller
from types import (
    AsyncGeneratorType,
    BuiltinFunctionType,
    CoroutineType,
    FunctionType,
    GeneratorType,
    MappingProxyType,
    MemberDescriptorType,
    MethodDescriptorType,
    MethodType,
    MethodWrapperType,
    SimpleNamespace,
)

from redrive.core.callables import PLAIN, name_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# https://docs.python.org/3/library/inspect.html#code-objects-bit-flags
_ITERABLE_COROUTINE = 0x100
_DONE = "it would count as done"
_FUTURE = ("done", "result", "cancel")
_MAPPINGS = (dict, MappingProxyType)
_CONTAINERS = (list, tuple, set, frozenset, deque, ValuesView, *_MAPPINGS)
_JSON = frozenset({dict, list})
_FUNCTIONS = (
    *(FunctionType, MethodType, BuiltinFunctionType, MethodDescriptorType, MethodWrapperType),
    *(partial, attrgetter, itemgetter, methodcaller, type(lru_cache(len))),
)
_RECORDS = (SimpleNamespace, UserDict, UserList)
# Classes of other records have one of these attributes: dataclasses, attrs and pydantic.
_FIELDS = ("__dataclass_fields__", "__attrs_attrs__", "__pydantic_fields__")
# What asks AWS when something iterates over it: https://docs.aws.amazon.com/boto3/latest/guide/paginators.html and
# https://docs.aws.amazon.com/boto3/latest/guide/collections.html
LAZY = frozenset(
    {
        ("botocore.paginate", "PageIterator"),
        ("boto3.resources.collection", "ResourceCollection"),
        ("boto3.resources.collection", "CollectionManager"),
    }
)


class StillRunning(Exception):
    """Work of a call that has failed may still run, so that the call is neither done nor over."""


class UnfinishedResult(StillRunning, TypeError):
    """A function has returned work that still runs, and that cannot be cancelled."""


class UnfinishedTasks(StillRunning, RuntimeError):
    """Tasks that a function has started were not done in time."""


def is_awaitable(result: object) -> bool:
    """Return True if a result can be awaited."""
    if isinstance(result, GeneratorType):  # of a function under `types.coroutine`
        return bool(result.gi_code.co_flags & _ITERABLE_COROUTINE)
    return hasattr(result, "__await__")


def check(result: Any, function: Callable[..., Any]) -> Any:
    """Return a result; raise `TypeError` if it shows that the function's work is not done or has failed."""
    problem = _problem(result) or _problem_of_members(result)
    if problem is None:
        return result
    abandon(result)
    kind = UnfinishedResult if any(map(_still_runs, (result, *_members(result)))) else TypeError
    error = kind(f"{name_of(function)} has returned {problem}")
    if isinstance(result, BaseException):
        raise error from result
    raise error


def unfinished(result: object, function: Callable[..., Any]) -> TypeError:
    """Return the error for a result that is ready at some later time."""
    return UnfinishedResult(f"{name_of(function)} has returned {_unfinished(result)}")


def _problem(result: Any) -> str | None:
    """Say why a result means that the work is not done or has failed; `None` if it does not."""
    kind = _class_of(result)
    raised = result if isinstance(result, type) else kind
    if issubclass(raised, BaseException):
        return f"the error {raised.__name__} instead of raising it, and {_DONE}; write `raise` in the place of `return`"
    if _has_failures(result):
        return (
            f"batchItemFailures, which Lambda reads in the response of a whole batch only, and {_DONE}; raise an error "
            "for what has failed"
        )
    lazy = _lazy(result, kind)
    if lazy is not None:
        return f"{lazy}: calling it runs none of it, and {_DONE}; {_REMEDIES.get(lazy, 'do the work before returning')}"
    if _is_running(result, kind):
        return _unfinished(result)
    for value in _attributes(result):
        if _has_not_begun(value):
            return f"{kind.__name__} with {_not_awaited(value)}"
    return None


_REMEDIES = {
    "a generator": "take the `yield` out, or iterate over it before returning",
    "a context manager": "take @contextmanager off, or enter it in a `with` block",
    "a function": "call it",
}


def _has_failures(result: Any) -> bool:
    try:
        return issubclass(_class_of(result), Mapping) and bool(result.get("batchItemFailures"))
    except Exception:  # a mapping of the user's own, which is no response to Lambda
        return False


def _lazy(result: Any, kind: type[Any]) -> str | None:
    """Name the kind of a result whose code has not run; `None` if it is of no such kind."""
    if issubclass(kind, (Generator, AsyncGenerator)):
        return "a generator"
    # https://docs.python.org/3/library/contextlib.html#contextlib.contextmanager: it holds the function's generator.
    members: object = getattr(result, "__dict__", None)
    if isinstance(members, dict) and type(members.get("gen")) in (GeneratorType, AsyncGeneratorType):  # pyright: ignore[reportUnknownArgumentType, reportUnknownMemberType]
        return "a context manager"
    if issubclass(kind, _FUNCTIONS):
        return "a function"
    # Files, and cursors of databases, are iterators too. They have been made by work that is done, and can be closed.
    if (hasattr(kind, "__next__") or hasattr(kind, "__anext__")) and not hasattr(result, "close"):
        return f"an iterator ({kind.__name__})"
    if _only_iterates(result, kind):
        return f"an iterable ({kind.__name__})"
    return None


def _only_iterates(result: object, kind: type[Any]) -> bool:
    """Return True for an object that does its work when something iterates over it, as far as that can be told."""
    if any((each.__module__, each.__name__) in LAZY for each in kind.__mro__):
        return True
    if not (hasattr(kind, "__iter__") or hasattr(kind, "__aiter__")) or _has(kind, ("__len__",)):
        return False
    # An object with a public attribute or method may be a value that can be iterated over, such as a point.
    names = (*dir(kind), *(getattr(result, "__dict__", None) or ()))
    return not hasattr(kind, "__getitem__") and all(name.startswith("_") for name in names)


def _is_running(result: Any, kind: type[Any]) -> bool:
    """Return True for what stands for work in another thread, process or event loop."""
    if _has(kind, _FUTURE):
        return True
    if _has(kind, ("ready", "get", "wait")) and kind.__module__.startswith("multiprocessing."):
        return True
    if _has(kind, ("is_alive", "join")):
        return result.is_alive() or getattr(result, "ident", 0) is None  # a thread that was never started
    return _has(kind, ("poll", "communicate")) and result.poll() is None


def _still_runs(result: Any) -> bool:
    kind = _class_of(result)
    if kind in _JSON:  # data may have very many of these
        return False
    try:
        if _has(kind, _FUTURE):
            return not result.done()
        if _has(kind, ("is_alive", "join")):
            return result.is_alive()
        return not isinstance(result, type) and _is_running(result, kind)
    except Exception:  # of the user's own class
        return False


def _class_of(value: object) -> type[Any]:
    return type(value)


def _has(kind: type[Any], methods: Iterable[str]) -> bool:
    # Looked up in the class: a mock has every method.
    return all(callable(getattr(kind, method, None)) for method in methods)


def _unfinished(result: object) -> str:
    return (
        f"{type(result).__name__}, whose work may not be done when the function returns, and {_DONE}; wait for it, for "
        "instance with `.result()`, before returning"
    )


def _not_awaited(member: object) -> str:
    return f"{type(member).__name__}, which nothing awaits, and {_DONE}; await asyncio.gather(*…)"


def _has_not_begun(value: object) -> bool:
    return (
        type(value) is CoroutineType and value.cr_frame is not None and not value.cr_suspended and not value.cr_running
    )  # pyright: ignore


def _problem_of_members(result: Any) -> str | None:
    """Say what is wrong with a member of a list, tuple, set, dict or record, or of one in it."""
    for member in _members(result):
        of_member = _class_of(member)
        if of_member in PLAIN or (of_member in _JSON and not _has_failures(member)):  # data may have very many of these
            continue
        if _has(of_member, _FUTURE):
            problem = None if _has_succeeded(member) else _unfinished(member)
        elif is_awaitable(member):
            problem = _not_awaited(member)
        else:
            problem = _problem(member)
        if problem is not None:
            return f"{_class_of(result).__name__} with {problem}"
    return None


def _members(result: Any) -> Iterator[Any]:
    """Yield what is in a container, and in the containers in it; those of plain values only are passed over."""
    seen: set[int] = set()
    waiting = [result]
    while waiting:  # no recursion: data may be nested deeply, or contain itself
        container = waiting.pop()
        if type(container) in PLAIN or id(container) in seen:
            continue
        seen.add(id(container))
        members = _members_of(container)
        if not PLAIN.issuperset(map(type, members)):
            yield from members
            waiting += members


def _members_of(container: Any) -> list[Any]:
    kind = _class_of(container)
    if issubclass(kind, _CONTAINERS):
        return list(container.values() if isinstance(container, _MAPPINGS) else container)  # pyright: ignore[reportUnknownArgumentType, reportUnknownMemberType]
    if issubclass(kind, _RECORDS) or any(hasattr(kind, name) for name in _FIELDS):
        # A record may have functions for others to call.
        return [value for value in _attributes(container) if not isinstance(value, (*_FUNCTIONS, type))]
    return []


def _attributes(thing: Any) -> list[Any]:
    """Return the values of an object's attributes, without calling code of its class."""
    members = [
        member
        for each in type(thing).__mro__
        if "__slots__" in vars(each)
        for member in vars(each).values()
        if type(member) is MemberDescriptorType
    ]
    values = [value for member in members if (value := _value_of(member, thing)) is not None]
    try:
        return values + list(object.__getattribute__(thing, "__dict__").values())
    except AttributeError:
        return values


def _value_of(slot: MemberDescriptorType, thing: Any) -> Any:
    try:
        return slot.__get__(thing)
    except AttributeError:  # not set
        return None


def _has_succeeded(future: Any) -> bool:
    return future.done() and not future.cancelled() and future.exception() is None


def abandon(result: Any) -> None:
    """Close coroutines that have not run, and cancel work that has been started: its record fails."""
    for each in (result, *_members(result)):
        if _class_of(each) in _JSON:
            continue
        try:
            if isinstance(each, CoroutineType):
                each.close()  # prevents the warning about a coroutine that was never awaited
            elif _has(_class_of(each), _FUTURE):
                each.cancel()
            else:
                for value in filter(_has_not_begun, _attributes(each)):
                    value.close()
        except Exception:
            pass
