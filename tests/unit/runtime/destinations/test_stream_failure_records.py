"""`StreamFailure.records` reads the records of a batch again, and says which of them the stream no longer has."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redrive.aws.clients import clients
from redrive.destinations.stream_failure import StreamFailure
from redrive.destinations.stream_range import GoneRecords, StreamReadError, StreamRecords
from tests.support.runtime.asynchronous.attempts import aws_error
from tests.support.runtime.destinations.stream_failures import (
    DYNAMODB_EVENT,
    DYNAMODB_SET_ASIDE,
    KINESIS_EVENT,
    KINESIS_SET_ASIDE,
    STREAM,
    TABLE_STREAM,
    WITH_OBJECT,
    WITH_TEXT,
    FakeShard,
    Record,
    delivered,
    failure,
    stored,
)
from tests.support.runtime.destinations.stream_reading import TROUBLES, numbers_of, read, trouble
from tests.support.runtime.sqs.queue import VirtualTime
from tests.support.runtime.streams.stream import unmarked

# Records that are there.


def test_the_records_of_the_range_come_back_as_lambda_delivers_them(time: VirtualTime, dynamodb: bool) -> None:
    shard = FakeShard(time, [5, 7, 11, 13, 17], dynamodb=dynamodb)
    result = read(shard, failure(7, 13, 3, dynamodb=dynamodb))
    assert replace(result, records=[unmarked(each) for each in result.records]) == StreamRecords(
        records=[delivered(number, dynamodb=dynamodb) for number in (7, 11, 13)], kept=False, batch_size=3
    )


def test_a_single_record_takes_two_calls_and_reads_no_other(time: VirtualTime, dynamodb: bool) -> None:
    shard = FakeShard(time, list(range(1, 100)), dynamodb=dynamodb)
    assert numbers_of(read(shard, failure(7, 7, 1, dynamodb=dynamodb))) == [7]
    assert [name for name, _ in shard.requests] == ["get_shard_iterator", "get_records"]
    assert shard.calls("get_records")[0]["Limit"] == 1


@pytest.mark.parametrize("is_closed", [False, True])
def test_a_batch_at_the_end_of_a_shard_is_read_whether_it_is_closed_or_not(
    time: VirtualTime, dynamodb: bool, is_closed: bool
) -> None:
    shard = FakeShard(time, [1, 2, 3], is_closed=is_closed, dynamodb=dynamodb)
    assert numbers_of(read(shard, failure(2, 3, 2, dynamodb=dynamodb))) == [2, 3]


def test_records_of_other_batches_in_between_come_too(time: VirtualTime, dynamodb: bool) -> None:
    """As with a parallelization factor: the range is all that the report says of the batch."""
    shard = FakeShard(time, list(range(1, 400)), dynamodb=dynamodb)
    result = read(shard, failure(10, 300, 2, dynamodb=dynamodb))
    assert numbers_of(result) == list(range(10, 301))
    assert (result.batch_size, result.gone) == (2, None)
    assert [each["Limit"] for each in shard.calls("get_records")] == [2, 100, 100, 100]


def test_a_page_asks_for_no_more_than_the_service_allows(time: VirtualTime, dynamodb: bool) -> None:
    shard = FakeShard(time, list(range(1, 12_001)), dynamodb=dynamodb)
    assert len(read(shard, failure(1, 12_000, 10_000, dynamodb=dynamodb)).records) == 12_000


def test_a_stream_that_is_read_through_a_consumer_is_called_by_its_own_name(time: VirtualTime) -> None:
    record = failure(1, 1, 1)
    arn = f"{STREAM}/consumer/con1:1540591608"
    record["KinesisBatchInfo"]["streamArn"] = arn
    shard = FakeShard(time, [1])  # it knows no other name
    assert read(shard, record).records[0]["eventSourceARN"] == arn


def test_the_user_of_a_record_that_expired_is_written_as_lambda_writes_it(time: VirtualTime) -> None:
    """https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/time-to-live-ttl-streams.html"""

    class Expiring(FakeShard):
        def get_records(self, **request: Any) -> dict[str, Any]:
            reply = super().get_records(**request)
            identity = {"Type": "Service", "PrincipalId": "dynamodb.amazonaws.com"}
            return {**reply, "Records": [{**each, "userIdentity": identity} for each in reply["Records"]]}

    (record,) = read(Expiring(time, [1], dynamodb=True), failure(1, 1, 1, dynamodb=True)).records
    assert record["userIdentity"] == {"type": "Service", "principalId": "dynamodb.amazonaws.com"}


def test_items_are_written_as_json_however_deep_their_bytes_are(time: VirtualTime) -> None:
    item = {"M": {"m": {"L": [{"BS": [b"\x00", b"\xff"]}, {"B": bytearray(b"\xfe")}, {"NULL": True}, {"SS": ["a"]}]}}}

    class Deep(FakeShard):
        def get_records(self, **request: Any) -> dict[str, Any]:
            made = stored(1, dynamodb=True)
            made["dynamodb"]["NewImage"] = {"a": item}
            return {**super().get_records(**request), "Records": [made]}

    (record,) = read(Deep(time, [1], dynamodb=True), failure(1, 1, 1, dynamodb=True)).records
    assert record["dynamodb"]["NewImage"]["a"] == {
        "M": {"m": {"L": [{"BS": ["AA==", "/w=="]}, {"B": "/g=="}, {"NULL": True}, {"SS": ["a"]}]}}
    }


def test_empty_pages_on_the_way_are_not_the_end(time: VirtualTime, dynamodb: bool) -> None:
    """https://docs.aws.amazon.com/kinesis/latest/APIReference/API_GetRecords.html says that there may be some."""
    sizes = [2, 0, 0, 1, 0]
    shard = FakeShard(time, [5, 7], dynamodb=dynamodb, share=lambda limit: sizes.pop())
    assert numbers_of(read(shard, failure(5, 7, 2, dynamodb=dynamodb))) == [5, 7]
    assert sizes == []


