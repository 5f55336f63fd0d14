"""Events that AWS would not deliver are refused, so that no test passes with one of them."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from redrive import InvocationRecord, MessageAttribute, SqsMessage
from redrive.testing import (
    LambdaContext,
    dynamodb_stream_event,
    in_window,
    invocation_record,
    kinesis_event,
    sqs_event,
)

STARTS = datetime(2026, 1, 1, tzinfo=UTC)
HIGH = MessageAttribute("String", "high")
EVENT = kinesis_event("a")

REFUSED: dict[str, tuple[Callable[[], object], str]] = {
    "a queue's URL": (lambda: sqs_event("a", queue="https://sqs.eu-west-1.amazonaws.com/1/orders"), "instead of a URL"),
    "a queue without a name": (lambda: sqs_event("a", queue=""), "queue=''"),
    "a long queue": (lambda: sqs_event("a", queue=f"{'q' * 76}.fifo"), "1 to 80"),
    "an ARN without a name": (lambda: sqs_event("a", queue="arn:aws:sqs:eu-west-1:111122223333:"), "1 to 80"),
    "receives that are true": (lambda: sqs_event("a", receive_count=True), "receive_count=True"),
    "an empty group": (lambda: sqs_event("a", group_id=""), "group_id=''"),
    "a blank group": (lambda: sqs_event("a", queue="q.fifo", group_id="a b"), "1 to 128"),
    "a control character": (lambda: sqs_event("\x00"), "base64"),
    "half a character": (lambda: sqs_event("\udcff"), "base64"),
    "an empty body": (lambda: sqs_event(""), "0 bytes"),
    "a large body": (lambda: sqs_event("x" * 1_048_577), "1,048,577 bytes"),
    "a large body in characters of two bytes": (lambda: sqs_event("é" * 600_000), "1,200,000 bytes"),
    "a message made by hand": (lambda: sqs_event(SqsMessage("1", "\x0b")), "base64"),
    "eleven attributes": (lambda: sqs_event("a", message_attributes={f"a{n}": HIGH for n in range(11)}), "takes 10"),
    "an empty attribute": (
        lambda: sqs_event("a", message_attributes={"priority": MessageAttribute("String", "")}),
        "'priority'",
    ),
    "a record without a partition key": (lambda: kinesis_event("a", partition_key=""), "1 to 256"),
    "a long partition key": (lambda: kinesis_event("a", partition_key="k" * 257), "1 to 256"),
    "a large record": (lambda: kinesis_event(b"x" * 10_485_761), "10,485,761 bytes"),
    "a window of a queue": (lambda: in_window(sqs_event("a")), "none of a stream"),
    "a window that ends before it begins": (lambda: in_window(EVENT, start=STARTS, end=STARTS), "a window of 0 s"),
    "a window of an hour": (lambda: in_window(EVENT, start=STARTS, end=STARTS.replace(hour=1)), "up to 900 s"),
    "a count below 0": (lambda: invocation_record({}, invoke_count=-1), "invoke_count=-1"),
    "a context without a function": (lambda: LambdaContext(function_name=""), "function_name=''"),
    "a context without an end": (lambda: LambdaContext(float("inf")), "seconds=inf"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_aws_does_not_deliver_is_refused(what: str) -> None:
    make, says = REFUSED[what]
    with pytest.raises(ValueError, match=re.escape(says)) as raised:
        make()
    assert any(remedy in str(raised.value) for remedy in (": give", "; give", "leave it out"))


def test_what_aws_delivers_is_made() -> None:
    sqs_event("\t\n\r\U0001f600", queue=f"{'q' * 75}.fifo", group_id="~!", message_attributes={"n": HIGH})
    sqs_event("x" * 1_048_576, queue="arn:aws:sqs:eu-west-1:111122223333:orders")
    kinesis_event(b"", partition_key="k" * 256)
    in_window(dynamodb_stream_event({"id": "1"}))
    in_window({"Records": []}, is_final=True)


def test_the_record_of_an_event_that_never_ran_has_no_response() -> None:
    record = invocation_record({"invoice": 7}, condition="EventAgeExceeded", invoke_count=0)
    assert record.keys().isdisjoint({"responseContext", "responsePayload"})
    assert InvocationRecord.parse(record).payload == {"invoice": 7}
