"""A permission that is missing shows before a function has run, whichever it is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from botocore.exceptions import ClientError

from redrive import DynamoDBStore, Idempotency, async_handler, idempotent, sqs_handler
from redrive.idempotency.record import COMPLETED
from tests.support.runtime.aws.fake_dynamodb import FakeDynamoDB, Refusal, client_error
from tests.support.runtime.idempotency.functions import outside
from tests.support.runtime.sqs.queue import VirtualTime, batch, event, record, returned

HELPER = {"BatchGetItem", "PartiQLInsert", "PartiQLUpdate", "PartiQLDelete"}
POWERTOOLS = {"GetItem", "PutItem", "UpdateItem", "DeleteItem"}
STATEMENTS = ("PartiQLInsert", "PartiQLUpdate", "PartiQLDelete")


@dataclass
class Guarded(FakeDynamoDB):
    """A client that is allowed some actions only.

    Attributes:
        allowed: The actions.
        refuses_whole: Whether one statement that is not allowed has its whole request refused.
    """

    allowed: set[str] = field(default_factory=set)
    refuses_whole: bool = False

    def batch_execute_statement(self, **request: Any) -> dict[str, Any]:
        for each in request["Statements"]:
            if self.refuses_whole and _action(each["Statement"]) not in self.allowed:
                raise denied(_action(each["Statement"]))
        return super().batch_execute_statement(**request)

    def batch_get_item(self, **request: Any) -> dict[str, Any]:
        if "BatchGetItem" not in self.allowed:
            raise denied("BatchGetItem")
        return super().batch_get_item(**request)

    def _execute(self, statement: Any) -> None:
        if _action(statement.kind) not in self.allowed:
            raise Refusal("AccessDenied")
        super()._execute(statement)


def denied(action: str) -> ClientError:
    """Returns IAM's error: https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html"""
    error = client_error("AccessDeniedException")
    error.response["Error"] = {
        "Code": "AccessDeniedException",
        "Message": f"User: arn:aws:sts::1:role/f is not authorized to perform: dynamodb:{action} on resource: t",
    }
    return ClientError(error.response, "BatchExecuteStatement")


def _action(text: str) -> str:
    return f"PartiQL{text.partition(' ')[0].capitalize()}"


@pytest.fixture(params=[False, True], ids=["each statement", "whole request"])
def dynamodb(time: VirtualTime, request: pytest.FixtureRequest) -> Iterator[Guarded]:
    dynamodb = Guarded(refuses_whole=request.param)
    with outside(time, dynamodb):
        yield dynamodb


def attempts(ran: list[Any], size: int) -> Any:
    """Runs something in each way there is; returns whether it failed."""
    using = Idempotency(store=DynamoDBStore("done"))

    def work(order: Any, attempt: Any = None) -> None:
        ran.append(order)

    charge = idempotent(using=using, key="order")(work)
    handler = sqs_handler(idempotency=using)(lambda message: work(message.body))
    events = async_handler(idempotency=using.replace(key="id"))(work)

    def fails(call: Any) -> bool:
        try:
            return bool(call())
        except ClientError as error:
            return "AccessDenied" in str(error)

    return [
        fails(lambda: charge(7)),
        fails(lambda: returned(handler(batch(size)))),
        fails(lambda: events({"id": 8})),
    ]


@pytest.mark.parametrize("size", [1, 2, 25, 100])
@pytest.mark.parametrize("allowed", [POWERTOOLS, set(), HELPER - {"PartiQLInsert"}, HELPER - {"PartiQLUpdate"},
                                     {"PartiQLInsert"}, {"PutItem", "PartiQLInsert"}])  # fmt: skip
def test_without_a_permission_nothing_runs(dynamodb: Guarded, allowed: set[str], size: int) -> None:
    dynamodb.allowed = set(allowed)
    ran: list[Any] = []
    assert attempts(ran, size) == [True, True, True]
    assert ran == []
    assert not dynamodb.items or "PartiQLDelete" not in allowed


@pytest.mark.parametrize("size", [1, 25, 100])
def test_with_the_permissions_of_the_construct_all_runs(dynamodb: Guarded, size: int) -> None:
    dynamodb.allowed = set(HELPER)
    ran: list[Any] = []
    assert attempts(ran, size) == [False, False, False]
    assert len(ran) == size + 2
    assert [item["status"]["S"] for item in dynamodb.items.values()] == [COMPLETED] * (size + 2)


@pytest.mark.parametrize(
    ("allowed", "missing", "receive_count"),
    [
        (POWERTOOLS, "PartiQLInsert", 1),
        (POWERTOOLS, "BatchGetItem", 2),  # to look up what was probably claimed before
        (HELPER - {"PartiQLInsert"}, "PartiQLInsert", 1),
        (HELPER - {"PartiQLUpdate"}, "PartiQLUpdate", 1),
        (HELPER - {"BatchGetItem"}, "BatchGetItem", 2),
    ],
)
@pytest.mark.parametrize("size", [1, 30])
def test_the_error_names_the_missing_action_and_the_remedy(
    dynamodb: Guarded, allowed: set[str], missing: str, receive_count: int, size: int
) -> None:
    dynamodb.allowed = set(allowed)
    using = Idempotency(store=DynamoDBStore("done"))
    ran: list[Any] = []
    reasons: list[str] = []

    @sqs_handler(idempotency=using, on_failure=lambda failure: reasons.append(failure.reason))
    def handler(message: Any) -> None:
        ran.append(message)

    @idempotent(using=using)
    def charge(order: Any) -> None:
        ran.append(order)

    records = [record(str(number), str(number), receive_count=receive_count) for number in range(size)]
    assert len(returned(handler(event(*records)))) == size
    if receive_count == 1:
        with pytest.raises(ClientError) as raised:
            charge(7)
        reasons.append(str(raised.value))
    assert ran == []
    assert reasons
    for reason in reasons:
        assert f"dynamodb:{missing}" in reason
        assert "have an IdempotencyTable grant the function" in reason


def test_once_it_is_permitted_no_more_is_asked(dynamodb: Guarded) -> None:
    ran: list[Any] = []
    charge = idempotent(store=DynamoDBStore("done"), key=str)(ran.append)
    dynamodb.allowed = HELPER - {"PartiQLUpdate"}
    for _ in range(2):
        with pytest.raises(ClientError, match="AccessDenied"):
            charge(7)
    assert (ran, dynamodb.items) == ([], {})
    dynamodb.allowed = set(HELPER)
    for order in (7, 8):
        charge(order)
    assert ran == [7, 8]
    sent = [request["Statements"] for request in dynamodb.named("batch_execute_statement")]
    assert [len(each) for each in sent if each[0]["Statement"].startswith("INSERT")][-2:] == [2, 1]
