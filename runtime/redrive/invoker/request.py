"""Builds the request to a function: JSON, within Lambda's limits."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from redrive.aws.clients import TimeLimits
from redrive.invoker.errors import InvalidPayload

# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html, in bytes.
LARGEST_REQUEST = 6 * 1_048_576
LARGEST_EVENT = 1_048_576
# Seconds. https://docs.aws.amazon.com/lambda/latest/dg/configuration-timeout.html
_LONGEST_RUN = 900
# Seconds on top of the function's timeout: up to 10 s to start an execution environment, which the timeout excludes
# (https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html), and 6 MB of transfer each way.
_READ_MARGIN = 30
# Seconds. Lambda only queues an event, and answers at once.
_READ_RECEIPT = 30
_CONNECT = 5


class Request(NamedTuple):
    """One call of a function.

    Attributes:
        arguments: The arguments of the client's `invoke`.
        limits: The time limits of the call.
    """

    arguments: dict[str, Any]
    limits: TimeLimits

    @property
    def function(self) -> str:
        """The function's name or ARN."""
        return str(self.arguments["FunctionName"])


def request(function: str, payload: object, timeout: float | None) -> Request:
    """Build a synchronous call; `InvalidPayload` if the payload is not JSON or above 6 MB.

    Args:
        function: The function's name or ARN.
        payload: The event.
        timeout: The function's timeout in seconds. `None`: the longest that Lambda allows.
    """
    body = _encoded(payload, LARGEST_REQUEST, "6 MB for a request", "put it into S3 and send its key")
    arguments = {
        "FunctionName": function,
        "InvocationType": "RequestResponse",
        "LogType": "Tail",
        "Payload": body,
    }
    # Wait longer than the function may run: a slow run that was abandoned would be started a second time.
    return Request(arguments, _limits((_LONGEST_RUN if timeout is None else timeout) + _READ_MARGIN))


def event_request(function: str, event: object) -> Request:
    """Build an asynchronous call; `InvalidPayload` if the event is not JSON or above 1 MB."""
    body = _encoded(event, LARGEST_EVENT, "1 MB for an event", "put it into S3 and send its key, or use invoke (6 MB)")
    arguments = {"FunctionName": function, "InvocationType": "Event", "Payload": body}
    return Request(arguments, _limits(_READ_RECEIPT))


def _limits(read: float) -> TimeLimits:
    # One try: retries in the SDK ignore the user's policy, and could run a function twice.
    return TimeLimits(connect=_CONNECT, read=read, attempts=1)


def _encoded(payload: object, largest: int, limit: str, remedy: str) -> bytes:
    try:
        body = json.dumps(payload, allow_nan=False, ensure_ascii=False, separators=(",", ":")).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidPayload(
            f"a payload of type {type(payload).__name__} cannot be written as JSON ({error}): a function is given "
            "None, True, False, finite numbers, strings, lists, and dictionaries of them; convert anything else first"
        ) from error
    if len(body) > largest:
        raise InvalidPayload(
            f"a payload of {len(body):,} bytes is above Lambda's limit of {limit} ({largest:,} bytes): {remedy}"
        )
    return body
