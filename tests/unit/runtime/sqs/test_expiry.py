"""A message that would expire while it waits for its next receive is dead-lettered: SQS deletes it without a trace."""

from __future__ import annotations

from typing import Any

from redrive import Retry, SqsMessage, SqsSettings, sqs_handler
from tests.support.runtime.log import Log
from tests.support.runtime.sqs.queue import DEAD_LETTERS, HOUR, Context, FakeSqs, VirtualTime, event, record, returned

DAY = 24 * HOUR


def retrying(after: float, retention: float, **settings: Any):
    options = SqsSettings(**{"dead_letter_queue_url": DEAD_LETTERS, "retention_period": retention, **settings})

    @sqs_handler(settings=options)
    def handler(message: SqsMessage[str]) -> None:
        raise Retry(after=after, reason="the warehouse is closed")

    return handler


def test_a_message_that_would_expire_before_its_retry_is_dead_lettered(
    sqs: FakeSqs, context: Context, time: VirtualTime, log: Log
) -> None:
    old = record("1", sent_at=time.now - 4 * DAY + 600, first_received_at=time.now)
    assert returned(retrying(3600, 4 * DAY)(event(old), context)) == []
    assert "the warehouse is closed" in sqs.sent[0]["MessageAttributes"]["RedriveReason"]["StringValue"]
    assert "expires" in sqs.sent[0]["MessageAttributes"]["RedriveReason"]["StringValue"]
    assert log("redrive.sqs.failure")[0]["outcome"] == "dead_lettered"


def test_a_message_that_lives_to_see_its_retry_is_retried(sqs: FakeSqs, context: Context, time: VirtualTime) -> None:
    old = record("1", sent_at=time.now - 4 * DAY + 7200, first_received_at=time.now)
    assert returned(retrying(3600, 4 * DAY)(event(old), context)) == ["1"]
    assert sqs.visibility == {"handle-1": 3600}


def test_a_wait_cut_to_12_hours_is_what_counts(sqs: FakeSqs, context: Context, time: VirtualTime) -> None:
    """It asks for three days and has one left, but it is received again in half a day."""
    old = record("1", sent_at=time.now - 3 * DAY, first_received_at=time.now)
    assert returned(retrying(3 * DAY, 4 * DAY)(event(old), context)) == ["1"]


def test_messages_that_live_for_a_minute_are_retried_too(sqs: FakeSqs, context: Context, time: VirtualTime) -> None:
    """60 seconds is the shortest retention there is: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html."""
    assert returned(retrying(5, 60)(event(record("1", sent_at=time.now, first_received_at=time.now)), context)) == ["1"]


def test_one_that_cannot_be_sent_is_visible_at_once(sqs: FakeSqs, context: Context, time: VirtualTime) -> None:
    old = record("1", sent_at=time.now - 4 * DAY + 600, first_received_at=time.now)
    handler = retrying(3600, 4 * DAY, dead_letter_queue_url=None)
    assert returned(handler(event(old), context)) == ["1"]
    assert sqs.visibility == {"handle-1": 0}


def test_without_a_known_retention_nothing_expires(sqs: FakeSqs, context: Context, time: VirtualTime) -> None:
    settings = SqsSettings(dead_letter_queue_url=DEAD_LETTERS)

    @sqs_handler(settings=settings)
    def handler(message: SqsMessage[str]) -> None:
        raise ValueError

    old = record("1", sent_at=time.now - 13 * DAY, first_received_at=time.now)
    assert returned(handler(event(old), context)) == ["1"]
