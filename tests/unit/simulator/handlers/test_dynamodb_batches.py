"""The stand-in for DynamoDB checks batches as DynamoDB does, before it writes anything.

Sources, all run at AWS: https://github.com/mhart/dynalite/tree/main/test (D), test_batch.py and test_transact.py of
https://github.com/scylladb/scylladb/tree/master/test/alternator (S), transactWriteItems.test.ts and others of
https://github.com/paritysuite/dynamodb-conformance/tree/main/tests/tier3 (P), and LocalStack's recordings in
https://github.com/localstack/localstack/blob/main/tests/aws/services/dynamodb/test_dynamodb.snapshot.json (L).
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.simulator.tables import (
    EMPTY_KEY,
    INVALID,
    MISMATCH,
    NOT_FOUND,
    answer,
    fresh_client,
    invalid,
    shared_client,
)

DUPLICATES = invalid("Provided list of item keys contains duplicates")


def text(value: str) -> dict[str, Any]:
    return {"p": {"S": value}}


def put(**item: Any) -> dict[str, Any]:
    return {"PutRequest": {"Item": item}}


def delete(**key: Any) -> dict[str, Any]:
    return {"DeleteRequest": {"Key": key}}


GOOD = put(p={"S": "good"})
WRITES: list[tuple[str, dict[str, Any], tuple[str, str]]] = [
    ("S: put twice", {"hash": [GOOD, GOOD]}, DUPLICATES),
    ("S: deleted twice", {"hash": [GOOD, delete(p={"S": "a"}), delete(p={"S": "a"})]}, DUPLICATES),
    ("S: put and deleted", {"hash": [GOOD, delete(p={"S": "good"})]}, DUPLICATES),
    (
        "S: key in two forms",
        {"hash": [GOOD], "both": [put(p={"S": "a"}, c={"N": n}) for n in ("1000", "1e3")]},
        DUPLICATES,
    ),
    ("L: unknown table", {"hash": [GOOD], "none": [put(p={"S": "a"})]}, NOT_FOUND),
    ("L: no key", {"hash": [GOOD, put(a={"S": "a"})]}, invalid(MISMATCH)),
    ("P: type of a key", {"hash": [GOOD, put(p={"N": "1"})]}, invalid(MISMATCH)),
    ("P: list as a key", {"hash": [GOOD, put(p={"L": []})]}, invalid(MISMATCH)),
    ("P: empty key", {"hash": [GOOD, put(p={"S": ""})]}, EMPTY_KEY),
    ("D: key of delete", {"hash": [GOOD, delete(p={"S": "a"}, c={"N": "1"})]}, invalid(MISMATCH)),
    (
        "S: key of an index",
        {"hash": [GOOD], "both": [put(p={"S": "a"}, c={"N": "1"}, g={"N": "1"})]},
        invalid(f"{INVALID}Type mismatch for Index Key g Expected: S Actual: N IndexName: whole"),
    ),
    (
        "D: large",
        {"hash": [GOOD, put(p={"S": "a"}, a={"S": "x" * 409_600})]},
        invalid("Item size has exceeded the maximum allowed size"),
    ),
    (
        "D: nothing",
        {"hash": [GOOD, {}]},
        invalid(
            "Supplied AttributeValue has more than one datatypes set, "
            "must contain exactly one of the supported datatypes"
        ),
    ),
    (
        "26 in two tables",
        {"hash": [GOOD, *(put(p={"S": str(n)}) for n in range(12))], "both": [GOOD] * 13},
        invalid("Too many items requested for the BatchWriteItem call"),
    ),
]


@pytest.mark.parametrize(("items", "expected"), [pytest.param(*each, id=id) for id, *each in WRITES])
def test_a_batch_is_checked_before_anything_is_written(items: dict[str, Any], expected: tuple[str, str]) -> None:
    client = shared_client()
    assert answer(lambda: client.batch_write_item(RequestItems=items)) == expected
    assert answer(lambda: client.get_item(TableName="hash", Key=text("good"))) == {}


def test_a_batch_of_26_for_one_table_is_refused_by_the_model() -> None:
    writes = [put(p={"S": str(number)}) for number in range(26)]
    code, message = answer(lambda: shared_client().batch_write_item(RequestItems={"hash": writes}))
    assert code == "ValidationException"
    assert "Member must have length less than or equal to 25" in message


READS: list[tuple[str, dict[str, Any], tuple[str, str]]] = [
    ("S: key twice", {"hash": {"Keys": [text("a"), text("a")]}}, DUPLICATES),
    ("D: unknown table", {"hash": {"Keys": [text("a")]}, "none": {"Keys": [text("a")]}}, NOT_FOUND),
    ("D: key", {"hash": {"Keys": [{"q": {"S": "a"}}]}}, invalid(MISMATCH)),
    ("P: empty key", {"hash": {"Keys": [text("")]}}, EMPTY_KEY),
    (
        "S: unused name",
        {"hash": {"Keys": [text("a")], "ProjectionExpression": "a", "ExpressionAttributeNames": {"#b": "b"}}},
        invalid("Value provided in ExpressionAttributeNames unused in expressions: keys: {#b}"),
    ),
    (
        "D: 101 keys",
        {
            "hash": {"Keys": [text(str(number)) for number in range(100)]},
            "both": {"Keys": [{"p": {"S": "a"}, "c": {"N": "1"}}]},
        },
        invalid("Too many items requested for the BatchGetItem call"),
    ),
]


@pytest.mark.parametrize(("items", "expected"), [pytest.param(*each, id=id) for id, *each in READS])
def test_a_batch_of_reads_is_refused(items: dict[str, Any], expected: tuple[str, str]) -> None:
    assert answer(lambda: shared_client().batch_get_item(RequestItems=items)) == expected


def test_what_is_behind_16_megabytes_is_left_for_another_call() -> None:
    """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html."""
    client = fresh_client()
    keys = [text(str(number)) for number in range(50)]
    for key in keys:
        client.put_item(TableName="hash", Item={**key, "a": {"B": b"x" * 400_000}})
    wanted = {"Keys": keys, "ProjectionExpression": "p"}
    first = client.batch_get_item(RequestItems={"hash": wanted})
    left = first["UnprocessedKeys"]
    assert len(first["Responses"]["hash"]) == 16 * 1024 * 1024 // 400_002
    assert left["hash"]["ProjectionExpression"] == "p"
    rest = client.batch_get_item(RequestItems=left)
    assert first["Responses"]["hash"] + rest["Responses"]["hash"] == keys
    assert rest["UnprocessedKeys"] == {}
