"""Stands in for Lambda."""

# ruff: noqa: N803

from __future__ import annotations

import json
import math
from base64 import b64decode, b64encode
from io import BytesIO
from typing import TYPE_CHECKING, Any, cast

from redrive_model.limits import LARGEST_EVENT, LARGEST_REQUEST
from redrive_model.template.arns import invoked_arn
from redrive_simulator.handlers.clients.function_names import not_found, read_name
from redrive_simulator.handlers.clients.mappings import Mappings
from redrive_simulator.invocation.asynchronous import invoke_later
from redrive_simulator.invocation.context import Caller
from redrive_simulator.invocation.synchronous import invoke_in_turn, invoke_now
from redrive_simulator.services.refusals import Refused
from redrive_simulator.services.strict_json import read_strictly
from redrive_simulator.timeline.entries import Kind

if TYPE_CHECKING:
    from redrive_simulator.invocation.functions import Function
    from redrive_simulator.invocation.result import Result

# Bytes of a log in an answer: https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html.
_LOG_TAIL = 4096
# Bytes of a client context: the same page.
_LONGEST_CONTEXT = 3583
_LATEST = "$LATEST"


class Lambda(Mappings):
    """Answers for functions and event source mappings: https://docs.aws.amazon.com/lambda/latest/api/.

    SNAP stands for https://github.com/localstack/localstack/blob/main/tests/aws/services/lambda_/, whose snapshots were
    recorded on AWS.
    """

    def invoke(
        self,
        *,
        FunctionName: str,
        InvocationType: str = "RequestResponse",
        Payload: Any = b"",
        Qualifier: str | None = None,
        LogType: str = "None",
        ClientContext: str | None = None,
        TenantId: str | None = None,
    ) -> dict[str, Any]:
        """`Invoke`."""
        world = self._world
        function, arn = self._function(FunctionName, Qualifier)
        version = function.version_of(arn)
        event = _event(_bytes(Payload), InvocationType)
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
        reply = _answer(result, version, reserved=function.spec.reserved_concurrency is not None)
        if LogType == "Tail":
            lines = "\n".join(line for _, line in function.log[written:])
            reply["LogResult"] = b64encode(lines.encode()[-_LOG_TAIL:]).decode()
        return reply

    def invoke_async(self, *, FunctionName: str, InvokeArgs: Any) -> dict[str, Any]:
        """`InvokeAsync`, which Lambda keeps for old callers."""
        function, arn = self._function(FunctionName, None)
        event = _event(_bytes(InvokeArgs), "Event")
        invoke_later(function, event, arn, chain=self._world.chain)
        return {"HTTPStatusCode": 202, "Status": 202}

    def _waited_for(self, function: Function, event: Any, arn: str, request_id: str, caller: Caller) -> Result:
        """Run a function while the caller waits, at most until the caller's own deadline or call timeout."""
        world, invocation = self._world, self._world.invocation
        if not world.scheduler.runner:  # a test calls it between two runs
            return invoke_now(function, event, arn, request_id, world.chain, caller)
        results: list[Result] = []
        with self._shared.turn:
            answered = invoke_in_turn(function, event, arn, request_id, world.chain, results, caller)
        limit = None if invocation is None else invocation.calls_until
        self._shared.runner.wait_for(answered, math.inf if limit is None else limit)
        if not results:
            raise _read_timeout()
        return results[0]

    def _function(self, name: str, qualifier: str | None) -> tuple[Function, str]:
        """Return the function and the invoked ARN."""
        parameters = self._world.parameters
        named = read_name(name, qualifier, parameters.region)
        if named.account not in (None, parameters.account):
            remedy = 'give an answer with simulation.answer("lambda", "Invoke", function)'
            raise self._shared.missing(f"lambda: the function {name} of another account", remedy)
        functions = self._resources.functions.values()
        function = next((each for each in functions if each.spec.function_name == named.name), None)
        if function is not None:
            arn = invoked_arn(function.spec.arn, named.qualifier)
            if function.is_there(arn):
                return function, arn
        of_account = f"arn:aws:lambda:{parameters.region}:{parameters.account}"
        raise not_found(f"{of_account}:function:{named.name}:{named.qualifier or _LATEST}")


def _bytes(payload: Any) -> bytes:
    given: Any = payload.read() if hasattr(payload, "read") else payload
    return given.encode() if isinstance(given, str) else bytes(given)


def _event(payload: bytes, invocation_type: str) -> Any:
    """Read the event of an invocation, which is an empty object without a payload, or refuse it."""
    limit = LARGEST_EVENT if invocation_type == "Event" else LARGEST_REQUEST
    if len(payload) > limit:  # https://github.com/ASFHyP3/hyp3/issues/2241 shows code and message
        message = (
            f"{len(payload)} byte payload is too large for the {invocation_type} invocation type (limit {limit} bytes)"
        )
        raise Refused("RequestEntityTooLargeException", message, 413)
    try:
        return read_strictly(payload) if payload else {}
    except ValueError as error:
        # SNAP test_lambda_invoke_payload_encoding_error, with the words of another parser
        message = f"Could not parse request body into json: Could not parse payload into json: {error}"
        raise Refused("InvalidRequestContentException", message) from error


def _read(client_context: str | None) -> dict[str, Any] | None:
    """Decode a `ClientContext`, which is JSON in base64."""
    if client_context is None:
        return None
    if len(client_context) > _LONGEST_CONTEXT:
        message = f"Client context has {len(client_context)} bytes, and {_LONGEST_CONTEXT} are allowed"
        raise Refused("InvalidRequestContentException", message)
    try:
        read: Any = read_strictly(b64decode(client_context, validate=True))
    except ValueError as error:
        raise Refused(
            "InvalidRequestContentException", f"Client context must be a valid JSON object: {error}"
        ) from error
    if not isinstance(read, dict):
        raise Refused("InvalidRequestContentException", "Client context must be a valid JSON object")
    return cast("dict[str, Any]", read)


def _answer(result: Result, version: str, *, reserved: bool) -> dict[str, Any]:
    if not result.ran:
        if result.kind is Kind.THROTTLED:  # SNAP test_reserved_concurrency
            reason = (
                "ReservedFunctionConcurrentInvocationLimitExceeded" if reserved else "ConcurrentInvocationLimitExceeded"
            )
            raise Refused("TooManyRequestsException", "Rate Exceeded.", result.status, Reason=reason, Type="User")
        raise Refused("ServiceException", result.reason, result.status)
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
