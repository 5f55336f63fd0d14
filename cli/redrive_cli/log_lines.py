"""Finds the log lines of functions about a failure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from redrive.destinations.dead_letter import DeadLetter
from redrive.destinations.invocation_record import InvocationRecord
from redrive.destinations.stream_failure import StreamFailure
from redrive_cli.aws import Aws, pages
from redrive_cli.errors import code_of
from redrive_cli.failures.found import Found
from redrive_cli.places.functions import function_state, mappings_of
from redrive_model.findings.kept import Source

#: Most lines that are shown.
MOST_LINES = 200
# A queue's retries, a function's own retries and the clocks of two services lie between.
_BEFORE = timedelta(days=1)
_AFTER = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class LogLine:
    """A line of a function's log.

    Attributes:
        at: When it was written, in UTC.
        function: Name of the function.
        text: The line.
    """

    at: datetime
    function: str
    text: str


def lines_about(aws: Aws, found: Found, now: datetime) -> list[LogLine]:
    """Return the log lines about a failure, the oldest first.

    A message that SQS moved names no function: those that consume its queue are asked.
    """
    start = (found.at or now) - _BEFORE
    functions = [(name, state) for name in _functions(aws, found) if (state := function_state(aws, name)) is not None]
    for ids in _ids(found):
        lines: list[LogLine] = []
        for name, state in functions:
            region = name.split(":")[3] if name.startswith("arn:") else None
            lines += _lines(aws, state.name, state.log_group, ids, (start, now + _AFTER), region)
        if lines:
            return sorted(lines, key=lambda each: each.at)[:MOST_LINES]
    return []


def _functions(aws: Aws, found: Found) -> Sequence[str]:
    failure = found.failure
    if failure is None:
        return ()
    if failure.failed_function is not None:
        return (failure.failed_function,)
    sources = (Source(failure.came_from, "dead-letter queue"),) if failure.came_from else found.place.sources
    names: list[str] = []
    for source in sources:
        if source.arn.split(":")[2] == "lambda":
            names.append(source.arn)
        elif source.arn.split(":")[2] == "sqs":
            names += [each.function for each in mappings_of(aws, source=source.arn)]
    return list(dict.fromkeys(names))


def _ids(found: Found) -> Iterator[Sequence[str]]:
    """Yield texts to search for, the best first: an invocation's lines are also about the rest of its batch."""
    failure = found.failure
    if isinstance(failure, DeadLetter):
        yield list(dict.fromkeys((failure.original_message_id, failure.message_id)))
        yield [failure.request_id] if failure.request_id else []
    elif isinstance(failure, InvocationRecord):
        yield [failure.request_id]
    elif isinstance(failure, StreamFailure):
        yield [failure.start_sequence_number]
        yield [failure.request_id] if failure.request_id else []


def _lines(
    aws: Aws, function: str, group: str, ids: Sequence[str], period: tuple[datetime, datetime], region: str | None
) -> Iterator[LogLine]:
    """Yield the lines with any of some texts, each once."""
    start, end = (int(each.timestamp() * 1000) for each in period)
    logs = aws.client("logs", region)
    seen: set[tuple[int, str]] = set()
    for id in ids:
        # A text in quotes is found in text and in JSON:
        # https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
        request: dict[str, Any] = {"logGroupName": group, "filterPattern": f'"{id}"'}
        try:
            for page in pages(logs.filter_log_events, "nextToken", startTime=start, endTime=end, **request):
                for event in page.get("events") or ():
                    key = event["timestamp"], event["message"].rstrip()
                    if key not in seen:
                        seen.add(key)
                        yield LogLine(datetime.fromtimestamp(key[0] / 1000, UTC), function, key[1])
                if len(seen) >= MOST_LINES:
                    return
        except Exception as error:
            if code_of(error) != "ResourceNotFoundException":  # a function that never logged has no group
                raise


def last_event(
    aws: Aws, functions: Sequence[str], events: Sequence[str], circuit: str, since: datetime
) -> dict[str, Any] | None:
    """Return the latest of some log events of a circuit, as the helpers write them; `None` if there is none."""
    latest: tuple[datetime, dict[str, Any]] | None = None
    for name in functions:
        state = function_state(aws, name)
        if state is None:
            continue
        for line in _lines(aws, name, state.log_group, events, (since - _AFTER, since + _BEFORE), None):
            start = line.text.find("{")
            try:
                found: Any = json.loads(line.text[start:]) if start >= 0 else None
            except ValueError:
                continue
            members = cast("dict[str, Any]", found) if isinstance(found, dict) else {}
            if members.get("circuit") == circuit and (latest is None or line.at > latest[0]):
                latest = (line.at, members)
    return None if latest is None else latest[1]
