"""Describes what identifies the records of a source."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from redrive.idempotency.call import Call


class RecordKeys(NamedTuple):
    """Functions that identify the records of a source.

    Attributes:
        default: Returns a value that is the same at each delivery of a record, and different for each record. `None`:
            there is none.
        content: Returns the value in which paths are looked up.
        was_delivered: Returns whether a record is known to have been delivered before, so that it is probably claimed.
        where: What the content is, for error messages.
        function: Returns the name of the Lambda function to which a record was first delivered. Empty: the current one.
        alias: Returns what identifies a record in place of `default` once the source has moved it. `None`: as before.
        given: Returns a record as the user's functions get it. `None`: as it is.
    """

    default: Callable[[Any], object]
    content: Callable[[Any], object]
    was_delivered: Callable[[Any], bool]
    where: str = "the record"
    alias: Callable[[Any], object] | None = None
    function: Callable[[Any], str] | None = None
    given: Callable[[Any], Any] | None = None

    def call_of(self, record: Any, context: Any) -> Call:
        """Describe the call for a record."""
        return Call(
            (record if self.given is None else self.given(record),),
            lambda: self.content(record),
            self.default(record),
            context,
            record.delivery,
            self.was_delivered(record),
            self.where,
            function="" if self.function is None else self.function(record),
            alias=None if self.alias is None else self.alias(record),
        )
