"""Explains why an event is not one of a handler's source, and names the helper that fits. Loaded for a refusal."""

from __future__ import annotations

from typing import Any, cast

from redrive.handlers.record import EventSource

# The helpers for what event source mappings deliver, by the `eventSource` of its records.
_HELPERS = {
    "aws:sqs": "@sqs_handler",
    "aws:kinesis": "@kinesis_handler",
    "aws:dynamodb": "@dynamodb_stream_handler",
}
# Sources of records with which services invoke functions asynchronously:
# https://docs.aws.amazon.com/lambda/latest/dg/lambda-services.html
_ASYNCHRONOUS = frozenset({"aws:s3", "aws:sns", "aws:ses", "aws:codecommit"})


class InvalidEvent(ValueError):
    """The event cannot be answered record by record, so the whole invocation fails and nothing is deleted."""


def invalid_event(event: object, source: EventSource) -> InvalidEvent:
    """Return the error for an event whose records cannot be answered one by one."""
    return InvalidEvent(_complaint(event, source))


def batch_for_async(event: object) -> InvalidEvent:
    """Return the error for a batch of an event source mapping that an `@async_handler` was given."""
    source = _source_of(cast("dict[str, Any]", event)["Records"][0])
    return InvalidEvent(
        f"a batch of {source!r}, which an event source mapping delivers: @async_handler handles events of asynchronous "
        "invocations, and would neither count these attempts nor report a failed record; use "
        f"{_HELPERS[source]} on this function, or call the decorated function itself"
    )


def _complaint(event: object, source: EventSource) -> str:
    records = _member(event, "Records")
    if not isinstance(records, list):
        keys = list(cast("dict[str, object]", event)) if isinstance(event, dict) else []
        shown = f"an object with the keys {keys[:5]!r}" if keys else type(cast(object, event)).__name__
        if hasattr(cast(object, event), "model_dump"):
            return f"no {source.name} event: got the model {shown}; use parse= of the helper in place of @event_parser"
        return (
            f"no {source.name} event: expected an object with a list 'Records', got {shown}; "
            f"connect this handler to a {source.origin} through an event source mapping, or use @async_handler for "
            "events of asynchronous invocations, such as those of EventBridge"
        )
    for position, record in enumerate(cast("list[object]", records)):
        event_source = _source_of(record) or source.event_source
        if event_source != source.event_source:
            return (
                f"no {source.name} event: record {position} comes from {event_source!r} instead of "
                f"{source.event_source!r}; each kind of source has a helper of its own{_remedy(event_source)}"
            )
        found = record
        for name in source.id_path:
            found = _member(found, name)
        if not isinstance(found, str) or not found:
            return f"record {position} has {'.'.join(source.id_path)} {found!r}: {source.without_id}"
    return f"no {source.name} event"


def _source_of(record: object) -> Any:
    """Return where a record comes from; SNS writes the member's name with a capital."""
    return _member(record, "eventSource") or _member(record, "EventSource")


def _remedy(event_source: object) -> str:
    helper = "@async_handler" if event_source in _ASYNCHRONOUS else _HELPERS.get(str(event_source))
    return ", and none is for this one" if helper is None else f": use {helper} for this one"


def _member(value: object, name: str) -> Any:
    return cast("dict[str, object]", value).get(name) if isinstance(value, dict) else None
