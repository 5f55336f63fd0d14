"""The Kinesis record as the user's function sees it."""

from __future__ import annotations

import copy
import pickle
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redrive.core import Permanent
from redrive.streams.kinesis import KinesisRecord, kinesis_handler
from tests.support.runtime.streams.documented_events import KINESIS_EVENT
from tests.support.runtime.streams.stream import kinesis_record


def received(*records: dict[str, Any]) -> list[KinesisRecord[bytes]]:
    """The records as a function is given them."""
    seen: list[KinesisRecord[bytes]] = []
    assert kinesis_handler(seen.append)({"Records": list(records)}) == {"batchItemFailures": []}
    return seen


def test_the_documented_event_is_read_record_by_record() -> None:
    first, second = received(*KINESIS_EVENT["Records"])
    assert (first.data, second.data) == (b"Hello, this is a test.", b"This is only a test.")
    assert first.partition_key == "1"
    assert first.sequence_number == "49590338271490256608559692538361571095921575989136588898"
    assert first.shard_id == "shardId-000000000006"
    assert first.source_arn == "arn:aws:kinesis:us-east-2:123456789012:stream/lambda-stream"
    assert first.arrived_at == datetime(2018, 12, 17, 22, 10, 50, 987_000, UTC)
    assert first.parsed == first.data
    assert not first.is_aggregated


def test_json_is_read_on_demand() -> None:
    (record,) = received(kinesis_record(data='{"name": "Zoë"}'.encode()))
    assert record.json() == {"name": "Zoë"}


@pytest.mark.parametrize("data", [b"", b"no", b"\xff\xfe\xfd", b"{"])
def test_what_is_no_json_is_a_permanent_failure(data: bytes) -> None:
    (record,) = received(kinesis_record(data=data))
    with pytest.raises(Permanent, match="the data is not JSON"):
        record.json()


def test_an_aggregate_of_the_producer_library_is_recognized() -> None:
    """https://docs.aws.amazon.com/streams/latest/dev/kinesis-kpl-consumer-deaggregation.html"""
    (record,) = received(kinesis_record(data=b"\xf3\x89\x9a\xc2" + b"protobuf and md5"))
    assert record.is_aggregated
    with pytest.raises(Permanent, match="aggregate of the Kinesis Producer Library, not JSON: give a parse="):
        record.json()


def test_what_a_record_lacks_is_empty() -> None:
    (record,) = received({"kinesis": {"sequenceNumber": "7"}})
    assert (record.data, record.partition_key, record.shard_id, record.source_arn) == (b"", "", "", "")
    assert record.arrived_at is None


def test_an_event_id_of_another_form_names_no_shard() -> None:
    (record,) = received({**kinesis_record(), "eventID": "7"})
    assert (record.event_id, record.shard_id) == ("7", "")


def test_a_record_cannot_be_changed() -> None:
    (record,) = received(kinesis_record())
    with pytest.raises(AttributeError):
        record.data = b""  # pyright: ignore[reportAttributeAccessIssue]


@given(st.binary(max_size=100), st.text(max_size=9), st.none() | st.datetimes(timezones=st.just(UTC)))
def test_a_record_made_by_hand_says_what_it_was_made_of(data: bytes, key: str, arrived_at: datetime | None) -> None:
    record: KinesisRecord[bytes] = KinesisRecord(
        data,
        partition_key=key,
        sequence_number="7",
        arrived_at=arrived_at,
        shard_id="shardId-000000000003",
        source_arn="arn",
    )
    assert (record.data, record.partition_key, record.sequence_number) == (data, key, "7")
    assert (record.shard_id, record.source_arn) == ("shardId-000000000003", "arn")
    if arrived_at is not None:
        assert record.arrived_at is not None
        assert abs(record.arrived_at - arrived_at).total_seconds() < 0.001
    assert copy.deepcopy(record) == record
    assert pickle.loads(pickle.dumps(record)) == record
    assert hash(record) == hash(copy.copy(record))
    assert repr(data) in repr(record)


def test_what_a_parser_made_can_be_given_by_hand() -> None:
    record: KinesisRecord[dict[str, int]] = KinesisRecord(b"{}", parsed={"id": 7})
    assert record.parsed == {"id": 7}
    assert KinesisRecord[int](b"").with_parsed(None).parsed is None
