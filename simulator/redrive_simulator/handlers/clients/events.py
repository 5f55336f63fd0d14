"""Simulates the boto3 clients of SNS, EventBridge and Kinesis."""

# ruff: noqa: N803

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from redrive_model.limits import LARGEST_NOTIFICATION
from redrive_simulator.handlers.clients.base import Client, found
from redrive_simulator.handlers.clients.errors import client_error
from redrive_simulator.services.messages import lambda_attributes

if TYPE_CHECKING:
    from redrive_simulator.services.streams import Stream


class Sns(Client):
    """Client of topics: https://docs.aws.amazon.com/sns/latest/api/."""

    def publish(self, *, TopicArn: str, Message: str, Subject: str | None = None, **more: Any) -> dict[str, Any]:
        """`Publish`."""
        world = self._now
        topic = self._resources.topics.get(TopicArn)
        topic = found(topic, "NotFound", f"Topic does not exist: {TopicArn}", "Publish", 404)
        if len(Message.encode()) > LARGEST_NOTIFICATION:
            raise client_error("InvalidParameter", "Invalid parameter: Message too long", "Publish")
        attributes = lambda_attributes(more.get("MessageAttributes")) or None
        return {"MessageId": topic.publish(Message, attributes=attributes, subject=Subject, chain=world.chain)}


class Events(Client):
    """Client of event buses: https://docs.aws.amazon.com/eventbridge/latest/APIReference/."""

    def put_events(self, *, Entries: Sequence[dict[str, Any]], **_: Any) -> dict[str, Any]:
        """`PutEvents`; ignores an entry for a bus that the template does not have."""
        world = self._now
        results: list[dict[str, Any]] = []
        for entry in Entries:
            bus = self._resources.buses.get(entry.get("EventBusName", "default"))
            id = world.new_id()
            if bus is not None:
                id = bus.put(
                    entry.get("Source", ""),
                    entry.get("DetailType", ""),
                    json.loads(entry.get("Detail", "{}")),
                    list(entry.get("Resources", ())),
                )
            results.append({"EventId": id})
        return {"FailedEntryCount": 0, "Entries": results}


class Kinesis(Client):
    """Client for writing to streams: https://docs.aws.amazon.com/kinesis/latest/APIReference/."""

    def put_record(self, *, Data: bytes | str, PartitionKey: str, **stream: Any) -> dict[str, Any]:
        """`PutRecord`."""
        return self._put(self._stream(stream, "PutRecord"), Data, PartitionKey)

    def put_records(self, *, Records: Sequence[dict[str, Any]], **stream: Any) -> dict[str, Any]:
        """`PutRecords`."""
        target = self._stream(stream, "PutRecords")
        return {
            "FailedRecordCount": 0,
            "Records": [self._put(target, each["Data"], each["PartitionKey"]) for each in Records],
        }

    def _stream(self, given: dict[str, Any], operation: str) -> Stream:
        name = given.get("StreamARN") or given.get("StreamName") or ""
        stream = self._resources.streams.get(name)
        return found(stream, "ResourceNotFoundException", f"Stream {name} not found", operation)

    def _put(self, stream: Stream, data: bytes | str, partition_key: str) -> dict[str, Any]:
        content = data.encode() if isinstance(data, str) else bytes(data)
        record = stream.put(content, partition_key)  # no chain: Lambda does not detect loops through Kinesis
        shard = record.id.partition(":")[0]
        return {"ShardId": shard, "SequenceNumber": record.number}
