"""What Lambda answers to whoever has invoked a function."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from redrive_simulator.timeline import Kind

if TYPE_CHECKING:
    from redrive_simulator.functions import Result


#: Bytes that an event may have: asynchronously, and where the answer is waited for.
#: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
LARGEST_EVENT = 1_048_576
LARGEST_REQUEST = 6 * 1_048_576


class Invoked(NamedTuple):
    """Lambda's answer: https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html.

    Attributes:
        request_id: The id of the request; of an asynchronous invocation, that of the event.
        status: 200, also where the function failed; 202 where the event was queued; 429 and 500 where Lambda refused.
        payload: What the function returned, or the object that Lambda made of its error.
        function_error: `"Unhandled"` where the function failed.
    """

    request_id: str
    status: int
    payload: Any = None
    function_error: str | None = None


def invoked(request_id: str, result: Result) -> Invoked:
    """Lambda's answer to a call.

    Args:
        request_id: The id of the request.
        result: What became of it.
    """
    if not result.ran:
        return Invoked(request_id, result.status, {"Message": result.reason})
    if result.kind is Kind.SUCCEEDED:
        return Invoked(request_id, result.status, result.response)
    return Invoked(request_id, result.status, result.error, "Unhandled")
