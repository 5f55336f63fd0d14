"""Simulates synchronous invocation: one call that returns its result or error to the caller.

https://docs.aws.amazon.com/lambda/latest/dg/invocation-sync.html
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from redrive_simulator.outcomes import Outcome
from redrive_simulator.timeline import Kind

if TYPE_CHECKING:
    from redrive_simulator.functions import Function, Result
    from redrive_simulator.world import Chain


def invoke_now(function: Function, event: Any, arn: str, request_id: str, chain: Chain) -> Result:
    """Invoke a function and wait for the result in virtual time; Lambda does not retry it."""
    world = function.world
    name = function.name
    world.sent(request_id, name, event)
    world.note(Kind.SENT, name, "", name, (request_id,))
    world.end(request_id, name, Outcome.WAITING, function=name)
    result = function.call(json.loads(json.dumps(event)), (request_id,), arn, request_id, chain)
    world.note(
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
    world.end(request_id, name, outcome, function=name, reason=result.reason)
    return result
