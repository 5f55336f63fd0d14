"""Simulates asynchronous invocation: the queue before a function, retries, destinations and the dead-letter queue.

https://docs.aws.amazon.com/lambda/latest/dg/invocation-async.html
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from redrive_model.resources.asynchronous import AsyncSpec
from redrive_model.template.arns import kind_of
from redrive_simulator.engine.delivery import Delivery, Parcel
from redrive_simulator.invocation.async_rules import after_error, throttle_wait
from redrive_simulator.outcomes import Outcome
from redrive_simulator.services.records import Attempted, Condition, dead_letter_attributes, invocation_record
from redrive_simulator.timeline.entries import NOTHING, Kind

if TYPE_CHECKING:
    from redrive_simulator.engine.invocation import Chain
    from redrive_simulator.invocation.functions import Function
    from redrive_simulator.invocation.result import Result


_DEFAULT = AsyncSpec()


@dataclass(slots=True, eq=False)
class _Waiting:
    """An event in a function's asynchronous queue."""

    function: Function
    id: str
    payload: str
    arn: str
    spec: AsyncSpec
    chain: Chain
    sent_at: float
    errors: int = 0
    tries: int = 0
    throttles: int = 0
    last: Attempted | None = None

    @property
    def expires_at(self) -> float:
        """Time at which it is too old, in seconds from the simulation's start."""
        return self.sent_at + self.spec.max_age


def invoke_later(function: Function, event: Any, arn: str, *, id: str | None = None, chain: Chain = None) -> str:
    """Put an event into a function's asynchronous queue and return the request id.

    Args:
        function: The function.
        event: A JSON value.
        arn: Invoked ARN, with a qualifier if there is one.
        id: Request id. Default: a new one.
        chain: Chain of requests that the invocation belongs to.
    """
    world = function.world
    request_id = id or world.new_id()
    spec = function.asynchronous.get(arn.removesuffix(":$LATEST"), _DEFAULT)
    waiting = _Waiting(function, request_id, json.dumps(event), arn, spec, chain, world.scheduler.now)
    world.add_event(request_id, function.name, event)
    world.add_entry(Kind.SENT, function.name, function=function.name, events=(request_id,))
    world.set_outcome(request_id, function.name, Outcome.WAITING, function=function.name)
    world.at(world.scheduler.now, _attempt, waiting)
    return request_id


def _attempt(waiting: _Waiting) -> None:
    function = waiting.function
    world = function.world
    if function.spec.reserved_concurrency == 0:
        _give_up(waiting, "ZeroReservedConcurrency", "the function's reserved concurrency is 0", NOTHING)
        return
    if function.is_looping(waiting.chain):
        reason = f"a recursive loop of {world.parameters.recursion_limit} invocations"
        number = world.add_entry(Kind.STOPPED, function.name, "", function.name, (waiting.id,), reason=reason)
        _give_up(waiting, "RetriesExhausted", reason, number)
        return
    if waiting.throttles and world.scheduler.now >= waiting.expires_at:
        _give_up(waiting, "EventAgeExceeded", f"older than {waiting.spec.max_age:g} s", NOTHING)
        return
    result = function.call(json.loads(waiting.payload), (waiting.id,), waiting.arn, waiting.id, waiting.chain)
    waiting.tries += result.ran
    number = world.add_entry(
        result.kind,
        function.name,
        "",
        function.name,
        (waiting.id,),
        waiting.tries or 1,
        time=result.started,
        duration=world.scheduler.now - result.started,
        reason=result.reason,
    )
    if not result.ran:
        _after_throttle(waiting, result, number)
        return
    waiting.throttles = 0
    version = function.version_of(waiting.arn)
    if result.kind is Kind.SUCCEEDED:
        waiting.last = Attempted(version, result.response, failed=False)
        world.set_outcome(waiting.id, function.name, Outcome.PROCESSED, function=function.name)
        if _send_record(waiting, "Success", waiting.spec.on_success, number) == "":
            reason = "its result could not be delivered"
            world.set_outcome(waiting.id, function.name, Outcome.UNDELIVERED, "", function.name, reason)
        return
    waiting.errors += 1
    waiting.last = Attempted(version, result.error, failed=True)
    parameters = world.parameters
    spread = parameters.async_error_jitter
    jitter = world.chance.uniform(-spread, spread) if spread else 0.0
    step = after_error(waiting.errors, world.scheduler.now - waiting.sent_at, waiting.spec, parameters, jitter)
    if step.condition is not None:
        _give_up(waiting, step.condition, result.reason, number)
    else:
        _again(waiting, world.scheduler.now + step.wait, number, result.reason)


