"""DynamoDB's attribute values as plain values, and back."""

from __future__ import annotations

import json
from base64 import b64decode
from decimal import Decimal
from typing import Any

import pytest
from boto3.dynamodb.types import Binary, TypeDeserializer, TypeSerializer
from hypothesis import given
from hypothesis import strategies as st

from redrive.aws.attribute_values import plain, plain_item, stored, stored_item


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"S": "text"}, "text"),
        ({"S": ""}, ""),
        ({"N": "101"}, 101),
        ({"N": "-0.5"}, Decimal("-0.5")),
        ({"N": "3.0"}, 3),
        ({"N": "1E+3"}, 1000),
        ({"N": "99999999999999999999999999999999999999"}, 99999999999999999999999999999999999999),
        ({"N": "1E-130"}, Decimal("1E-130")),
        ({"B": "aGk="}, b"hi"),
        ({"BOOL": False}, False),
        ({"NULL": True}, None),
        ({"SS": ["a", "b"]}, frozenset({"a", "b"})),
        ({"NS": ["1", "2.5"]}, frozenset({1, Decimal("2.5")})),
        ({"BS": ["aGk="]}, frozenset({b"hi"})),
        ({"L": [{"N": "1"}, {"L": []}]}, [1, []]),
        ({"M": {"a": {"M": {"b": {"BOOL": True}}}}}, {"a": {"b": True}}),
    ],
)
def test_each_type_has_its_plain_value(value: dict[str, Any], expected: object) -> None:
    """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_AttributeValue.html"""
    assert plain(value) == expected
    assert type(plain(value)) is type(expected)


def test_whole_numbers_are_ints_and_no_others() -> None:
    assert [type(plain({"N": text})) for text in ("7", "7.0", "7.5")] == [int, int, Decimal]
    assert {type(member) for member in plain({"NS": ["7", "8.0"]})} == {int}


@pytest.mark.parametrize("value", [{}, {"X": "1"}, {"S": "a", "N": "1"}])
def test_what_is_no_attribute_value_is_said_to_be_none(value: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="is no attribute value of DynamoDB: expected one of S, N, B"):
        plain(value)


@pytest.mark.parametrize("value", [1.5, object(), set(), {"a", 1}, {"a": {1.5}}])
def test_what_dynamodb_cannot_store_is_refused(value: object) -> None:
    with pytest.raises(TypeError, match=r"cannot be stored in DynamoDB: give text, int, Decimal"):
        stored(value)


numbers = st.integers(-(10**30), 10**30) | st.decimals(-1000, 1000, places=3).filter(
    lambda n: n != n.to_integral_value()
)
scalars = st.none() | st.booleans() | st.text() | numbers | st.binary()
sets = (
    st.frozensets(st.text(), min_size=1) | st.frozensets(numbers, min_size=1) | st.frozensets(st.binary(), min_size=1)
)
values = st.recursive(
    scalars | sets,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=15,
)


@given(st.dictionaries(st.text(), values, max_size=4))
def test_what_was_stored_is_read_back(item: dict[str, Any]) -> None:
    """Through JSON, as an event comes."""
    assert plain_item(json.loads(json.dumps(stored_item(item)))) == item


def _with_bytes(value: Any) -> Any:
    """An attribute value as boto3 has it, with bytes instead of base64."""
    ((kind, content),) = value.items()
    match kind:
        case "B":
            return {"B": b64decode(content)}
        case "BS":
            return {"BS": [b64decode(each) for each in content]}
        case "L":
            return {"L": [_with_bytes(each) for each in content]}
        case "M":
            return {"M": {name: _with_bytes(each) for name, each in content.items()}}
        case _:
            return value


def _as_ours(value: Any) -> Any:
    match value:
        case Binary():
            return value.value  # pyright: ignore[reportAttributeAccessIssue]
        case list():
            return [_as_ours(each) for each in value]
        case set():
            return frozenset(map(_as_ours, value))
        case dict():
            return {name: _as_ours(each) for name, each in value.items()}
        case _:
            return value


@given(values)
def test_boto3_reads_the_same(value: Any) -> None:
    written = _with_bytes(stored(value))
    assert _as_ours(TypeDeserializer().deserialize(written)) == plain(stored(value))


@given(values)
def test_boto3_writes_what_is_read(value: Any) -> None:
    def in_base64(each: Any) -> Any:
        return stored(bytes(each["B"])) if "B" in each else each

    written = TypeSerializer().serialize(value)
    if set(written) <= {"S", "N", "BOOL", "NULL", "B", "SS", "NS"}:
        assert plain(in_base64(written)) == value
