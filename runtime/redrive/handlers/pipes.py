"""Reads the batches of EventBridge Pipes. Loaded at the first event without `Records`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

# Members that a record of Kinesis has itself in a pipe, and in `kinesis` in a Lambda event.
_KINESIS = ("kinesisSchemaVersion", "partitionKey", "sequenceNumber", "data", "approximateArrivalTimestamp")


def as_event(batch: object) -> dict[str, object] | None:
    """Return a pipe's batch as the event of an event source mapping; `None` if it is none.

    A pipe delivers the records as a bare list, whose records of Kinesis are flat:
    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-batching-concurrency.html and
    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-kinesis.html
    """
    if not isinstance(batch, list) or not batch:
        return None
    return {"Records": [_nested(record) for record in cast("list[object]", batch)]}


def _nested(record: object) -> object:
    if not isinstance(record, Mapping) or "kinesis" in record or "sequenceNumber" not in record:
        return cast(object, record)
    members = cast("Mapping[str, Any]", record)
    outer = {name: value for name, value in members.items() if name not in _KINESIS}
    return {"kinesis": {name: members[name] for name in _KINESIS if name in members}, **outer}
