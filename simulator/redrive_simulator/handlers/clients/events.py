"""Stands in for EventBridge and Kinesis."""

# ruff: noqa: N803

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from redrive_model.limits import (
    LARGEST_EVENT,
    LARGEST_RECORD,
    LONGEST_PARTITION_KEY,
    MOST_RECORDS,
)
from redrive_simulator.handlers.clients.base import Client, found
from redrive_simulator.services.buses import send_away
from redrive_simulator.services.refusals import Refused

if TYPE_CHECKING:
    from redrive_simulator.services.streams import Stream


_MOST = 10
_SIZE_OF_TIME = 14


class Events(Client):
    """Answers for event buses: https://docs.aws.amazon.com/eventbridge/latest/APIReference/."""

    def put_events(self, *, Entries: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """`PutEvents`; an entry for a bus that the template does not have leaves the simulation, visibly."""
        if not 0 < len(Entries) <= _MOST:
            raise Refused("ValidationException", f"{len(Entries)} entries: give 1 to {_MOST}")
        size = sum(map(_size, Entries))
        if size > LARGEST_EVENT:
            raise Refused(
                "ValidationException", f"Total size of the entries in the request is over the limit: {size} bytes"
            )
        results = [self._put(entry) for entry in Entries]
        return {"FailedEntryCount": sum("ErrorCode" in each for each in results), "Entries": results}

    def _put(self, entry: Mapping[str, Any]) -> dict[str, Any]:
        if "TraceHeader" in entry:
            raise self._shared.missing("events.PutEvents(TraceHeader)", "leave it out")
        for name in ("Source", "DetailType", "Detail"):
            if not entry.get(name):
                return {"ErrorCode": "InvalidArgument", "ErrorMessage": f"Parameter {name} is not valid."}
        try:
            detail: Any = json.loads(entry["Detail"])
        except ValueError:
            return {"ErrorCode": "MalformedDetail", "ErrorMessage": "Detail is malformed."}
        if not isinstance(detail, dict):
            return {"ErrorCode": "MalformedDetail", "ErrorMessage": "Detail is malformed."}
        name = entry.get("EventBusName", "default")
        bus = self._resources.buses.get(name)
        if bus is None:
            return {"EventId": send_away(self._world, name, detail)}
        resources = list(entry.get("Resources", ()))
        return {"EventId": bus.put(entry["Source"], entry["DetailType"], detail, resources, entry.get("Time"))}


def _size(entry: Mapping[str, Any]) -> int:
    """Return the size of an entry: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevent-size.html."""
    texts = [entry.get(name) or "" for name in ("Source", "DetailType", "Detail")] + list(entry.get("Resources") or ())
    return sum(len(each.encode()) for each in texts) + (_SIZE_OF_TIME if "Time" in entry else 0)


class Kinesis(Client):
    """Answers for writing to streams: https://docs.aws.amazon.com/kinesis/latest/APIReference/."""

    def put_record(
        self,
        *,
        Data: bytes | str,
        PartitionKey: str,
        StreamName: str | None = None,
        StreamARN: str | None = None,
    ) -> dict[str, Any]:
        """`PutRecord`."""
        return self._put_all(StreamARN or StreamName, [{"Data": Data, "PartitionKey": PartitionKey}])[0]

    def put_records(
        self, *, Records: Sequence[Mapping[str, Any]], StreamName: str | None = None, StreamARN: str | None = None
    ) -> dict[str, Any]:
        """`PutRecords`."""
        if not 0 < len(Records) <= MOST_RECORDS:
            raise Refused("ValidationException", f"{len(Records)} records: give 1 to {MOST_RECORDS}")
        return {"FailedRecordCount": 0, "Records": self._put_all(StreamARN or StreamName, Records)}

    def _stream(self, name: str | None) -> Stream:
        return found(self._resources.streams.get(name or ""), "ResourceNotFoundException", f"Stream {name} not found")

    def _put_all(self, name: str | None, entries: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """Write records, or refuse all of them."""
        stream = self._stream(name)
        contents = [self._content(each) for each in entries]
        # No chain: Lambda does not detect loops through Kinesis.
        records = [stream.put(content, each["PartitionKey"]) for content, each in zip(contents, entries, strict=True)]
        return [{"ShardId": each.id.partition(":")[0], "SequenceNumber": each.number} for each in records]

    def _content(self, entry: Mapping[str, Any]) -> bytes:
        """Return the content of a record, or refuse it."""
        if "ExplicitHashKey" in entry:
            raise self._shared.missing("kinesis.PutRecords(ExplicitHashKey)", "leave it out")
        data, key = entry["Data"], entry["PartitionKey"]
        content = data.encode() if isinstance(data, str) else bytes(data)
        if len(content) > LARGEST_RECORD:
            raise Refused("ValidationException", f"{len(content)} bytes are more than a record may have")
        if len(key) > LONGEST_PARTITION_KEY:
            raise Refused(
                "ValidationException", f"a partition key of {len(key)} characters: give 1 to {LONGEST_PARTITION_KEY}"
            )
        return content
