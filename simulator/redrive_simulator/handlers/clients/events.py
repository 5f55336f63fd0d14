"""Stands in for EventBridge, its schedules and pipes, and for Kinesis."""

# ruff: noqa: N803

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from redrive_model.filters.errors import PatternError
from redrive_model.filters.matching import matches
from redrive_model.filters.patterns import read as read_pattern
from redrive_model.filters.values import read_json
from redrive_model.limits import (
    LARGEST_EVENT,
    LARGEST_RECORD,
    LONGEST_PARTITION_KEY,
    MOST_RECORDS,
)
from redrive_simulator.handlers.clients.base import Client, found
from redrive_simulator.services.buses import send_away
from redrive_simulator.services.refusals import Refused
from redrive_simulator.services.strict_json import read_strictly

if TYPE_CHECKING:
    from redrive_simulator.services.streams import Stream


_SIZE_OF_TIME = 14
_LONGEST_DETAIL_TYPE = 128
_MANDATORY = frozenset({"id", "account", "source", "time", "region", "detail-type"})


class Events(Client):
    """Answers for event buses: https://docs.aws.amazon.com/eventbridge/latest/APIReference/.

    SNAP stands for https://github.com/localstack/localstack/blob/main/tests/aws/services/events/, whose snapshots were
    recorded on AWS.
    """

    def put_events(self, *, Entries: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """`PutEvents`; an entry for a bus that the template does not have leaves the simulation, visibly."""
        if sum(map(_size, Entries)) > LARGEST_EVENT:  # SNAP test_put_event_with_too_big_detail
            raise Refused("ValidationException", "Total size of the entries in the request is over the limit.")
        results = [self._put(entry) for entry in Entries]
        return {"FailedEntryCount": sum("ErrorCode" in each for each in results), "Entries": results}

    def test_event_pattern(self, *, EventPattern: str, Event: str) -> dict[str, Any]:
        """`TestEventPattern`."""
        try:
            pattern = read_pattern(EventPattern)
        except PatternError as error:
            message = f"Event pattern is not valid. Reason: {error}"
            raise Refused("InvalidEventPatternException", message) from None
        event: Any = read_json(Event)
        if not isinstance(event, dict) or not _MANDATORY.issubset(cast("dict[str, Any]", event)):
            raise Refused("ValidationException", "Parameter Event is not valid.")  # SNAP test_invalid_event_payload
        return {"Result": matches(pattern, cast("dict[str, Any]", event))}

    def _put(self, entry: Mapping[str, Any]) -> dict[str, Any]:
        if "TraceHeader" in entry:
            raise self._shared.missing("events.PutEvents(TraceHeader)", "leave it out")
        for name in ("Source", "DetailType", "Detail"):
            if not entry.get(name):  # SNAP test_put_events_without_source
                return _failed(
                    "InvalidArgument", f"Parameter {name} is not valid. Reason: {name} is a required argument."
                )
        if len(entry["DetailType"]) > _LONGEST_DETAIL_TYPE:
            reason = f"DetailType has more than {_LONGEST_DETAIL_TYPE} characters."
            return _failed("InvalidArgument", f"Parameter DetailType is not valid. Reason: {reason}")
        if entry["Source"].startswith("aws."):
            # https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEventsResultEntry.html
            return _failed("NotAuthorizedForSourceException", "Not authorized for the source.")
        try:
            detail: Any = read_strictly(entry["Detail"])
        except ValueError:
            detail = None
        if not isinstance(detail, dict):  # SNAP test_put_event_malformed_detail
            return _failed("MalformedDetail", "Detail is malformed.")
        name = entry.get("EventBusName", "default")
        bus = self._resources.buses.get(name)
        if bus is None or name not in (bus.spec.arn, bus.spec.arn.rpartition("/")[2]):
            return {"EventId": send_away(self._world, name, detail)}
        resources, time = list(entry.get("Resources", ())), entry.get("Time")
        return {"EventId": bus.put(entry["Source"], entry["DetailType"], detail, resources, time)}


def _failed(code: str, message: str) -> dict[str, Any]:
    return {"ErrorCode": code, "ErrorMessage": message}


def _size(entry: Mapping[str, Any]) -> int:
    """Return the size of an entry: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevent-size.html."""
    texts = [entry.get(name) or "" for name in ("Source", "DetailType", "Detail")] + list(entry.get("Resources") or ())
    return sum(len(each.encode()) for each in texts) + (_SIZE_OF_TIME if "Time" in entry else 0)


class Scheduler(Client):
    """Answers nothing: a schedule that a function makes would not run."""


class Pipes(Client):
    """Answers nothing: a pipe that a function makes would not run."""


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
        """Return the Kinesis stream with an ARN or a name, of which a logical id is none."""
        streams = [each for each in self._resources.streams.values() if each.spec.kind == "kinesis"]
        stream = next((each for each in streams if name in (each.spec.arn, each.spec.arn.rpartition("/")[2])), None)
        message = f"Stream {name} under account {self._world.parameters.account} not found."
        return found(stream, "ResourceNotFoundException", message)

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