# Records that were kept.


@pytest.mark.parametrize(
    ("record", "event", "size"),
    [
        (WITH_TEXT, KINESIS_EVENT, 500),
        (WITH_OBJECT, DYNAMODB_EVENT, 1),
        (KINESIS_SET_ASIDE, KINESIS_EVENT, 1),
        (DYNAMODB_SET_ASIDE, DYNAMODB_EVENT, 1),
    ],
)
def test_what_was_kept_is_not_read_again(record: Record, event: Record, size: int) -> None:
    def no_client(service: str, limits: object) -> None:
        raise AssertionError

    with clients.replaced(no_client):
        result = StreamFailure.parse(record).records()
    assert replace(result, records=[unmarked(each) for each in result.records]) == StreamRecords(
        records=event["Records"], kept=True, batch_size=size
    )


# Records that are gone.


def test_the_oldest_records_may_be_gone(time: VirtualTime, dynamodb: bool) -> None:
    shard = FakeShard(time, [5, 7, 11, 13, 17], trimmed=3, dynamodb=dynamodb)
    result = read(shard, failure(5, 13, 4, dynamodb=dynamodb))
    assert numbers_of(result) == [13]
    assert result.gone == GoneRecords(count=3, start_sequence_number="5", before_sequence_number="13")


@pytest.mark.parametrize(("trimmed", "later"), [(3, [17]), (4, []), (5, [17])])
def test_all_of_them_may_be_gone(time: VirtualTime, dynamodb: bool, trimmed: int, later: list[int]) -> None:
    shard = FakeShard(time, [5, 7, 11, *later], trimmed=trimmed, dynamodb=dynamodb)
    result = read(shard, failure(5, 11, 3, dynamodb=dynamodb))
    assert result == StreamRecords(
        records=[],
        kept=False,
        batch_size=3,
        gone=GoneRecords(count=3, start_sequence_number="5", before_sequence_number=None),
    )


def test_nothing_at_the_tip_of_an_open_shard_is_the_end_of_it(time: VirtualTime) -> None:
    result = read(FakeShard(time, [5, 7], trimmed=2, is_closed=False), failure(5, 7, 2))
    assert result.gone is not None
    assert result.records == []


