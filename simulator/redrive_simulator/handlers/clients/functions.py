"""Stands in for Lambda."""

# ruff: noqa: N803

from __future__ import annotations

import json
import math
from _thread import get_ident
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import TYPE_CHECKING, Any, cast

from redrive_model.limits import LARGEST_EVENT, LARGEST_REQUEST
from redrive_model.template.arns import invoked_arn
from redrive_simulator.handlers.clients.base import Client, found
from redrive_simulator.invocation.asynchronous import invoke_later
from redrive_simulator.invocation.context import Caller
from redrive_simulator.invocation.synchronous import invoke_in_turn, invoke_now
from redrive_simulator.services.refusals import Refused
from redrive_simulator.timeline.entries import Kind

if TYPE_CHECKING:
    from redrive_simulator.invocation.functions import Function
    from redrive_simulator.invocation.result import Result
    from redrive_simulator.invocation.sqs_mapping import SqsMapping
    from redrive_simulator.invocation.stream_mapping import StreamMapping

# Bytes of a log in an answer: https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html.
_LOG_TAIL = 4096


class Lambda(Client):
    """Answers for functions and event source mappings: https://docs.aws.amazon.com/lambda/latest/api/."""

    def invoke(
        self,
        *,
        FunctionName: str,
        InvocationType: str = "RequestResponse",
        Payload: Any = b"null",
        Qualifier: str | None = None,
        LogType: str = "None",
        ClientContext: str | None = None,
        TenantId: str | None = None,
    ) -> dict[str, Any]:
        """`Invoke`."""
        world = self._world
        function, arn = self._function(FunctionName, Qualifier)
        version = function.version_of(arn)
        given: Any = Payload.read() if hasattr(Payload, "read") else Payload
        payload = given.encode() if isinstance(given, str) else bytes(given)
        limit = LARGEST_EVENT if InvocationType == "Event" else LARGEST_REQUEST
        if len(payload) > limit:
            raise Refused("RequestTooLargeException", f"{len(payload)} bytes exceed {limit}", 413)
        try:
            event: Any = json.loads(payload or b"null")
        except ValueError as error:
            raise Refused("InvalidRequestContentException", f"no JSON: {error}") from error
        request_id = world.new_id()
        if InvocationType == "DryRun":
            return _response(204, b"", version)
        if InvocationType == "Event":
            invoke_later(function, event, arn, id=request_id, chain=world.chain)
            return _response(202, b"", version)
        if function.is_looping(world.chain):
            raise Refused("RecursiveInvocationException", "a recursive loop was stopped")
        written = len(function.log)
        result = self._waited_for(function, event, arn, request_id, Caller(_read(ClientContext), TenantId))
        reply = _answer(result, version)
        if LogType == "Tail":
            lines = "\n".join(line for _, line in function.log[written:])
            reply["LogResult"] = b64encode(lines.encode()[-_LOG_TAIL:]).decode()
        return reply

    def get_event_source_mapping(self, *, UUID: str) -> dict[str, Any]:
        """`GetEventSourceMapping`."""
        return self._state(UUID, self._mapping(UUID))

    def update_event_source_mapping(self, *, UUID: str, Enabled: bool | None = None) -> dict[str, Any]:
        """`UpdateEventSourceMapping`, only to enable or disable a mapping."""
        mapping = self._mapping(UUID)
        if Enabled is not None:
            mapping.switch(Enabled)
        return self._state(UUID, mapping)

    def list_tags(self, *, Resource: str) -> dict[str, Any]:
        """`ListTags`."""
        return {"Tags": dict(self._shared.tags.get(Resource, {}))}

    def tag_resource(self, *, Resource: str, Tags: Mapping[str, str]) -> dict[str, Any]:
        """`TagResource`."""
        self._shared.tags.setdefault(Resource, {}).update(Tags)
        return {}

    def untag_resource(self, *, Resource: str, TagKeys: Sequence[str]) -> dict[str, Any]:
        """`UntagResource`."""
        tags = self._shared.tags.get(Resource, {})
        for key in TagKeys:
            tags.pop(key, None)
        return {}

    def _mapping(self, uuid: str) -> SqsMapping | StreamMapping:
        mapping = self._shared.resources.mappings.get(uuid)
        message = f"The resource you requested does not exist: {uuid}"
        return found(mapping, "ResourceNotFoundException", message, 404)

    def _state(self, uuid: str, mapping: SqsMapping | StreamMapping) -> dict[str, Any]:
        parameters = self._world.parameters
        arn = f"arn:aws:lambda:{parameters.region}:{parameters.account}:event-source-mapping:{uuid}"
        return {"UUID": uuid, "EventSourceMappingArn": arn, "State": "Enabled" if mapping.enabled else "Disabled"}

    def _waited_for(self, function: Function, event: Any, arn: str, request_id: str, caller: Caller) -> Result:
        """Run a function while the caller waits, at most until the caller's own deadline or call timeout."""
        world = self._world
        scheduler, invocation = world.scheduler, world.invocation
        chain = world.chain
        if invocation is None or get_ident() != scheduler.runner:  # called from a thread that the handler started
            return invoke_now(function, event, arn, request_id, chain, caller)
        results: list[Result] = []
        answered = invoke_in_turn(function, event, arn, request_id, chain, results, caller)
        calls_until = math.inf if invocation.calls_until is None else invocation.calls_until
        world.invocation = None
        came = scheduler.wait(answered, min(invocation.deadline, calls_until))
        if not came and scheduler.now >= invocation.deadline:
            invocation.ended = Kind.TIMED_OUT
        self._shared.runner.enter(invocation)
        self._shared.runner.check()
        if not results:
            raise _read_timeout()
        return results[0]

    def _function(self, name: str, qualifier: str | None) -> tuple[Function, str]:
        """Return the function and the invoked ARN."""
        functions = self._shared.resources.functions
        function = functions.get(name)
        if function is None and (":" in name):  # the name ends in a qualifier
            head, _, last = name.rpartition(":")
            function, qualifier = functions.get(head), qualifier or last
        elif function is not None and name.startswith("arn:") and name.count(":") > 6:
            qualifier = qualifier or name.split(":")[7]
        function = found(function, "ResourceNotFoundException", f"Function not found: {name}", 404)
        arn = invoked_arn(function.spec.arn, qualifier)
        if not function.is_there(arn):
            raise Refused("ResourceNotFoundException", f"Function not found: {arn}", 404)
        return function, arn


