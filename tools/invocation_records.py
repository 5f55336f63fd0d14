"""Invocation records as MiniStack writes them, completed to what Lambda writes."""

from __future__ import annotations

import json
from typing import Any

from redrive import InvocationRecord

# MiniStack leaves these out: https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
_LEFT_OUT = {"version": "1.0", "timestamp": "2026-11-21T08:00:00.123Z"}
_LEFT_OUT_OF_REQUEST = {"requestId": "not known"}
_LEFT_OUT_OF_RESPONSE = {"executedVersion": "$LATEST"}


def completed(body: str | dict[str, Any]) -> InvocationRecord:
    """A record that MiniStack has delivered, with what it leaves out filled in; what it has written is as it was."""
    record: dict[str, Any] = json.loads(body) if isinstance(body, str) else body
    return InvocationRecord.parse(completed_record(record))


def completed_record(record: dict[str, Any]) -> dict[str, Any]:
    """The same as an object, as Lambda would have written it."""
    return {
        **_LEFT_OUT,
        **record,
        "requestContext": {**_LEFT_OUT_OF_REQUEST, **record["requestContext"]},
        "responseContext": {**_LEFT_OUT_OF_RESPONSE, **record["responseContext"]},
    }
