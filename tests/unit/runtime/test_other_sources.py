"""Each helper that is given an event of another source refuses it, and names the helper that fits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from redrive import InvalidEvent, async_handler, dynamodb_stream_handler, kinesis_handler, sqs_handler
from redrive.asynchronous.attempt import REPLAYED_EVENT
from redrive.testing import LambdaContext, dynamodb_stream_event, kinesis_event, sqs_event

RAN: list[Any] = []


def one(event: Any) -> None:
    RAN.append(event)


def with_attempt(event: Any, attempt: Any) -> None:
    RAN.append(event)


def of_service(name: str) -> dict[str, Any]:
    return {"Records": [{"eventSource": name, "eventVersion": "2.1"}]}


HELPERS: dict[str, Callable[..., Any]] = {
    "sqs_handler": sqs_handler(one),
    "kinesis_handler": kinesis_handler(one),
    "dynamodb_stream_handler": dynamodb_stream_handler(one),
    "async_handler": async_handler(with_attempt),
}
EVENTS: dict[str, tuple[Any, str]] = {
    "queue": (sqs_event("a"), "sqs_handler"),
    "Kinesis": (kinesis_event("a"), "kinesis_handler"),
    "table": (dynamodb_stream_event({"id": {"S": "a"}}), "dynamodb_stream_handler"),
    "S3": (of_service("aws:s3"), "async_handler"),
    "SES": (of_service("aws:ses"), "async_handler"),
    "SNS": ({"Records": [{"EventSource": "aws:sns", "Sns": {"Message": "a"}}]}, "async_handler"),
    "EventBridge": ({"detail-type": "Paid", "source": "shop", "detail": {}}, "async_handler"),
    "own": ({"order": 7}, "async_handler"),
}


@pytest.fixture(autouse=True)
def nothing_ran() -> None:
    RAN.clear()


@pytest.mark.parametrize("helper", HELPERS)
@pytest.mark.parametrize("of", EVENTS)
def test_only_the_helper_that_fits_takes_an_event(helper: str, of: str) -> None:
    event, fitting = EVENTS[of]
    if helper == fitting:
        HELPERS[helper](event, LambdaContext())
        assert len(RAN) == 1
        return
    with pytest.raises(InvalidEvent, match=f"@{fitting}"):
        HELPERS[helper](event, LambdaContext())
    assert not RAN


@pytest.mark.parametrize("source", ["aws:kafka", "aws:mq", None])
def test_records_that_no_helper_is_for_are_refused_without_a_wrong_advice(source: Any) -> None:
    with pytest.raises(InvalidEvent) as caught:
        HELPERS["sqs_handler"](of_service(source), LambdaContext())
    assert ("none is for this one" in str(caught.value)) == (source is not None)


@pytest.mark.parametrize(
    "event",
    [
        [{"eventSource": "aws:sqs", "eventSourceARN": "arn:aws:sqs:eu-west-1:1:q", "body": "a"}],
        {"Records": [{"eventSource": "aws:sqs", "body": "without the ARN of a queue"}]},
        {"Records": "aws:sqs"},
        {"Records": []},
        {"Records": [None]},
        {REPLAYED_EVENT: {"requestId": "first", "event": sqs_event("a")}},
        "Records",
        None,
        7,
    ],
    ids=["pipe", "no ARN", "text", "none", "null", "replay", "string", "nothing", "number"],
)
def test_what_may_be_an_asynchronous_event_is_taken(event: Any) -> None:
    HELPERS["async_handler"](event, LambdaContext())
    assert len(RAN) == 1
