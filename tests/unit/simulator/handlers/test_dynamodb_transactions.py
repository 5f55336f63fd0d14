"""The stand-in for DynamoDB carries out transactions as DynamoDB does, wholly or not at all.

Sources, all run at AWS: https://github.com/mhart/dynalite/tree/main/test (D), test_batch.py and test_transact.py of
https://github.com/scylladb/scylladb/tree/master/test/alternator (S), transactWriteItems.test.ts and others of
https://github.com/paritysuite/dynamodb-conformance/tree/main/tests/tier3 (P), and LocalStack's recordings in
https://github.com/localstack/localstack/blob/main/tests/aws/services/dynamodb/test_dynamodb.snapshot.json (L).
"""

from __future__ import annotations

from typing import Any

import pytest

from redrive_simulator import Simulation
from tests.support.simulator.tables import (
    EMPTY_KEY,
    INVALID,
    MISMATCH,
    NOT_FOUND,
    STACK,
    answer,
    fresh_client,
    invalid,
    reasons,
    shared_client,
)


def text(value: str) -> dict[str, Any]:
    return {"p": {"S": value}}


V: dict[str, Any] = {"ExpressionAttributeValues": {":v": {"S": "x"}}}
NEVER: dict[str, Any] = {"ConditionExpression": "attribute_exists(nothing)"}


def action(kind: str, item: dict[str, Any], table: str = "hash", **more: Any) -> dict[str, Any]:
    return {kind: {"TableName": table, ("Item" if kind == "Put" else "Key"): item, **more}}


def update(key: dict[str, Any], expression: str = "SET a = :v", **more: Any) -> dict[str, Any]:
    return action("Update", key, UpdateExpression=expression, **{**(V if ":v" in expression else {}), **more})


FIRST = action("Put", text("good"))
LEAF: dict[str, Any] = {"S": "leaf"}
for _ in range(32):
    LEAF = {"L": [LEAF]}
# Actions behind a good one, and the refusal of the whole request.
WHOLE: list[tuple[str, list[dict[str, Any]], tuple[str, str]]] = [
    (
        "two in one",
        [{**action("Put", text("a")), **action("Delete", text("b"))}],
        invalid("TransactItems can only contain one of Check, Put, Update or Delete"),
    ),
    ("none in one", [{}], invalid("TransactItems can only contain one of Check, Put, Update or Delete")),
    (
        "P: one item twice",
        [update(text("good"))],
        invalid("Transaction request cannot include multiple operations on one item"),
    ),
    (
        "S: checked and written",
        [action("ConditionCheck", text("good"), **NEVER)],
        invalid("Transaction request cannot include multiple operations on one item"),
    ),
    ("P: table", [action("Put", text("a"), "none")], NOT_FOUND),
    ("P: empty key of a put", [action("Put", text(""))], EMPTY_KEY),
    ("P: empty key of an update", [update(text(""))], EMPTY_KEY),
    ("P: empty key of a check", [action("ConditionCheck", text(""), **NEVER)], EMPTY_KEY),
    (
        "D: value",
        [action("Put", {**text("a"), "n": {"N": "x"}})],
        invalid("The parameter cannot be converted to a numeric value: x"),
    ),
    (
        "P: deep",
        [action("Put", {**text("a"), "n": LEAF})],
        invalid(
            "Nesting Levels have exceeded supported limits: "
            "Attributes in the item have nested levels beyond supported limit"
        ),
    ),
    (
        "S: name",
        [action("Put", text("a"), ConditionExpression="attribute_exists(#x)")],
        invalid(
            "Invalid ConditionExpression: An expression attribute name used in the document path is not defined; "
            "attribute name: #x"
        ),
    ),
    (
        "S: unused value",
        [action("Put", text("a"), ConditionExpression="attribute_exists(p)", **V)],
        invalid("Value provided in ExpressionAttributeValues unused in expressions: keys: {:v}"),
    ),
    (
        "S: syntax",
        [action("Put", text("a"), ConditionExpression="hello!")],
        invalid('Invalid ConditionExpression: Syntax error; token: "!", near: "hello!"'),
    ),
    (
        "M: two SET",  # verified by moto's tests
        [update(text("a"), "SET a = :v SET b = :v")],
        invalid('Invalid UpdateExpression: The "SET" section can only be used once in an update expression;'),
    ),
    (
        "S: 5 MB",
        [action("Put", {**text(str(number)), "a": {"B": b"x" * 100_000}}) for number in range(50)],
        invalid("Transaction payload size cannot exceed 4 MB"),
    ),
]