def _after_throttle(waiting: _Waiting, result: Result, number: int) -> None:
    world = waiting.function.world
    waiting.throttles += 1
    wait = throttle_wait(waiting.throttles, world.parameters)
    _again(waiting, min(world.scheduler.now + wait, waiting.expires_at), number, result.reason)


def _again(waiting: _Waiting, due: float, number: int, reason: str) -> None:
    function = waiting.function
    world = function.world
    world.add_entry(
        Kind.RETRY,
        function.name,
        "",
        function.name,
        (waiting.id,),
        waiting.tries or 1,
        until=due,
        parent=number,
        reason=reason,
    )
    world.at(due, _attempt, waiting)


def _give_up(waiting: _Waiting, condition: Condition, reason: str, number: int) -> None:
    """Send a given-up event to the on-failure destination and the dead-letter queue: to both if both exist."""
    function = waiting.function
    world = function.world
    place = _send_record(waiting, condition, waiting.spec.on_failure, number)
    target = function.spec.dead_letter_arn
    if target is not None:
        code = 200 if waiting.last is not None else 429
        error: dict[str, Any] = {} if waiting.last is None else waiting.last.payload or {}
        message = reason if waiting.last is None else str(error.get("errorMessage", ""))
        parcel = Parcel(
            target,
            json.loads(waiting.payload),
            cause=waiting.id,
            from_arn=waiting.arn,
            attributes=dead_letter_attributes(waiting.id, code, message),
            chain=waiting.chain,
        )
        is_possible = kind_of(target) in ("queue", "topic")
        delivery = world.deliver(parcel) if is_possible else Delivery(target, "it is neither a queue nor a topic")
        kind = Kind.DEAD_LETTERED if delivery.arrived else Kind.DESTINATION_FAILED
        _add_final_entry(waiting, kind, delivery.place, delivery.refused or condition, number)
        if delivery.arrived:
            world.set_outcome(
                waiting.id, function.name, Outcome.DEAD_LETTERED, delivery.place, function.name, condition
            )
            return
        place = place or ""
    if place:
        world.set_outcome(waiting.id, function.name, Outcome.DESTINATION, place, function.name, condition)
    elif place is None and target is None:
        _add_final_entry(waiting, Kind.DROPPED, "", condition, number)
        world.set_outcome(waiting.id, function.name, Outcome.DROPPED, "", function.name, f"{condition}: {reason}")
    else:
        world.set_outcome(waiting.id, function.name, Outcome.UNDELIVERED, "", function.name, condition)


def _send_record(waiting: _Waiting, condition: Condition, arn: str | None, number: int) -> str | None:
    """Send a record to a destination; return its place, empty if delivery failed, `None` if there is no destination."""
    if arn is None:
        return None
    function = waiting.function
    world = function.world
    record = invocation_record(
        request_id=waiting.id,
        function_arn=waiting.arn,
        condition=condition,
        # An event stopped as a recursive loop never ran; its record says at least 1 all the same.
        invoke_count=max(waiting.tries, 1) if condition == "RetriesExhausted" else waiting.tries,
        payload=json.loads(waiting.payload),
        last=_last_attempt(waiting, condition),
        time=world.time,
    )
    parcel = Parcel(
        arn,
        record,
        cause=waiting.id,
        from_arn=waiting.arn,
        folder=f"aws/lambda/async/{function.spec.function_name}",
        succeeded=condition == "Success",
        chain=waiting.chain,
        # As recorded on AWS: each invocation has a trace, whose header its record carries.
        trace=f"Root=1-{round(world.epoch + waiting.sent_at):08x}-{waiting.id.replace('-', '')[:24]}",
    )
    delivery = world.deliver(parcel)
    kind = Kind.DESTINATION if delivery.arrived else Kind.DESTINATION_FAILED
    _add_final_entry(waiting, kind, delivery.place, delivery.refused or condition, number)
    return delivery.place if delivery.arrived else ""


def _last_attempt(waiting: _Waiting, condition: Condition) -> Attempted | None:
    if waiting.last is None and condition == "RetriesExhausted":
        # AWS documents no record for a stopped recursive loop. This one has the form of all others.
        error = {"errorType": "Lambda.RecursiveInvocation", "errorMessage": "Lambda has stopped a recursive loop"}
        return Attempted("$LATEST", error, failed=True, status=400)
    return waiting.last


def _add_final_entry(waiting: _Waiting, kind: Kind, place: str, reason: str, number: int) -> None:
    function = waiting.function
    function.world.add_entry(
        kind,
        function.name,
        "",
        function.name,
        (waiting.id,),
        waiting.tries,
        parent=number,
        place=place,
        reason=reason,
    )
