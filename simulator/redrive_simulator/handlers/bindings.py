"""Finds what has bound an object, and binds another one in its place."""

from __future__ import annotations

import functools
import gc
import sys
from collections.abc import Callable, Mapping, Sequence
from types import CellType, FunctionType
from typing import Any, cast


def replace_bindings(originals: Sequence[Any], replacements: Mapping[int, Any], is_kept: Callable[[str], bool]) -> None:
    """Bind replacements wherever objects are bound: in modules, classes, objects, containers, closures and defaults.

    Args:
        originals: The objects.
        replacements: A replacement of each, by the `id` of the original.
        is_kept: Decides by its name if a module keeps the originals.
    """
    is_frozen = gc.get_freeze_count() > 0  # what is frozen would not be found
    gc.unfreeze()
    _replace(originals, replacements, is_kept)
    if is_frozen:
        gc.freeze()


def _replace(originals: Sequence[Any], replacements: Mapping[int, Any], is_kept: Callable[[str], bool]) -> None:
    modules: list[tuple[str, Any]] = list(sys.modules.items())  # of which some may be `None`
    of_kept = [module for name, module in modules if module is not None and is_kept(name)]
    kept = {id(each) for module in of_kept for each in (module, module.__dict__)}
    kept |= {id(originals), *(id(each) for each in replacements.values())}
    kept |= {id(each.__dict__) for each in replacements.values()}
    holders: list[Any] = [each for each in gc.get_referrers(*originals) if id(each) not in kept]
    # Each search looks at all objects of the process, so there is one for all tuples and one for all of classes.
    tuples = cast("list[Any]", [each for each in holders if isinstance(each, tuple)])
    defaults = {id(each) for each in tuples}
    of_classes: list[Any] = [each for each in holders if isinstance(each, staticmethod) or _may_be_of_class(each)]
    for owner in gc.get_referrers(*tuples) if tuples else ():
        if isinstance(owner, FunctionType) and id(owner.__defaults__) in defaults:
            owner.__defaults__ = tuple(replacements.get(id(each), each) for each in owner.__defaults__ or ())
    for owner in _classes_of(of_classes):
        _rebind_in_class(owner, replacements)
    for holder in holders:
        _rebind(holder, replacements)


def _rebind(holder: Any, replacements: Mapping[int, Any]) -> None:
    match holder:
        case dict():
            fields = cast("dict[Any, Any]", holder)
            for name, value in list(fields.items()):
                if id(value) in replacements:
                    fields[name] = replacements[id(value)]
        case list():
            members = cast("list[Any]", holder)
            members[:] = [replacements.get(id(each), each) for each in members]
        case CellType():
            holder.cell_contents = replacements[id(holder.cell_contents)]
        case functools.partial():
            partial = cast("Any", holder)
            called = replacements.get(id(partial.func), partial.func)
            partial.__setstate__((called, partial.args, partial.keywords, vars(partial) or None))
        case tuple() | staticmethod():
            return
        case _:
            _rebind_attributes(holder, replacements)


def _may_be_of_class(holder: Any) -> bool:
    return isinstance(holder, dict) and "__module__" in holder


def _classes_of(members: Sequence[Any]) -> list[type]:
    """Return the classes that have one of these static methods or dictionaries."""
    if not members:
        return []
    around = gc.get_referrers(*members)
    around += gc.get_referrers(*(each for each in around if _may_be_of_class(each)))
    return [each for each in around if isinstance(each, type)]


def _rebind_in_class(owner: type, replacements: Mapping[int, Any]) -> None:
    """Set attributes as one does it for a class, which caches what it has found."""
    for name, value in list(vars(owner).items()):
        found: Any = value.__func__ if isinstance(value, staticmethod) else value  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
        if id(found) in replacements:
            made = replacements[id(found)]
            setattr(owner, name, staticmethod(made) if isinstance(value, staticmethod) else made)


def _rebind_attributes(holder: Any, replacements: Mapping[int, Any]) -> None:
    """Rebind attributes of an object, with or without slots."""
    names = [*getattr(holder, "__dict__", ())]
    names += [name for kind in type(holder).__mro__ for name in getattr(kind, "__slots__", ())]
    for name in names:
        if id(getattr(holder, name, None)) in replacements:
            try:
                object.__setattr__(holder, name, replacements[id(getattr(holder, name))])
            except (AttributeError, TypeError):  # read-only, or of an extension
                continue
