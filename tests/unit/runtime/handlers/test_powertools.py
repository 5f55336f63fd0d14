"""Each decorator of Powertools for a Lambda handler works around each helper."""

from __future__ import annotations

import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any
from unittest.mock import MagicMock

import pytest
from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.middleware_factory import lambda_handler_decorator
from aws_lambda_powertools.utilities.data_classes import (
    DynamoDBStreamEvent,
    KinesisStreamEvent,
    SQSEvent,
    event_source,
)
from aws_lambda_powertools.utilities.idempotency import IdempotencyConfig, idempotent
from aws_lambda_powertools.utilities.idempotency.persistence.datarecord import DataRecord
from aws_lambda_powertools.utilities.idempotency.persistence.dynamodb import DynamoDBPersistenceLayer
from aws_lambda_powertools.utilities.validation import validator

from redrive import async_handler, dynamodb_stream_handler, kinesis_handler, metered, sqs_handler
from tests.support.runtime.sqs import queue
from tests.support.runtime.streams import stream

CONTEXT = SimpleNamespace(
    function_name="orders",
    memory_limit_in_mb=128,
    invoked_function_arn="arn:aws:lambda:eu-west-1:111122223333:function:orders",
    aws_request_id="c6af9ac6-7b61-11e6-9a41-93e8deadbeef",
    get_remaining_time_in_millis=lambda: 30_000,
)


def plain(event: Any, context: Any = None) -> None: ...


def metered_helper(function: Callable[..., Any]) -> Any:
    return metered(lambda event, context: function(event, context))  # noqa: PLW0108


HELPERS: dict[str, tuple[Any, dict[str, Any], Any]] = {
    "sqs_handler": (sqs_handler, queue.batch(2), SQSEvent),
    "kinesis_handler": (kinesis_handler, stream.batch(2), KinesisStreamEvent),
    "dynamodb_stream_handler": (
        dynamodb_stream_handler,
        stream.event(stream.dynamodb_record(1), stream.dynamodb_record(2)),
        DynamoDBStreamEvent,
    ),
    "async_handler": (async_handler, {"id": 7}, SQSEvent),
    "metered": (metered_helper, {"id": 7}, SQSEvent),
}


class InMemory(DynamoDBPersistenceLayer):
    def __init__(self) -> None:
        super().__init__("orders", boto3_client=MagicMock())
        self.records: dict[str, DataRecord] = {}

    def _put_record(self, data_record: DataRecord) -> None:
        self.records[data_record.idempotency_key] = data_record

    def _update_record(self, data_record: DataRecord) -> None:
        self.records[data_record.idempotency_key] = data_record


@lambda_handler_decorator
def middleware(handler: Any, event: Any, context: Any) -> Any:
    return handler(event, context)


def logged(handler: Any, data_class: Any) -> Any:
    return Logger(service="orders").inject_lambda_context(handler)


def logged_with_id(handler: Any, data_class: Any) -> Any:
    return Logger(service="orders").inject_lambda_context(clear_state=True, log_event=True)(handler)


def measured(handler: Any, data_class: Any) -> Any:
    return Metrics(namespace="orders", service="orders").log_metrics(handler, capture_cold_start_metric=True)


def traced(handler: Any, data_class: Any) -> Any:
    return Tracer(service="orders", disabled=True).capture_lambda_handler(handler)


def validated(handler: Any, data_class: Any) -> Any:
    decorate: Any = validator
    return decorate(handler, inbound_schema={"type": "object"})


of_event: Any = event_source
within: Any = middleware
once_only: Any = idempotent


def of_source(handler: Any, data_class: Any) -> Any:
    return of_event(handler, data_class=data_class)


def once(handler: Any, data_class: Any) -> Any:
    return once_only(handler, persistence_store=InMemory(), config=IdempotencyConfig())


def in_middleware(handler: Any, data_class: Any) -> Any:
    return within(handler)


def all_of_them(handler: Any, data_class: Any) -> Any:
    for decorate in (of_source, in_middleware, once, measured, logged):
        handler = decorate(handler, data_class)
    return handler


DECORATORS = [logged, logged_with_id, measured, traced, validated, of_source, once, in_middleware, all_of_them]


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "orders")


@pytest.mark.filterwarnings("ignore:No application metrics:UserWarning")
@pytest.mark.parametrize("decorate", DECORATORS)
@pytest.mark.parametrize("name", HELPERS)
def test_a_decorator_of_powertools_works_around_a_helper(name: str, decorate: Callable[[Any, Any], Any]) -> None:
    helper, event, data_class = HELPERS[name]
    ran: list[Any] = []

    def count_orders(record: Any, attempt_or_context: Any) -> None:
        ran.append(record)

    handler = decorate(helper(count_orders), data_class)
    assert handler(json.loads(json.dumps(event)), CONTEXT) in ({"batchItemFailures": []}, None)
    assert len(ran) == len(event.get("Records", [1]))


@pytest.mark.filterwarnings("ignore:No application metrics:UserWarning")
@pytest.mark.parametrize("decorate", DECORATORS)
def test_failures_pass_through_a_decorator(decorate: Callable[[Any, Any], Any]) -> None:
    @sqs_handler
    def count_orders(message: Any) -> None:
        if message.id == "1":
            raise KeyError

    assert queue.returned(decorate(count_orders, SQSEvent)(queue.batch(3), CONTEXT)) == ["1"]


def test_a_parsed_event_is_refused_with_the_remedy() -> None:
    """`@event_parser` gives a model in place of Lambda's event, which does not have what the helper answers with."""

    class Model:
        Records: tuple[Any, ...] = ()

        def model_dump(self) -> dict[str, Any]:
            return {}

    with pytest.raises(ValueError, match="parse= of the helper"):
        sqs_handler(plain)(Model())  # type: ignore[arg-type]
