"""The stand-in for DynamoDB refuses the queries and scans that DynamoDB refuses.

Sources, all run at AWS: https://github.com/mhart/dynalite/blob/main/test/query.js and scan.js (D);
test_key_condition_expression.py, test_query.py, test_scan.py, test_gsi.py and test_projection_expression.py of
https://github.com/scylladb/scylladb/tree/master/test/alternator (S);
https://github.com/getmoto/moto/blob/master/tests/test_dynamodb/test_dynamodb_select.py (M); and
https://github.com/paritysuite/dynamodb-conformance/tree/main/tests/tier3 (P).
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.simulator import tables
from tests.support.simulator.tables import answer, invalid, shared_client

P = {":p": {"S": "a"}}
N = {":n": {"N": "1"}}
SCHEMA = "One or more parameter values were invalid: Condition parameter type does not match schema type"
INVALID = "Invalid KeyConditionExpression: "
OPERAND = f"{INVALID}Incorrect operand type for operator or function; operator or function: "
NOT_VALID = "One or more parameter values are not valid. "
IN = "Invalid condition in KeyConditionExpression: "
MISSED = "Query condition missed key schema element: "
START = "The provided starting key is invalid"
ELEMENT = "The provided key element does not match the schema"
VALUES: dict[str, Any] = {
    **P,
    **N,
    ":m": {"N": "2"},
    ":t": {"BOOL": True},
    ":f": {"BOOL": False},
    ":e": {"S": ""},
    ":b": {"S": "b"},
}
# Key condition, refusal.
CONDITIONS: list[tuple[str, str, str]] = [
    ("S: empty", "", f"{INVALID}The expression can not be empty;"),
    ("S: only a path", "p", f'{INVALID}Syntax error; token: "<EOF>", near: "p"'),
    ("S: other sign", "p=:p AND c!=:n", f'{INVALID}Syntax error; token: "!", near: "c!="'),
    ("S: unknown function", "p=:p AND dog(c, :n)", f"{INVALID}Invalid function name; function: dog"),
    ("D: OR", "p = :p OR c = :n", "Invalid operator used in KeyConditionExpression: OR"),
    ("D: NOT", "NOT c = :n AND p = :p", "Invalid operator used in KeyConditionExpression: NOT"),
    ("D: IN", "p = :p AND c IN (:n)", "Invalid operator used in KeyConditionExpression: IN"),
    ("D: <>", "p = :p AND c <> :n", "Invalid operator used in KeyConditionExpression: <>"),
    (
        "D: function",
        "p = :p AND attribute_exists(c)",
        "Invalid operator used in KeyConditionExpression: attribute_exists",
    ),
    ("D: size", "p = :p AND size(c) = :n", f"{INVALID}KeyConditionExpressions cannot contain nested operations"),
    ("D: no key", ":p = :p AND c = :n", f"{IN}No key attribute specified"),
    ("S: two keys", "p = c", f"{IN}Multiple attribute names used in one condition"),
    ("D: nested", "p.x = :p", f"{INVALID}KeyConditionExpressions cannot have conditions on nested attributes"),
    (
        "P: one key twice",
        "p = :p AND c > :n AND c < :m",
        f"{INVALID}KeyConditionExpressions must only contain one condition per key",
    ),
    (
        "D: order of operands",
        "p = :p AND :n BETWEEN c AND :m",
        f"{IN}BETWEEN operator must have the key attribute as its first operand",
    ),
    (
        "P: three attributes",
        "p = :p AND c > :n AND x = :m",
        "The number of query conditions (3) exceeds the number of key attributes defined in the schema (2)",
    ),
    ("D: only the sort key", "c = :n", f"{MISSED}p"),
    ("D: another attribute", "p = :p AND x = :n", f"{MISSED}c"),
    ("D: order of partitions", "p < :p", "Query key condition not supported"),
    ("D: type", "p = :n", SCHEMA),
    ("P: type of begins_with", "p = :p AND begins_with(c, :b)", SCHEMA),
    ("P: equal to a BOOL", "p = :p AND c = :t", SCHEMA),
    ("P: begins_with a number", "p = :p AND begins_with(c, :n)", f"{OPERAND}begins_with, operand type: N"),
    ("P: less than a BOOL", "p = :p AND c < :t", f"{OPERAND}<, operand type: BOOL"),
    ("P: BOOL first", "p = :p AND :t >= c", f"{OPERAND}>=, operand type: BOOL"),
    ("P: between BOOLs", "p = :p AND c BETWEEN :f AND :t", f"{OPERAND}BETWEEN, operand type: BOOL"),
    (
        "empty",
        "p = :e",
        f"{NOT_VALID}The AttributeValue for a key attribute cannot contain an empty string value. Key: p",
    ),
]


def query(condition: str = "p = :p", **more: Any) -> Any:
    return tables.query(VALUES, condition, **more)


def scan(**more: Any) -> Any:
    return lambda client: client.scan(TableName="both", **more)


@pytest.mark.parametrize(("text", "message"), [pytest.param(*each, id=id) for id, *each in CONDITIONS])
def test_a_key_condition_is_refused(text: str, message: str) -> None:
    assert answer(lambda: query(text)(shared_client())) == invalid(message)


KEY = {"p": {"S": "a"}, "c": {"N": "1"}}
ALL = (
    "One or more parameter values were invalid: Select type ALL_ATTRIBUTES is not supported for global secondary index "
    "part because its projection type is not ALL"
)
FILTER = "Filter Expression can only contain non-primary key attributes: Primary key attribute: "
SEGMENT = "The Segment parameter is zero-based and must be less than parameter TotalSegments: "
SPECIFIC = "Must specify the AttributesToGet or ProjectionExpression when choosing to get SPECIFIC_ATTRIBUTES"
CANNOT = "Cannot specify the ProjectionExpression when choosing to get "
SCALAR = "Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: Key: p"
OVERLAP = "Two document paths overlap with each other; must remove or rewrite one of these paths; "
SEARCHES: list[tuple[str, Any, str]] = [
    ("S: index", query(IndexName="none"), "The table does not have the specified index: none"),
    (
        "S: consistent",
        query("g = :p", IndexName="whole", ConsistentRead=True),
        "Consistent reads are not supported on global secondary indexes",
    ),
    (
        "P: consistent scan",
        scan(IndexName="whole", ConsistentRead=True),
        "Consistent reads are not supported on global secondary indexes",
    ),
    ("M: all of a part", query("g = :p", IndexName="part", Select="ALL_ATTRIBUTES"), ALL),
    (
        "M: projected of a table",
        scan(Select="ALL_PROJECTED_ATTRIBUTES"),
        "ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName",
    ),
    ("M: specific", query(Select="SPECIFIC_ATTRIBUTES"), SPECIFIC),
    ("M: count and projection", scan(Select="COUNT", ProjectionExpression="a"), f"{CANNOT}only the Count"),
    ("M: all and projection", query(Select="ALL_ATTRIBUTES", ProjectionExpression="a"), f"{CANNOT}ALL_ATTRIBUTES"),
    (
        "S: not projected",
        query("g = :p", IndexName="part", ProjectionExpression="a, z"),
        "One or more parameter values were invalid: Global secondary index part does not project [z]",
    ),
    ("D: filter of a key", query(FilterExpression="c = :n"), f"{FILTER}c"),
    ("D: filter in a key", scan(FilterExpression="p.x = :n", ExpressionAttributeValues=N), SCALAR),
    ("D: projection in a key", scan(ProjectionExpression="p[0]"), SCALAR),
    (
        "D: empty projection",
        scan(ProjectionExpression=""),
        "Invalid ProjectionExpression: The expression can not be empty;",
    ),
    (
        "S: projection twice",
        scan(ProjectionExpression="a, a.b"),
        f"Invalid ProjectionExpression: {OVERLAP}path one: [a], path two: [a, b]",
    ),
    (
        "S: projection ends",
        scan(ProjectionExpression="a,"),
        'Invalid ProjectionExpression: Syntax error; token: "<EOF>", near: ","',
    ),
    (
        "D: no number of segments",
        scan(Segment=0),
        "The TotalSegments parameter is required but was not present in the request when Segment parameter is present",
    ),
    (
        "D: no segment",
        scan(TotalSegments=2),
        "The Segment parameter is required but was not present in the request when parameter TotalSegments is present",
    ),
    (
        "D: segment",
        scan(Segment=2, TotalSegments=2),
        f"{SEGMENT}Segment: 2 is not less than TotalSegments: 2",
    ),
    ("S: start of a scan", scan(ExclusiveStartKey={"p": {"S": "a"}}), f"{START}: {ELEMENT}"),
    ("S: start with more", scan(ExclusiveStartKey={**KEY, "x": {"S": "a"}}), f"{START}: {ELEMENT}"),
    ("D: start of a query", query(ExclusiveStartKey={"p": {"S": "a"}}), START),
    ("D: type of a start", query(ExclusiveStartKey={**KEY, "c": {"S": "a"}}), START),
    ("D: start in an index", query("g = :p", IndexName="whole", ExclusiveStartKey=KEY), START),
    (
        "D: start elsewhere",
        query(ExclusiveStartKey={**KEY, "p": {"S": "b"}}),
        "The provided starting key is outside query boundaries based on provided conditions",
    ),
    (
        "D: start out of range",
        query("p = :p AND c > :n", ExclusiveStartKey=KEY),
        "The provided starting key does not match the range key predicate",
    ),
    (
        "D: start elsewhere in range",
        query("p = :p AND c = :n", ExclusiveStartKey={**KEY, "p": {"S": "b"}}),
        "The query can return at most one row and cannot be restarted",
    ),
    (
        "no condition",
        lambda client: client.query(TableName="both"),
        "Either the KeyConditions or KeyConditionExpression parameter must be specified in the request.",
    ),
    (
        "values without a filter",
        scan(ProjectionExpression="a", ExpressionAttributeValues=N),
        "ExpressionAttributeValues can only be specified when using expressions",
    ),
]


@pytest.mark.parametrize(("call", "message"), [pytest.param(*each, id=id) for id, *each in SEARCHES])
def test_a_search_is_refused(call: Any, message: str) -> None:
    assert answer(lambda: call(shared_client())) == invalid(message)


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (
            {"Select": "count"},
            "Value 'count' at 'select' failed to satisfy constraint: Member must satisfy enum value set",
        ),
        ({"Segment": 0, "TotalSegments": 1_000_001}, "Member must have value less than or equal to 1000000"),
    ],
    ids=["Select", "TotalSegments"],
)
def test_a_search_has_the_constraints_of_the_model(more: dict[str, Any], message: str) -> None:
    refused = answer(lambda: shared_client().scan(TableName="both", **more))
    assert isinstance(refused, tuple)
    assert message in refused[1]
