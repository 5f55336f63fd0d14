"""Converts DynamoDB's attribute values to plain Python values and back, without boto3.

https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_AttributeValue.html; bytes are in base64, as in
Lambda's JSON.
"""

from __future__ import annotations

from binascii import a2b_base64, b2a_base64
from collections.abc import Callable, Mapping

TYPE_CHECKING = False
if TYPE_CHECKING:
    from decimal import Decimal
    from typing import Any


def plain_item(item: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Convert an item, or its key, to plain values.

    Returns:
        Values by name: text, numbers (`int` if whole, otherwise `Decimal`), bytes, booleans, `None`, lists, dicts, and
        sets as `frozenset`.
    """
    return {name: plain(value) for name, value in item.items()}


def plain(value: Mapping[str, Any]) -> Any:
    """Convert one attribute value to a plain value; see `plain_item`."""
    if len(value) == 1:
        for kind, content in value.items():
            read = _READERS.get(kind)
            if read is not None:
                return read(content)
    raise ValueError(
        f"{value!r} is no attribute value of DynamoDB: expected one of {', '.join(_READERS)}, and its value"
    )


def _itself(content: Any) -> Any:
    return content


def _nothing(_: Any) -> None:
    return None


def _number(text: str) -> int | Decimal:
    try:
        return int(text)
    except ValueError:
        from decimal import Decimal

        number = Decimal(text)
        whole = number == number.to_integral_value()
        return int(number) if whole else number


def _list(values: list[Mapping[str, Any]]) -> list[Any]:
    return [plain(value) for value in values]


def _set_of(read: Callable[[Any], Any]) -> Callable[[list[Any]], frozenset[Any]]:
    return lambda members: frozenset(map(read, members))


_READERS: dict[str, Callable[[Any], Any]] = {
    "S": _itself,
    "N": _number,
    "B": a2b_base64,
    "BOOL": _itself,
    "NULL": _nothing,
    "M": plain_item,
    "L": _list,
    "SS": frozenset,
    "NS": _set_of(_number),
    "BS": _set_of(a2b_base64),
}


def stored_item(item: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Convert plain values to attribute values, which `plain_item` converts back; floats raise `TypeError`."""
    return {name: stored(value) for name, value in item.items()}


def stored(value: Any) -> dict[str, Any]:
    """Convert one plain value to an attribute value; see `stored_item`."""
    from decimal import Decimal

    match value:
        case None:
            return {"NULL": True}
        case bool():
            return {"BOOL": value}
        case str():
            return {"S": value}
        case int() | Decimal():
            return {"N": str(value)}
        case bytes():
            return {"B": b2a_base64(value, newline=False).decode()}
        case Mapping():
            return {"M": stored_item(value)}  # pyright: ignore[reportUnknownArgumentType]
        case list() | tuple():
            return {"L": [stored(each) for each in value]}  # pyright: ignore[reportUnknownVariableType]
        case set() | frozenset():
            members = [stored(each) for each in value]  # pyright: ignore[reportUnknownVariableType]
            kinds = {kind for member in members for kind in member}
            if len(kinds) == 1 and kinds <= {"S", "N", "B"}:
                (kind,) = kinds
                return {f"{kind}S": [member[kind] for member in members]}
        case _:  # also a float, which is not exact
            pass
    raise TypeError(
        f"{value!r} cannot be stored in DynamoDB: give text, int, Decimal, bytes, bool, None, a dict, a list, or a set "
        "of one of the first four"
    )
