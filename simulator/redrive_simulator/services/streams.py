"""Simulates a Kinesis stream, or the stream of a DynamoDB table."""

from __future__ import annotations

import hashlib
import json
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from redrive_model.resources.stream import StreamSpec
from redrive_simulator.outcomes import Outcome
from redrive_simulator.services.representations import represented
from redrive_simulator.services.values import size_of_item
from redrive_simulator.timeline.entries import Kind

if TYPE_CHECKING:
    from redrive_simulator.engine.invocation import Chain
    from redrive_simulator.engine.world import World


_FIRST_SEQUENCE_NUMBER = 49_590_338_271_490_256_608_559_692_538_361_571_095_921_575_989_136_588_898
_FIRST_CHANGE = 100_000_000_000_000_000_000_000
#: Number of hash keys, which the shards share.
HASHES = 1 << 128


@dataclass(slots=True, eq=False)
class StreamRecord:
    """A record of a stream.

    Attributes:
        id: Event id.
        number: Sequence number.
        arrived_at: Time of the write, in seconds from the simulation's start.
        key: Partition key, or the key of the item as JSON: records with one key stay in order.
        lane: Hash of the key that selects a lane of the shard.
        content: Data in bytes, or the change of an item.
        size: Approximate size in bytes.
        chain: Chain of requests that wrote it.
    """

    id: str
    number: str
    arrived_at: float
    key: str
    lane: int
    content: Any
    size: int
    chain: Chain


@dataclass(slots=True, eq=False)
class Shard:
    """A shard.

    Attributes:
        id: Shard id.
        records: All records written to it, in order.
    """

    id: str
    records: list[StreamRecord] = field(default_factory=list[StreamRecord])


class Stream:
    """A stream.

    Attributes:
        name: Name in the history.
        records: All records written to it, in order of arrival.
        shards: Shards.
        readers: Called with the number of a shard after each write to it.
    """

    __slots__ = ("_number", "readers", "shards", "spec", "world")

    def __init__(self, spec: StreamSpec, world: World) -> None:
        self.spec = spec
        self.world = world
        prefix = "shardId-" if spec.kind == "kinesis" else "shardId-0000000170000000000"
        width = 12 if spec.kind == "kinesis" else 4
        self.shards = [Shard(f"{prefix}{number:0{width}}") for number in range(spec.shards)]
        self.readers: list[Callable[[int], None]] = []
        self._number = 0

    @property
    def name(self) -> str:
        """Name in the history."""
        return self.spec.name

    @property
    def records(self) -> list[StreamRecord]:
        """All records written to the stream, in order of arrival."""
        return sorted((each for shard in self.shards for each in shard.records), key=lambda each: int(each.number))

    def __repr__(self) -> str:
        records = self.records
        return represented("Stream", self.name, len(records), "record", (each.content for each in records))

    def put(self, data: bytes, partition_key: str, chain: Chain = None, hash_key: int | None = None) -> StreamRecord:
        """Write a record to a Kinesis stream; the hash key selects the shard. Default: that of the partition key."""
        return self._append(partition_key, data, len(data) + len(partition_key), chain, hash_key)

    def change(
        self, event_name: str, keys: Mapping[str, Any], change: Mapping[str, Any], chain: Chain = None
    ) -> StreamRecord:
        """Write the change of an item to a table's stream.

        Args:
            event_name: `INSERT`, `MODIFY` or `REMOVE`.
            keys: Key of the item in DynamoDB's JSON format.
            change: `NewImage`, `OldImage` and `userIdentity`, if present.
            chain: Chain of requests that the change belongs to.
        """
        key = json.dumps(keys, sort_keys=True, default=str)
        content = {"eventName": event_name, "Keys": dict(keys), **change}
        size = sum(size_of_item(item) for item in (keys, change.get("NewImage"), change.get("OldImage")) if item)
        return self._append(key, content, size, chain)

    def _append(self, key: str, content: Any, size: int, chain: Chain, hash_key: int | None = None) -> StreamRecord:
        world = self.world
        # https://docs.aws.amazon.com/streams/latest/dev/key-concepts.html#partition-key
        hashed = int.from_bytes(hashlib.md5(key.encode(), usedforsecurity=False).digest(), "big")
        index = (hashed if hash_key is None else hash_key) * len(self.shards) // HASHES
        shard = self.shards[index]
        self._number += 1
        if self.spec.kind == "kinesis":
            number = str(_FIRST_SEQUENCE_NUMBER + self._number)
            id = f"{shard.id}:{number}"
        else:
            number = str(_FIRST_CHANGE + self._number)
            id = world.new_id().replace("-", "")
        # The lower bits of the hash, since the upper ones already select the shard.
        record = StreamRecord(id, number, world.scheduler.now, key, hashed & 0xFFFFFFFF, content, size, chain)
        shard.records.append(record)
        world.add_event(id, self.name, content, key)
        world.add_entry(Kind.SENT, self.name, shard.id, events=(id,))
        if self.readers:
            for reader in self.readers:
                reader(index)
        else:
            world.set_outcome(id, self.name, Outcome.KEPT, self.name)
        return record


def lambda_record(record: StreamRecord, spec: StreamSpec, arn: str, region: str, epoch: float) -> dict[str, Any]:
    """Return a record of a Lambda event.

    https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html#services-kinesis-event-example and
    https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html#events-sample-dynamodb

    Args:
        record: The record.
        spec: Its stream.
        arn: ARN in the mapping, which may be that of a consumer.
        region: Region.
        epoch: Virtual time 0, in seconds since the epoch.
    """
    content = record.content
    if spec.kind == "kinesis":
        return {
            "kinesis": {
                "kinesisSchemaVersion": "1.0",
                "partitionKey": record.key,
                "sequenceNumber": record.number,
                "data": b64encode(content).decode(),
                "approximateArrivalTimestamp": round(epoch + record.arrived_at, 3),
            },
            "eventSource": "aws:kinesis",
            "eventVersion": "1.0",
            "eventID": record.id,
            "eventName": "aws:kinesis:record",
            "invokeIdentityArn": "arn:aws:iam::111111111111:role/simulated",
            "awsRegion": region,
            "eventSourceARN": arn,
        }
    change: dict[str, Any] = {
        "ApproximateCreationDateTime": int(epoch + record.arrived_at),
        "Keys": content["Keys"],
    }
    for name, views in (
        ("NewImage", ("NEW_IMAGE", "NEW_AND_OLD_IMAGES")),
        ("OldImage", ("OLD_IMAGE", "NEW_AND_OLD_IMAGES")),
    ):
        if name in content and spec.view in views:
            change[name] = content[name]
    change |= {"SequenceNumber": record.number, "SizeBytes": record.size, "StreamViewType": spec.view}
    made: dict[str, Any] = {
        "eventID": record.id,
        "eventName": content["eventName"],
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": region,
        "dynamodb": _copied(change),
        "eventSourceARN": arn,
    }
    if "userIdentity" in content:
        made["userIdentity"] = dict(content["userIdentity"])
    return made


def _copied(value: Any) -> Any:
    # Lambda's JSON has binary values in base64.
    return json.loads(json.dumps(value, default=lambda data: b64encode(bytes(data)).decode()))
