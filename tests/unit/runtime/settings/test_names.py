"""Names, URLs and numbers that AWS cannot know or take are refused where they are passed: value, rule, remedy."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, cast

import pytest

from redrive import (
    AsyncSettings,
    CircuitBreaker,
    CircuitSettings,
    DynamoDBCircuits,
    DynamoDBCounter,
    DynamoDBStore,
    Idempotency,
    IdempotencySettings,
    Invoker,
    InvokerSettings,
    LogsCounter,
    S3Counter,
    SettingsError,
    SqsSettings,
    StreamSettings,
    TmpCounter,
    async_handler,
    kinesis_handler,
    sqs_handler,
)
from redrive.settings.base import encode
from redrive.settings.sqs import read_sqs

Take = Callable[[str], object]
URL = "https://sqs.eu-west-1.amazonaws.com/111122223333"


def with_field(kind: Any, field: str, value: object, **others: Any) -> Any:
    return kind(**others, **{field: value})


def in_sqs(field: str) -> Take:
    return lambda value: sqs_handler(settings=with_field(SqsSettings, field, value))(print)


def in_stream(field: str) -> Take:
    return lambda value: kinesis_handler(settings=with_field(StreamSettings, field, value))(print)


def in_async(field: str, **others: Any) -> Take:
    return lambda value: async_handler(settings=with_field(AsyncSettings, field, value, **others))(
        lambda event, attempt: None
    )


PLACES: dict[str, list[Take]] = {
    "a function": [lambda value: Invoker(settings=InvokerSettings(function=value))],
    "a table": [
        DynamoDBStore,
        DynamoDBCircuits,
        DynamoDBCounter,
        lambda value: Idempotency(settings=IdempotencySettings(table=value)),
        lambda value: CircuitBreaker("Payments", settings=CircuitSettings(table=value)),
        in_async("counter_table", counter="dynamodb"),
    ],
    "a bucket": [S3Counter, in_stream("set_aside_bucket"), in_async("counter_bucket", counter="s3")],
    "a queue": [in_sqs("queue_url"), in_sqs("dead_letter_queue_url"), in_stream("set_aside_queue_url")],
    "an ARN": [in_sqs("source_arn"), in_stream("source_arn")],
    "a log group": [LogsCounter, in_async("counter_log_group", counter="logs")],
    "a qualifier": [in_async("qualifier")],
    "a construct": [
        *cast("list[Take]", [Invoker, CircuitBreaker, Idempotency]),
        lambda value: Invoker(settings=InvokerSettings(name=value)),
        lambda value: CircuitBreaker(settings=CircuitSettings(name=value)),
        lambda value: Idempotency(settings=IdempotencySettings(name=value)),
    ],
}
RIGHT = {
    "a function": [
        "prices",
        "prices:live",
        "prices:$LATEST",
        "prices:7",
        "p" * 64,
        "111122223333:function:prices",
        "function:prices",
        "arn:aws:lambda:eu-west-1:111122223333:function:prices:live",
        "arn:aws-us-gov:lambda:us-gov-west-1:111122223333:function:prices",
        "arn:aws:lambda:us-east-1:111122223333:function:prices:$LATEST.PUBLISHED",
    ],
    "a table": ["don", "Done_2.new-one", "t" * 255, "arn:aws:dynamodb:eu-west-1:111122223333:table/done"],
    "a bucket": [
        "failed-records.2026",
        "Old_Bucket_of_2012",
        "arn:aws:s3:eu-west-1:111122223333:accesspoint/failed",
        "arn:aws:s3-outposts:eu-west-1:111122223333:outpost/op-1/bucket/failed",
    ],
    "a queue": [
        f"{URL}/orders",
        f"{URL}/orders.fifo",
        f"{URL}/orders/",
        "https://queue.amazonaws.com/111122223333/orders",
        "http://localhost:4566/000000000000/orders",
        "http://sqs.eu-west-1.localhost.localstack.cloud:4566/queue/eu-west-1/000000000000/orders",
    ],
    "an ARN": ["arn:aws:sqs:eu-west-1:111122223333:orders", "arn:aws-cn:kinesis:cn-north-1:111122223333:stream/clicks"],
    "a log group": ["/aws/lambda/orders", "orders#1"],
    "a qualifier": ["live", "$LATEST", "#", "2026-11"],
    "a construct": ["Prices", "Ünïcode name"],
}
WRONG = {
    "a function": [
        "",
        " ",
        "my prices",
        "prices/live",
        "p" * 65,
        "arn:aws:sqs:eu-west-1:1:prices",
        "prices:",
        "a:b:c:d",
    ],
    "a table": ["", "to", "my table", "done/index/x", "t" * 256, "arn:aws:sqs:eu-west-1:111122223333:done", "tätig"],
    "a bucket": ["", "b", "s3://failed", "failed/records", "failed records", "https://failed.s3.amazonaws.com"],
    "a queue": [
        "",
        "orders",
        "arn:aws:sqs:eu-west-1:111122223333:orders",
        "sqs.eu-west-1.amazonaws.com/111122223333/orders",
        "https://sqs.eu-west-1.amazonaws.com",
        f"{URL}/my orders",
        f"{URL}/{'q' * 81}",
        f"{URL}/orders\n",
    ],
    "an ARN": ["", "orders", f"{URL}/orders", "arn:aws:sqs", "arn:aws:sqs:eu-west-1:111122223333:"],
    "a log group": ["", "arn:aws:logs:eu-west-1:111122223333:log-group:orders", "or ders", "g" * 513],
    "a qualifier": ["", "7", "li ve", "arn:aws:lambda:eu-west-1:1:function:f:live"],
    "a construct": ["", " ", "\n\t"],
}


def cases(values: dict[str, list[str]]) -> Any:
    found = [
        pytest.param(take, value, id=f"{kind}, {place}-{number}")
        for kind, places in PLACES.items()
        for place, take in enumerate(places)
        for number, value in enumerate(values[kind])
    ]
    return pytest.mark.parametrize(("take", "value"), found)


@cases(RIGHT)
def test_what_aws_knows_is_taken(take: Take, value: str) -> None:
    take(value)


@cases(WRONG)
def test_what_aws_cannot_know_is_refused(take: Take, value: str) -> None:
    with pytest.raises(SettingsError) as raised:
        take(value)
    text = str(raised.value)
    assert f"={value[:50]!r}"[:-1] in text
    assert "https://docs.aws.amazon.com/" in text or "a name is not blank" in text
    assert "; give" in text


@pytest.mark.parametrize("kind", PLACES)
def test_what_is_no_text_is_a_type_error(kind: str) -> None:
    for take in PLACES[kind]:
        with pytest.raises(TypeError, match="=7: give "):
            take(7)  # pyright: ignore[reportArgumentType]


def test_a_long_value_is_cut() -> None:
    with pytest.raises(SettingsError) as raised:
        DynamoDBStore("t" * 100_000)
    assert len(str(raised.value)) < 500


def test_the_folder_of_a_counter_is_not_the_working_directory() -> None:
    with pytest.raises(ValueError, match="folder=''"):
        TmpCounter("")


def test_what_a_construct_wrote_is_read_as_it_is() -> None:
    """Names of a deployment exist; a rule that AWS has extended since must not make them unreadable."""
    settings = SqsSettings(dead_letter_queue_url="of-a-newer-kind")
    assert read_sqs({"REDRIVE_SQS_1": json.dumps(encode(settings))}, "arn") == settings


NUMBERS: dict[str, Callable[[float], object]] = {
    "max_receive_count": lambda value: sqs_handler(settings=with_field(SqsSettings, "max_receive_count", value))(print),
    "function_timeout": lambda value: Invoker(settings=with_field(InvokerSettings, "function_timeout", value)),
    "expiry": lambda value: Idempotency(settings=with_field(IdempotencySettings, "expiry", value)),
    "cache_age": lambda value: CircuitBreaker(settings=with_field(CircuitSettings, "cache_age", value)),
}


@pytest.mark.parametrize("value", [-1, float("nan"), float("inf")])
@pytest.mark.parametrize("name", NUMBERS)
def test_a_number_that_cannot_be_is_refused(name: str, value: float) -> None:
    error = TypeError if name == "max_receive_count" and value != -1 else SettingsError
    with pytest.raises(error, match=rf"\.{name}={value}: give a "):
        NUMBERS[name](value)
