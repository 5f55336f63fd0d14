"""The exact limits of what becomes of messages that were not started: retention, order of a group, identity."""

from __future__ import annotations

from typing import Any

import pytest

from redrive import MessageAttribute, SqsMessage, SqsSettings
from redrive.sqs.message import messages_of
from redrive.sqs.not_started import decide, deferral_wait
from redrive.sqs.origin import Origin, deliveries, origin_of
from tests.support.runtime.sqs.queue import DEAD_LETTERS, FIFO, HOUR, STANDARD, record

NOW = 1_700_000_000.0
DAY = 24 * HOUR
KNOWN = SqsSettings(dead_letter_queue_url=DEAD_LETTERS, max_receive_count=5, retention_period=4 * DAY)
UNKNOWN_RETENTION = KNOWN.replace(retention_period=None)


def message(receive_count: int, left: float | None = DAY, *, arn: str = STANDARD, **options: Any) -> SqsMessage[str]:
    """A message with some seconds until a minute before the end of its four days."""
    sent = {} if left is None else {"SentTimestamp": str(int((NOW - 4 * DAY + 60 + left) * 1000))}
    return SqsMessage(
        "1", "{}", receive_count=receive_count, attributes=sent, source_arn=arn, max_receive_count=5, **options
    )


@pytest.mark.parametrize(
    ("arn", "left", "outcome", "wait"),
    [
        (STANDARD, 101, "returned", 100),
        (STANDARD, 2.5, "returned", 2),
        (STANDARD, 1, "returned", 1),
        (STANDARD, 0.9, "dead_lettered", 0),
        pytest.param(FIFO, 101, "returned", 100, id="fifo-101"),
        pytest.param(FIFO, 50, "dead_lettered", 0, id="a group waits as a whole"),
    ],
)
def test_before_its_last_receive_it_waits_no_longer_than_it_lives(
    arn: str, left: float, outcome: str, wait: int
) -> None:
    (one,) = decide([message(2, left, arn=arn)], "circuit_open", 100, KNOWN, now=NOW, random=0.5)
    assert (one.outcome, one.wait) == (outcome, wait)
    assert type(one.wait) is int


@pytest.mark.parametrize(
    ("left", "settings", "outcome", "delay"),
    [
        pytest.param(1000, KNOWN, "sent_back", 100, id="long"),
        pytest.param(1, KNOWN, "sent_back", 1, id="a second"),
        pytest.param(0.9, KNOWN, "dead_lettered", 100, id="less than a second"),
        pytest.param(0.9, UNKNOWN_RETENTION, "dead_lettered", 100, id="of SQS's four days"),
        pytest.param(0.9, KNOWN.replace(retention_period=14 * DAY), "sent_back", 100, id="of a queue's own fourteen"),
        pytest.param(None, KNOWN, "sent_back", 100, id="unknown"),
    ],
)
def test_at_its_last_receive_it_is_sent_back_while_it_lives(
    left: float | None, settings: SqsSettings, outcome: str, delay: int
) -> None:
    (one,) = decide([message(5, left)], "circuit_open", 100, settings, now=NOW, random=0.5)
    assert (one.outcome, one.wait) == (outcome, delay)


@pytest.mark.parametrize(("random", "wait"), [(0.0, 450), (0.999999, 900)])
def test_of_a_long_backlog_the_wait_is_between_half_a_quarter_of_an_hour_and_all_of_it(
    random: float, wait: int
) -> None:
    assert deferral_wait(20, random) == wait


def test_only_a_message_behind_a_returned_one_of_its_group_is_returned_with_it() -> None:
    """The first is dead-lettered, the second keeps its place, and so does the third, at its last receive, too."""
    group = [message(count, arn=FIFO) for count in (5, 2, 5)]
    decided = decide(group, "deferred", None, KNOWN, now=NOW, random=0.5)
    assert [each.outcome for each in decided] == ["dead_lettered", "returned", "returned"]


def test_an_identity_keeps_the_id_of_the_replayed_message() -> None:
    replayed = message(1, message_attributes={"RedriveMessageId": MessageAttribute("String", "replayed-id")})
    assert origin_of(replayed).replayed_id == "replayed-id"
    written = MessageAttribute("String", Origin("first", None, 0, "older").written(NOW))
    again = message(1, None, message_attributes={"RedriveSentBack": written})
    assert origin_of(again) == Origin("first", NOW, 1, "older")


@pytest.mark.parametrize("odd", [{"ApproximateReceiveCount": "often"}, {"SentTimestamp": "yesterday"}])
def test_a_message_that_cannot_be_read_counts_as_delivered_once(odd: dict[str, str]) -> None:
    (one,) = messages_of([record("1", receive_count=3, **odd)], 5)
    assert deliveries(one) == 1


def test_a_message_that_was_sent_back_was_delivered_as_often_as_the_queue_allows() -> None:
    written = MessageAttribute("String", Origin("first", NOW, 2, None).written(NOW))
    assert deliveries(message(3, None, message_attributes={"RedriveSentBack": written})) == 3 + 3 * 5
