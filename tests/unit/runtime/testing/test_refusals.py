"""What makes no event is refused with its value, the rule and what to give instead."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from redrive.testing import (
    LambdaContext,
    dynamodb_stream_event,
    in_window,
    kinesis_event,
    returned_ids,
    sqs_event,
    stream_failure,
)

any_: Any = lambda value: value  # noqa: E731


REFUSED: dict[str, tuple[Callable[[], Any], type[Exception], str]] = {
    "item without its key": (
        lambda: dynamodb_stream_event({"a": 1}), ValueError, r"item \{'a': 1\} has no 'id'.* primary key.* key='a'",
    ),
    "item without its sort key": (
        lambda: dynamodb_stream_event({"id": 1}, key=("id", "at")), ValueError, "has no 'at'",
    ),
    "empty item": (lambda: dynamodb_stream_event({}), ValueError, "has no 'id'"),
    "text for an item": (lambda: dynamodb_stream_event(any_("a")), TypeError, "'a' is not an item: give a mapping"),
    "body": (lambda: sqs_event({1, 2}), TypeError, r"body of a message is \{1, 2\}, which is neither text nor JSON"),
    "data": (lambda: kinesis_event(object()), TypeError, "data of a record is <object .* give text, or a value that"),
    "receive count": (lambda: sqs_event("a", receive_count=0), ValueError, "receive_count=0: SQS counts from 1"),
    "attribute": (
        lambda: sqs_event("a", message_attributes=any_({"priority": "high"})), TypeError, "give a MessageAttribute",
    ),
    "ARN of a queue": (lambda: sqs_event("a", queue="arn:orders"), ValueError, "'arn:orders' is no ARN: give a name"),
    "ARN of a stream": (lambda: kinesis_event("a", stream="arn:a"), ValueError, "'arn:a' is no ARN"),
    "ARN of a table": (lambda: dynamodb_stream_event({"id": 1}, table="arn:a"), ValueError, "'arn:a' is no ARN"),
    "failure of a queue": (lambda: stream_failure(sqs_event("a")), ValueError, "is none of a stream: give the"),
    "failure without records": (lambda: stream_failure({}), ValueError, "no records"),
    "response": (lambda: returned_ids(any_(None)), TypeError, "None is no partial batch response"),
    "response of another kind": (lambda: returned_ids({"statusCode": 200}), TypeError, "give what a handler of"),
    "seconds": (lambda: LambdaContext(any_("30")), TypeError, "seconds='30': give the seconds"),
}  # fmt: skip


@pytest.mark.parametrize(("make", "error", "says"), REFUSED.values(), ids=REFUSED)
def test_it_is_refused(make: Callable[[], Any], error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        make()


def test_what_fits_is_made() -> None:
    assert len(dynamodb_stream_event({"id": 1, "at": 2}, key=("id", "at"))["Records"]) == 1
    assert stream_failure(dynamodb_stream_event({"id": 1}))["DDBStreamBatchInfo"]["batchSize"] == 1
    assert in_window(kinesis_event(7))["isFinalInvokeForWindow"] is False
    assert returned_ids({"batchItemFailures": []}) == []
