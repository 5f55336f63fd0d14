"""Makes Lambda's answer to an `Invoke` call."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from redrive_simulator.timeline import Kind

if TYPE_CHECKING:
    from redrive_simulator.functions import Result


#: Maximum event size in bytes, for asynchronous and for synchronous invocation.
#: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
LARGEST_EVENT = 1_048_576
LARGEST_REQUEST = 6 * 1_048_576


class Invoked(NamedTuple):
    """Lambda's answer to an invocation: https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html.

    Attributes:
        request_id: Request id; for an asynchronous invocation also the id of the event.
        status: HTTP status: 200 if the function ran, even if it failed; 202 if the event was queued; 429 or 500 if
            Lambda refused the call.
        payload: Return value of the function, or Lambda's error object. Default: `None`.
        function_error: `"Unhandled"` if the function failed, else `None`.
    """

    request_id: str
    status: int
    payload: Any = None
    function_error: str | None = None


def invoked(request_id: str, result: Result) -> Invoked:
    """Convert the result of a call to Lambda's answer."""
    if not result.ran:
        return Invoked(request_id, result.status, {"Message": result.reason})
    if result.kind is Kind.SUCCEEDED:
        return Invoked(request_id, result.status, result.response)
    return Invoked(request_id, result.status, result.error, "Unhandled")
