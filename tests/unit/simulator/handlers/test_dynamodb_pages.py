"""The stand-in for DynamoDB finds items and returns them in pages as DynamoDB does.

The cases are of https://github.com/scylladb/scylladb/tree/master/test/alternator, which was run at AWS.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest

from tests.support.simulator import tables
from tests.support.simulator.tables import answer, fresh_client, shared_client

P = {":p": {"S": "a"}}
VALUES: dict[str, Any] = {**P, ":n": {"N": "1"}, ":m": {"N": "2"}, ":b": {"S": "b"}}


def query(condition: str = "p = :p", **more: Any) -> Any:
    return tables.query(VALUES, condition, **more)


@cache
def filled() -> Any:
    """Return a client of a table with ten items in one partition, and one in each of 20 more."""
    client = fresh_client()
    for number in range(10):
        of_index = {"g": {"S": "g"}, "h": {"N": str(-number)}} if number % 2 else {}
        client.put_item(
            TableName="both",
            Item={"p": {"S": "a"}, "c": {"N": str(number)}, "a": {"N": "1"}, "b": {"S": "b"}, **of_index},
        )
    for number in range(20):
        client.put_item(TableName="both", Item={"p": {"S": f"p{number}"}, "c": {"N": "0"}})
    return client


def sort_keys(reply: dict[str, Any]) -> list[int]:
    return [int(item["c"]["N"]) for item in reply["Items"]]


# Of test_key_condition_expression.py.
FOUND: list[tuple[str, list[int]]] = [
    ("p = :p AND c = :n", [1]),
    ("c = :n and :p = p", [1]),
    ("(c < :m) AND (p = :p)", [0, 1]),
    ("p = :p AND :m > c", [0, 1]),
    ("p = :p AND c BETWEEN :n AND :m", [1, 2]),
    ("p = :p AND c >= :m", [2, 3, 4, 5, 6, 7, 8, 9]),
    ("p = :b", []),
]


@pytest.mark.parametrize(("text", "expected"), FOUND, ids=[text for text, _ in FOUND])
def test_a_query_finds_what_its_condition_says(text: str, expected: list[int]) -> None:
    assert sort_keys(query(text)(filled())) == expected
    assert sort_keys(query(text, ScanIndexForward=False)(filled())) == expected[::-1]


def test_pages_go_on_where_they_ended() -> None:
    pages = (
        filled()
        .get_paginator("query")
        .paginate(
            TableName="both",
            KeyConditionExpression="p = :p",
            ExpressionAttributeValues=P,
            PaginationConfig={"PageSize": 3},
        )
    )
    assert [sort_keys(page) for page in pages] == [[0, 1, 2], [3, 4, 5], [6, 7, 8], [9]]


@pytest.mark.parametrize("forward", [True, False])
def test_a_start_key_needs_no_item(forward: bool) -> None:
    """As a page goes on when its last item was deleted meanwhile: test_query_exclusivestartkey of test_query.py."""
    start = {"p": {"S": "a"}, "c": {"N": "4.5"}}
    found = query(ExclusiveStartKey=start, ScanIndexForward=forward)(filled())
    assert sort_keys(found) == ([5, 6, 7, 8, 9] if forward else [4, 3, 2, 1, 0])


def test_a_scan_goes_on_behind_a_deleted_item() -> None:
    client = fresh_client()
    for number in range(10):
        client.put_item(TableName="hash", Item={"p": {"S": str(number)}})
    whole = [item["p"]["S"] for item in client.scan(TableName="hash")["Items"]]
    first = client.scan(TableName="hash", Limit=4)
    client.delete_item(TableName="hash", Key=first["LastEvaluatedKey"])
    rest = client.scan(TableName="hash", ExclusiveStartKey=first["LastEvaluatedKey"])
    assert [item["p"]["S"] for item in rest["Items"]] == whole[4:]


@pytest.mark.parametrize("parts", [1, 2, 3, 7, 100])
def test_segments_are_apart_and_whole(parts: int) -> None:
    client = filled()
    items = [
        (item["p"]["S"], item["c"]["N"])
        for number in range(parts)
        for item in client.scan(TableName="both", Segment=number, TotalSegments=parts)["Items"]
    ]
    assert len(items) == len(set(items)) == 30


def test_a_start_key_is_of_its_segment() -> None:
    client, start = filled(), {"p": {"S": "a"}, "c": {"N": "0"}}
    answers = [
        answer(lambda: client.scan(TableName="both", Segment=number, TotalSegments=5, ExclusiveStartKey=start))  # noqa: B023
        for number in range(5)
    ]
    refused = [given for given in answers if isinstance(given, tuple)]
    assert len(refused) == 4
    assert all(
        "Please use ExclusiveStartKey with correct Segment. TotalSegments: 5 Segment: " in said for _, said in refused
    )


def attributes(reply: dict[str, Any]) -> set[str]:
    return {name for item in reply["Items"] for name in item}


# Search in an index, and the attributes in its answer.
INDEXED: list[tuple[str, str, dict[str, Any], set[str]]] = [
    ("whole", "g = :g", {}, {"p", "c", "a", "b", "g", "h"}),
    ("whole", "g = :g", {"Select": "ALL_ATTRIBUTES"}, {"p", "c", "a", "b", "g", "h"}),
    ("part", "g = :g", {}, {"p", "c", "a", "g"}),
    ("part", "g = :g", {"Select": "ALL_PROJECTED_ATTRIBUTES"}, {"p", "c", "a", "g"}),
    ("part", "g = :g", {"ProjectionExpression": "a, p"}, {"p", "a"}),
    ("local", "p = :g", {}, {"p", "c", "h"}),
    ("local", "p = :g", {"Select": "ALL_ATTRIBUTES"}, {"p", "c", "a", "b", "g", "h"}),
    ("local", "p = :g", {"ProjectionExpression": "b"}, {"b"}),
]


@pytest.mark.parametrize(
    ("index", "text", "more", "expected"), INDEXED, ids=[f"{each[0]} {each[2]}" for each in INDEXED]
)
def test_an_index_has_what_it_projects(index: str, text: str, more: dict[str, Any], expected: set[str]) -> None:
    """Of test_gsi.py and test_lsi.py: an index is sparse, and a local one fetches what it lacks."""
    value = {":g": {"S": "g" if text.startswith("g") else "a"}}
    found = query(text, IndexName=index, ExpressionAttributeValues=value, **more)(filled())
    assert (found["Count"], attributes(found)) == (5, expected)


def test_pages_of_an_index_have_its_keys_and_those_of_the_table() -> None:
    given = {"IndexName": "whole", "ExpressionAttributeValues": {":g": {"S": "g"}}, "Limit": 2}
    first = query("g = :g", **given)(filled())
    assert first["LastEvaluatedKey"] == {"p": {"S": "a"}, "c": {"N": "7"}, "g": {"S": "g"}, "h": {"N": "-7"}}
    second = query("g = :g", ExclusiveStartKey=first["LastEvaluatedKey"], **given)(filled())
    assert sort_keys(first) + sort_keys(second) == [9, 7, 5, 3]


def test_a_count_has_no_items() -> None:
    reply = query("p = :p", FilterExpression="attribute_exists(g)", Select="COUNT")(filled())
    assert (reply["Count"], reply["ScannedCount"], "Items" in reply) == (5, 10, False)


def test_a_page_ends_at_one_megabyte() -> None:
    """https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Query.Pagination.html."""
    client = fresh_client()
    for number in range(4):
        key = {"p": {"S": "a"}, "c": {"N": str(number)}}
        client.put_item(TableName="both", Item={**key, "x": {"B": b"x" * 340_000}})
    page = query("p = :p")(client)
    assert sort_keys(page) == [0, 1, 2]
    assert page["LastEvaluatedKey"] == {"p": {"S": "a"}, "c": {"N": "2"}}


# Of test_projection_expression.py.
LIST: list[dict[str, Any]] = [{"N": "2"}, {"N": "4"}, {"M": {"x": {"S": "hi"}, "y": {"S": "yo"}}}]
ITEM: dict[str, Any] = {"m": {"M": {"b": {"L": LIST}, "c": {"N": "5"}}}}
PROJECTED: list[tuple[str, dict[str, Any]]] = [
    ("m", ITEM),
    ("m.b[0]", {"m": {"M": {"b": {"L": [{"N": "2"}]}}}}),
    ("m.b[1], m.c", {"m": {"M": {"b": {"L": [{"N": "4"}]}, "c": {"N": "5"}}}}),
    ("m.b[2].x, m.b[2].y", {"m": {"M": {"b": {"L": LIST[2:]}}}}),
    ("m.b[2].y, m.b[0]", {"m": {"M": {"b": {"L": [{"N": "2"}, {"M": {"y": {"S": "yo"}}}]}}}}),
    ("m.b[7], m.x, q.r, z[0], m.c.d", {}),
]


@pytest.mark.parametrize(("text", "expected"), PROJECTED, ids=[text for text, _ in PROJECTED])
def test_a_projection_keeps_the_structure(text: str, expected: dict[str, Any]) -> None:
    client, key = shared_client(), {"p": {"S": "projected"}}
    client.put_item(TableName="hash", Item={**key, **ITEM})
    assert client.get_item(TableName="hash", Key=key, ProjectionExpression=text)["Item"] == expected
