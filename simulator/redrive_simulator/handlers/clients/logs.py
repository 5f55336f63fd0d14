"""Stands in for CloudWatch Logs.

Errors are as recorded on AWS: `tests/aws/services/logs/*.snapshot.json` of localstack/localstack, commit 8b9a79f0.
"""

# ruff: noqa: N803

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from redrive_simulator.handlers.clients.base import Client, Shared
from redrive_simulator.services.log_groups import (
    LogEvent,
    LogGroup,
    accepted,
    in_range,
    page_of_events,
    page_of_names,
)
from redrive_simulator.services.log_pattern_parts import NotKnownError
from redrive_simulator.services.log_patterns import read
from redrive_simulator.services.refusals import Refused

_MOST_EVENTS = 10_000
_MOST_NAMES = 50
#: The stream of all execution environments of a function, as their contexts name it.
_STREAM = "simulated"


class Logs(Client):
    """Answers for logs: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/.

    There are the groups of the template, those of functions that have run, and those that a caller makes.
    """

    def __init__(self, shared: Shared) -> None:
        super().__init__(shared)
        self._made: dict[str, LogGroup] = {}

    def filter_log_events(
        self,
        *,
        logGroupName: str | None = None,
        logGroupIdentifier: str | None = None,
        startTime: int = 0,
        endTime: int | None = None,
        filterPattern: str = "",
        limit: int = _MOST_EVENTS,
        logStreamNames: Sequence[str] = (),
        logStreamNamePrefix: str | None = None,
        nextToken: str | None = None,
        interleaved: bool = True,
    ) -> dict[str, Any]:
        """`FilterLogEvents`; AWS ignores `interleaved`."""
        group = self._group(logGroupName, logGroupIdentifier)
        if logStreamNames and logStreamNamePrefix is not None:
            raise _wrong("logStreamNames and logStreamNamePrefix are mutually exclusive parameters.")
        streams = self._streams(group)
        for name in logStreamNames:
            if name not in streams:
                raise _no_stream()
        wanted = set(logStreamNames or [name for name in streams if name.startswith(logStreamNamePrefix or "")])
        found = [event for name, events in streams.items() if name in wanted for event in events]
        found = in_range(sorted(found, key=lambda event: event.timestamp), startTime, endTime, ends_inclusive=True)
        try:
            matches = read(filterPattern)
            found = [event for event in found if matches(event.message)]
        except NotKnownError as error:
            what = f"logs.FilterLogEvents(filterPattern={filterPattern!r}): {error}"
            raise self._shared.missing(what, "use another pattern") from None
        events, token = page_of_names(found, limit, nextToken)
        told = [{**event.told, "logStreamName": event.stream, "eventId": event.id} for event in events]
        return {"events": told, "searchedLogStreams": [], **_token(token)}

    def get_log_events(
        self,
        *,
        logStreamName: str,
        logGroupName: str | None = None,
        logGroupIdentifier: str | None = None,
        startTime: int = 0,
        endTime: int | None = None,
        nextToken: str | None = None,
        limit: int = _MOST_EVENTS,
        startFromHead: bool = False,
    ) -> dict[str, Any]:
        """`GetLogEvents`."""
        streams = self._streams(self._group(logGroupName, logGroupIdentifier))
        if logStreamName not in streams:
            raise _no_stream()
        found = in_range(streams[logStreamName], startTime, endTime, ends_inclusive=False)
        events, backward, forward = page_of_events(found, limit, nextToken, from_head=startFromHead)
        return {
            "events": [event.told for event in events],
            "nextBackwardToken": backward,
            "nextForwardToken": forward,
        }

    def put_log_events(
        self,
        *,
        logGroupName: str,
        logStreamName: str,
        logEvents: Sequence[Mapping[str, Any]],
        sequenceToken: str | None = None,
    ) -> dict[str, Any]:
        """`PutLogEvents`; AWS ignores the token."""
        group = self._group(logGroupName)
        if logStreamName not in self._streams(group):
            raise _no_stream()
        now = round(self._world.time * 1000)
        events, rejected = accepted(logEvents, now)
        own = group.streams.setdefault(logStreamName, [])
        for each in events:
            own.append(LogEvent(each["timestamp"], each["message"], logStreamName, now, self._world.new_id()))
        return {"nextSequenceToken": str(len(own)), **({"rejectedLogEventsInfo": rejected} if rejected else {})}

    def create_log_group(self, *, logGroupName: str, logGroupClass: str = "STANDARD") -> dict[str, Any]:
        """`CreateLogGroup`."""
        if logGroupClass != "STANDARD":
            what = f"logs.CreateLogGroup(logGroupClass={logGroupClass!r})"
            raise self._shared.missing(what, "leave it out")
        if logGroupName.startswith("aws/"):
            raise _wrong(f"Value '{logGroupName}' at 'logGroupName': names of log groups can't start with aws/")
        if logGroupName in self._groups():
            raise Refused("ResourceAlreadyExistsException", "The specified log group already exists")
        self._made[logGroupName] = LogGroup(logGroupName, round(self._world.time * 1000))
        return {}

    def create_log_stream(self, *, logGroupName: str, logStreamName: str) -> dict[str, Any]:
        """`CreateLogStream`."""
        group = self._group(logGroupName)
        if logStreamName in self._streams(group):
            raise Refused("ResourceAlreadyExistsException", "The specified log stream already exists")
        group.streams[logStreamName] = []
        return {}

    def describe_log_groups(
        self,
        *,
        logGroupNamePrefix: str | None = None,
        logGroupNamePattern: str | None = None,
        limit: int = _MOST_NAMES,
        nextToken: str | None = None,
    ) -> dict[str, Any]:
        """`DescribeLogGroups`."""
        if logGroupNamePrefix is not None and logGroupNamePattern is not None:
            raise _wrong("LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.")
        prefix, part = logGroupNamePrefix or "", (logGroupNamePattern or "").lower()
        found = [
            each for name, each in sorted(self._groups().items()) if name.startswith(prefix) if part in name.lower()
        ]
        groups, token = page_of_names(found, limit, nextToken)
        told = [
            {
                "logGroupName": each.name,
                "creationTime": each.created,
                "metricFilterCount": 0,
                "arn": f"{self._arn(each)}:*",
                "logGroupArn": self._arn(each),
                "logGroupClass": "STANDARD",
                "storedBytes": 0,
            }
            for each in groups
        ]
        return {"logGroups": told, **_token(token)}

    def describe_log_streams(
        self,
        *,
        logGroupName: str | None = None,
        logGroupIdentifier: str | None = None,
        logStreamNamePrefix: str | None = None,
        orderBy: str = "LogStreamName",
        descending: bool = False,
        limit: int = _MOST_NAMES,
        nextToken: str | None = None,
    ) -> dict[str, Any]:
        """`DescribeLogStreams`."""
        group = self._group(logGroupName, logGroupIdentifier)
        by_time = orderBy == "LastEventTime"
        if by_time and logStreamNamePrefix is not None:
            raise _wrong("Cannot order by LastEventTime with a logStreamNamePrefix.")
        prefix = logStreamNamePrefix or ""
        found = [each for each in self._streams(group).items() if each[0].startswith(prefix)]
        found.sort(
            key=lambda each: (max((event.timestamp for event in each[1]), default=0) if by_time else 0, each[0]),
            reverse=descending,
        )
        streams, token = page_of_names(found, limit, nextToken)
        told: list[dict[str, Any]] = []
        for name, events in streams:
            arn = f"{self._arn(group)}:log-stream:{name}"
            described = {"logStreamName": name, "creationTime": group.created, "arn": arn, "storedBytes": 0}
            if events:
                times = [event.timestamp for event in events]
                described |= {"firstEventTimestamp": min(times), "lastEventTimestamp": max(times)}
                described["lastIngestionTime"] = max(event.ingested for event in events)
            told.append(described)
        return {"logStreams": told, **_token(token)}

    def _groups(self) -> dict[str, LogGroup]:
        """Return all groups by name."""
        start = round(self._world.epoch * 1000)
        names = {name for name in self._resources.log_groups if name not in self._made}
        for function in self._resources.functions.values():
            if (function.calls or function.log) and function.spec.log_group not in self._made:
                names.add(function.spec.log_group)
        self._made |= {name: LogGroup(name, start) for name in names}
        return self._made

    def _group(self, name: str | None, identifier: str | None = None) -> LogGroup:
        if name is not None and identifier is not None:
            raise Refused("ValidationException", "LogGroup name and LogGroup ARN are mutually exclusive parameters.")
        if identifier is not None and identifier.startswith("arn:"):
            name = ":".join(identifier.split(":")[6:])
        found = self._groups().get(name or identifier or "")
        if found is None:
            raise Refused("ResourceNotFoundException", "The specified log group does not exist.")
        return found

    def _streams(self, group: LogGroup) -> dict[str, list[LogEvent]]:
        """Return the events of a group by stream; those of functions are in one stream."""
        epoch = self._world.epoch
        written: list[LogEvent] = []
        has_run = False
        for function in self._resources.functions.values():
            if function.spec.log_group == group.name:
                has_run = has_run or bool(function.calls or function.log)
                for number, (time, line) in enumerate(function.log):
                    moment = round((epoch + time) * 1000)
                    written.append(LogEvent(moment, line, _STREAM, moment, f"{function.name}-{number}"))
        streams = dict(group.streams)
        if has_run:
            streams[_STREAM] = written + group.streams.get(_STREAM, [])
        return {name: sorted(events, key=lambda event: event.timestamp) for name, events in streams.items()}

    def _arn(self, group: LogGroup) -> str:
        parameters = self._world.parameters
        return f"arn:aws:logs:{parameters.region}:{parameters.account}:log-group:{group.name}"


def _token(token: str | None) -> dict[str, str]:
    return {} if token is None else {"nextToken": token}


def _wrong(message: str) -> Refused:
    return Refused("InvalidParameterException", message)


def _no_stream() -> Refused:
    return Refused("ResourceNotFoundException", "The specified log stream does not exist.")
