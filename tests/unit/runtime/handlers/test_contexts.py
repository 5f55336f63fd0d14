"""A helper works with whatever stands in for Lambda's context in people's tests."""

from __future__ import annotations

from collections import namedtuple
from types import SimpleNamespace
from typing import Any
from unittest.mock import AsyncMock, MagicMock, Mock, create_autospec

import pytest

from redrive import (
    AsyncSettings,
    CircuitBreaker,
    Idempotency,
    LocalCircuits,
    MemoryStore,
    Permanent,
    SqsSettings,
    async_handler,
    dynamodb_stream_handler,
    idempotent,
    kinesis_handler,
    metered,
    sqs_handler,
)
from redrive.core.invocation import Deadline, function_name, qualifier, request_id, seconds_left
from tests.support.runtime.asynchronous.attempts import MemoryCounter
from tests.support.runtime.sqs import queue
from tests.support.runtime.sqs.queue import FakeSqs
from tests.support.runtime.streams import stream


class LambdaContext:
    """The class of Lambda's runtime client, as far as it matters here."""

    aws_request_id = "1"
    function_name = "orders"
    invoked_function_arn = "arn:aws:lambda:eu-west-1:111122223333:function:orders:live"

    def get_remaining_time_in_millis(self) -> int:
        return 30_000


class Broken:
    def __getattr__(self, name: str) -> Any:
        raise AttributeError(name)

    def get_remaining_time_in_millis(self) -> int:
        raise RuntimeError("no invocation")


def with_time(value: Any) -> Any:
    return SimpleNamespace(get_remaining_time_in_millis=lambda: value)


CONTEXTS: dict[str, Any] = {
    "None": None,
    "Mock": Mock(),
    "MagicMock": MagicMock(),
    "Mock of the class": Mock(spec=LambdaContext),
    "autospec": create_autospec(LambdaContext, instance=True),
    "class": LambdaContext,
    "Lambda's": LambdaContext(),
    "dict": {},
    "text": "context",
    "object": object(),
    "namespace": SimpleNamespace(),
    "tuple": namedtuple("Context", "function_name aws_request_id")("orders", "1"),
    "broken": Broken(),
    "time as a float": with_time(30_000.5),
    "text as time": with_time("30000"),
    "no time known": with_time(None),
    "not a number": with_time(float("nan")),
    "infinite": with_time(float("inf")),
    "attribute as time": SimpleNamespace(get_remaining_time_in_millis=30_000),
    "request id None": SimpleNamespace(aws_request_id=None, function_name=None, invoked_function_arn=None),
    "numbers": SimpleNamespace(aws_request_id=7, function_name=8, invoked_function_arn=9),
}
every_context = pytest.mark.parametrize("context", CONTEXTS.values(), ids=CONTEXTS)


def fails(record: Any) -> None:
    if getattr(record, "id", "") == "1" or getattr(record, "sequence_number", "") == "2":
        raise KeyError


@every_context
@pytest.mark.parametrize("options", [{}, {"concurrency": 2}, {"deadline_margin": 1}, {"idempotency": True}], ids=repr)
def test_sqs(sqs: FakeSqs, context: Any, options: dict[str, Any]) -> None:
    if "idempotency" in options:
        options = {"idempotency": Idempotency(store=MemoryStore())}
    assert queue.returned(sqs_handler(**options)(fails)(queue.batch(3), context)) == ["1"]


@every_context
def test_sqs_with_a_dead_letter(sqs: FakeSqs, context: Any) -> None:
    @sqs_handler(settings=SqsSettings(dead_letter_queue_url=queue.DEAD_LETTERS))
    async def handler(message: Any) -> None:
        if message.id == "1":
            raise Permanent("no lines")

    assert queue.returned(handler(queue.batch(3), context)) == []
    assert len(sqs.sent) == 1


@every_context
def test_streams(context: Any) -> None:
    assert kinesis_handler(fails)(stream.batch(3), context)["batchItemFailures"] == [{"itemIdentifier": "2"}]
    event = stream.event(stream.dynamodb_record(1), stream.dynamodb_record(2))
    assert dynamodb_stream_handler(fails)(event, context)["batchItemFailures"] == [{"itemIdentifier": "2"}]


@every_context
def test_asynchronous_events(context: Any) -> None:
    counter = MemoryCounter()
    handler = async_handler(
        counter=counter,
        settings=AsyncSettings(retry_attempts=2),
        idempotency=Idempotency(key="id", store=MemoryStore()),
    )(lambda event, attempt: (type(attempt.request_id).__name__, attempt.context is context))
    assert tuple(handler({"id": 7}, context)) == ("str", True)
    assert tuple(handler({"id": 7}, context)) == ("str", True)


@every_context
def test_functions(context: Any) -> None:
    @metered
    @idempotent(key="id", store=MemoryStore())
    @CircuitBreaker("payments", store=LocalCircuits())
    def handler(event: Any, context: Any) -> int:
        return event["id"]

    assert handler({"id": 7}, context) == 7
    assert handler({"id": 7}, context) == 7


@every_context
def test_what_a_context_says_is_of_its_type_or_unknown(context: Any) -> None:
    assert all(type(each(context)) is str for each in (request_id, function_name, qualifier))
    assert type(seconds_left(context)) in (float, type(None))
    assert type(Deadline(context).total) in (float, type(None))


def test_an_async_mock_is_no_context() -> None:
    context = AsyncMock()
    with pytest.warns(RuntimeWarning, match="never awaited"):
        assert seconds_left(context) is None


def test_the_qualifier_of_an_alias() -> None:
    assert (qualifier(LambdaContext()), qualifier(None)) == ("live", "$LATEST")
