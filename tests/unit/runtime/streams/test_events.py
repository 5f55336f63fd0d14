"""Events, functions and options that a handler takes, and those that it refuses."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable
from typing import Any

import pytest

from redrive import InvalidEvent
from redrive.streams.dynamodb import dynamodb_stream_handler
from redrive.streams.kinesis import KinesisRecord, kinesis_handler
from tests.support.runtime.sqs.queue import Context
from tests.support.runtime.streams.stream import Store, batch, checkpoint, dynamodb_record, event, kinesis_record

HANDLERS: dict[str, Any] = {"kinesis": kinesis_handler, "dynamodb": dynamodb_stream_handler}


@pytest.mark.parametrize("name", HANDLERS)
def test_an_event_without_records_is_done(name: str) -> None:
    assert HANDLERS[name](print)({"Records": []}) == {"batchItemFailures": []}


@pytest.mark.parametrize("name", HANDLERS)
@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (None, "expected an object with a list 'Records', got NoneType; connect this handler to a stream"),
        ([], "got list"),
        ("Records", "got str"),
        ({}, "got dict"),
        ({"detail": {}, "source": "aws.s3"}, r"got an object with the keys \['detail', 'source'\]"),
        ({"Records": None}, "got an object with the keys"),
        ({"Records": {}}, "got an object with the keys"),
        ({"Records": [None]}, "record 0 has .*equence.*umber None: without a sequence number no checkpoint"),
    ],
)
def test_what_is_no_stream_event_is_refused(name: str, wrong: Any, said: str) -> None:
    with pytest.raises(InvalidEvent, match=said):
        HANDLERS[name](print)(wrong)


def test_an_event_of_another_source_is_refused() -> None:
    with pytest.raises(InvalidEvent, match="record 0 comes from 'aws:dynamodb' instead of 'aws:kinesis'; each kind of"):
        kinesis_handler(print)(event(dynamodb_record()))
    with pytest.raises(InvalidEvent, match="no DynamoDB stream event: record 0 comes from 'aws:kinesis'"):
        dynamodb_stream_handler(print)(event(kinesis_record()))
    with pytest.raises(InvalidEvent, match="record 0 comes from 'aws:sqs'"):
        kinesis_handler(print)({"Records": [{"eventSource": "aws:sqs", "kinesis": {"sequenceNumber": "1"}}]})


@pytest.mark.parametrize("number", [None, "", 7])
def test_a_record_without_a_sequence_number_fails_the_batch(number: Any) -> None:
    """Nothing runs, and nothing is checkpointed."""
    seen: list[object] = []
    odd = kinesis_record(2)
    odd["kinesis"]["sequenceNumber"] = number
    with pytest.raises(InvalidEvent, match=rf"record 1 has kinesis.sequenceNumber {number!r}: without a sequence"):
        kinesis_handler(seen.append)(event(kinesis_record(1), odd))
    assert seen == []


def with_context(record: Any, context: Any) -> None:
    assert isinstance(context, Context)


async def with_context_in_task(record: Any, context: Any) -> None:
    assert isinstance(context, Context)


class Consumer:
    def __call__(self, record: Any, context: Any) -> None:
        assert isinstance(context, Context)

    def method(self, record: Any) -> None:
        assert record.data


def wrapped(record: Any) -> Any:
    return with_context_in_task(record, Context(lambda: 0.0))


@pytest.mark.parametrize(
    "function",
    [
        with_context,
        with_context_in_task,
        Consumer(),
        Consumer().method,
        functools.partial(with_context),
        lambda record, *more: None,
        lambda record, context=7: None,
        wrapped,
    ],
)
@pytest.mark.parametrize("parse", [None, bytes.decode])
def test_a_function_of_any_kind_is_called(context: Context, function: Any, parse: Any) -> None:
    assert checkpoint(kinesis_handler(parse=parse)(function)(batch(2), context)) is None


def test_the_decorator_keeps_function_and_documentation() -> None:
    @kinesis_handler
    def handler(record: KinesisRecord[bytes]) -> None:
        """Keeps orders."""
        raise ValueError(record.data)

    assert handler.__doc__ == "Keeps orders."
    with pytest.raises(ValueError, match="seven"):
        handler.function(KinesisRecord(b"seven"))


def test_a_parser_makes_what_is_parsed() -> None:
    seen: list[Any] = []

    @kinesis_handler(parse=int)
    def handler(record: KinesisRecord[int]) -> None:
        seen.append((record.parsed, record.data))

    handler(batch(2))
    assert seen == [(1, b"1"), (2, b"2")]


def generator(record: Any):
    yield record


async def later(*_: Any) -> None:
    await asyncio.sleep(0)


class AsyncStore(Store):
    async def recall(self, identifiers: Any, /) -> Any:  # pyright: ignore[reportIncompatibleMethodOverride]
        return set()


WRONG: list[tuple[dict[str, Any], type[Exception], str]] = [
    ({"concurrency": 0}, ValueError, "concurrency=0: how many records run at a time is a whole number; give 1 or more"),
    (
        {"concurrency": 2},
        ValueError,
        "concurrency=2 with ordered_by='shard': .* give ordered_by='partition_key' if only",
    ),
    ({"deadline_margin": -1}, ValueError, "deadline_margin=-1: the margin is the seconds left to answer in"),
    ({"ordered_by": "key"}, ValueError, "ordered_by='key': give one of 'shard', 'partition_key'"),
    ({"ordered_by": "item_key"}, ValueError, "ordered_by='item_key': give one of 'shard', 'partition_key'"),
    ({"succeeded": Store()}, ValueError, "succeeded= with ordered_by='shard': nothing behind a failure has run"),
    ({"succeeded": object(), "ordered_by": "partition_key"}, TypeError, "has no method recall: see SucceededRecords"),
    (
        {"succeeded": AsyncStore(), "ordered_by": "partition_key"},
        TypeError,
        "succeeded.recall=.* is an `async def` function",
    ),
    ({"parse": later}, TypeError, "parse=.* is an `async def` function"),
    ({"classify": later}, TypeError, "classify=.* is an `async def` function"),
    ({"on_failure": later}, TypeError, "on_failure=.* is an `async def` function"),
    (
        {"window_end": print, "ordered_by": "partition_key"},
        ValueError,
        "window_end= with ordered_by='partition_key': the state of a tumbling window is one for the shard",
    ),
    ({"window_end": lambda: None}, TypeError, "window_end=.* does not take the window"),
    ({"window_end": generator}, TypeError, "window_end=.* is a generator function"),
]


@pytest.mark.parametrize(("options", "kind", "said"), WRONG)
def test_options_with_which_nothing_would_work_are_refused(
    options: dict[str, Any], kind: type[Exception], said: str
) -> None:
    decorate: Callable[..., Any] = kinesis_handler(**options)
    with pytest.raises(kind, match=said):
        decorate(lambda record, window=None: None)


def test_a_generator_function_is_refused() -> None:
    with pytest.raises(
        TypeError, match="calling it runs none of it, and every record would pass for processed; take the"
    ):
        kinesis_handler(generator)


def test_a_function_for_windows_takes_the_window() -> None:
    with pytest.raises(TypeError, match="does not take a record and its tumbling window"):
        kinesis_handler(window_end=print)(lambda record: None)  # pyright: ignore[reportArgumentType, reportCallIssue]


def test_the_order_of_items_is_dynamodbs_word_for_it() -> None:
    with pytest.raises(ValueError, match="ordered_by='partition_key': give one of 'shard', 'item_key'"):
        dynamodb_stream_handler(ordered_by="partition_key")(print)  # pyright: ignore[reportArgumentType, reportCallIssue]