def _read(client_context: str | None) -> dict[str, Any] | None:
    """Decode a `ClientContext`, which is JSON in base64."""
    if client_context is None:
        return None
    try:
        read: Any = json.loads(b64decode(client_context, validate=True))
    except ValueError as error:
        raise Refused(
            "InvalidRequestContentException", f"Client context must be a valid JSON object: {error}"
        ) from error
    if not isinstance(read, dict):
        raise Refused("InvalidRequestContentException", "Client context must be a valid JSON object")
    return cast("dict[str, Any]", read)


def _answer(result: Result, version: str) -> dict[str, Any]:
    if not result.ran:
        throttled = result.kind is Kind.THROTTLED
        code = "TooManyRequestsException" if throttled else "ServiceException"
        more: dict[str, Any] = {"Reason": "ReservedFunctionConcurrentInvocationLimitExceeded"} if throttled else {}
        raise Refused(code, f"Rate Exceeded: {result.reason}", result.status, **more)
    if result.kind is Kind.SUCCEEDED:
        return _response(200, json.dumps(result.response).encode(), version)
    return {**_response(200, json.dumps(result.error).encode(), version), "FunctionError": "Unhandled"}


def _response(status: int, payload: bytes, version: str) -> dict[str, Any]:
    from botocore.response import StreamingBody  # pyright: ignore

    body: Any = StreamingBody(BytesIO(payload), len(payload))  # pyright: ignore
    return {"HTTPStatusCode": status, "StatusCode": status, "ExecutedVersion": version, "Payload": body}


def _read_timeout() -> Exception:
    """Return botocore's error for an answer that did not arrive in time."""
    from botocore.exceptions import ReadTimeoutError  # pyright: ignore

    return ReadTimeoutError(endpoint_url="https://lambda.simulated")  # pyright: ignore
