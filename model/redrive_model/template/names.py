"""Finds parts of a template by logical id, by construct path, or by a unique ending of either."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Generic, TypeVar

from redrive_model.template.errors import UnknownNameError

T = TypeVar("T")
# Suffix that the CDK appends to a logical id to make it unique.
_HASH = re.compile(r"(?<=.)[0-9A-F]{8}$")
_DEFAULT_CHILDREN = ("/Resource", "/Default")


def without_hash(logical_id: str) -> str:
    """Return a logical id without the eight digits that the CDK appends to make it unique."""
    return _HASH.sub("", logical_id)


def construct_path(metadata: object) -> str | None:
    """Return the path of a resource's construct from the resource's `Metadata`, or `None`."""
    path = metadata.get("aws:cdk:path") if isinstance(metadata, Mapping) else None  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    return without_default_child(path) if isinstance(path, str) else None


def without_default_child(path: str) -> str:
    """Return the path of the construct whose main resource has this path."""
    for child in _DEFAULT_CHILDREN:
        path = path.removesuffix(child)
    return path


class Named(Generic[T]):
    """A collection of things of one kind that can be found by any of their names.

    Args:
        kind: Kind of the things, for error messages: `"queue"`.
    """

    def __init__(self, kind: str) -> None:
        self._kind = kind
        self._things: dict[str, T] = {}
        self._names: dict[str, tuple[str, ...]] = {}
        self._found: dict[str, T] = {}

    def add(self, logical_id: str, thing: T, *, path: str | None = None, physical: Iterable[str] = ()) -> None:
        """Add a thing.

        Args:
            logical_id: Logical id.
            thing: The thing.
            path: Construct path.
            physical: Other names that must match in full: ARN, name at AWS.
        """
        self._things[logical_id] = thing
        names = [logical_id, without_hash(logical_id)]
        if path is not None:
            names.append(path)
        self._names[logical_id] = tuple(dict.fromkeys(names))
        for name in physical:
            self._found.setdefault(name, thing)

    def __len__(self) -> int:
        return len(self._things)

    def items(self) -> Iterable[tuple[str, T]]:
        """Return the things with their logical ids."""
        return self._things.items()

    def values(self) -> Iterable[T]:
        """Return all things."""
        return self._things.values()

    def get(self, name: str) -> T | None:
        """Return the thing with exactly this logical id, ARN or name at AWS, or `None`."""
        return self._things.get(name) or self._found.get(name)

    def find(self, name: str) -> T:
        """Return the thing with a name.

        Args:
            name: A logical id, with or without the CDK's hash, a construct path, or an ending that only one name has.

        Raises:
            TypeError: The name is no text.
            UnknownNameError: No thing matches, or more than one. The message lists the candidates.
        """
        if not isinstance(name, str):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise TypeError(f"{name!r} is no name of a {self._kind}: give its logical id as text")
        found = self._found.get(name)
        if found is not None:
            return found
        whole = [each for each, names in self._names.items() if name in names]
        ending = [each for each, names in self._names.items() if any(map(_ends(name), names))]
        for candidates in (whole, ending):
            if len(candidates) == 1:
                found = self._found[name] = self._things[candidates[0]]
                return found
            if candidates:
                raise UnknownNameError(
                    f"{name!r} may be any of these: {self._shown(candidates)}; give more of the {self._kind}'s name"
                )
        there = f"there is {self._shown(self._names)}" if self._names else f"the template has no {self._kind}"
        raise UnknownNameError(f"no {self._kind} is called {name!r}, and no name ends so: {there}")

    def _shown(self, logical_ids: Iterable[str]) -> str:
        return ", ".join(" = ".join(self._names[each]) for each in logical_ids)


def _ends(ending: str) -> Callable[[str], bool]:
    def matches(name: str) -> bool:
        return bool(ending) and name.endswith(ending)

    return matches


def stable_uuid(text: str) -> str:
    """Return a UUID derived from a text."""
    digits = hashlib.sha256(text.encode()).hexdigest()
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-8{digits[17:20]}-{digits[20:32]}"
