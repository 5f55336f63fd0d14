"""Describes a call under idempotency: what identifies it, and what `Claims.begin` makes of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from redrive.idempotency.record import Claim


class Call(NamedTuple):
    """A call that may be a duplicate.

    Attributes:
        arguments: The arguments of the user's functions that make a key.
        content: Returns the value in which paths are looked up.
        default: Identifies the call if no key is configured. `None`: nothing does.
        context: Lambda's context.
        reruns_failures: Whether a person has replayed a call that failed permanently, so that it must run.
        was_delivered: Whether the call is known to have been delivered before, so that it is probably claimed.
        where: What the content is, for error messages.
        receiver: The object or class of a method that is called. `None`: there is none.
        is_by_arguments: Whether the default is all arguments, and not what a source says of its records.
    """

    arguments: tuple[Any, ...]
    content: Callable[[], object]
    default: object
    context: Any
    reruns_failures: bool = False
    was_delivered: bool = False
    where: str = "the event"
    receiver: object = None
    is_by_arguments: bool = False


class RecordKeys(NamedTuple):
    """Functions that identify the records of a source.

    Attributes:
        default: Returns a value that is the same at each delivery of a record, and different for each record. `None`:
            there is none.
        content: Returns the value in which paths are looked up.
        reruns_failures: Returns whether a person has replayed a record that failed permanently, so that it must run.
        was_delivered: Returns whether a record is known to have been delivered before, so that it is probably claimed.
        where: What the content is, for error messages.
    """

    default: Callable[[Any], object]
    content: Callable[[Any], object]
    reruns_failures: Callable[[Any], bool]
    was_delivered: Callable[[Any], bool]
    where: str = "the record"

    def call_of(self, record: Any, context: Any) -> Call:
        """Describe the call for a record."""
        return Call(
            (record,),
            lambda: self.content(record),
            self.default(record),
            context,
            self.reruns_failures(record),
            self.was_delivered(record),
            self.where,
        )


class Started(NamedTuple):
    """A call that must run.

    Attributes:
        claim: Its claim. `None`: the call has no key, and runs without one.
        context: Lambda's context.
    """

    claim: Claim | None
    context: Any


class Answered(NamedTuple):
    """A call that was completed before, with its result."""

    result: Any
