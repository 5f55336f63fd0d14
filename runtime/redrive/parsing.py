"""Reading what a record carries. What cannot be read will never be readable: a permanent failure of that record."""

from __future__ import annotations

from collections.abc import Callable

from redrive.errors import Permanent, Retry

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypeVar

    from redrive.delivered import Delivered

    D = TypeVar("D", bound="Delivered[Any]")


def parsed(record: D, content: Any, parse: Callable[[Any], object], what: str) -> D:
    """The record with what the user's parser makes of it.

    Args:
        record: The record.
        content: What of it is parsed.
        parse: The parser.
        what: What the content is called, such as `"body"`.

    Returns:
        The record, its `parsed` set.

    Raises:
        Permanent: The content does not parse.
        Exception: What the parser raised, where that asks for a retry or is a passing trouble with a service.
    """
    try:
        return record.with_parsed(parse(content))
    except (Permanent, Retry):
        raise
    except Exception as error:
        from redrive.classification import FailureClass, classify
        from redrive.log import described

        # A parser may fetch something (a schema, a large payload): its trouble there is not the record's fault.
        if classify(error) is FailureClass.OTHER:
            raise Permanent(f"the {what} does not parse: {described(error)}") from error
        raise


def read_json(content: str | bytes, what: str) -> Any:
    """The content as JSON.

    Args:
        content: Text, or bytes in UTF-8, UTF-16 or UTF-32.
        what: What it is called, such as `"body"`.

    Returns:
        What it says.

    Raises:
        Permanent: It is no JSON, and will be none at the next try either.
    """
    import json

    try:
        return json.loads(content)
    except ValueError as error:
        raise Permanent(f"the {what} is not JSON: {error}") from error