@pytest.mark.parametrize(("actions", "expected"), [pytest.param(*each, id=id) for id, *each in WHOLE])
def test_a_transaction_is_refused_as_a_whole(actions: list[dict[str, Any]], expected: tuple[str, str]) -> None:
    client = shared_client()
    assert answer(lambda: client.transact_write_items(TransactItems=[FIRST, *actions])) == expected
    assert answer(lambda: client.get_item(TableName="hash", Key=text("good"))) == {}


NO = ("None", None)
FAILED = ("ConditionalCheckFailed", "The conditional request failed")


def error(message: str) -> tuple[str, str]:
    return "ValidationError", message


UPDATED = {**text("there"), "a": {"S": "x"}}
# Actions on a table with one item, and why they are cancelled.
CANCELLED: list[tuple[str, list[dict[str, Any]], list[tuple[str, str | None]]]] = [
    (
        "S: conditions in order",
        [FIRST, action("ConditionCheck", text("b"), **NEVER), action("Delete", text("c"), **NEVER), update(text("d"))],
        [NO, FAILED, FAILED, NO],
    ),
    (
        "P: type of a key",
        [
            FIRST,
            action("Put", {"p": {"N": "1"}}),
            action("Put", {"p": {"N": "2"}}),
            action("Delete", text("c"), **NEVER),
        ],
        [NO, error(f"{INVALID}Type mismatch for key p expected: S actual: N"), NO, NO],
    ),
    ("P: list as a key of an update", [update({"p": {"L": []}})], [error(MISMATCH)]),
    ("P: type of a key of a delete", [action("Delete", {"p": {"N": "1"}})], [error(MISMATCH)]),
    (
        "P: key of an index",
        [action("Put", {"p": {"S": "a"}, "c": {"N": "1"}, "g": {"N": "1"}}, "both")],
        [error(f"{INVALID}Type mismatch for Index Key g Expected: S Actual: N IndexName: whole")],
    ),
    (
        "operand",  # https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
        [FIRST, update(text("there"), "ADD a :n", ExpressionAttributeValues={":n": {"N": "1"}})],
        [NO, error("An operand in the update expression has an incorrect data type")],
    ),
    (
        "path",
        [update(text("there"), "SET a.b = :v"), FIRST],
        [error("The document path provided in the update expression is invalid for update"), NO],
    ),
    (
        "attribute",
        [update(text("there"), "SET b = c")],
        [error("The provided expression refers to an attribute that does not exist in the item")],
    ),
    (
        "size",
        [update(text("there"), ExpressionAttributeValues={":v": {"S": "x" * 409_600}})],
        [error("Item size to update has exceeded the maximum allowed size")],
    ),
    (
        "key",
        [FIRST, update(text("there"), "SET p = :v")],
        [NO, error(f"{INVALID}Cannot update attribute p. This attribute is part of the key")],
    ),
]


@pytest.mark.parametrize(("actions", "expected"), [pytest.param(*each, id=id) for id, *each in CANCELLED])
def test_a_transaction_is_cancelled_with_a_reason_for_each_action(
    actions: list[dict[str, Any]], expected: list[tuple[str, str | None]]
) -> None:
    client = shared_client()
    client.put_item(TableName="hash", Item=UPDATED)

    def call() -> Any:
        return client.transact_write_items(TransactItems=actions)

    codes = ", ".join(code for code, _ in expected)
    assert answer(call) == (
        "TransactionCanceledException",
        f"Transaction cancelled, please refer cancellation reasons for specific reasons [{codes}]",
    )
    assert reasons(call) == expected
    assert answer(lambda: client.get_item(TableName="hash", Key=text("good"))) == {}
    assert client.get_item(TableName="hash", Key=text("there"))["Item"] == UPDATED


