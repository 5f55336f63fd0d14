"""Defines the common bases of the records that the user's function receives, and of their sources.

Content that does not parse is a permanent failure of its record.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from types import GenericAlias

from redrive.core import Permanent, Retry
from redrive.core.frozen import Frozen

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


class EventSource(Frozen, kw_only=True):
    """A kind of event source, and what Lambda's events of it must have to be answered record by record.

    Attributes:
        name: The name in error messages.
        event_source: The `eventSource` of the records.
        origin: What the event source mapping reads, in one word.
        id_path: The members that lead to a record's id, which the answer to Lambda names.
        without_id: What follows if a record has no id, for error messages.
    """

    name: str
    event_source: str
    origin: str
    id_path: tuple[str, ...]
    without_id: str


#: The member of a stream's record that says that it was brought back; AWS never writes it.
REPLAY = "redriveReplay"


class Unparsed:
    """Marks a record that no parser has read."""


class ToParse:
    """Stands for a parsed value until something asks for it."""

    __slots__ = ("value",)

    def __init__(self, value: Callable[[], Any]) -> None:
        self.value = value


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

    @property
    def delivery(self) -> str:
        """Identifies this delivery: the same when the source delivers the record again, new once it is brought back."""
        raise NotImplementedError

    def with_parsed(self, parsed: Any) -> Self:
        """Return the same record with a parser's result as its parsed value."""
        return made(type(self), (self[0], self[1], parsed))


if TYPE_CHECKING:
    D = TypeVar("D", bound="Delivered[Any]")


def parsed(record: D, content: Any, parse: Callable[[Any], object], what: str) -> D:
    """Return the record with its `what` (such as the body) parsed; raise `Permanent` if its data is at fault."""
    try:
        return record.with_parsed(parse(content))
    except (Permanent, Retry):
        raise
    except Exception as error:
        from redrive.core.log import described
        from redrive.failures.data_faults import is_data_fault

        # A parser may fetch something (a schema, a large payload), which fails through no fault of the record.
        if is_data_fault(error):
            raise Permanent(f"the {what} does not parse: {described(error)}") from error
        raise


def to_parse(record: D, content: Any, parse: Callable[[Any], object], what: str) -> D:
    """Return the record, whose `what` is parsed, as by `parsed`, when something asks for it."""
    return record.with_parsed(ToParse(lambda: parsed(record, content, parse, what)[2]))


def read_json(content: str | bytes, what: str) -> Any:
    """Decode JSON from text or from bytes in UTF-8, UTF-16 or UTF-32; raise `Permanent` if it is not JSON."""
    try:
        return json.loads(content)
    except (ValueError, RecursionError) as error:  # not JSON, or nested too deeply to be read
        from redrive.handlers.formats import described

        raise Permanent(f"the {what} {described(content) or f'is not JSON: {error}'}") from error
