"""Applies event patterns to events, with arrays as AWS's matcher reads them.

The conditions of a pattern must be met within the same elements of the event's arrays: for
`{"items": {"colour": ["red"], "size": [1]}}`, one element of `items` must be red and of size 1.
https://github.com/aws/event-ruler
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import count
from typing import Any, NamedTuple, cast

from redrive_model.filters.patterns import Condition, Pattern

#: Arrays of an event, each by a number, with the element that a value is in.
Places = frozenset[tuple[int, int]]


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
    if not isinstance(event, Mapping):
        return False
    leaves: defaultdict[str, list[Leaf]] = defaultdict(list)
    for path, leaf in _leaves(event, "", frozenset(), pattern.steps, count()):
        leaves[path].append(leaf)
    return any(_meets(leaves, branch, frozenset()) for branch in pattern.branches)


def _leaves(
    value: Any, path: str, places: Places, steps: frozenset[str], arrays: Iterator[int]
) -> Iterator[tuple[str, Leaf]]:
    """Yield the values below those paths that a pattern names, with their paths."""
    if isinstance(value, Mapping):
        for name, each in cast("Mapping[str, Any]", value).items():
            inner = f"{path}.{name}" if path else name
            if inner in steps:
                yield from _leaves(each, inner, places, steps, arrays)
    elif isinstance(value, list):
        array = next(arrays)
        for index, each in enumerate(cast("list[Any]", value)):
            inside = places | {(array, index)} if isinstance(each, (Mapping, list)) else places
            yield from _leaves(each, path, inside, steps, arrays)
    else:
        yield path, Leaf(value, places)


def _meets(leaves: Mapping[str, Sequence[Leaf]], conditions: Sequence[Condition], places: Places) -> bool:
    """Decide if an event meets conditions with values that are in the same elements of arrays."""
    if not conditions:
        return True
    first, *others = conditions
    reachable = [
        (leaf.value, together)
        for leaf in leaves.get(first.path, ())
        if (together := _together(places, leaf.places)) is not None
    ]
    if not reachable:
        return first.met_by_absence and _meets(leaves, others, places)
    return any(
        _meets(leaves, others, together) for together in {inside for value, inside in reachable if first.holds(value)}
    )


def _together(places: Places, others: Places) -> Places | None:
    """Return places that are possible at once; `None` if two are different elements of one array."""
    if not places or not others:
        return places or others
    both = places | others
    return both if len({array for array, _ in both}) == len(both) else None
