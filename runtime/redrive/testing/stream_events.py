"""Makes the events of Kinesis and DynamoDB streams as Lambda delivers them, with a tumbling window or without."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, cast

from redrive.core.system import now
from redrive.streams.dynamodb import DynamoDBStreamRecord
from redrive.streams.kinesis import KinesisRecord
from redrive.testing.limits import check_record, check_window
from redrive.testing.names import ACCOUNT, arn_of, region_of, text_of, uuid_of

_FIRST_SHARD = "shardId-000000000000"
# As in AWS's example of a Kinesis event, and one as long as DynamoDB's.
_FIRST_KINESIS_NUMBER = 49_590_338_271_490_256_608_559_692_538_361_571_095_921_575_989_136_588_898
_FIRST_DYNAMODB_NUMBER = 123_456_789_000_000_000_001
# A record that was made without a number has this one.
_NOT_NUMBERED = "1"


def kinesis_event(
    *records: object,
    stream: str = "readings",
    partition_key: str = "1",
    shard_id: str = _FIRST_SHARD,
    arrived_at: datetime | None = None,
) -> dict[str, Any]:
    """Make the event of a batch of Kinesis records.

    It has the form of https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html. The sequence numbers follow each
    other, and are the same each time.

    Args:
        *records: The data: bytes and text as they are, any other value as JSON. Or a `KinesisRecord` for a record that
            differs from the others; it gets a sequence number if it has the default one.
        stream: The stream's name or ARN. Default: `"readings"`.
        partition_key: The partition key. Default: `"1"`.
        shard_id: The shard's id. Default: the first shard.
        arrived_at: The time at which the stream received the records. Default: now.

    Returns:
        The event.

    Raises:
        TypeError: A value is neither bytes nor text, and not JSON.
        ValueError: Kinesis does not take such a record.
    """
    arn = stream if stream.startswith("arn:") else arn_of("kinesis", f"stream/{stream}")
    moment = datetime.fromtimestamp(now(), UTC) if arrived_at is None else arrived_at
    found: list[dict[str, Any]] = []
    for number, each in enumerate(records):
        if isinstance(each, KinesisRecord):
            given = cast("KinesisRecord[Any]", each)
        else:
            given = KinesisRecord[Any](_bytes(each), partition_key=partition_key, shard_id=shard_id)
        check_record(given.data, given.partition_key)
        record, kinesis = dict(given[0]), dict(given[1])
        if given.sequence_number == _NOT_NUMBERED:
            kinesis["sequenceNumber"] = str(_FIRST_KINESIS_NUMBER + number)
        kinesis.setdefault("approximateArrivalTimestamp", moment.timestamp())
        source = given.source_arn or arn
        record |= {
            "kinesis": kinesis,
            "eventID": f"{given.shard_id}:{kinesis['sequenceNumber']}",
            "invokeIdentityArn": f"arn:aws:iam::{ACCOUNT}:role/lambda-role",
            "awsRegion": region_of(source),
            "eventSourceARN": source,
        }
        found.append(record)
    return {"Records": found}


def dynamodb_stream_event(
    *changes: Mapping[str, Any] | DynamoDBStreamRecord[Any],
    table: str = "orders",
    key: str | tuple[str, ...] = "id",
    arrived_at: datetime | None = None,
) -> dict[str, Any]:
    """Make the event of a batch of changes.

    It has the form of https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html. The sequence numbers follow each
    other, and are the same each time.

    Args:
        *changes: Items as plain values, each of which was inserted. Or a `DynamoDBStreamRecord` for any other change;
            it gets a sequence number if it has the default one.
        table: The table's name, or the stream's ARN. Default: `"orders"`.
        key: The name of the items' primary key, or of partition and sort key. Default: `"id"`.
        arrived_at: The time of the changes. Default: now.

    Returns:
        The event.

    Raises:
        ValueError: An item lacks the key.
        TypeError: A value is no item, or has a type that DynamoDB does not support.
    """
    arn = table
    if not table.startswith("arn:"):
        arn = arn_of("dynamodb", f"table/{table}/stream/2026-01-01T00:00:00.000")
    moment = now() if arrived_at is None else arrived_at.timestamp()
    names = (key,) if isinstance(key, str) else key
    found: list[dict[str, Any]] = []
    for number, each in enumerate(changes):
        if isinstance(each, DynamoDBStreamRecord):
            given = each
        else:
            given = DynamoDBStreamRecord[Any]("INSERT", _keys(each, names), new_image=each)
        record, dynamodb = dict(given[0]), dict(given[1])
        if given.sequence_number == _NOT_NUMBERED:
            dynamodb["SequenceNumber"] = str(_FIRST_DYNAMODB_NUMBER + number)
        dynamodb.setdefault("ApproximateCreationDateTime", int(moment))  # in whole seconds, as AWS writes it
        dynamodb |= {"SizeBytes": len(json.dumps(dynamodb)), "StreamViewType": "NEW_AND_OLD_IMAGES"}
        source = given.source_arn or arn
        event_id = uuid_of(source, dynamodb["SequenceNumber"]).replace("-", "")
        record |= {
            "eventID": event_id if given.event_id == _NOT_NUMBERED else given.event_id,
            "awsRegion": region_of(source),
            "dynamodb": dynamodb,
            "eventSourceARN": source,
        }
        found.append(record)
    return {"Records": found}


def in_window(
    event: Mapping[str, Any],
    state: Mapping[str, Any] | None = None,
    *,
    start: datetime = datetime(2026, 1, 1, tzinfo=UTC),
    end: datetime = datetime(2026, 1, 1, 0, 2, tzinfo=UTC),
    is_final: bool = False,
    is_terminated_early: bool = False,
) -> dict[str, Any]:
    """Make an event of a stream one of a tumbling window.

    https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-windows.html

    Args:
        event: The event. For the last invocation of a window, which may have no records, one without records.
        state: The state that the function returned before in this window. Default: none, as at its start.
        start: The time at which the window begins. Default: a fixed one.
        end: The time at which it ends. Default: two minutes after the default of `start`.
        is_final: Whether this is the last invocation of the window. Default: `False`.
        is_terminated_early: Whether Lambda ends the window early. Default: `False`.

    Returns:
        The event, with the members of the window.

    Raises:
        ValueError: The event is none of a stream, or `end` is not within 15 minutes after `start`.
    """
    records: list[Mapping[str, Any]] = list(event.get("Records") or [])
    check_window(records, start, end)
    first: Mapping[str, Any] = records[0] if records else {}
    shard, colon, _ = str(first.get("eventID", "")).partition(":")
    return {
        **event,
        "window": {"start": _text(start), "end": _text(end)},
        "state": dict(state or {}),
        "shardId": shard if colon else _FIRST_SHARD,
        "eventSourceARN": first.get("eventSourceARN") or arn_of("kinesis", "stream/readings"),
        "isFinalInvokeForWindow": is_final,
        "isWindowTerminatedEarly": is_terminated_early,
    }


def _bytes(data: object) -> bytes:
    return bytes(data) if isinstance(data, (bytes, bytearray)) else text_of(data, "the data of a record").encode()


def _keys(item: object, names: tuple[str, ...]) -> dict[str, Any]:
    """Return the primary key of an item."""
    if not isinstance(item, Mapping):
        raise TypeError(f"{item!r:.200} is not an item: give a mapping of plain values, or a DynamoDBStreamRecord")
    members = cast("Mapping[str, Any]", item)
    lacking = [name for name in names if name not in members]
    if lacking:
        raise ValueError(
            f"the item {item!r:.200} has no {' and no '.join(map(repr, lacking))}: each item has the table's primary "
            f"key; add it, or name another one, as in key={next(iter(members), 'id')!r}"
        )
    return {name: members[name] for name in names}


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
