"""Reads the batches of EventBridge Pipes. Loaded at the first of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

# Members that a record of Kinesis has itself in a pipe, and in `kinesis` in a Lambda event.
_KINESIS = ("kinesisSchemaVersion", "partitionKey", "sequenceNumber", "data", "approximateArrivalTimestamp")


def as_event(batch: Sequence[object]) -> dict[str, object]:
    """Return a pipe's batch as the event of an event source mapping.

    A pipe delivers the records as a bare list, whose records of Kinesis are flat:
    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-batching-concurrency.html and
    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-kinesis.html
    """
    return {"Records": [_nested(record) for record in batch]}


def _nested(record: object) -> object:
    if not isinstance(record, Mapping) or "kinesis" in record or "sequenceNumber" not in record:
        return cast(object, record)
    members = cast("Mapping[str, Any]", record)
    outer = {name: value for name, value in members.items() if name not in _KINESIS}
    return {"kinesis": {name: members[name] for name in _KINESIS if name in members}, **outer}
