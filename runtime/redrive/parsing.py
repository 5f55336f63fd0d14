"""Parses the content of records. Unreadable content is a permanent failure of its record."""

from __future__ import annotations

from collections.abc import Callable

from redrive.errors import Permanent, Retry

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypeVar

    from redrive.delivered import Delivered

    D = TypeVar("D", bound="Delivered[Any]")


def parsed(record: D, content: Any, parse: Callable[[Any], object], what: str) -> D:
    """Return the record with its `what` (such as the body) parsed; raise `Permanent` if it does not parse."""
    try:
        return record.with_parsed(parse(content))
    except (Permanent, Retry):
        raise
    except Exception as error:
        from redrive.classification import FailureClass, classify
        from redrive.log import described

        # A parser may fetch something (a schema, a large payload). A transient error there is not the record's fault.
        if classify(error) is FailureClass.OTHER:
            raise Permanent(f"the {what} does not parse: {described(error)}") from error
        raise


def read_json(content: str | bytes, what: str) -> Any:
    """Decode JSON from text or from bytes in UTF-8, UTF-16 or UTF-32; raise `Permanent` if it is not JSON."""
    import json

    try:
        return json.loads(content)
    except ValueError as error:
        raise Permanent(f"the {what} is not JSON: {error}") from error
