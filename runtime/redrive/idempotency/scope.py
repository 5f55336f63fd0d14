"""Tells functions apart: each function has a scope, with which its keys begin, and no two functions share one."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from gc import collect
from types import BuiltinFunctionType, FunctionType, MethodType
from typing import TYPE_CHECKING, Any, cast
from weakref import ref

from redrive.core.callables import name_of
from redrive.core.system import Seam
from redrive.idempotency.hashes import hash_of, hash_of_text, text_of

if TYPE_CHECKING:
    from redrive.idempotency.options import Idempotency

#: Names of a first parameter that is no argument, but the object or class of a method.
RECEIVERS = frozenset({"self", "cls"})

_FUNCTIONS = (partial, MethodType, FunctionType, BuiltinFunctionType)


def _is_a(thing: object, *kinds: type) -> bool:
    """Return True if an object is of one of the kinds; `isinstance` asks the object itself, which may raise."""
    return issubclass(type(thing), kinds)


# The scope of a function.


def scope_of(function: Callable[..., Any]) -> str:
    """Return module and name of a function and, if it has any, a hash of the values that are bound to it.

    It is the same in each process. Bound objects that are no values count as their class.
    """
    name = name_of(function)
    bound: list[object] = []
    while isinstance(function, partial):
        bound += [_described(each) for each in function.args]
        bound += [[key, _described(each)] for key, each in sorted(function.keywords.items())]
        function = cast("Callable[..., Any]", function.func)
    if isinstance(function, MethodType):
        return _with(name, bound + _of_receiver(function.__self__, name))
    if not isinstance(function, _FUNCTIONS) and is_value(function):  # an object that can be called
        bound.append(function)
    return _with(name, bound)


def scope_with(scope: str, receiver: object) -> str:
    """Return the scope of a method that is called for an object or a class, its receiver."""
    return _with(scope, _of_receiver(receiver, scope))


def _with(name: str, bound: list[object]) -> str:
    return f"{name}({hash_of_text(text_of(bound, with_classes=True))[:32]})" if bound else name


def _of_receiver(receiver: object, name: str) -> list[object]:
    """Return what tells the receiver of a method from others: its class, if it is a subclass, and its value."""
    kind = receiver if isinstance(receiver, type) else type(receiver)
    defined_in = name_of(kind) == name.rpartition(".")[0]
    return ([] if defined_in else [name_of(kind)]) + ([receiver] if is_value(receiver) else [])


def is_value(thing: object) -> bool:
    """Return True if an object equals others by what it says, and cannot change, such as a frozen dataclass."""
    if _is_a(thing, type) or type(thing).__hash__ in (None, object.__hash__):
        return False
    return _hash(thing) is not None


def has_state(thing: object) -> bool:
    """Return True if an object that is no value may differ from others of its class."""
    if isinstance(thing, type) or hasattr(thing, "__wrapped__"):  # a function within another kind of object
        return False
    slots = (name for kind in type(thing).__mro__ for name in kind.__dict__.get("__slots__", ()))
    return bool(getattr(thing, "__dict__", None)) or any(hasattr(thing, name) for name in slots)


def unknown_in(function: Callable[..., Any]) -> object:
    """Return a bound object that cannot be part of a key, because nothing says which others equal it; else `None`."""
    bound: list[object] = []
    while isinstance(function, partial):
        bound += [*function.args, *function.keywords.values()]
        function = cast("Callable[..., Any]", function.func)
    unknown = [each for each in bound if not _is_a(each, type, *_FUNCTIONS) and _hash(each) is None]
    receiver = function.__self__ if isinstance(function, MethodType) else function
    if not isinstance(receiver, _FUNCTIONS) and has_state(receiver) and not is_value(receiver):
        unknown.append(receiver)
    return unknown[0] if unknown else None


def _described(bound: object) -> object:
    """Describe a bound value in the same way in each process."""
    if _is_a(bound, *_FUNCTIONS):
        return scope_of(cast("Callable[..., Any]", bound))
    if _is_a(bound, type):
        return name_of(cast("type", bound))
    return name_of(type(bound)) if _hash(bound) is None else bound


def _hash(value: object) -> str | None:
    try:
        return hash_of(value)
    except Exception:  # nothing says which objects equal it, or it cannot be asked
        return None


# One function for each scope.


# The globals of functions that are not written in Python.
_NO_MODULE: dict[str, Any] = {}


class _Function:
    """A function that has a scope, as far as it can be told from another one.

    Args:
        function: The function.
        modules: The globals of the modules that decorate and that define it.
    """

    def __init__(self, function: Callable[..., Any], *modules: dict[str, Any]) -> None:
        # Reloading a module gives it another spec.
        self._execution = [(module, module.get("__spec__")) for module in modules]
        #: Its code, and the values that it has bound or captured.
        self._values: list[object] = []
        #: The identities of objects that may change.
        self._objects: list[int] = []
        self._describe(function, set())
        root: Any = function.__self__ if isinstance(function, MethodType) else function
        try:
            self._root: Callable[[], object] = ref(root)
        except TypeError:
            self._root = lambda: root

    def is_reloaded_as(self, other: _Function) -> bool:
        """Return True if the other one is of another execution of the same module."""
        pairs = zip(self._execution, other._execution, strict=True)
        return any(one is not two for both in pairs for one, two in zip(*both, strict=True))

    def is_other_than(self, other: _Function) -> bool:
        """Return True if both can be called, and do not do the same."""
        if self._values != other._values:
            return True
        if self._objects == other._objects:
            return False
        if self._root() is None:
            return False
        collect()  # the function may be gone but for a cycle
        return self._root() is not None

    def _describe(self, thing: Any, seen: set[int]) -> None:
        parts: list[object]
        if _is_a(thing, FunctionType):
            if id(thing) in seen:  # it has captured itself
                return
            seen.add(id(thing))
            parts = [
                *(_content(cell) for cell in thing.__closure__ or ()),
                *(thing.__defaults__ or ()),
                *(thing.__kwdefaults__ or {}).values(),
            ]
            self._values.append(thing.__code__)
        elif _is_a(thing, partial):
            parts = [thing.func, *thing.args, *thing.keywords.values()]
            self._values.append(list(thing.keywords))
        elif _is_a(thing, MethodType):
            parts = [thing.__func__, thing.__self__]
        elif thing is None or is_value(thing):
            self._values.append((cast("type", type(thing)), _hash(thing)))
            return
        else:
            self._objects.append(id(thing))
            return
        self._values.append(len(parts))
        for part in parts:
            self._describe(part, seen)


#: The functions by scope, and then by the name of the module that decorates.
Known = dict[str, dict[str, _Function]]
#: The functions of this process. A `MemoryStore` knows its own ones.
known: Seam[Known] = Seam({})


def reserve(begins: str, function: Callable[..., Any], store: object) -> None:
    """Reserve the beginning of keys for a function; raise `ValueError` if another function has it."""
    registry: Known | None = getattr(store, "scopes", None)
    with_scope = (known.get() if registry is None else registry).setdefault(begins, {})
    decorating = _decorating_module()
    added = _Function(function, decorating, _defining_module(function))
    name = str(decorating.get("__name__"))
    is_interactive = hasattr(sys, "ps1")  # where people define a function again and again
    for module, other in list(with_scope.items()):
        is_again = module == name and (is_interactive or other.is_reloaded_as(added))
        if not is_again and other.is_other_than(added):
            raise ValueError(
                f"{function!r} would have the same idempotency keys as another function, which begin with {begins!r}: "
                "one of them would be answered with what the other has done; give each its own prefix=, or decorate a "
                "function of its own name in the module"
            )
    with_scope[name] = added


def own_scope(idempotency: Idempotency, function: Callable[..., Any]) -> str:
    """Return the scope of a function; raise `ValueError` if another function has the same one."""
    if idempotency.like_powertools:  # which knows names only
        return name_of(function)
    scope = scope_of(function)
    reserve(idempotency.prefix + scope, function, idempotency.store)
    return scope


def _decorating_module() -> dict[str, Any]:
    """Return the globals of the module that is being executed, or else of the program."""
    frame = sys._getframe(1)  # pyright: ignore[reportPrivateUsage]
    while frame.f_code.co_name != "<module>" and frame.f_back is not None:
        frame = frame.f_back
    return frame.f_globals


def _defining_module(function: object) -> dict[str, Any]:
    while not isinstance(function, FunctionType):
        if isinstance(function, partial):
            function = cast("object", function.func)
        elif isinstance(function, MethodType):
            function = function.__func__
        else:
            function = getattr(type(function), "__call__", None)  # noqa: B004
            if not isinstance(function, FunctionType):
                return _NO_MODULE
    return function.__globals__


def _content(cell: Any) -> object:
    try:
        return cell.cell_contents
    except ValueError:  # a name that has no value yet, such as the function's own
        return None
