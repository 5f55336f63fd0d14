"""Classification of errors, by the helper's judgement and by the user's own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import botocore.exceptions as aws
import pytest
from hypothesis import given
from hypothesis import strategies as st

from redrive import Backoff, FailureClass, Permanent, Retry, SqsMessage, SqsSettings, classify, sqs_handler
from tests.support.runtime.log import Log
from tests.support.runtime.sqs.queue import DEAD_LETTERS, Context, FakeSqs, batch, returned

# https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html
THROTTLING = [
    "Throttling",
    "ThrottlingException",
    "ThrottledException",
    "RequestThrottledException",
    "RequestThrottled",
    "TooManyRequestsException",
    "ProvisionedThroughputExceededException",
    "TransactionInProgressException",
    "RequestLimitExceeded",
    "BandwidthLimitExceeded",
    "LimitExceededException",
    "SlowDown",
    "PriorRequestNotComplete",
    "EC2ThrottledException",
]
TRANSIENT = ["RequestTimeout", "RequestTimeoutException", "InternalError", "IDPCommunicationError"]


def client_error(code: str = "Unknown", status: int = 400) -> aws.ClientError:
    return aws.ClientError(
        {"Error": {"Code": code, "Message": "was said"}, "ResponseMetadata": {"HTTPStatusCode": status}},  # pyright: ignore[reportArgumentType]
        "PutItem",
    )


def raised_from(cause: BaseException, error: Exception | None = None) -> BaseException:
    try:
        raise error or RuntimeError("could not charge") from cause
    except Exception as caught:
        return caught


def chain_that_bites_its_tail() -> BaseException:
    first, second = ValueError(), ValueError()
    first.__cause__, second.__cause__ = second, first
    return first


@pytest.mark.parametrize("code", THROTTLING)
def test_throttling_codes_are_throttling(code: str) -> None:
    assert classify(client_error(code)) is FailureClass.THROTTLING


@pytest.mark.parametrize("code", TRANSIENT)
def test_transient_codes_are_transient(code: str) -> None:
    assert classify(client_error(code)) is FailureClass.TRANSIENT


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (Permanent("x"), FailureClass.PERMANENT),
        (Retry(5), FailureClass.OTHER),
        (ValueError(), FailureClass.OTHER),
        (SystemExit(), FailureClass.OTHER),
        (asyncio.CancelledError(), FailureClass.OTHER),
        (client_error(status=429), FailureClass.THROTTLING),
        *((client_error(status=status), FailureClass.TRANSIENT) for status in (500, 502, 503, 504)),
        (client_error("AccessDenied", 403), FailureClass.OTHER),
        (client_error("ValidationException"), FailureClass.OTHER),
        (aws.ClientError({}, "PutItem"), FailureClass.OTHER),
        (aws.EndpointConnectionError(endpoint_url="https://x"), FailureClass.TRANSIENT),
        (aws.ReadTimeoutError(endpoint_url="https://x"), FailureClass.TRANSIENT),
        (aws.ConnectTimeoutError(endpoint_url="https://x"), FailureClass.TRANSIENT),
        (aws.ConnectionClosedError(endpoint_url="https://x"), FailureClass.TRANSIENT),
        (aws.NoCredentialsError(), FailureClass.OTHER),
        (TimeoutError(), FailureClass.TRANSIENT),
        (ConnectionRefusedError(), FailureClass.TRANSIENT),
        (OSError(), FailureClass.OTHER),
        (raised_from(client_error("SlowDown")), FailureClass.THROTTLING),
        (raised_from(raised_from(TimeoutError())), FailureClass.TRANSIENT),
        (raised_from(TimeoutError(), Permanent("x")), FailureClass.PERMANENT),
        (raised_from(Permanent("x")), FailureClass.OTHER),
        (chain_that_bites_its_tail(), FailureClass.OTHER),
        (ExceptionGroup("", [Permanent("x"), Permanent("y")]), FailureClass.PERMANENT),
        (ExceptionGroup("", [Permanent("x"), ValueError()]), FailureClass.OTHER),
        (ExceptionGroup("", [Permanent("x"), TimeoutError()]), FailureClass.TRANSIENT),
        (ExceptionGroup("", [ValueError(), ExceptionGroup("", [client_error("SlowDown")])]), FailureClass.THROTTLING),
    ],
    ids=repr,
)
def test_the_class_of_an_error(error: BaseException, expected: FailureClass) -> None:
    assert classify(error) is expected


LEAVES = [Permanent("x"), Retry(1), ValueError(), TimeoutError(), client_error("SlowDown"), SystemExit()]


@given(
    st.recursive(
        st.sampled_from(LEAVES),
        lambda errors: st.lists(errors, min_size=1, max_size=4).map(lambda parts: BaseExceptionGroup("", parts)),
        max_leaves=8,
    )
)
def test_a_group_is_permanent_only_if_everything_in_it_is(error: BaseException) -> None:
    def leaves(error: BaseException) -> list[BaseException]:
        if isinstance(error, BaseExceptionGroup):
            return [leaf for part in error.exceptions for leaf in leaves(part)]
        return [error]

    permanent = all(isinstance(leaf, Permanent) for leaf in leaves(error))
    assert (classify(error) is FailureClass.PERMANENT) == permanent


def handler_with(users: Callable[[BaseException], Any], error: BaseException | None = None):
    settings = SqsSettings(dead_letter_queue_url=DEAD_LETTERS)

    @sqs_handler(classify=users, backoff=Backoff(10, cap=100, jitter="none"), settings=settings)
    def handler(message: SqsMessage[str]) -> None:
        raise error or ValueError(message.id)

    return handler


@pytest.mark.parametrize(
    ("answer", "seconds"),
    [(FailureClass.THROTTLING, 20), (FailureClass.TRANSIENT, 20), (FailureClass.OTHER, 10), ("throttling", 20)],
)
def test_a_classify_of_ones_own_decides_how_long_to_wait(
    sqs: FakeSqs, context: Context, answer: Any, seconds: int
) -> None:
    assert returned(handler_with(lambda error: answer)(batch(1), context)) == ["0"]
    assert sqs.visibility == {"handle-0": seconds}


def test_a_classify_of_ones_own_can_make_an_error_permanent(sqs: FakeSqs, context: Context) -> None:
    def users(error: BaseException) -> FailureClass:
        return FailureClass.PERMANENT if str(error) == "1" else classify(error)

    assert returned(handler_with(users)(batch(3), context)) == ["0", "2"]
    assert [entry["MessageBody"] for entry in sqs.sent] == ["1"]


def test_permanent_and_retry_are_no_matter_of_classification(sqs: FakeSqs, context: Context) -> None:
    asked: list[BaseException] = []

    def users(error: BaseException) -> FailureClass:
        asked.append(error)
        return FailureClass.THROTTLING

    assert returned(handler_with(users, Permanent("x"))(batch(1), context)) == []
    assert returned(handler_with(users, Retry(after=3))(batch(1), context)) == ["0"]
    assert sqs.visibility == {"handle-0": 3}
    assert asked == []


def leave(error: BaseException) -> FailureClass:
    raise SystemExit


def divide(error: BaseException) -> FailureClass:
    raise ZeroDivisionError


@pytest.mark.parametrize("users", [leave, divide, lambda error: None, lambda error: "unheard of", lambda error: []])
def test_a_broken_classify_is_stepped_over(
    sqs: FakeSqs, context: Context, log: Log, users: Callable[[BaseException], Any]
) -> None:
    """The helper's own judgement takes its place."""
    assert returned(handler_with(users, TimeoutError())(batch(2), context)) == ["0", "1"]
    assert sqs.visibility == {"handle-0": 20, "handle-1": 20}
    assert len(log("redrive.classify_failed")) == 2
    assert [line["failure"] for line in log("redrive.sqs.failure")] == ["transient", "transient"]
