"""The record of a DynamoDB stream as the user's function sees it."""

from __future__ import annotations

import copy
import pickle
from datetime import UTC, datetime
from typing import Any

import pytest

from redrive.streams.dynamodb import DynamoDBStreamRecord, dynamodb_stream_handler
from tests.support.runtime.streams.documented_events import DOCUMENTED_TABLE_STREAM, DYNAMODB_EVENT
from tests.support.runtime.streams.stream import TABLE_STREAM, dynamodb_record


def received(*records: dict[str, Any]) -> list[DynamoDBStreamRecord[None]]:
    """The records as a function is given them."""
    seen: list[DynamoDBStreamRecord[None]] = []
    assert dynamodb_stream_handler(seen.append)({"Records": list(records)}) == {"batchItemFailures": []}
    return seen


def test_the_documented_event_is_read_record_by_record() -> None:
    insert, modify, remove = received(*DYNAMODB_EVENT["Records"])
    assert [each.event_name for each in (insert, modify, remove)] == ["INSERT", "MODIFY", "REMOVE"]
    assert [each.sequence_number for each in (insert, modify, remove)] == ["111", "222", "333"]
    assert insert.keys == {"Id": 101}
    assert (insert.new_image, insert.old_image) == ({"Id": 101, "Message": "New item!"}, None)
    assert modify.old_image == insert.new_image
    assert modify.new_image == {"Id": 101, "Message": "This item has changed"}
    assert (remove.new_image, remove.old_image) == (None, modify.new_image)
    assert insert.source_arn == DOCUMENTED_TABLE_STREAM
    assert insert.event_id == "1"
    assert insert.parsed is None
    assert insert.arrived_at is None


def test_a_record_says_when_the_change_was_made() -> None:
    (record,) = received(dynamodb_record())
    assert record.arrived_at == datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)
    assert record.source_arn == TABLE_STREAM


def test_an_item_that_time_to_live_has_deleted_is_recognized() -> None:
    """https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/time-to-live-ttl-streams.html"""
    identity = {"type": "Service", "principalId": "dynamodb.amazonaws.com"}
    expired, removed = received(
        {**dynamodb_record(1, event_name="REMOVE"), "userIdentity": identity}, dynamodb_record(2, event_name="REMOVE")
    )
    assert expired.user_identity == identity
    assert removed.user_identity is None


def test_without_images_there_are_keys_alone() -> None:
    """The stream view type KEYS_ONLY."""
    (record,) = received(dynamodb_record(key="7"))
    assert (record.keys, record.new_image, record.old_image) == ({"id": "7"}, None, None)


def test_an_empty_image_is_not_a_missing_one() -> None:
    (record,) = received(dynamodb_record(NewImage={}))
    assert record.new_image == {}


def test_a_record_made_by_hand_says_what_it_was_made_of() -> None:
    moment = datetime(2026, 11, 21, 8, tzinfo=UTC)
    record: DynamoDBStreamRecord[None] = DynamoDBStreamRecord(
        "MODIFY",
        {"id": 7},
        new_image={"id": 7, "tags": frozenset({"a"})},
        old_image={"id": 7, "photo": b"\xff"},
        sequence_number="12",
        event_id="c4ca",
        arrived_at=moment,
        source_arn="arn",
        user_identity={"type": "Service"},
    )
    assert (record.event_name, record.keys) == ("MODIFY", {"id": 7})
    assert record.new_image == {"id": 7, "tags": frozenset({"a"})}
    assert record.old_image == {"id": 7, "photo": b"\xff"}
    assert (record.sequence_number, record.event_id, record.source_arn) == ("12", "c4ca", "arn")
    assert (record.arrived_at, record.user_identity) == (moment, {"type": "Service"})
    assert copy.deepcopy(record) == record
    assert pickle.loads(pickle.dumps(record)) == record
    assert repr(record) == "DynamoDBStreamRecord('MODIFY', keys={'id': 7}, sequence_number='12')"
    assert DynamoDBStreamRecord("INSERT", {}, parsed=[1]).parsed == [1]


def test_a_record_cannot_be_changed() -> None:
    (record,) = received(dynamodb_record())
    with pytest.raises(AttributeError):
        record.keys = {}  # pyright: ignore[reportAttributeAccessIssue]
