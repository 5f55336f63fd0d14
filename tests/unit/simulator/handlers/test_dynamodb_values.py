"""The stand-in for DynamoDB takes the attribute values that DynamoDB takes, and refuses the others with its words.

Sources, all run at AWS: https://github.com/mhart/dynalite/blob/main/test/putItem.js (D), test_number.py and
test_limits.py of https://github.com/scylladb/scylladb/tree/master/test/alternator (S), and
https://github.com/paritysuite/dynamodb-conformance/tree/main/tests/tier3 (P).
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redrive_simulator.services.numbers import number_text, size_of_number, total
from redrive_simulator.services.refusals import Refused
from redrive_simulator.services.values import size_of
from tests.support.simulator.tables import answer, invalid, shared_client

NUMERIC = "The parameter cannot be converted to a numeric value"
OVERFLOW = "Number overflow. Attempting to store a number with magnitude larger than supported range"
UNDERFLOW = "Number underflow. Attempting to store a number with magnitude smaller than supported range"
DIGITS = "Attempting to store more than 38 significant digits in a Number"
NESTING = (
    "Nesting Levels have exceeded supported limits: Attributes in the item have nested levels beyond supported limit"
)
INVALID = "One or more parameter values were invalid: "
ONE_TYPE = "must contain exactly one of the supported datatypes"


def nested(levels: int) -> dict[str, Any]:
    value: dict[str, Any] = {"S": "leaf"}
    for level in range(levels):
        value = {"M": {"n": value}} if level % 2 else {"L": [value]}
    return value


# Value and refusal.
REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("P: word", {"N": "abc"}, f"{NUMERIC}: abc"),
    ("P: no digit", {"N": ""}, f"{NUMERIC}: "),
    ("P: space before", {"N": " 1"}, f"{NUMERIC}:  1"),
    ("P: space behind", {"N": "1 "}, f"{NUMERIC}: 1 "),
    ("P: two points", {"N": "1.2.3"}, f"{NUMERIC}: 1.2.3"),
    ("P: hexadecimal", {"N": "0x10"}, f"{NUMERIC}: 0x10"),
    ("P: no exponent", {"N": "1e"}, f"{NUMERIC}: 1e"),
    ("P: NaN", {"N": "NaN"}, f"{NUMERIC}: NaN"),
    ("P: Infinity", {"N": "Infinity"}, f"{NUMERIC}: Infinity"),
    ("S: other digits", {"N": "\u0661"}, f"{NUMERIC}: \u0661"),
    ("S: 1e126", {"N": "1e126"}, OVERFLOW),
    ("S: 11e125", {"N": "-11e125"}, OVERFLOW),
    ("P: exponent beyond 64 bits", {"N": "1e99999999999"}, OVERFLOW),
    ("S: zero with a large exponent", {"N": "0e126"}, OVERFLOW),
    ("S: 1e-131", {"N": "1e-131"}, UNDERFLOW),
    ("S: 0.9e-130", {"N": "0.9e-130"}, UNDERFLOW),
    ("P: exponent below 64 bits", {"N": "1e-99999999999"}, UNDERFLOW),
    ("S: 39 digits", {"N": "3.14159265358979323846264338327950288419"}, DIGITS),
    ("S: 39 digits before an exponent", {"N": "314159265358979323846264338327950288419e30"}, DIGITS),
    ("D: no type", {}, f"Supplied AttributeValue is empty, {ONE_TYPE}"),
    ("D: two types", {"S": "a", "N": "1"}, f"Supplied AttributeValue has more than one datatypes set, {ONE_TYPE}"),
    ("D: not null", {"NULL": False}, f"{INVALID}Null attribute value types must have the value of true"),
    ("D: empty SS", {"SS": []}, f"{INVALID}An string set  may not be empty"),
    ("D: empty NS", {"NS": []}, f"{INVALID}An number set  may not be empty"),
    ("D: empty BS", {"BS": []}, f"{INVALID}Binary sets should not be empty"),
    ("P: twice in SS", {"SS": ["a", "a"]}, f'{INVALID}Input collection ["a", "a"] contains duplicates.'),
    ("P: twice in NS", {"NS": ["1", "1"]}, f"{INVALID}Input collection contains duplicates."),
    ("P: one number in two forms", {"NS": ["1", "1.0"]}, f"{INVALID}Input collection contains duplicates."),
    (
        "P: twice in BS",
        {"BS": [b"\0", b"\0"]},
        f'{INVALID}Input collection ["AA==","AA=="]of type BS contains duplicates.',
    ),
    ("D: member of NS", {"NS": ["1", "x"]}, f"{NUMERIC}: x"),
    ("P: in a list", {"L": [{"N": "x"}]}, f"{NUMERIC}: x"),
    ("P: in a map", {"M": {"a": {"SS": []}}}, f"{INVALID}An string set  may not be empty"),
    ("P: 32 levels below the attribute", nested(32), NESTING),
    ("S: name of nothing", {"M": {"": {"S": "a"}}}, f"{INVALID}Empty attribute name"),
]


@pytest.mark.parametrize(("value", "message"), [pytest.param(*each, id=id) for id, *each in REFUSED])
def test_a_value_is_refused_wherever_it_stands(value: dict[str, Any], message: str) -> None:
    client, key = shared_client(), {"p": {"S": "refused"}}
    calls = [
        lambda: client.put_item(TableName="hash", Item={**key, "a": value}),
        lambda: client.update_item(
            TableName="hash", Key=key, UpdateExpression="SET a = :v", ExpressionAttributeValues={":v": value}
        ),
        lambda: client.delete_item(
            TableName="hash", Key=key, ConditionExpression="a = :v", ExpressionAttributeValues={":v": value}
        ),
        lambda: client.scan(TableName="hash", FilterExpression="a = :v", ExpressionAttributeValues={":v": value}),
        lambda: client.get_item(TableName="hash", Key={"p": value}),
        lambda: client.batch_write_item(RequestItems={"hash": [{"PutRequest": {"Item": {**key, "a": value}}}]}),
        lambda: client.transact_write_items(
            TransactItems=[{"Put": {"TableName": "hash", "Item": {**key, "a": value}}}]
        ),
    ]
    assert [answer(call) for call in calls] == [invalid(message)] * len(calls)
    assert answer(lambda: client.get_item(TableName="hash", Key=key)) == {}


TAKEN: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"L": []}, {"L": []}),
    ({"M": {}}, {"M": {}}),
    ({"S": ""}, {"S": ""}),
    ({"B": b""}, {"B": b""}),
    ({"B": bytearray(b"a")}, {"B": b"a"}),
    ({"BOOL": False}, {"BOOL": False}),
    ({"NULL": True}, {"NULL": True}),
    ({"NS": ["1.0", "2"]}, {"NS": ["1", "2"]}),
    (nested(31), nested(31)),
    ({"L": [{"N": "1e2"}, {"M": {"a": {"N": "1.50"}}}]}, {"L": [{"N": "100"}, {"M": {"a": {"N": "1.5"}}}]}),
]


@pytest.mark.parametrize(("value", "stored"), TAKEN, ids=range(len(TAKEN)))
def test_a_value_is_stored(value: dict[str, Any], stored: dict[str, Any]) -> None:
    client, key = shared_client(), {"p": {"S": "taken"}}
    client.put_item(TableName="hash", Item={**key, "a": value})
    assert client.get_item(TableName="hash", Key=key)["Item"] == {**key, "a": stored}


# https://github.com/scylladb/scylladb/blob/master/test/alternator/test_number.py, test_number_output_normalization
NORMAL_FORMS = {
    "007": "7", "001.23": "1.23", "00": "0", "+3": "3", "+0": "0", "1.0": "1", "1.10": "1.1", "100.000": "100",
    "0.0": "0", "0.10": "0.1", "1e3": "1000", "1E+3": "1000", "-3e2": "-300", "1.23e4": "12300", "1e-3": "0.001",
    "123e-2": "1.23", "1.23e-1": "0.123", "1.0e-1": "0.1", "-0": "0", "-0.0": "0", "0e5": "0", "0e-5": "0", ".5": "0.5",
    "-.5": "-0.5", "1e125": "1" + "0" * 125, "1e-20": "0.00000000000000000001", "-273.15": "-273.15", "0.0e126": "0",
    "0042.1200": "42.12", "-17.4E37": "-174" + "0" * 36,
}  # fmt: skip


@pytest.mark.parametrize(("text", "normal"), NORMAL_FORMS.items(), ids=NORMAL_FORMS)
def test_a_number_has_one_form(text: str, normal: str) -> None:
    assert number_text(text) == normal


# The rule of https://github.com/paritysuite/dynamodb-conformance/blob/main/tests/tier3/limits/numberByteSize.test.ts
SIZES = {
    "0": 1,
    "1": 2,
    "-1": 3,
    "12": 2,
    "123": 3,
    "123456": 4,
    "3.14159": 5,
    "1E125": 2,
    "100": 2,
    "0.001": 2,
    "1.05": 3,
}


@pytest.mark.parametrize(("text", "size"), SIZES.items(), ids=SIZES)
def test_a_number_has_a_size(text: str, size: int) -> None:
    assert size_of_number(text) == size


@pytest.mark.parametrize(
    ("value", "size"),
    [
        ({"S": "é"}, 2),
        ({"B": b"abc"}, 3),
        ({"BOOL": True}, 1),
        ({"NULL": True}, 1),
        ({"SS": ["a", "bc"]}, 3),
        ({"NS": ["1", "12345"]}, 6),
        ({"L": [{"S": "a"}, {"NULL": True}]}, 7),
        ({"M": {"ab": {"S": "c"}}}, 7),
    ],
    ids=lambda given: next(iter(given)) if isinstance(given, dict) else "",  # pyright: ignore[reportUnknownArgumentType, reportUnknownLambdaType]
)
def test_a_value_has_a_size(value: dict[str, Any], size: int) -> None:
    """By https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html."""
    assert size_of(value) == size


NUMBERS = st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**20), max_value=10**20, places=9)


@given(NUMBERS, NUMBERS, st.booleans())
def test_a_sum_is_exact(one: Decimal, other: Decimal, minus: bool) -> None:
    expected = Fraction(one) - Fraction(other) if minus else Fraction(one) + Fraction(other)
    assert Fraction(total(number_text(str(one)), number_text(str(other)), minus=minus)) == expected


@pytest.mark.parametrize(("one", "other"), [("9e125", "9e125"), ("1e50", "1"), ("1e125", "1e-130")])
def test_a_sum_that_cannot_be_kept_is_refused(one: str, other: str) -> None:
    """As test_update_expression_plus_overflow and test_update_expression_plus_imprecise of test_number.py find."""
    with pytest.raises(Refused, match="Number overflow"):
        total(number_text(one), number_text(other))


KEY = "The AttributeValue for a key attribute cannot contain an empty {} value."
MISMATCH = invalid("The provided key element does not match the schema")
NOT_VALID = "One or more parameter values are not valid. "


def put(table: str, **item: Any) -> Any:
    return lambda client: client.put_item(TableName=table, Item=item)


def get(table: str, **key: Any) -> Any:
    return lambda client: client.get_item(TableName=table, Key=key)


# Of https://github.com/mhart/dynalite/blob/main/test/putItem.js and getItem.js, where no other source is named.
KEYS: list[tuple[str, Any, tuple[str, str]]] = [
    ("no key", put("hash", a={"S": "a"}), invalid(f"{INVALID}Missing the key p in the item")),
    ("no sort key", put("both", p={"S": "a"}), invalid(f"{INVALID}Missing the key c in the item")),
    ("type", put("hash", p={"N": "1"}), invalid(f"{INVALID}Type mismatch for key p expected: S actual: N")),
    ("list", put("hash", p={"L": []}), invalid(f"{INVALID}Type mismatch for key p expected: S actual: L")),
    ("empty", put("hash", p={"S": ""}), invalid(f"{NOT_VALID}{KEY.format('string')} Key: p")),
    ("empty bytes", put("bytes", p={"B": b""}), invalid(f"{NOT_VALID}{KEY.format('binary')} Key: p")),
    (
        "long",
        put("hash", p={"S": "é" * 1025}),
        invalid(f"{INVALID}Size of hashkey has exceeded the maximum size limit of2048 bytes"),
    ),
    ("key of get: none", get("hash"), MISMATCH),
    ("key of get: more", get("hash", p={"S": "a"}, c={"N": "1"}), MISMATCH),
    ("key of get: type", get("hash", p={"N": "1"}), MISMATCH),
    ("key of get: name", get("hash", q={"S": "a"}), MISMATCH),
    ("key of get: empty", get("hash", p={"S": ""}), invalid(f"{NOT_VALID}{KEY.format('string')} Key: p")),
    (
        "key of an index",  # https://github.com/scylladb/scylladb/blob/master/test/alternator/test_gsi.py
        put("both", p={"S": "a"}, c={"N": "1"}, g={"N": "1"}),
        invalid(f"{INVALID}Type mismatch for Index Key g Expected: S Actual: N IndexName: whole"),
    ),
    (
        "empty key of an index",  # moto's tests, verified at AWS
        put("both", p={"S": "a"}, c={"N": "1"}, g={"S": ""}),
        invalid(
            f"{NOT_VALID}A value specified for a secondary index key is not supported. {KEY.format('string')} "
            "IndexName: whole, IndexKey: g"
        ),
    ),
    (
        "large",
        put("hash", p={"S": "a"}, a={"S": "x" * 409_600}),
        invalid("Item size has exceeded the maximum allowed size"),
    ),
]


@pytest.mark.parametrize(("call", "expected"), [pytest.param(*each, id=id) for id, *each in KEYS])
def test_a_key_is_of_the_table(call: Any, expected: tuple[str, str]) -> None:
    assert answer(lambda: call(shared_client())) == expected


def test_an_item_is_as_large_as_it_may_be() -> None:
    """409,600 bytes with the names: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html."""
    client, key = shared_client(), {"p": {"S": "large"}}
    client.put_item(TableName="hash", Item={**key, "a": {"S": "x" * (409_600 - 7)}})
    refused = answer(
        lambda: client.update_item(
            TableName="hash", Key=key, UpdateExpression="SET b = :v", ExpressionAttributeValues={":v": {"S": ""}}
        )
    )
    assert refused == invalid("Item size to update has exceeded the maximum allowed size")
    client.delete_item(TableName="hash", Key=key)


@pytest.mark.parametrize("text", ["1000", "1e3", "1E+3", "1000.0", "001000", "+1000"])
def test_forms_of_a_number_are_one_key(text: str) -> None:
    """As test_number_range_key_representation of test_number.py finds."""
    client = shared_client()
    client.put_item(TableName="both", Item={"p": {"S": "forms"}, "c": {"N": "1e3"}})
    key = {"p": {"S": "forms"}, "c": {"N": text}}
    assert client.get_item(TableName="both", Key=key)["Item"]["c"] == {"N": "1000"}
