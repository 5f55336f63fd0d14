"""Converts plain values to DynamoDB's JSON format."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, cast


def stored(value: Any) -> dict[str, Any]:
    """Convert a value to DynamoDB's JSON format: `7` becomes `{"N": "7"}`.

    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.LowLevelAPI.html#Programming.LowLevelAPI.DataTypeDescriptors

    Args:
        value: Text, bytes, a number, a boolean, `None`, a list, or a dictionary of them.

    Raises:
        TypeError: The value has another type.
    """
    match value:
        case None:
            return {"NULL": True}
        case bool():
            return {"BOOL": value}
        case str():
            return {"S": value}
        case int() | float() | Decimal():
            return {"N": str(value)}
        case bytes():
            return {"B": value}
        case list() | tuple():
            return {"L": [stored(each) for each in cast("list[Any]", value)]}
        case Mapping():
            return {"M": {name: stored(each) for name, each in cast("Mapping[str, Any]", value).items()}}
        case _:
            raise TypeError(f"{value!r} of type {type(value).__name__} is no value that an item can have")
