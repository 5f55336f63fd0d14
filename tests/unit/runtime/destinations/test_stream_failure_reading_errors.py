"""`StreamFailure.records` waits for what passes, and says what else keeps it from reading."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from redrive.aws.clients import clients
from redrive.destinations.stream_failure import StreamFailure
from redrive.destinations.stream_range import StreamReadError
from tests.support.runtime.asynchronous.attempts import aws_error
from tests.support.runtime.destinations.stream_failures import (
    KINESIS,
    SHARD,
    STREAM,
    FakeShard,
    failure,
)
from tests.support.runtime.destinations.stream_reading import TROUBLES, numbers_of, read, trouble
from tests.support.runtime.sqs.queue import VirtualTime

# Errors while reading.


@pytest.mark.parametrize("is_closed", [False, True])
def test_a_shard_that_ends_before_the_batch_does_is_another_one(time: VirtualTime, is_closed: bool) -> None:
    """The oldest records go first: if one of the batch is there, its last one must be."""
    with pytest.raises(StreamReadError) as raised:
        read(FakeShard(time, [5, 7], is_closed=is_closed), failure(5, 11, 3))
    assert f"the range 5 to 11 of {SHARD} in {STREAM} ends with 7" in str(raised.value)


def test_a_shard_that_skips_the_end_of_the_batch_is_another_one(time: VirtualTime) -> None:
    with pytest.raises(StreamReadError, match="ends with 7"):
        read(FakeShard(time, [5, 7, 12]), failure(5, 11, 3))


def test_a_stream_that_is_not_there_is_an_error(time: VirtualTime, dynamodb: bool) -> None:
    shard = FakeShard(time, [5], has_shard=False, has_stream=False, dynamodb=dynamodb)
    with pytest.raises(StreamReadError) as raised:
        read(shard, failure(5, 5, 1, dynamodb=dynamodb))
    assert "ResourceNotFoundException" in str(raised.value)
    assert "the stream was deleted, or is not this account's or this Region's" in str(raised.value)
    assert raised.value.__cause__ is not None


@pytest.mark.parametrize("code", ["AccessDeniedException", "KMSAccessDeniedException"])
@pytest.mark.parametrize("at", ["get_shard_iterator", "get_records"])
def test_a_refusal_is_an_error_that_names_call_code_and_remedy(time: VirtualTime, code: str, at: str) -> None:
    shard = FakeShard(time, [5], before=trouble(aws_error(code), at=at))
    with pytest.raises(StreamReadError) as raised:
        read(shard, failure(5, 5, 1))
    for part in (f"the range 5 of {SHARD} in {STREAM} cannot be read: {at} failed", code, "which permissions"):
        assert part in str(raised.value)


def test_without_the_describing_call_a_shard_is_not_said_to_be_gone(time: VirtualTime, dynamodb: bool) -> None:
    at = "describe_stream" if dynamodb else "describe_stream_summary"
    error = aws_error("AccessDeniedException")
    shard = FakeShard(time, [5], has_shard=False, dynamodb=dynamodb, before=trouble(error, at=at))
    with pytest.raises(StreamReadError, match=f"{at} failed"):
        read(shard, failure(5, 5, 1, dynamodb=dynamodb))


@pytest.mark.parametrize("code", ["InvalidArgumentException", "ExpiredIteratorException", "KMSDisabledException"])
def test_an_iterator_that_is_refused_is_an_error(time: VirtualTime, code: str) -> None:
    shard = FakeShard(time, [5], before=trouble(aws_error(code), at="get_shard_iterator"))
    with pytest.raises(StreamReadError, match=code):
        read(shard, failure(5, 5, 1))


def test_the_oldest_record_that_cannot_be_asked_for_is_an_error(time: VirtualTime) -> None:
    shard = FakeShard(time, [5, 7], trimmed=1, dynamodb=True)
    shard.before = trouble(None, aws_error("AccessDeniedException"), at="get_shard_iterator")
    with pytest.raises(StreamReadError, match="AccessDeniedException"):
        read(shard, failure(5, 7, 2, dynamodb=True))


def test_an_expired_iterator_that_cannot_be_replaced_is_an_error(time: VirtualTime) -> None:
    shard = FakeShard(time, [5, 7], share=lambda limit: 1)
    errors = iter([None, None, aws_error("ExpiredIteratorException"), aws_error("AccessDeniedException")])

    def before(name: str) -> None:
        error = next(errors)
        if error is not None:
            raise error

    shard.before = before
    with pytest.raises(StreamReadError, match=r"get_shard_iterator failed: .*AccessDeniedException"):
        read(shard, failure(5, 7, 2))


@pytest.mark.parametrize("error", TROUBLES, ids=str)
@pytest.mark.parametrize("at", ["get_shard_iterator", "get_records"])
def test_what_passes_is_waited_for(time: VirtualTime, error: Exception, at: str) -> None:
    shard = FakeShard(time, [5, 7], before=trouble(error, error, error, at=at))
    start = time()
    assert numbers_of(read(shard, failure(5, 7, 2))) == [5, 7]
    assert len(shard.calls(at)) == 4
    # Half of 0.5, 1 and 2 s, and a quarter more, by the draw of 0.5.
    assert time() - start == pytest.approx(0.75 * (0.5 + 1 + 2))


def test_waits_grow_no_longer_than_kinesis_rests(time: VirtualTime) -> None:
    waits: list[float] = []
    shard = FakeShard(time, [5])
    errors = trouble(*[TROUBLES[0]] * 8)

    def before(name: str) -> None:
        waits.append(time())
        errors(name)

    shard.before = before
    read(shard, failure(5, 5, 1))
    assert max(later - earlier for earlier, later in pairwise(waits)) == pytest.approx(0.75 * 5)


def test_an_iterator_that_expired_is_replaced_behind_what_was_read(time: VirtualTime, dynamodb: bool) -> None:
    shard = FakeShard(time, [5, 7, 11], dynamodb=dynamodb, share=lambda limit: 1)
    expired = aws_error("ExpiredIteratorException")
    shard.before = trouble(expired, None, expired)
    assert numbers_of(read(shard, failure(5, 11, 3, dynamodb=dynamodb))) == [5, 7, 11]
    starts = [each["ShardIteratorType"] for each in shard.calls("get_shard_iterator")]
    assert starts == ["AT_SEQUENCE_NUMBER", "AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER"]


def test_pages_leave_others_time_to_read(time: VirtualTime) -> None:
    """A shard answers five times a second, and Lambda reads it once a second."""
    shard = FakeShard(time, list(range(1, 11)), share=lambda limit: 1)
    start = time()
    read(shard, failure(1, 10, 10))
    assert time() - start == pytest.approx(9 * 0.25)


def test_the_time_limit_holds_for_throttling_and_says_what_was_the_matter(time: VirtualTime, dynamodb: bool) -> None:
    shard = FakeShard(time, [5], dynamodb=dynamodb, before=trouble(*[TROUBLES[0]] * 1_000))
    start = time()
    with pytest.raises(TimeoutError) as raised:
        read(shard, failure(5, 5, 1, dynamodb=dynamodb), 20)
    assert time() - start < 20
    assert "was not read within 20 s, the last call failed: " in str(raised.value)
    assert "ProvisionedThroughputExceededException" in str(raised.value)
    assert raised.value.__cause__ is TROUBLES[0]


def test_the_time_limit_holds_for_empty_pages(time: VirtualTime) -> None:
    """DynamoDB does not say where the tip of a shard is."""
    shard = FakeShard(time, [5], trimmed=1, is_closed=False, dynamodb=True)
    start = time()
    with pytest.raises(
        TimeoutError, match=r"was not read within 20 s; try again, or give records\(time_limit=…\) more"
    ):
        read(shard, failure(5, 5, 1, dynamodb=True), 20)
    assert 19 < time() - start < 20


def test_the_time_limit_holds_for_iterators_that_expire(time: VirtualTime) -> None:
    def expire(name: str) -> None:
        if name == "get_records":
            raise aws_error("ExpiredIteratorException")
        assert time() < 1_700_000_100, "this goes on for ever"

    start = time()
    with pytest.raises(TimeoutError):
        read(FakeShard(time, [5], before=expire), failure(5, 5, 1), 20)
    assert 19 < time() - start < 20


def test_no_call_is_begun_when_the_time_is_up(time: VirtualTime) -> None:
    shard = FakeShard(time, [5], before=lambda name: time.advance(21))
    with pytest.raises(TimeoutError):
        read(shard, failure(5, 5, 1), 20)
    assert [name for name, _ in shard.requests] == ["get_shard_iterator"]


def test_the_time_limit_holds_for_slow_calls(time: VirtualTime) -> None:
    shard = FakeShard(time, [5, 7], share=lambda limit: 1, before=lambda name: time.advance(11))
    with pytest.raises(TimeoutError):
        read(shard, failure(5, 7, 2), 20)
    assert len(shard.requests) == 2


@pytest.mark.parametrize("time_limit", [0, -1, float("inf"), float("nan")])
def test_a_time_limit_is_a_number_of_seconds_above_0(time_limit: float) -> None:
    with pytest.raises(ValueError, match="time_limit="):
        StreamFailure.parse(KINESIS).records(time_limit)


def test_a_client_for_another_region_is_refused_before_it_finds_nothing(time: VirtualTime) -> None:
    shard: Any = FakeShard(time, [5])
    shard.meta = type("Meta", (), {"region_name": "us-east-1"})
    with pytest.raises(StreamReadError) as raised:
        read(shard, failure(5, 5, 1))
    for part in ("is in eu-west-1", "client for kinesis in us-east-1", "region_name='eu-west-1'"):
        assert part in str(raised.value)
    assert shard.requests == []


def test_a_client_that_cannot_be_made_is_an_error() -> None:
    def no_client(service: str, limits: object) -> None:
        raise RuntimeError("no credentials")

    with clients.replaced(no_client), pytest.raises(StreamReadError, match="no client for kinesis: no credentials"):
        StreamFailure.parse(KINESIS).records()
