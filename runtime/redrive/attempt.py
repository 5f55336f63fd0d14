"""`Attempt`: what is known of one try at an asynchronous event."""

from __future__ import annotations

from redrive.frozen import Frozen

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Attempt(Frozen):
    """One try of Lambda's at an asynchronous event.

    Attributes:
        number: How often this event was tried before: 0 for the first attempt, then 1 and 2.
        is_last: Whether Lambda gives the event up if this attempt fails. `None` where it is not known what was
            configured. It is a forecast, from the retries and the event's greatest age: an event that has waited in a
            long queue, was throttled, or took long in an attempt may be given up earlier. What must happen in any case
            belongs to the on-failure destination.
        request_id: The invocation's, the same at each attempt. Empty outside Lambda.
        context: Lambda's context.
        is_counted: Whether `number` is what was counted or configured. `False` where the counter failed or the
            invocation has no request id: then `number` is 0 for want of better knowledge, and `is_last` follows it.
    """

    __slots__ = ("context", "is_counted", "is_last", "number", "request_id")
    number: int
    is_last: bool | None
    request_id: str
    context: Any
    is_counted: bool

    def __init__(
        self,
        number: int = 0,
        is_last: bool | None = None,
        *,
        request_id: str = "",
        context: Any = None,
        is_counted: bool = True,
    ) -> None:
        self._set(number=number, is_last=is_last, request_id=request_id, context=context, is_counted=is_counted)
