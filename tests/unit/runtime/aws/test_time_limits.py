"""Each helper's calls to AWS get time limits that fit the invocation, whose time the context tells in milliseconds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from redrive import (
    AttemptCounter,
    CircuitBreaker,
    CircuitSettings,
    DynamoDBCounter,
    Idempotency,
    IdempotencySettings,
    LogsCounter,
    Permanent,
    S3Counter,
    SqsSettings,
    StreamSettings,
    async_handler,
    idempotent,
    kinesis_handler,
    sqs_handler,
)
from redrive.aws.clients import TimeLimits, clients
from tests.support.runtime.sqs.queue import DEAD_LETTERS, batch
from tests.support.runtime.streams.stream import QUEUE, kinesis_record

#: Seconds to connect and to read, by the invocation's milliseconds.
LIMITS = {5_000: (0.5, 1.0), 12_000: (1.2, 1.2), 30_000: (2.0, 3.0), 900_000: (2.0, 5.0)}
#: The same for what may take half of the time before the response: counting an attempt, claiming a key.
HALF_LIMITS = {5_000: (0.5, 1.0), 24_000: (1.2, 1.2), 60_000: (2.0, 3.0), 900_000: (2.0, 5.0)}

Asked = list[tuple[str, TimeLimits]]


@dataclass
class Context:
    """Lambda's context, for an invocation whose time does not pass."""

    milliseconds: int
    aws_request_id: str = "c6af9ac6-7b61-11e6-9a41-93e8deadbeef"
    function_name: str = "orders"

    def get_remaining_time_in_millis(self) -> int:
        return self.milliseconds


class Unreachable(Exception):
    """There is no AWS here."""


@pytest.fixture
def asked() -> Iterator[Asked]:
    """The services and time limits that clients are asked for; none is made."""
    asked: Asked = []

    def factory(service: str, limits: TimeLimits) -> Any:
        asked.append((service, limits))
        raise Unreachable

    with clients.replaced(factory):
        yield asked


def fails(record: Any) -> None:
    raise Permanent("never")


def check(asked: Asked, service: str, connect: float, read: float) -> None:
    assert asked
    for name, limits in asked:
        assert name == service
        # Some time is kept for the response.
        assert (limits.connect, limits.read) == (pytest.approx(connect, rel=0.07), pytest.approx(read, rel=0.07))
        assert limits.attempts == 2


@pytest.mark.parametrize("milliseconds", LIMITS)
def test_calls_about_messages_fit_the_invocation(asked: Asked, milliseconds: int) -> None:
    handler = sqs_handler(settings=SqsSettings(dead_letter_queue_url=DEAD_LETTERS))(fails)
    handler(batch(1), Context(milliseconds))
    check(asked, "sqs", *LIMITS[milliseconds])


@pytest.mark.parametrize("milliseconds", LIMITS)
def test_setting_a_record_aside_fits_the_invocation(asked: Asked, milliseconds: int) -> None:
    handler = kinesis_handler(settings=StreamSettings(set_aside_queue_url=QUEUE))(fails)
    handler({"Records": [kinesis_record()]}, Context(milliseconds))
    check(asked, "sqs", *LIMITS[milliseconds])


@pytest.mark.parametrize("milliseconds", HALF_LIMITS)
@pytest.mark.parametrize(
    ("service", "make"),
    [
        ("dynamodb", lambda: DynamoDBCounter("attempts")),
        ("s3", lambda: S3Counter("attempts")),
        ("logs", LogsCounter),
    ],
)
def test_counting_an_attempt_fits_the_invocation(
    asked: Asked, monkeypatch: pytest.MonkeyPatch, service: str, make: Callable[[], AttemptCounter], milliseconds: int
) -> None:
    monkeypatch.setenv("AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/orders")
    handler = async_handler(counter=make())(lambda event, attempt: None)
    handler({}, Context(milliseconds))
    check(asked, service, *HALF_LIMITS[milliseconds])


@pytest.mark.parametrize("milliseconds", HALF_LIMITS)
def test_claiming_a_call_fits_the_invocation(asked: Asked, milliseconds: int) -> None:
    @idempotent(settings=IdempotencySettings(table="done"))
    def function(event: Any, context: Any) -> None: ...

    with pytest.raises(Unreachable):
        function({"id": 7}, Context(milliseconds))
    check(asked, "dynamodb", *HALF_LIMITS[milliseconds])


@pytest.mark.parametrize("milliseconds", HALF_LIMITS)
@pytest.mark.parametrize("size", [1, 10])
def test_claiming_messages_fits_the_invocation(asked: Asked, milliseconds: int, size: int) -> None:
    handler = sqs_handler(idempotency=Idempotency(settings=IdempotencySettings(table="done")))(fails)
    handler(batch(size), Context(milliseconds))
    check([each for each in asked if each[0] != "sqs"], "dynamodb", *HALF_LIMITS[milliseconds])


@pytest.mark.parametrize("milliseconds", LIMITS)
def test_reading_a_circuit_takes_three_seconds_at_most_in_any_invocation(asked: Asked, milliseconds: int) -> None:
    breaker = CircuitBreaker("payments", settings=CircuitSettings(table="circuits"))

    @sqs_handler
    def handler(message: Any) -> None:
        breaker.call(lambda: None)

    handler(batch(1), Context(milliseconds))
    assert {service for service, _ in asked} == {"dynamodb"}
    assert all(limits.attempts * (limits.connect + limits.read) <= 3 for _, limits in asked)
