"""A function for keys or payloads gets the record with its parsed value, as the handler's function does."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from redrive import Idempotency, MemoryStore, SqsSettings, dynamodb_stream_handler, kinesis_handler, sqs_handler
from redrive.testing import (
    LambdaContext,
    dynamodb_stream_event,
    kinesis_event,
    recorded_calls,
    returned_ids,
    sqs_event,
)

DEAD_LETTERS = "https://sqs.us-east-1.amazonaws.com/123456789012/dead"
DEAD_LETTERED = SqsSettings(dead_letter_queue_url=DEAD_LETTERS)


class Order(NamedTuple):
    id: int


def read(text: str | bytes) -> Order:
    return Order(json.loads(text)["id"])


def read_image(record: Any) -> Order:
    return Order(record.new_image["id"])


def of_parsed(record: Any) -> Any:
    return record.parsed.id


SOURCES: dict[str, tuple[Callable[..., Any], Callable[..., Any], Callable[..., Any]]] = {
    "sqs": (sqs_handler, sqs_event, read),
    "kinesis": (kinesis_handler, kinesis_event, read),
    "dynamodb": (dynamodb_stream_handler, dynamodb_stream_event, read_image),
}


@pytest.mark.parametrize("name", SOURCES)
def test_a_key_is_made_of_the_parsed_value(name: str) -> None:
    handler, event, parse = SOURCES[name]
    ran: list[int] = []

    def function(record: Any) -> None:
        ran.append(record.parsed.id)

    handle = handler(parse=parse, idempotency=Idempotency(key=of_parsed, store=MemoryStore()))(function)
    for ids in ([7, 8], [8, 9]):
        assert returned_ids(handle(event(*({"id": each} for each in ids)), LambdaContext())) == []
    assert ran == [7, 8, 9]


def test_a_payload_is_made_of_the_parsed_value() -> None:
    handle = sqs_handler(parse=read, idempotency=Idempotency(key=str, payload=of_parsed, store=MemoryStore()))
    assert returned_ids(handle(lambda message: None)(sqs_event({"id": 7}), LambdaContext())) == []


def test_a_body_that_does_not_parse_for_its_key_is_a_permanent_failure_of_its_own() -> None:
    ran: list[int] = []
    idempotency = Idempotency(key=of_parsed, store=MemoryStore())
    handle = sqs_handler(parse=read, idempotency=idempotency, settings=DEAD_LETTERED)(
        lambda message: ran.append(message.parsed.id)
    )
    with recorded_calls() as calls:
        assert returned_ids(handle(sqs_event("not JSON", {"id": 8}), LambdaContext())) == []
    (dead,) = calls.sent_to(DEAD_LETTERS)
    assert dead["MessageAttributes"]["RedriveReason"]["StringValue"].startswith("the body does not parse: ")
    assert ran == [8]


def test_a_parser_that_fails_by_itself_has_its_message_retried() -> None:
    def unreachable(body: str) -> Order:
        raise ConnectionError("the registry is down")

    handle = sqs_handler(parse=unreachable, idempotency=Idempotency(key=of_parsed, store=MemoryStore()))
    with recorded_calls():
        event = sqs_event({"id": 7})
        assert returned_ids(handle(lambda message: None)(event, LambdaContext())) == [event["Records"][0]["messageId"]]


def test_nothing_is_parsed_for_a_key_that_does_not_need_it() -> None:
    parsed: list[str] = []

    def count(body: str) -> Order:
        parsed.append(body)
        return read(body)

    def of_json(message: Any) -> Any:
        return message.json()["id"]

    for key in ("id", of_json, None):
        handle = sqs_handler(parse=count, idempotency=Idempotency(key=key, prefix=repr(key)[:4], store=MemoryStore()))
        handle(lambda message: None)(sqs_event({"id": 7}), LambdaContext())
    assert len(parsed) == 3
