"""Simulates the boto3 client of Lambda."""

# ruff: noqa: N803

from __future__ import annotations

import json
import math
from _thread import get_ident
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from redrive_model.limits import LARGEST_EVENT, LARGEST_REQUEST
from redrive_simulator.engine.scheduler import Pause
from redrive_simulator.handlers.clients.base import Client
from redrive_simulator.handlers.clients.errors import Body, client_error, read_timeout
from redrive_simulator.invocation.asynchronous import invoke_later
from redrive_simulator.invocation.synchronous import invoke_now
from redrive_simulator.timeline.history import Kind

if TYPE_CHECKING:
    from redrive_simulator.invocation.functions import Function
    from redrive_simulator.invocation.result import Result


class Lambda(Client):
    """Client of functions and event source mappings: https://docs.aws.amazon.com/lambda/latest/api/."""

    def invoke(
        self,
        *,
        FunctionName: str,
        InvocationType: str = "RequestResponse",
        Payload: bytes | str = b"null",
        Qualifier: str | None = None,
        **_: Any,
    ) -> dict[str, Any]:
        """`Invoke`."""
        world = self._now
        function, arn = self._function(FunctionName, Qualifier)
        payload = Payload.encode() if isinstance(Payload, str) else bytes(Payload)
        limit = LARGEST_EVENT if InvocationType == "Event" else LARGEST_REQUEST
        if len(payload) > limit:
            raise client_error("RequestTooLargeException", f"{len(payload)} bytes exceed {limit}", "Invoke", 413)
        try:
            event: Any = json.loads(payload or b"null")
        except ValueError as error:
            raise client_error("InvalidRequestContentException", f"no JSON: {error}", "Invoke") from error
        request_id = world.new_id()
        if InvocationType == "DryRun":
            return _response(204, request_id, b"")
        if InvocationType == "Event":
            invoke_later(function, event, arn, id=request_id, chain=world.chain)
            return _response(202, request_id, b"")
        if function.is_looping(world.chain):
            raise client_error("RecursiveInvocationException", "a recursive loop was stopped", "Invoke")
        return _answer(self._waited_for(function, event, arn, request_id), request_id)

    def get_event_source_mapping(self, *, UUID: str) -> dict[str, Any]:
        """`GetEventSourceMapping`."""
        return self._clients.simulation.mapping_state(UUID, self._missing_mapping(UUID))

    def update_event_source_mapping(self, *, UUID: str, Enabled: bool | None = None, **more: Any) -> dict[str, Any]:
        """`UpdateEventSourceMapping`, only to enable or disable a mapping."""
        _ = self._now
        if more:
            raise self._clients.missing(f"lambda.update_event_source_mapping({', '.join(more)})")
        return self._clients.simulation.switch_mapping(UUID, Enabled, self._missing_mapping(UUID))

    def list_tags(self, *, Resource: str) -> dict[str, Any]:
        """`ListTags`."""
        _ = self._now
        return {"Tags": dict(self._clients.tags.get(Resource, {}))}

    def tag_resource(self, *, Resource: str, Tags: Mapping[str, str]) -> dict[str, Any]:
        """`TagResource`."""
        _ = self._now
        self._clients.tags.setdefault(Resource, {}).update(Tags)
        return {}

    def untag_resource(self, *, Resource: str, TagKeys: Sequence[str]) -> dict[str, Any]:
        """`UntagResource`."""
        _ = self._now
        tags = self._clients.tags.get(Resource, {})
        for key in TagKeys:
            tags.pop(key, None)
        return {}

    def _missing_mapping(self, uuid: str) -> Exception:
        message = f"The resource you requested does not exist: {uuid}"
        return client_error("ResourceNotFoundException", message, "GetEventSourceMapping", 404)

    def _waited_for(self, function: Function, event: Any, arn: str, request_id: str) -> Result:
        """Run a function while the caller waits, at most until the caller's own deadline or call timeout."""
        world = self._world
        scheduler, invocation = world.scheduler, world.invocation
        chain = world.chain
        if invocation is None or get_ident() != scheduler.runner:  # called from a thread that the handler started
            return invoke_now(function, event, arn, request_id, chain)
        answered = Pause()
        results: list[Result] = []

        def run() -> None:
            try:
                results.append(invoke_now(function, event, arn, request_id, chain))
            finally:
                scheduler.wake(answered)

        world.at(scheduler.now, run)
        calls_until = math.inf if invocation.calls_until is None else invocation.calls_until
        world.invocation = None
        came = scheduler.wait(answered, min(invocation.deadline, calls_until))
        if not came and scheduler.now >= invocation.deadline:
            invocation.ended = Kind.TIMED_OUT
        self._clients.runtime.enter(invocation)
        self._clients.runtime.check()
        if not results:
            raise read_timeout()
        return results[0]

    def _function(self, name: str, qualifier: str | None) -> tuple[Function, str]:
        """Return the function and the invoked ARN."""
        functions = self._world.functions
        found = functions.get(name)
        if found is None and (":" in name):  # the name ends in a qualifier
            head, _, last = name.rpartition(":")
            found, qualifier = functions.get(head), qualifier or last
        elif found is not None and name.startswith("arn:") and name.count(":") > 6:
            qualifier = qualifier or name.split(":")[7]
        if found is None:
            message = f"Function not found: {name}"
            raise client_error("ResourceNotFoundException", message, "Invoke", 404)
        arn = found.spec.arn
        return found, arn if qualifier in (None, "$LATEST") else f"{arn}:{qualifier}"


def _answer(result: Result, request_id: str) -> dict[str, Any]:
    if not result.ran:
        throttled = result.kind is Kind.THROTTLED
        code = "TooManyRequestsException" if throttled else "ServiceException"
        more = {"Reason": "ReservedFunctionConcurrentInvocationLimitExceeded"} if throttled else {}
        raise client_error(code, f"Rate Exceeded: {result.reason}", "Invoke", result.status, **more)
    if result.kind is Kind.SUCCEEDED:
        return _response(200, request_id, json.dumps(result.response).encode())
    return {**_response(200, request_id, json.dumps(result.error).encode()), "FunctionError": "Unhandled"}


def _response(status: int, request_id: str, payload: bytes) -> dict[str, Any]:
    return {
        "StatusCode": status,
        "ExecutedVersion": "$LATEST",
        "Payload": Body(payload),
        "ResponseMetadata": {"RequestId": request_id, "HTTPStatusCode": status, "RetryAttempts": 0},
    }
