"""Failures of a counter's table; the rest is shown on a server, in tests/integration."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from botocore.exceptions import ClientError

from redrive import DynamoDBCounter
from tests.support.runtime.asynchronous.attempts import REQUEST_ID, aws_error, stores
from tests.support.runtime.sqs.queue import VirtualTime

Request = dict[str, Any]


@dataclass
class FakeTable:
    """A client whose updates are answered by a function."""

    answer: Callable[[Request], Any]
    requests: list[Request] = field(default_factory=list)

    def update_item(self, **request: Any) -> Any:
        self.requests.append(request)
        return self.answer(request)


def token_of(request: Request) -> str:
    return request["ExpressionAttributeValues"][":tokens"]["L"][0]["S"]


def item(*tokens: str, expiration: float) -> dict[str, Any]:
    return {"tokens": {"L": [{"S": token} for token in tokens]}, "expiration": {"N": str(expiration)}}


def refused(item: dict[str, Any] | None) -> ClientError:
    return aws_error("ConditionalCheckFailedException", **({} if item is None else {"Item": item}))


def increment(table: FakeTable, time: VirtualTime) -> int:
    with stores({"dynamodb": table}, time):
        return DynamoDBCounter("attempts", expiry=100.5).increment(REQUEST_ID)


def test_an_attempt_whose_reply_was_lost_does_not_count_those_after_it(time: VirtualTime) -> None:
    def answer(request: Request) -> Any:
        raise refused(item("before", token_of(request), "after", expiration=time.now + 1))

    table = FakeTable(answer)
    assert increment(table, time) == 1
    assert len(table.requests) == 1


def test_an_item_that_expired_is_begun_anew_unless_another_attempt_has_done_so(time: VirtualTime) -> None:
    def answer(request: Request) -> Any:
        if len(table.requests) == 1:
            raise refused(item("old", "older", expiration=time.now))
        if len(table.requests) == 2:
            raise refused(item("another", expiration=time.now + 100))
        return {"Attributes": item("another", token_of(request), expiration=time.now + 100)}

    table = FakeTable(answer)
    assert increment(table, time) == 1
    conditions = [request["ConditionExpression"] for request in table.requests]
    assert conditions[0] == conditions[2]
    assert conditions[1] == "#expiration <= :now"
    assert len({token_of(request) for request in table.requests}) == 1


def test_a_beginning_whose_reply_was_lost_is_recognized(time: VirtualTime) -> None:
    def answer(request: Request) -> Any:
        if len(table.requests) == 1:
            raise refused(item("old", expiration=time.now))
        raise refused(item(token_of(request), "after", expiration=time.now + 100))

    table = FakeTable(answer)
    assert increment(table, time) == 0


def test_an_item_that_ttl_removed_in_between_is_begun_anew(time: VirtualTime) -> None:
    def answer(request: Request) -> Any:
        if len(table.requests) == 1:
            raise refused(item("old", expiration=time.now))
        if len(table.requests) == 2:
            raise refused(None)
        return {"Attributes": item(token_of(request), expiration=time.now + 100)}

    table = FakeTable(answer)
    assert increment(table, time) == 0


@pytest.mark.parametrize("fraction", [0.0, 0.0004, 0.0006, 0.9999])
def test_the_table_and_the_counter_agree_on_what_has_expired(time: VirtualTime, fraction: float) -> None:
    """DynamoDB gets the time in milliseconds."""
    time.now += fraction
    expiration = round(time.now)

    def answer(request: Request) -> Any:
        if "list_append" in request["UpdateExpression"]:
            if float(request["ExpressionAttributeValues"][":now"]["N"]) >= expiration:
                raise refused(item("old", expiration=expiration))
            return {"Attributes": item("old", token_of(request), expiration=expiration)}
        return {"Attributes": item(token_of(request), expiration=expiration)}

    table = FakeTable(answer)
    assert increment(table, time) == (0 if len(table.requests) == 2 else 1)


def test_an_item_that_changes_all_the_time_is_given_up(time: VirtualTime) -> None:
    def answer(request: Request) -> Any:
        raise refused(item("another", expiration=time.now + 100))

    table = FakeTable(answer)
    with pytest.raises(TimeoutError, match="changed 10 times"):
        increment(table, time)
    assert len(table.requests) == 10


def test_any_other_error_is_raised(time: VirtualTime) -> None:
    error = aws_error("ResourceNotFoundException")

    def answer(request: Request) -> Any:
        raise error

    with pytest.raises(ClientError) as raised:
        increment(FakeTable(answer), time)
    assert raised.value is error


def test_the_expiration_is_in_whole_seconds_as_ttl_wants_it(time: VirtualTime) -> None:
    table = FakeTable(lambda request: {"Attributes": item(token_of(request), expiration=1)})
    assert increment(table, time) == 0
    (request,) = table.requests
    assert request["ExpressionAttributeValues"][":expiration"] == {"N": str(int(time.now) + 101)}
    assert request["Key"] == {"id": {"S": f"attempts#{REQUEST_ID}"}}
    assert request["TableName"] == "attempts"
