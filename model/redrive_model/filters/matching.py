"""Applies event patterns to events, with arrays as AWS's matcher reads them.

The conditions of a pattern must be met within the same elements of the event's arrays: for
`{"items": {"colour": ["red"], "size": [1]}}`, one element of `items` must be red and of size 1.
https://github.com/aws/event-ruler
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, cast

from redrive_model.filters.patterns import Condition, Pattern

#: Arrays of an event, each by a number, with the element that a value is in.
Places = frozenset[tuple[int, int]]
_NOWHERE: Places = frozenset()


class Leaf(NamedTuple):
    """A value of an event that is neither object nor array.

    Attributes:
        value: The value.
        places: The elements of arrays that it is in. A value that is itself an element is in no place of its array.
    """

    value: Any
    places: Places


def matches(pattern: Pattern, event: object) -> bool:
    """Decide if an event matches a pattern.

    Args:
        pattern: The pattern, from `patterns.read`.
        event: The event, as read from JSON. Only an object can match.

    Returns:
        Whether it matches.
    """
    if not isinstance(event, dict):
        return False
    leaves = _Leaves(pattern.steps)
    leaves.add(event, "", _NOWHERE)
    return any(_meets(leaves.by_path, branch, 0, _NOWHERE) for branch in pattern.branches)


class _Leaves:
    """Collects the values below those paths that a pattern names, by path."""

    __slots__ = ("_arrays", "_steps", "by_path")

    def __init__(self, steps: frozenset[str]) -> None:
        self.by_path: dict[str, list[Leaf]] = {}
        self._steps = steps
        self._arrays = 0

    def add(self, value: Any, path: str, places: Places) -> None:
        """Add the values within a value."""
        if isinstance(value, dict):
            for name, each in cast("dict[str, Any]", value).items():
                inner = f"{path}.{name}" if path else name
                if inner in self._steps:
                    self.add(each, inner, places)
        elif isinstance(value, list):
            self._arrays += 1
            array = self._arrays
            for index, each in enumerate(cast("list[Any]", value)):
                self.add(each, path, places | {(array, index)} if isinstance(each, (dict, list)) else places)
        else:
            self.by_path.setdefault(path, []).append(Leaf(value, places))


def _meets(leaves: Mapping[str, Sequence[Leaf]], conditions: Sequence[Condition], at: int, places: Places) -> bool:
    """Decide if an event meets the conditions from a number on, with values in the same elements of arrays."""
    if at == len(conditions):
        return True
    condition = conditions[at]
    reachable = [
        (leaf.value, together)
        for leaf in leaves.get(condition.path, ())
        if (together := _together(places, leaf.places)) is not None
    ]
    if not reachable:
        return condition.met_by_absence and _meets(leaves, conditions, at + 1, places)
    return any(
        _meets(leaves, conditions, at + 1, together)
        for together in {inside for value, inside in reachable if condition.holds(value)}
    )


def _together(places: Places, others: Places) -> Places | None:
    """Return places that are possible at once; `None` if two are different elements of one array."""
    if not places or not others:
        return places or others
    both = places | others
    return both if len({array for array, _ in both}) == len(both) else None
