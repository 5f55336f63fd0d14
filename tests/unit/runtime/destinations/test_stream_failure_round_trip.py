"""Records that a handler set aside, or that were read from the stream again, are processed by the same handler."""

from __future__ import annotations

from typing import Any

import pytest

from redrive import Permanent
from redrive.destinations.stream_failure import StreamFailure
from redrive.settings.streams import StreamSettings
from redrive.streams.dynamodb import dynamodb_stream_handler
from redrive.streams.kinesis import kinesis_handler
from tests.support.runtime.destinations.stream_failures import FakeShard, behind, failure
from tests.support.runtime.sqs.queue import Context, VirtualTime
from tests.support.runtime.streams.stream import (
    BUCKET,
    QUEUE,
    FakeAws,
    dynamodb_record,
    event,
    kinesis_record,
    outside,
    unmarked,
)

KINESIS = kinesis_handler, kinesis_record(7, b"\x00\xff")
DYNAMODB = dynamodb_stream_handler, dynamodb_record(7, NewImage={"id": {"S": "1"}, "picture": {"B": "AP8="}})
# SQS does not take characters that XML lacks, and UTF-8 does not take half a character.
REASON = "no line \x00 \ud800"


@pytest.mark.parametrize(("decorate", "record"), [KINESIS, DYNAMODB], ids=["kinesis", "dynamodb"])
@pytest.mark.parametrize("settings", [{"set_aside_queue_url": QUEUE}, {"set_aside_bucket": BUCKET}], ids=str)
def test_a_record_that_was_set_aside_comes_back_as_it_was(
    time: VirtualTime, context: Context, decorate: Any, record: dict[str, Any], settings: dict[str, Any]
) -> None:
    def fail(_: object) -> None:
        raise Permanent(REASON)

    aws = FakeAws()
    handler = decorate(settings=StreamSettings(**settings))(fail)
    with outside(aws, time):
        assert handler(event(record), context) == {"batchItemFailures": []}
    ((_, arguments),) = aws.requests
    aside = StreamFailure.parse(arguments.get("MessageBody") or arguments["Body"])
    assert [unmarked(each) for each in aside.records().records] == [record]
    assert (aside.reason, aside.error_type) == (REASON, "Permanent")
    assert (aside.stream_arn, aside.start_sequence_number) == (record["eventSourceARN"], "7")
    assert (aside.function, aside.request_id) == (context.function_name, context.aws_request_id)
    assert aside.timestamp.timestamp() == time()


@pytest.mark.parametrize("dynamodb", [False, True], ids=["kinesis", "dynamodb"])
def test_records_that_were_read_again_are_what_the_handler_takes(
    time: VirtualTime, context: Context, dynamodb: bool
) -> None:
    seen: list[str] = []

    def append(record: Any) -> None:
        seen.append(record.sequence_number)

    decorate: Any = dynamodb_stream_handler if dynamodb else kinesis_handler
    with behind(FakeShard(time, [5, 7, 11], dynamodb=dynamodb), time):
        result = StreamFailure.parse(failure(5, 7, 2, dynamodb=dynamodb)).records()
    assert decorate(append)({"Records": result.records}, context) == {"batchItemFailures": []}
    assert seen == ["5", "7"]
