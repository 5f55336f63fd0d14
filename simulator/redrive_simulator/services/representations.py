"""Writes what a resource contains in one short line, which pytest shows when an assertion about it fails."""

from __future__ import annotations

from collections.abc import Iterable

from redrive_simulator.timeline.words import count, one_line

_LONGEST = 200


def represented(kind: str, name: str, number: int, what: str, contents: Iterable[object]) -> str:
    """Write the name of a resource, the number of things in it, and the first of them, without addresses.

    Args:
        kind: Kind of the resource: `"Queue"`.
        name: Name in the history.
        number: Number of things.
        what: What they are, in the singular: `"message"`.
        contents: The things, in order; only as many are read as there is room for.
    """
    text = f"<{kind} {name}: {count(number, what)}"
    before = ": "
    for each in contents:
        text += f"{before}{each!r}"
        before = ", "
        if len(text) >= _LONGEST:
            break
    return one_line(text, _LONGEST - 1) + ">"
