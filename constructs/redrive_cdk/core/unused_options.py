"""Refuses options for parts that a construct does not create, instead of ignoring them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Part(NamedTuple):
    """A part that a construct may create, and the options that apply only if it does.

    Attributes:
        what: The part in words, such as `"a queue"`.
        is_made: Whether the construct creates it.
        options: The user's values by option; `None` if unset.
    """

    what: str
    is_made: bool
    options: Mapping[str, object]


def refuse_unused(path: str, maker: str, *parts: Part) -> None:
    """Raise ValueError for an option of a part that the construct at `path` (`maker`) does not create."""
    for part in parts:
        for name, value in part.options.items():
            if value is not None and not part.is_made:
                raise ValueError(
                    f"{path}: {name} is for {part.what} that {maker} makes, and here it makes none: set it on what is "
                    f"given, or leave {name} unset"
                )