def test_a_page_with_records_at_the_tip_may_have_another_one_behind_it(time: VirtualTime) -> None:
    """Two records may have come in the same millisecond."""

    class AtTheTip(FakeShard):
        def get_records(self, **request: Any) -> dict[str, Any]:
            return {**super().get_records(**request), "MillisBehindLatest": 0}

    shard = AtTheTip(time, [5, 7], share=lambda limit: 1)
    assert numbers_of(read(shard, failure(5, 7, 2))) == [5, 7]


def test_the_whole_shard_may_be_gone_of_a_stream_that_is_there(time: VirtualTime, dynamodb: bool) -> None:
    shard = FakeShard(time, [5, 7], has_shard=False, dynamodb=dynamodb)
    result = read(shard, failure(5, 7, 2, dynamodb=dynamodb))
    assert result.gone == GoneRecords(count=2, start_sequence_number="5", before_sequence_number=None)
    assert shard.requests[-1][1] == {"arn": TABLE_STREAM if dynamodb else STREAM}


def test_at_least_one_is_gone_where_others_fill_the_range(time: VirtualTime) -> None:
    result = read(FakeShard(time, [5, 6, 7, 8], trimmed=1), failure(5, 8, 2))
    assert numbers_of(result) == [6, 7, 8]
    assert result.gone == GoneRecords(count=1, start_sequence_number="5", before_sequence_number="6")


def test_records_that_go_before_the_first_page_is_read_are_gone(time: VirtualTime, dynamodb: bool) -> None:
    shard = FakeShard(time, [5, 7, 11], dynamodb=dynamodb)

    def lose(name: str) -> None:
        if name == "get_records":
            shard.trimmed = 1

    shard.before = lose
    result = read(shard, failure(5, 11, 3, dynamodb=dynamodb))
    assert numbers_of(result) == [7, 11]
    assert result.gone == GoneRecords(count=1, start_sequence_number="5", before_sequence_number="7")


def test_records_that_go_while_others_are_read_are_an_error(time: VirtualTime) -> None:
    """The records read before them are no whole answer, and a second try still finds those behind them."""
    shard = FakeShard(time, [5, 7, 11, 13], dynamodb=True, share=lambda limit: 1)
    pages: list[str] = []

    def lose(name: str) -> None:
        pages.append(name)
        if pages.count("get_records") == 2:
            shard.trimmed = 3

    shard.before = lose
    with pytest.raises(StreamReadError, match="lost records while it was read; read it again"):
        read(shard, failure(5, 13, 4, dynamodb=True))
    assert numbers_of(read(shard, failure(5, 13, 4, dynamodb=True))) == [13]


# Random sequences of errors.

PASSING = st.sampled_from([None, *TROUBLES, aws_error("ExpiredIteratorException")])


@given(st.data(), st.booleans(), st.booleans())
def test_each_record_of_the_range_is_there_once_and_in_order_or_gone(
    data: st.DataObject, dynamodb: bool, is_closed: bool
) -> None:
    """For all that a shard may have in it, and all pages and errors on the way."""
    numbers = sorted(data.draw(st.sets(st.integers(0, 10**25), min_size=1, max_size=30)))
    first = data.draw(st.integers(0, len(numbers) - 1))
    last = data.draw(st.integers(first, len(numbers) - 1))
    size = data.draw(st.integers(1, last - first + 1))
    trimmed = data.draw(st.integers(0, len(numbers)))
    if trimmed == len(numbers):
        is_closed = is_closed or dynamodb  # else it would be waited for, see above
    sizes = data.draw(st.lists(st.integers(0, 5), max_size=10))
    errors = data.draw(st.lists(PASSING, max_size=10))
    shard = FakeShard(
        VirtualTime(),
        numbers,
        trimmed=trimmed,
        is_closed=is_closed,
        dynamodb=dynamodb,
        share=lambda limit: sizes.pop() if sizes else limit,
        before=trouble(*errors),
    )
    result = read(shard, failure(numbers[first], numbers[last], size, dynamodb=dynamodb), 10_000)
    left = numbers[max(first, trimmed) : last + 1]
    assert numbers_of(result) == left
    if trimmed <= first:
        assert result.gone is None
    else:
        assert result.gone == GoneRecords(
            count=max(1, size - len(left)),
            start_sequence_number=str(numbers[first]),
            before_sequence_number=str(left[0]) if left else None,
        )
