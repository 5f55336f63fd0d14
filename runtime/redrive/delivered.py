"""Defines the common base of the records that the user's function receives."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from types import GenericAlias

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Generic, Self, TypeVar

    T_co = TypeVar("T_co", covariant=True)

    class _Parsed(tuple[Any, ...], Generic[T_co]):
        __slots__ = ()

else:

    class _Parsed(tuple):
        __slots__ = ()
        __class_getitem__ = classmethod(GenericAlias)  # SqsMessage[Order] where annotations are evaluated


class Unparsed:
    """Marks a record that no parser has read."""


#: Makes a record without its class's `__new__`, whose arguments are for making one by hand.
made: Callable[[type[Any], Iterable[Any]], Any] = tuple.__new__  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]


class Delivered(_Parsed["T_co"]):
    """One record of an event, immutable: a tuple of the event's record, a source-specific value and the parsed value.

    The tuple positions are not part of the interface. The record is the event's own object, not a copy: a change to it
    also changes what the helper sees.
    """

    # A batch has up to 10,000 records, and most functions read only two or three of the properties. A tuple is made
    # three times as fast as an object with an `__init__`.
    __slots__ = ()

    def __reduce__(self) -> tuple[Any, ...]:
        return made, (type(self), tuple(self))  # not `__new__`, which takes other arguments

    def with_parsed(self, parsed: Any) -> Self:
        """Return the same record with a parser's result as its parsed value."""
        return made(type(self), (self[0], self[1], parsed))
