"""Reads ARNs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

#: Kinds of destinations that Lambda delivers failed events to.
Kind = Literal["queue", "topic", "function", "event bus", "bucket"]

_KINDS: Mapping[str, Kind] = {
    "sqs": "queue",
    "sns": "topic",
    "lambda": "function",
    "events": "event bus",
    "s3": "bucket",
}


def service_of(arn: str) -> str:
    """Return the service in an ARN, such as `sqs`; empty if the text is no ARN."""
    return arn.split(":")[2] if arn.count(":") >= 5 else ""


def kind_of(arn: str | None) -> str | None:
    """Return the kind of a destination, or the service if Lambda delivers to no resource of it."""
    if arn is None:
        return None
    service = service_of(arn)
    # A text that is no ARN, such as an imported value, counts as a queue: nothing is known against it.
    return _KINDS.get(service, service) if service else "queue"


def without_qualifier(arn: str) -> str:
    """Return the ARN of a function without the version or alias at its end."""
    return ":".join(arn.split(":")[:7])


def invoked_arn(function: str, qualifier: str | None) -> str:
    """Return the ARN by which a function is invoked, as its context shows it: without `$LATEST`."""
    return function if qualifier in (None, "$LATEST") else f"{function}:{qualifier}"


def with_qualifier(arn: str) -> str:
    """Return the ARN of a function with a qualifier at its end: its own, or else `$LATEST`."""
    return arn if arn.count(":") > 6 else f"{arn}:$LATEST"
