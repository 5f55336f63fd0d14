"""Answers to a batch, and batches that get no answer at all."""

from __future__ import annotations

from typing import Any

import pytest

from redrive import InvalidEvent, SqsMessage, sqs_handler
from tests.support.runtime.sqs.queue import FakeSqs, batch, event, record, returned


def test_a_batch_without_failures_returns_no_message() -> None:
    seen: list[str] = []
    handler = sqs_handler(lambda message: seen.append(message.id))
    assert handler(batch(3), None) == {"batchItemFailures": []}
    assert seen == ["0", "1", "2"]


def test_the_result_of_the_function_is_not_the_response() -> None:
    handler = sqs_handler(lambda message: {"batchItemFailures": [], "id": message.id})
    assert returned(handler(batch(2))) == []


def test_the_failed_messages_are_returned_in_the_order_of_the_batch(sqs: FakeSqs) -> None:
    @sqs_handler
    def handler(message: SqsMessage[str]) -> None:
        if message.id in "135":
            raise ValueError(message.id)

    assert returned(handler(batch(7))) == ["1", "3", "5"]


def test_a_failure_keeps_no_other_message_from_being_handled(sqs: FakeSqs) -> None:
    seen: list[str] = []

    @sqs_handler
    def handler(message: SqsMessage[str]) -> None:
        seen.append(message.id)
        raise ValueError

    assert returned(handler(batch(12))) == seen == [str(number) for number in range(12)]


def test_a_handler_can_be_called_without_a_context() -> None:
    assert returned(sqs_handler(lambda message: None)(batch(1))) == []


def test_an_event_without_records_is_answered() -> None:
    assert sqs_handler(lambda message: None)(event()) == {"batchItemFailures": []}


def test_the_functions_own_documentation_stays_with_the_handler() -> None:
    @sqs_handler
    def charge(message: SqsMessage[str]) -> str:
        """Charge one order."""
        return message.body

    assert charge.__doc__ == "Charge one order."
    assert charge.function(SqsMessage("1", "a body")) == "a body"


@pytest.mark.parametrize(
    ("payload", "complaint"),
    [
        (None, "NoneType"),
        ([], "list"),
        ("Records", "str"),
        ({}, "no SQS event"),
        ({"detail-type": "Scheduled Event"}, "detail-type"),
        ({"Records": None}, "Records"),
        ({"Records": {}}, "Records"),
        ({"Records": ""}, "Records"),
        ({"Records": "abc"}, "Records"),
        ({"Records": [None]}, "record 0"),
        ({"Records": ["messageId"]}, "record 0"),
        ({"Records": [{"eventSource": "aws:s3", "s3": {}}]}, "aws:s3"),
        ({"Records": [record() | {"eventSource": "aws:kinesis"}]}, "aws:kinesis"),
        ({"Records": [{"EventSource": "aws:sns", "Sns": {}}]}, "record 0"),
        ({"Records": [record("1"), {"body": "no id"}]}, "record 1"),
        ({"Records": [record("1"), record("")]}, "record 1 has messageId ''"),
        ({"Records": [record("1"), record() | {"messageId": None}]}, "record 1 has messageId None"),
        ({"Records": [record() | {"messageId": 7}]}, "record 0 has messageId 7"),
    ],
)
def test_an_event_that_cannot_be_answered_per_message_fails_as_a_whole(payload: Any, complaint: str) -> None:
    """Nothing is called and nothing is deleted."""
    seen: list[object] = []
    with pytest.raises(InvalidEvent) as caught:
        sqs_handler(seen.append)(payload)
    assert complaint in str(caught.value)
    assert seen == []


def test_a_record_without_the_optional_fields_is_handled() -> None:
    seen: list[tuple[object, ...]] = []

    @sqs_handler
    def handler(message: SqsMessage[str]) -> None:
        seen.append((message.body, message.receive_count, message.sent_at, message.group_id, message.receipt_handle))

    assert returned(handler({"Records": [{"messageId": "1"}]})) == []
    assert seen == [("", 1, None, None, "")]


@pytest.mark.parametrize(
    ("options", "complaint"),
    [({"concurrency": 0}, "concurrency=0"), ({"deadline_margin": -1.0}, "deadline_margin=-1.0")],
)
def test_options_outside_of_their_range_are_refused(options: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        sqs_handler(**options)(lambda message: None)


def test_an_unknown_option_is_refused() -> None:
    with pytest.raises(TypeError, match="max_retries"):
        sqs_handler(max_retries=3)(lambda message: None)  # pyright: ignore[reportCallIssue]
