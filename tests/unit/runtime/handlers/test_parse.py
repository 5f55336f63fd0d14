"""`parse=`: the parser's work, and whose fault it is when there is none."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import botocore.exceptions
import pytest

from redrive import Permanent, Retry, SqsMessage, SqsSettings, sqs_handler
from tests.support.runtime.sqs.queue import (
    DEAD_LETTERS,
    FIFO,
    FIFO_DEAD_LETTERS,
    Context,
    FakeSqs,
    batch,
    event,
    record,
    returned,
)

SETTINGS = SqsSettings(dead_letter_queue_url=DEAD_LETTERS)


@dataclass(frozen=True)
class Order:
    """Stands for a model of pydantic, attrs or msgspec."""

    id: int

    @classmethod
    def model_validate_json(cls, body: str) -> Order:
        value = json.loads(body)
        if not isinstance(value["id"], int):
            raise ValueError("1 validation error for Order\nid\n  Input should be a valid integer")
        return cls(value["id"])


def test_the_parsed_body_is_in_the_message() -> None:
    seen: list[tuple[Order, str]] = []

    @sqs_handler(parse=Order.model_validate_json)
    def handler(message: SqsMessage[Order]) -> None:
        seen.append((message.parsed, message.body))

    assert returned(handler(event(record("1", '{"id": 7}')))) == []
    assert seen == [(Order(7), '{"id": 7}')]


@pytest.mark.parametrize(
    ("parse", "body", "value"),
    [(json.loads, "null", None), (str.upper, "a", "A"), (lambda body: 0, "a", 0), (bytes.fromhex, "", b"")],
)
def test_any_callable_parses_and_anything_may_come_of_it(parse: Any, body: str, value: object) -> None:
    seen: list[object] = []

    @sqs_handler(parse=parse)
    def handler(message: SqsMessage[Any]) -> None:
        seen.append(message.parsed)

    assert returned(handler(event(record("1", body)))) == []
    assert seen == [value]


@pytest.mark.parametrize("is_async", [False, True])
def test_what_does_not_parse_is_a_permanent_failure_of_that_message_alone(
    sqs: FakeSqs, context: Context, is_async: bool
) -> None:
    seen: list[int] = []

    async def in_task(message: SqsMessage[Order]) -> None:
        seen.append(message.parsed.id)

    def plain(message: SqsMessage[Order]) -> None:
        seen.append(message.parsed.id)

    handler = sqs_handler(parse=Order.model_validate_json, settings=SETTINGS)(in_task if is_async else plain)
    bodies = ['{"id": 1}', "{half", '{"id": "x"}', "{}", '{"id": 2}']
    assert returned(handler(event(*(record(body, body) for body in bodies)), context)) == []
    assert seen == [1, 2]
    assert [entry["MessageBody"] for entry in sqs.sent] == ["{half", '{"id": "x"}', "{}"]
    attributes = [entry["MessageAttributes"] for entry in sqs.sent]
    types = [each["RedriveErrorType"]["StringValue"] for each in attributes]
    assert types == ["JSONDecodeError", "ValueError", "KeyError"]
    assert "valid integer" in attributes[1]["RedriveReason"]["StringValue"]


def test_what_does_not_parse_gets_out_of_the_way_of_its_fifo_group(sqs: FakeSqs, context: Context) -> None:
    seen: list[str] = []

    @sqs_handler(parse=json.loads, settings=SqsSettings(dead_letter_queue_url=FIFO_DEAD_LETTERS))
    def handler(message: SqsMessage[Any]) -> None:
        seen.append(message.id)

    bodies = {"1": "{}", "2": "{half", "3": "{}"}
    records = [record(id, body, arn=FIFO, group="a") for id, body in bodies.items()]
    assert returned(handler(event(*records), context)) == []
    assert seen == ["1", "3"]


@pytest.mark.parametrize(
    "error",
    [
        botocore.exceptions.ClientError({"Error": {"Code": "SlowDown", "Message": "slow down"}}, "GetObject"),
        botocore.exceptions.EndpointConnectionError(endpoint_url="https://s3"),
        TimeoutError(),
        Retry(after=3),
        SystemExit(),
    ],
    ids=repr,
)
def test_a_parser_in_trouble_with_a_service_is_no_fault_of_the_message(
    sqs: FakeSqs, context: Context, error: BaseException
) -> None:
    """It may fetch a schema, or a payload too large for a message."""

    def parse(body: str) -> object:
        raise error

    handler = sqs_handler(parse=parse, settings=SETTINGS)(lambda message: None)
    assert returned(handler(batch(1), context)) == ["0"]
    assert sqs.sent == []


def test_a_parser_can_name_its_own_reason(sqs: FakeSqs, context: Context) -> None:
    def parse(body: str) -> object:
        raise Permanent("version 1 is no longer read")

    handler = sqs_handler(parse=parse, settings=SETTINGS)(lambda message: None)
    assert returned(handler(batch(1), context)) == []
    attributes = sqs.sent[0]["MessageAttributes"]
    assert attributes["RedriveReason"]["StringValue"] == "version 1 is no longer read"
