"""Checks, compares and measures attribute values in DynamoDB's JSON format.

Messages are as recorded at AWS in https://github.com/mhart/dynalite/tree/main/test and
https://github.com/paritysuite/dynamodb-conformance. Some Regions put "1 validation error detected: " before some of
them.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from redrive_simulator.services.numbers import number_text, size_of_number
from redrive_simulator.services.refusals import invalid

#: An attribute value in DynamoDB's JSON format, such as `{"N": "7"}`, and an item of such values.
Value = dict[str, Any]
Item = dict[str, Value]

_INVALID = "One or more parameter values were invalid: "
_ONE_TYPE = "must contain exactly one of the supported datatypes"
_EMPTY_SETS = {
    "SS": "An string set  may not be empty",
    "NS": "An number set  may not be empty",
    "BS": "Binary sets should not be empty",
}
_MOST_LEVELS = 32
_LONGEST_NAME = 65_535


def checked_item(item: Mapping[str, Any], level: int = 1) -> Item:
    """Return a copy of an item, or of a map, with numbers in DynamoDB's form.

    Args:
        item: Values by name.
        level: Level of nesting of the values.

    Raises:
        Refused: DynamoDB does not take one of the names or values.
    """
    for name in item:
        check_name(name)
    return {name: checked_value(value, level) for name, value in item.items()}


def check_name(name: str) -> None:
    """Refuse a name of an attribute that is empty or too long."""
    if not name:
        raise invalid(f"{_INVALID}Empty attribute name")
    if len(name.encode()) > _LONGEST_NAME:
        raise invalid(f"{_INVALID}Attribute name is too large, must be less than {_LONGEST_NAME + 1} bytes")


def checked_value(value: Mapping[str, Any], level: int = 1) -> Value:
    """Return a copy of a value, with numbers in DynamoDB's form.

    Args:
        value: A value.
        level: Level of nesting; an attribute has level 1.

    Raises:
        Refused: DynamoDB does not take the value.
    """
    if not value:
        raise invalid(f"Supplied AttributeValue is empty, {_ONE_TYPE}")
    if len(value) > 1:
        raise invalid(f"Supplied AttributeValue has more than one datatypes set, {_ONE_TYPE}")
    if level > _MOST_LEVELS:
        raise invalid(
            "Nesting Levels have exceeded supported limits: Attributes in the item have nested levels beyond supported "
            "limit"
        )
    ((kind, content),) = value.items()
    match kind:
        case "S" | "BOOL":
            return {kind: content}
        case "N":
            return {kind: number_text(content)}
        case "B":
            return {kind: _bytes(content)}
        case "NULL":
            if not content:
                raise invalid(f"{_INVALID}Null attribute value types must have the value of true")
            return {kind: True}
        case "SS" | "NS" | "BS":
            return {kind: _checked_set(kind, content)}
        case "L":
            return {kind: [checked_value(each, level + 1) for each in content]}
        case "M":
            return {kind: checked_item(content, level + 1)}
        case _:
            raise invalid(f"Supplied AttributeValue is empty, {_ONE_TYPE}")


def _bytes(content: Any) -> bytes:
    """Return what botocore would send: https://botocore.amazonaws.com/v1/documentation/api/latest/reference/config.html."""
    if hasattr(content, "read"):
        content = content.read()
    return content.encode() if isinstance(content, str) else bytes(content)


def _checked_set(kind: str, members: list[Any]) -> list[Any]:
    if not members:
        raise invalid(f"{_INVALID}{_EMPTY_SETS[kind]}")
    match kind:
        case "NS":
            members = [number_text(each) for each in members]
            said = "Input collection contains duplicates."
        case "BS":
            members = [_bytes(each) for each in members]
            said = f"Input collection [{','.join(_quoted(members))}]of type BS contains duplicates."
        case _:
            members = list(members)
            said = f"Input collection [{', '.join(_quoted(members))}] contains duplicates."
    if len(set(members)) < len(members):
        raise invalid(f"{_INVALID}{said}")
    return members


def _quoted(members: list[Any]) -> list[str]:
    return [f'"{base64.b64encode(each).decode() if isinstance(each, bytes) else each}"' for each in members]


def comparable(value: Value) -> tuple[str, Any]:
    """Return the kind and the content of a value such that equal values are equal, and ordered ones are in order."""
    ((kind, content),) = value.items()
    match kind:
        case "N":
            return kind, Decimal(content)
        case "S":
            return kind, content.encode()  # ordered by bytes
        case "NS":
            return kind, frozenset(map(Decimal, content))
        case "SS" | "BS":
            return kind, frozenset(content)
        case "L":
            return kind, [comparable(each) for each in content]
        case "M":
            return kind, {name: comparable(each) for name, each in content.items()}
        case _:
            return kind, content


def copied(value: Value) -> Value:
    """Return a copy of a value that was checked."""
    ((kind, content),) = value.items()
    match kind:
        case "L":
            return {kind: [copied(each) for each in content]}
        case "M":
            return {kind: copied_item(content)}
        case "SS" | "NS" | "BS":
            return {kind: list(content)}
        case _:
            return {kind: content}


def copied_item(item: Mapping[str, Value]) -> Item:
    """Return a copy of an item that was checked."""
    return {name: copied(value) for name, value in item.items()}


def size_of_item(item: Mapping[str, Value]) -> int:
    """Return the size of an item in bytes.

    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
    """
    return sum(len(name.encode()) + size_of(value) for name, value in item.items())


def size_of(value: Value) -> int:
    """Return the size of a value in bytes."""
    ((kind, content),) = value.items()
    match kind:
        case "S":
            return len(content.encode())
        case "N":
            return size_of_number(content)
        case "B":
            return len(content)
        case "SS" | "NS" | "BS":
            return sum(size_of({kind[0]: each}) for each in content)
        case "L":
            return 3 + sum(1 + size_of(each) for each in content)
        case "M":
            return 3 + len(content) + size_of_item(content)
        case _:
            return 1