@pytest.mark.parametrize(("returned", "there"), [("ALL_OLD", True), ("NONE", False)])
def test_a_reason_has_the_item_if_it_is_asked_for(returned: str, there: bool) -> None:
    client = fresh_client()
    client.put_item(TableName="hash", Item=UPDATED)
    check = action("Delete", text("there"), ReturnValuesOnConditionCheckFailure=returned, **NEVER)
    with pytest.raises(client.exceptions.TransactionCanceledException) as failed:
        client.transact_write_items(TransactItems=[check])
    (reason,) = failed.value.response["CancellationReasons"]
    assert reason.get("Item") == (UPDATED if there else None)


def test_100_actions_are_one_transaction_and_101_are_none() -> None:
    client = fresh_client()
    actions = [action("Put", text(str(number))) for number in range(101)]
    code, message = answer(lambda: client.transact_write_items(TransactItems=actions))
    assert code == "ValidationException"
    assert "'transactItems' failed to satisfy constraint: Member must have length less than or equal to 100" in message
    client.transact_write_items(TransactItems=actions[:100])
    assert client.scan(TableName="hash", Select="COUNT")["Count"] == 100


def test_a_token_stands_for_one_request_for_ten_minutes() -> None:
    simulation = Simulation.from_template(STACK)
    client = simulation.client("dynamodb")
    add = [update(text("a"), "ADD n :n", ExpressionAttributeValues={":n": {"N": "1"}})]

    def count(actions: list[dict[str, Any]]) -> object:
        return answer(lambda: client.transact_write_items(TransactItems=actions, ClientRequestToken="token"))

    def found() -> str:
        return client.get_item(TableName="hash", Key=text("a"))["Item"]["n"]["N"]

    assert (count(add), count(add), found()) == ({}, {}, "1")
    assert count([FIRST]) == (
        "IdempotentParameterMismatchException",
        "The request uses the same client token as a previous, but non-identical request.",
    )
    simulation.run_until(601)
    assert (count(add), found()) == ({}, "2")


def test_a_transaction_of_reads_answers_in_order() -> None:
    client = fresh_client()
    client.put_item(TableName="hash", Item=UPDATED)
    gets = [{"Get": {"TableName": "hash", "Key": key}} for key in (text("none"), text("there"))]
    gets[1]["Get"]["ProjectionExpression"] = "a"
    assert client.transact_get_items(TransactItems=gets)["Responses"] == [{}, {"Item": {"a": {"S": "x"}}}]


GETS: list[tuple[str, list[dict[str, Any]], tuple[str, str]]] = [
    (
        "one item twice",  # https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html
        [{"TableName": "hash", "Key": text("a")}] * 2,
        invalid("Transaction request cannot include multiple operations on one item"),
    ),
    ("table", [{"TableName": "none", "Key": text("a")}], NOT_FOUND),
    ("empty key", [{"TableName": "hash", "Key": text("")}], EMPTY_KEY),
    (
        "S: unused name",
        [{"TableName": "hash", "Key": text("a"), "ProjectionExpression": "a", "ExpressionAttributeNames": {"#q": "q"}}],
        invalid("Value provided in ExpressionAttributeNames unused in expressions: keys: {#q}"),
    ),
]


@pytest.mark.parametrize(("gets", "expected"), [pytest.param(*each, id=id) for id, *each in GETS])
def test_a_transaction_of_reads_is_refused(gets: list[dict[str, Any]], expected: tuple[str, str]) -> None:
    assert (
        answer(lambda: shared_client().transact_get_items(TransactItems=[{"Get": each} for each in gets])) == expected
    )


def test_a_key_of_another_schema_cancels_a_transaction_of_reads() -> None:
    """As P, transactGetItems.test.ts, has recorded."""
    gets = [{"Get": {"TableName": "hash", "Key": key}} for key in (text("a"), {"q": {"S": "a"}})]
    assert reasons(lambda: shared_client().transact_get_items(TransactItems=gets)) == [NO, error(MISMATCH)]
