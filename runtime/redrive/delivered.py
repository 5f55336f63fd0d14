"""What the user's function is given for a record of an event, whatever the source: the part that is the same."""

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
    """Stands for what a parser would have made of a record, where there is none."""


#: Makes one past its class's `__new__`, which takes what a person would write.
made: Callable[[type[Any], Iterable[Any]], Any] = tuple.__new__  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]


class Delivered(_Parsed["T_co"]):
    """One record of an event, immutable: a tuple of the event's record, something of its kind, and what was parsed.

    Ten thousand tuples are made in the time that a class with an `__init__` takes for three thousand, and most
    functions ask for two or three of the properties. The positions are no part of the interface: the record is the
    event's own, and what is changed in it is changed for the helper too.
    """

    __slots__ = ()

    def __reduce__(self) -> tuple[Any, ...]:
        return made, (type(self), tuple(self))  # not `__new__`, which takes other arguments

    def with_parsed(self, parsed: Any) -> Self:
        """The same record with what a parser made of it."""
        return made(type(self), (self[0], self[1], parsed))
