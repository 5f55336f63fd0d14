"""Simulates the groups and streams of CloudWatch Logs."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeVar

from redrive_simulator.services.refusals import Refused

T = TypeVar("T")

# https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html
_LARGEST_BATCH = 1_048_576
_SIZE_OF_EVENT = 26
_HOUR = 3_600_000
_TOO_NEW, _TOO_OLD, _LONGEST_BATCH = 2 * _HOUR, 14 * 24 * _HOUR, 24 * _HOUR
_TOKEN = b"simulated:"


class LogEvent(NamedTuple):
    """A line of a log.

    Attributes:
        timestamp: Time of the event, in milliseconds since the epoch.
        message: The line.
        stream: Name of the stream.
        ingested: Time at which the service got it, in milliseconds since the epoch.
        id: Id of the event.
    """

    timestamp: int
    message: str
    stream: str
    ingested: int
    id: str

    @property
    def told(self) -> dict[str, Any]:
        """What all operations tell about it."""
        return {"timestamp": self.timestamp, "message": self.message, "ingestionTime": self.ingested}


@dataclass(slots=True, eq=False)
class LogGroup:
    """A log group.

    Attributes:
        name: Name.
        created: Time at which it was made, in milliseconds since the epoch.
        streams: Events that clients have written, by stream.
    """

    name: str
    created: int
    streams: dict[str, list[LogEvent]] = field(default_factory=dict[str, list[LogEvent]])


def in_range(events: Sequence[LogEvent], start: int, end: int | None, *, ends_inclusive: bool) -> list[LogEvent]:
    """Return the events from a time on, and up to another one."""
    last = None if end is None else end if ends_inclusive else end - 1
    return [each for each in events if start <= each.timestamp and (last is None or each.timestamp <= last)]


def accepted(given: Sequence[Mapping[str, Any]], now: int) -> tuple[Sequence[Mapping[str, Any]], dict[str, int]]:
    """Return the events of a request that are taken, and what is told about the others; or refuse the request."""
    times = [int(each["timestamp"]) for each in given]
    if times != sorted(times):
        raise _wrong("Log events in a single PutLogEvents request must be in chronological order.")
    size = sum(len(each["message"].encode()) + _SIZE_OF_EVENT for each in given)
    if size > _LARGEST_BATCH:
        raise _wrong(f"Upload too large: {size} bytes exceeds limit of {_LARGEST_BATCH}")
    rejected: dict[str, int] = {}
    old = sum(time < now - _TOO_OLD for time in times)
    new = next((number for number, time in enumerate(times) if time > now + _TOO_NEW), len(times))
    if old:
        rejected["tooOldLogEventEndIndex"] = old
    if new < len(times):
        rejected["tooNewLogEventStartIndex"] = new
    if old < new and times[new - 1] - times[old] > _LONGEST_BATCH:
        raise _wrong("The batch of log events in a single PutLogEvents request cannot span more than 24 hours.")
    return given[old:new], rejected


def page_of_names(found: Sequence[T], limit: int, token: str | None) -> tuple[Sequence[T], str | None]:
    """Return a page of a list, and the token of the next one."""
    start = 0 if token is None else _position(token)
    end = start + limit
    return found[start:end], _token(end) if end < len(found) else None


def page_of_events(
    found: Sequence[LogEvent], limit: int, token: str | None, *, from_head: bool
) -> tuple[Sequence[LogEvent], str, str]:
    """Return a page of a stream's events, in the order of time, and the tokens of the pages before and behind it.

    https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_GetLogEvents.html: at an end of the stream,
    the token is the one that the caller has given.
    """
    if token is None:
        start = 0 if from_head else max(0, len(found) - limit)
        end = min(len(found), start + limit)
    elif token[:2] == "f/":
        start = min(len(found), _position(token[2:]))
        end = min(len(found), start + limit)
    elif token[:2] == "b/":
        end = min(len(found), _position(token[2:]))
        start = max(0, end - limit)
    else:
        raise _wrong_token()
    return found[start:end], f"b/{_token(start)}", f"f/{_token(end)}"


def _token(position: int) -> str:
    return urlsafe_b64encode(_TOKEN + str(position).encode()).decode()


def _position(token: str) -> int:
    try:
        read = urlsafe_b64decode(token.encode())
    except ValueError:
        read = b""
    position = read.removeprefix(_TOKEN)
    if position == read or not position.isdigit():
        raise _wrong_token()
    return int(position)


def _wrong_token() -> Refused:
    return _wrong("The specified nextToken is invalid.")


def _wrong(message: str) -> Refused:
    return Refused("InvalidParameterException", message)
