"""Simulates synchronous invocation: one call that returns its result or error to the caller.

https://docs.aws.amazon.com/lambda/latest/dg/invocation-sync.html
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from redrive_simulator.engine.scheduler import Pause
from redrive_simulator.invocation.context import NOBODY, Caller
from redrive_simulator.outcomes import Outcome
from redrive_simulator.timeline.entries import Kind

if TYPE_CHECKING:
    from redrive_simulator.engine.invocation import Chain
    from redrive_simulator.invocation.functions import Function
    from redrive_simulator.invocation.result import Result


def invoke_now(
    function: Function, event: Any, arn: str, request_id: str, chain: Chain, caller: Caller = NOBODY
) -> Result:
    """Invoke a function and wait for the result in virtual time; Lambda does not retry it."""
    world = function.world
    name = function.name
    world.add_event(request_id, name, event)
    world.add_entry(Kind.SENT, name, "", name, (request_id,))
    world.set_outcome(request_id, name, Outcome.WAITING, function=name)
    result = function.call(json.loads(json.dumps(event)), (request_id,), arn, request_id, chain, caller)
    world.add_entry(
        result.kind,
        name,
        "",
        name,
        (request_id,),
        1,
        time=result.started,
        duration=world.scheduler.now - result.started,
        reason=result.reason,
    )
    outcome = Outcome.PROCESSED if result.kind is Kind.SUCCEEDED else Outcome.RETURNED
    world.set_outcome(request_id, name, outcome, function=name, reason=result.reason)
    return result


def invoke_in_turn(
    function: Function,
    event: Any,
    arn: str,
    request_id: str,
    chain: Chain,
    results: list[Result],
    caller: Caller = NOBODY,
) -> Pause:
    """Plan an invocation at this time; the pause ends when its result is in `results`, or it raised an error."""
    scheduler = function.world.scheduler
    answered = Pause()

    def run() -> None:
        try:
            results.append(invoke_now(function, event, arn, request_id, chain, caller))
        finally:
            scheduler.wake(answered)

    scheduler.at(scheduler.now, run)
    return answered


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
