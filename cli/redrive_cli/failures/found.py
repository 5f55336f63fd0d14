"""Defines a failure as it was found in a place, with what is known of it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from redrive.destinations.dead_letter import DeadLetter
from redrive.destinations.failure import Failure
from redrive.destinations.history import History
from redrive.destinations.invocation_record import InvocationRecord
from redrive.destinations.stream_failure import StreamFailure
from redrive_cli.places.place import Place

#: The kind of what is no failure that is known here. It is listed and never touched.
NOT_UNDERSTOOD = "not_understood"
#: The reason of messages that SQS moved, which gives none.
MOVED = "received too often, moved by SQS"

# Texts that Python reads as a number that is not finite, or may do so.
_NOT_FINITE = re.compile(r"NaN|Infinity|\d[eE]\+?\d{3}")

WORDS: Mapping[str, str] = {
    "moved_by_sqs": "moved by SQS",
    "sent_by_helper": "sent by the helper",
    "invocation_record": "invocation record",
    "function_dead_letter": "function's dead letter",
    "stream_batch": "stream batch",
    "stream_payload": "stream batch, kept",
    "record_set_aside": "record set aside",
    NOT_UNDERSTOOD: "not understood",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A failure in a place.

    Attributes:
        place: The place.
        key: What identifies it there: the message's id, the object's key, or the id in an archive.
        failure: The failure; `None` if it is not understood.
        why_not: Why it is not understood.
        raw: What the place has: a message as boto3 returns it, or `{"Content": text}`.
        edited: Another payload for it, from an archive that a person has changed.
        is_edited: Whether `edited` holds.
        destination: Where it is brought back to, if an archive says so.
        handle: What deletes exactly it: the receipt handle, or the entity tag of an object.
    """

    place: Place
    key: str
    failure: Failure | None
    raw: Mapping[str, Any]
    why_not: str = ""
    edited: Any = None
    is_edited: bool = False
    destination: str | None = None
    handle: str = field(default="", compare=False)

    @property
    def id(self) -> str:
        """Its id for people, which says where it is."""
        return f"{self.place.short}/{self.key}"

    @property
    def kind(self) -> str:
        """Its kind."""
        return NOT_UNDERSTOOD if self.failure is None else self.failure.kind

    @property
    def history(self) -> History:
        """Its replays so far."""
        return self.failure.history if isinstance(self.failure, DeadLetter) else History()

    @property
    def group(self) -> str | None:
        """Its message group, or the shard of a stream."""
        if isinstance(self.failure, DeadLetter):
            return self.failure.group_id
        return self.failure.shard_id if isinstance(self.failure, StreamFailure) else None

    @property
    def reason(self) -> str | None:
        """Why it failed."""
        if self.failure is None:
            return self.why_not
        return MOVED if self.failure.kind == "moved_by_sqs" else self.failure.cause

    @property
    def payload(self) -> Any:
        """The event, as it will be sent."""
        if self.is_edited:
            return self.edited
        if self.failure is None:
            return self.raw.get("Body", self.raw.get("Content"))
        event = self.failure.event
        text = self.failure.body if isinstance(self.failure, DeadLetter) else ""
        # JSON has no such numbers, so no output and no archive could have them.
        return text if _NOT_FINITE.search(text) and not _is_json(event) else event

    @property
    def at(self) -> datetime | None:
        """The time of the failure; of what does not say, the time at which it was sent or written."""
        if self.failure is not None and self.failure.failed_at is not None:
            return self.failure.failed_at
        attributes: Mapping[str, str] = self.raw.get("Attributes") or {}
        sent = attributes.get("SentTimestamp")
        return self.raw.get("LastModified") if sent is None else datetime.fromtimestamp(int(sent) / 1000, UTC)

    @property
    def receives(self) -> int | None:
        """The receive count; `None` outside of queues."""
        attributes: Mapping[str, str] = self.raw.get("Attributes") or {}
        count = attributes.get("ApproximateReceiveCount")
        return None if count is None else int(count)


def _is_json(value: Any) -> bool:
    try:
        json.dumps(value, allow_nan=False)
    except ValueError:
        return False
    return True


def facts_of(found: Found) -> dict[str, Any]:
    """Return what is known of a failure, as JSON values: for `--where`, `--output json` and archives."""
    failure = found.failure
    function = None if failure is None else failure.failed_function
    return {
        "id": found.id,
        "place": found.place.name,
        "kind": found.kind,
        "reason": found.reason,
        "error_type": None if failure is None else failure.error_type,
        "function": function,
        "came_from": found.destination or (None if failure is None else failure.came_from),
        "at": iso(found.at),
        "receives": found.receives,
        "group": found.group,
        "replays": found.history.times,
        "last_run": found.history.run or None,
        "note": found.history.note or None,
        **_ids(failure),
        "attributes": _attributes(failure),
        "payload": found.payload,
    }


def _ids(failure: Failure | None) -> dict[str, str | None]:
    found: dict[str, str | None] = {"request_id": None, "message_id": None, "original_id": None}
    if isinstance(failure, DeadLetter):
        found |= {
            "request_id": failure.request_id,
            "message_id": failure.message_id,
            "original_id": failure.original_message_id,
        }
    elif isinstance(failure, InvocationRecord):
        found |= {"request_id": failure.request_id, "original_id": failure.original_request_id}
    elif isinstance(failure, StreamFailure):
        first, last = failure.start_sequence_number, failure.end_sequence_number
        found |= {
            "request_id": failure.request_id or None,
            "original_id": first if first == last else f"{first}-{last}",
        }
    return found


def _attributes(failure: Failure | None) -> dict[str, str]:
    if not isinstance(failure, DeadLetter):
        return {}
    return {
        name: each.value if isinstance(each.value, str) else f"{len(each.value)} bytes"
        for name, each in failure.message_attributes.items()
    }


def iso(time: datetime | None) -> str | None:
    """Return a time in UTC as text."""
    return None if time is None else time.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
