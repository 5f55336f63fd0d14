"""How things of a template are called: by logical id, by construct path, or by how one of them ends."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Generic, TypeVar

from redrive_simulator.errors import UnknownNameError

T = TypeVar("T")
# What the CDK adds to a logical id, so that it is unique.
_HASH = re.compile(r"(?<=.)[0-9A-F]{8}$")
_DEFAULT_CHILDREN = ("/Resource", "/Default")


def without_hash(logical_id: str) -> str:
    """A logical id as the CDK would write it without the eight digits that make it unique."""
    return _HASH.sub("", logical_id)


def construct_path(metadata: object) -> str | None:
    """The path of the construct that a resource belongs to, from the resource's `Metadata`."""
    path = metadata.get("aws:cdk:path") if isinstance(metadata, Mapping) else None  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    if not isinstance(path, str):
        return None
    for child in _DEFAULT_CHILDREN:
        path = path.removesuffix(child)
    return path


class Named(Generic[T]):
    """Things of one kind, found by any of their names.

    Args:
        kind: What they are, for errors: `"queue"`.
    """

    def __init__(self, kind: str) -> None:
        self._kind = kind
        self._things: dict[str, T] = {}
        self._names: dict[str, tuple[str, ...]] = {}
        self._found: dict[str, T] = {}

    def add(self, logical_id: str, thing: T, *, path: str | None = None, physical: Iterable[str] = ()) -> None:
        """Add one.

        Args:
            logical_id: Its logical id.
            thing: The thing.
            path: Its construct's path.
            physical: Other names by which it can be found, but only whole: its ARN, the name it has at AWS.
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
        """Each with its logical id."""
        return self._things.items()

    def values(self) -> Iterable[T]:
        """All of them."""
        return self._things.values()

    def get(self, name: str) -> T | None:
        """The thing of a logical id, an ARN or a name at AWS; `None` where there is none."""
        return self._things.get(name) or self._found.get(name)

    def find(self, name: str) -> T:
        """The thing of a name.

        Args:
            name: A logical id, with the CDK's hash or without, a construct path, or what only one of them ends in.

        Returns:
            It.

        Raises:
            UnknownNameError: There is none, or more than one. Says what there is.
        """
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
