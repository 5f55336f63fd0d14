"""`Attempt`: describes one attempt at an asynchronous event."""

from __future__ import annotations

from redrive.core.frozen import Frozen

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dataclasses import KW_ONLY
    from typing import Any

#: The only member of a payload that carries an event with its identity.
REPLAYED_EVENT = "redrive-replay-1"
_MAPPED = frozenset({"aws:sqs", "aws:kinesis", "aws:dynamodb"})


class Attempt(Frozen):
    """One attempt of Lambda at an asynchronous event.

    Attributes:
        number: Number of earlier attempts at this event: 0 at the first attempt, then 1 and 2. Default: 0.
        is_last: True if Lambda gives the event up when this attempt fails. `None` if the number of retries is not
            known. This is a forecast from the configured retries and the maximum age of the event. Lambda may give up
            earlier an event that waited in a long queue, was throttled, or had a long attempt. Put work that must
            happen in any case into the on-failure destination. Default: `None`.
        request_id: The request id of the invocation, the same at each attempt. Default: empty, outside Lambda.
        original_request_id: The request id of the first invocation with this event. It differs from `request_id` if the
            event was brought back with `InvocationRecord.invoke_arguments(with_identity=True)`. Default: `request_id`.
        context: Lambda's context. Default: `None`.
        is_counted: True if `number` was counted, or is known because no retries are configured. `False` if the counter
            failed or the invocation has no request id: then `number` is 0 as an assumption, and `is_last` depends on
            it. Default: `True`.
    """

    number: int = 0
    is_last: bool | None = None
    _: KW_ONLY
    request_id: str = ""
    original_request_id: str = ""
    context: Any = None
    is_counted: bool = True

    def _check(self) -> None:
        if not self.original_request_id:
            self._set(original_request_id=self.request_id)

    @property
    def delivery(self) -> str | None:
        """Identifies this delivery for idempotency: the request id; `None` outside Lambda."""
        return self.request_id or None


def is_batch(event: Any) -> bool:
    """Decide if an event source mapping delivers an event: no other records have both of these members."""
    try:
        first = event["Records"][0]
        return first["eventSource"] in _MAPPED and "eventSourceARN" in first
    except (LookupError, TypeError):
        return False
