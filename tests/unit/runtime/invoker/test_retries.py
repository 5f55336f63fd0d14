"""Retries of `Invoker`: the failures, the waits and the log lines."""

from __future__ import annotations

import pytest

from redrive import Backoff, Invoker, InvokerSettings, NotInvoked
from tests.support.runtime.invoker.fake_lambda import FUNCTION, REQUEST_ID, FakeLambda, queued, refused, result
from tests.support.runtime.invoker.invoking import NO_CONNECTION, invoker, raised
from tests.support.runtime.log import Log


@pytest.mark.parametrize(
    "error",
    [
        refused("TooManyRequestsException", 429),
        refused("ServiceException", 500),
        refused("ENILimitReachedException", 502),
        refused("ResourceConflictException", 409),
        NO_CONNECTION,
    ],
    ids=str,
)
def test_what_passes_by_itself_is_retried_with_backoff(aws: FakeLambda, error: Exception) -> None:
    aws.answers(error, error, error, result("at last"))
    assert invoker().invoke({"id": 1}) == "at last"
    assert aws.pauses == [1, 2, 4]
    assert aws.payloads == [{"id": 1}] * 4


def test_the_waits_end_at_the_cap(aws: FakeLambda) -> None:
    aws.answers(refused())
    error = raised(NotInvoked, invoker(backoff=Backoff(jitter="none"), max_attempts=9))
    assert aws.pauses == [2, 4, 8, 16, 30, 30, 30, 30]
    assert (error.attempts, error.retry_after) == (9, 30)


@pytest.mark.parametrize(
    ("argument", "setting", "wait"),
    [
        (None, None, 1),
        (None, Backoff(10, cap=20, jitter="none"), 20),
        (Backoff(4, jitter="equal"), Backoff(10), 6),
    ],
)
def test_the_backoff_is_the_argument_or_the_constructs_or_the_default(
    aws: FakeLambda, argument: Backoff | None, setting: Backoff | None, wait: float
) -> None:
    aws.answers(refused(), result())
    Invoker(settings=InvokerSettings(function=FUNCTION, backoff=setting), backoff=argument).invoke({})
    assert aws.pauses == [wait]


@pytest.mark.parametrize(
    ("error", "wait"),
    [
        (refused(retryAfterSeconds="7"), 7),
        (refused(headers={"retry-after": "7"}), 7),
        (refused(headers={"x-amz-retry-after": "7500"}), 7.5),
        (refused(retryAfterSeconds="3", headers={"x-amz-retry-after": "7500"}), 7.5),
        (refused(retryAfterSeconds="0.1"), 1),
        (refused(retryAfterSeconds="Wed, 21 Oct 2026 07:28:00 GMT"), 1),
        (refused(headers={"retry-after": "-5"}), 1),
        (refused(headers={"x-amz-retry-after": "nan"}), 1),
        (refused(retryAfterSeconds="inf"), 1),
    ],
)
def test_the_server_is_waited_for_at_least_as_long_as_it_asks(aws: FakeLambda, error: Exception, wait: float) -> None:
    aws.answers(error, result())
    invoker().invoke({})
    assert aws.pauses == [wait]


def test_each_retry_is_a_log_line(aws: FakeLambda, log: Log) -> None:
    aws.answers(refused(), NO_CONNECTION, result())
    invoker().invoke({})
    lines = [
        {name: line[name] for name in ("function", "attempt", "code", "wait")} for line in log("redrive.invoke.retry")
    ]
    assert lines == [
        {"function": FUNCTION, "attempt": 1, "code": "TooManyRequestsException", "wait": 1},
        {"function": FUNCTION, "attempt": 2, "code": "EndpointConnectionError", "wait": 2},
    ]


def test_an_event_is_retried_in_the_same_way(aws: FakeLambda) -> None:
    aws.answers(refused(), queued())
    assert invoker().send({}) == REQUEST_ID
    assert aws.pauses == [1]
