"""Explains why an event is not one of a handler's source. Loaded when an event is refused."""

from __future__ import annotations

from typing import Any, cast

from redrive.failures.errors import InvalidEvent
from redrive.handlers.record import EventSource


def invalid_event(event: object, source: EventSource) -> InvalidEvent:
    """Return the error for an event whose records cannot be answered one by one."""
    return InvalidEvent(_complaint(event, source))


def _complaint(event: object, source: EventSource) -> str:
    records = _member(event, "Records")
    if not isinstance(records, list):
        keys = list(cast("dict[str, object]", event)) if isinstance(event, dict) else []
        shown = f"an object with the keys {keys[:5]!r}" if keys else type(cast(object, event)).__name__
        if hasattr(cast(object, event), "model_dump"):
            return f"no {source.name} event: got the model {shown}; use parse= of the helper in place of @event_parser"
        return (
            f"no {source.name} event: expected an object with a list 'Records', got {shown}; "
            f"connect this handler to a {source.origin} through an event source mapping"
        )
    for position, record in enumerate(cast("list[object]", records)):
        event_source = _member(record, "eventSource", source.event_source)
        if event_source != source.event_source:
            return (
                f"no {source.name} event: record {position} comes from {event_source!r} instead of "
                f"{source.event_source!r}; each kind of source has a helper of its own"
            )
        found = record
        for name in source.id_path:
            found = _member(found, name)
        if not isinstance(found, str) or not found:
            return f"record {position} has {'.'.join(source.id_path)} {found!r}: {source.without_id}"
    return f"no {source.name} event"


def _member(value: object, name: str, default: object = None) -> Any:
    return cast("dict[str, object]", value).get(name, default) if isinstance(value, dict) else default
