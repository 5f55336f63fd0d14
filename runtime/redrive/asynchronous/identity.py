"""Gives an event that is brought back the request id of its first invocation, and takes it off again.

A new invocation has a new request id, and asynchronous events have nothing else that could carry the first one:
https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html says that `ClientContext` is for synchronous calls.
"""

from __future__ import annotations

import json
from typing import Any, NamedTuple, cast

from redrive.asynchronous.attempt import REPLAYED_EVENT

_MEMBERS = {"requestId", "event"}


class ReplayedEvent(NamedTuple):
    """An event that was brought back.

    Attributes:
        request_id: The request id of the first invocation with the event.
        event: The event, as the function gets it.
    """

    request_id: str
    event: Any


def replayed_event(payload: object) -> ReplayedEvent | None:
    """Return the event and the identity in a payload; `None` if the payload is an event of the user's own."""
    if not isinstance(payload, dict):
        return None
    members = cast("dict[str, object]", payload)
    inner = members.get(REPLAYED_EVENT)
    if len(members) != 1 or not isinstance(inner, dict):
        return None
    found = cast("dict[str, object]", inner)
    request_id = found.get("requestId")
    if found.keys() != _MEMBERS or not isinstance(request_id, str) or not request_id:
        return None
    return ReplayedEvent(request_id, found["event"])


def with_identity(event: str, request_id: str) -> str:
    """Return the payload, as JSON, that carries an event, given as JSON, with its identity."""
    return f'{{"{REPLAYED_EVENT}":{{"requestId":{json.dumps(request_id)},"event":{event}}}}}'
