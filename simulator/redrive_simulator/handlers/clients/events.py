"""Stands in for EventBridge."""

# ruff: noqa: N803

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from redrive_model.filters.errors import PatternError
from redrive_model.filters.matching import matches
from redrive_model.filters.patterns import read as read_pattern
from redrive_model.filters.values import read_json
from redrive_model.limits import (
    LARGEST_EVENT,
)
from redrive_simulator.handlers.clients.base import Client
from redrive_simulator.services.buses import send_away
from redrive_simulator.services.refusals import Refused
from redrive_simulator.services.strict_json import read_strictly

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
