"""Stands in for SNS and EventBridge."""

# ruff: noqa: N803

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from redrive_model.limits import (
    LARGEST_EVENT,
    LARGEST_NOTIFICATION,
)
from redrive_simulator.handlers.clients.base import Client, found
from redrive_simulator.services.buses import send_away
from redrive_simulator.services.messages import lambda_attributes, size_of
from redrive_simulator.services.refusals import Refused

if TYPE_CHECKING:
    pass


_MOST = 10
_SIZE_OF_TIME = 14


class Sns(Client):
    """Answers for topics: https://docs.aws.amazon.com/sns/latest/api/."""

    def publish(
        self,
        *,
        Message: str,
        TopicArn: str | None = None,
        TargetArn: str | None = None,
        Subject: str | None = None,
        MessageAttributes: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """`Publish`, to a topic."""
        given = {"Message": Message, "Subject": Subject, "MessageAttributes": MessageAttributes}
        return self._published(TopicArn or TargetArn or "", given)

    def publish_batch(
        self, *, TopicArn: str, PublishBatchRequestEntries: Sequence[Mapping[str, Any]]
    ) -> dict[str, Any]:
        """`PublishBatch`."""
        if not 0 < len(PublishBatchRequestEntries) <= _MOST:
            raise Refused("TooManyEntriesInBatchRequest", f"give 1 to {_MOST} entries")
        done: list[dict[str, Any]] = []
        failed: list[dict[str, Any]] = []
        for entry in PublishBatchRequestEntries:
            unknown = set(entry) - {"Id", "Message", "Subject", "MessageAttributes"}
            if unknown:
                what = f"sns.PublishBatch({', '.join(sorted(unknown))})"
                raise self._shared.missing(what, "leave it out")
            try:
                done.append({"Id": entry["Id"], **self._published(TopicArn, entry)})
            except Refused as refused:
                failure = {"Code": refused.code, "Message": refused.message, "SenderFault": True}
                failed.append({"Id": entry["Id"], **failure})
        return {"Successful": done, "Failed": failed}

    def _published(self, arn: str, given: Mapping[str, Any]) -> dict[str, Any]:
        topic = found(self._resources.topics.get(arn), "NotFound", f"Topic does not exist: {arn}", 404)
        attributes = lambda_attributes(given.get("MessageAttributes")) or None
        if size_of(given["Message"], attributes) > LARGEST_NOTIFICATION:
            raise Refused("InvalidParameter", "Invalid parameter: Message too long")
        chain = self._world.chain
        id = topic.publish(given["Message"], attributes=attributes, subject=given.get("Subject"), chain=chain)
        return {"MessageId": id}


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
