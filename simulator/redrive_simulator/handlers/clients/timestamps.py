"""Converts the times that a caller gives to one type, as botocore does when it writes a request."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def with_datetimes(parameters: Mapping[str, Any], shape: Any) -> dict[str, Any]:
    """Return the parameters of a call with each time as a `datetime` in UTC.

    botocore takes a `datetime`, a number of seconds since the epoch, and text with either; without a zone it is UTC:
    https://github.com/boto/botocore/blob/develop/botocore/utils.py (`parse_to_aware_datetime`).

    Args:
        parameters: The parameters, which the model has validated.
        shape: Shape of the operation's input; `None`: the operation takes nothing.
    """
    return dict(parameters) if shape is None else _converted(parameters, shape)


def _converted(value: Any, shape: Any) -> Any:
    if value is None:
        return None
    match shape.type_name:
        case "structure" if not shape.is_document_type:
            members = shape.members
            return {name: _converted(each, members[name]) if name in members else each for name, each in value.items()}
        case "list":
            return [_converted(each, shape.member) for each in value]
        case "map":
            return {name: _converted(each, shape.value) for name, each in value.items()}
        case "timestamp":
            from botocore.utils import parse_to_aware_datetime  # pyright: ignore

            return parse_to_aware_datetime(value)  # pyright: ignore
        case _:
            return value
