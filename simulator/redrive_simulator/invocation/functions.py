"""Simulates a Lambda function: concurrency, faults, and the result of a call."""

from __future__ import annotations

import json
import linecache
from collections.abc import Mapping
from types import CodeType
from typing import TYPE_CHECKING, Any

from redrive_model.limits import LARGEST_REQUEST
from redrive_model.resources.asynchronous import AsyncSpec
from redrive_model.resources.function import FunctionSpec
from redrive_simulator.engine.invocation import Handler, Invocation, InvocationEndedError
from redrive_simulator.errors import NotSimulatedError
from redrive_simulator.faults import Fault, FaultRule, Outage
from redrive_simulator.invocation.context import LambdaContext, lambda_environment
from redrive_simulator.invocation.result import Result
from redrive_simulator.timeline.history import Kind

if TYPE_CHECKING:
    from redrive_simulator.engine.invocation import Chain
    from redrive_simulator.engine.world import World
    from redrive_simulator.handlers.runtime import Runtime


_THROTTLED = 429
_SERVICE_ERROR = 500


class Function:
    """A Lambda function.

    Attributes:
        handler: The handler, or `None`.
        asynchronous: Asynchronous invocation settings by invoked ARN.
        running: Number of current invocations.
        calls: Number of calls whose code ran, or would have run without a fault.
        faults: Planned faults.
        log: Written lines, each with its time in seconds from the simulation's start.
    """

    __slots__ = (
        "asynchronous",
        "calls",
        "environment",
        "faults",
        "handler",
        "log",
        "log_group",
        "memory",
        "running",
        "runtime",
        "spec",
        "world",
    )

    def __init__(self, spec: FunctionSpec, world: World, runtime: Runtime) -> None:
        self.spec = spec
        self.world = world
        self.runtime = runtime
        self.handler: Handler | None = None
        self.asynchronous: dict[str, AsyncSpec] = {}
        self.running = 0
        self.calls = 0
        self.faults: list[FaultRule] = []
        self.log: list[tuple[float, str]] = []
        self.memory = str(spec.memory)
        self.log_group = f"/aws/lambda/{spec.function_name}"
        self.environment = lambda_environment(
            spec.function_name, spec.memory, world.parameters.region, spec.handler, self.log_group, spec.environment
        )

    @property
    def name(self) -> str:
        """Name in the history."""
        return self.spec.name

    def version_of(self, arn: str) -> str:
        """Return the version that an ARN invokes; aliases count as `$LATEST`, whose code is the same here."""
        parts = arn.split(":")
        return parts[7] if len(parts) > 7 and parts[7].isdecimal() else "$LATEST"

    def is_looping(self, chain: Chain) -> bool:
        """Decide if Lambda would stop one more invocation in this chain as a recursive loop."""
        if chain is None or self.spec.may_recurse:
            return False
        return chain.get(self.name, 0) >= self.world.parameters.recursion_limit

    def call(self, event: Any, events: tuple[str, ...], arn: str, request_id: str, chain: Chain) -> Result:
        """Invoke the function once; virtual time passes if the handler takes any.

        Args:
            event: Event, which the handler may change.
            events: Ids of the events in it.
            arn: Invoked ARN.
            request_id: Request id.
            chain: Number of invocations per function in the chain of requests so far.

        Raises:
            NotSimulatedError: The function has no handler.
        """
        world = self.world
        started = world.scheduler.now
        fault: Fault | None = None
        if self.faults:
            fault = self._fault(started)
            if fault is not None and fault.kind == "throttle":
                return Result(Kind.THROTTLED, None, None, fault.reason, started, _THROTTLED)
            if fault is not None and fault.kind == "service_error":
                return Result(Kind.REFUSED, None, None, fault.reason, started, _SERVICE_ERROR)
        refusal = self._refusal()
        if refusal is not None:
            return Result(Kind.THROTTLED, None, None, refusal, started, _THROTTLED)
        handler = self.handler
        if handler is None:
            raise NotSimulatedError(
                f"function {self.name!r} is invoked and has no handler: pass handlers={{{self.name!r}: handler}}"
            )
        self.calls += 1
        invocation = Invocation(self, events, {**(chain or {}), self.name: (chain or {}).get(self.name, 0) + 1})
        if fault is not None and fault.point == "start" and fault.kind != "timeout":
            return self._failed_by(fault, request_id, started)
        outer = world.invocation
        self.running += 1
        world.running += self.spec.reserved_concurrency is None
        self.runtime.enter(invocation)
        error: dict[str, Any] | None = None
        response: Any = None
        kind = Kind.SUCCEEDED
        try:
            if fault is None or fault.point == "end":
                response = handler(event, LambdaContext(invocation, arn, request_id))
                if response is not None:
                    response = _as_json(response)
            if invocation.elsewhere:
                self.runtime.take(max(invocation.elsewhere.values()))
            if fault is not None and fault.kind == "timeout":
                self.runtime.take(self.spec.timeout)
        except InvocationEndedError:
            pass
        except SystemExit as left:
            kind = Kind.CRASHED
            error = {
                "errorType": "Runtime.ExitError",
                "errorMessage": f"RequestId: {request_id} Error: Runtime exited with error: exit status {left.code}",
            }
        except (KeyboardInterrupt, NotSimulatedError):  # for the person or test that runs the simulation
            raise
        except BaseException as raised:
            kind, error = Kind.FAILED, _reported(raised, request_id)
        finally:
            self.running -= 1
            world.running -= self.spec.reserved_concurrency is None
            self.runtime.leave(outer)
        if invocation.ended is not None:
            kind = invocation.ended
            error = _timed_out(request_id, self.spec.timeout)
        elif fault is not None:
            return self._failed_by(fault, request_id, started)
        if kind is Kind.SUCCEEDED:
            return Result(kind, response, None, "", started)
        return Result(kind, None, error, _in_words(error), started)

    def _fault(self, now: float) -> Fault | None:
        for rule in self.faults:
            if rule.applies(now, self.calls + 1):
                return rule.fault
        return None

    def _refusal(self) -> str | None:
        reserved = self.spec.reserved_concurrency
        if reserved is not None:
            return f"reserved concurrency of {reserved}" if self.running >= reserved else None
        world = self.world
        return f"the account's concurrency of {world.unreserved}" if world.running >= world.unreserved else None

    def _failed_by(self, fault: Fault, request_id: str, started: float) -> Result:
        if fault.kind == "crash":
            message = f"RequestId: {request_id} Error: Runtime exited with error: signal: killed"
            return Result(
                Kind.CRASHED, None, {"errorType": "Runtime.ExitError", "errorMessage": message}, fault.reason, started
            )
        error = _reported(Outage(fault.reason), request_id)
        return Result(Kind.FAILED, None, error, _in_words(error), started)


class MarshalError(Exception):
    """The response cannot be written as JSON, or is too large."""


def _as_json(response: Any) -> Any:
    """Return a handler's response as Lambda passes it on."""
    try:
        text = json.dumps(response)
    except (TypeError, ValueError, RecursionError) as error:
        raise MarshalError(f"Unable to marshal response: {error}") from error
    if len(text) > LARGEST_REQUEST:
        raise MarshalError(f"Response payload size ({len(text)} bytes) exceeded maximum allowed payload size")
    return json.loads(text)


def _reported(error: BaseException, request_id: str) -> dict[str, Any]:
    """Return the error object that the Python runtime makes of an exception."""
    kind = "Runtime.MarshalError" if isinstance(error, MarshalError) else type(error).__name__
    try:
        message = str(error)
    except Exception as another:  # in AWS the runtime itself fails here, and the function with it
        message = f"<{type(another).__name__} in {type(error).__name__}.__str__>"
    return {
        "errorMessage": message,
        "errorType": kind,
        "requestId": request_id,
        "stackTrace": _stack_trace(error),
    }


# A cache, as the same few lines fail many times.
_lines: dict[tuple[CodeType, int], str] = {}


def _stack_trace(error: BaseException) -> list[str]:
    """Return the stack trace as the Python runtime writes it."""
    found: list[str] = []
    trace = error.__traceback__
    while trace is not None:
        key = (trace.tb_frame.f_code, trace.tb_lineno)
        line = _lines.get(key)
        if line is None:
            code, number = key
            source = linecache.getline(code.co_filename, number).strip()
            line = f'  File "{code.co_filename}", line {number}, in {code.co_name}\n'
            line = _lines[key] = f"{line}    {source}\n" if source else line
        found.append(line)
        trace = trace.tb_next
    return found[1:]  # the first frame is the simulator's own


def _timed_out(request_id: str, timeout: float) -> dict[str, Any]:
    return {
        "errorType": "Sandbox.Timedout",
        "errorMessage": f"RequestId: {request_id} Error: Task timed out after {timeout:.2f} seconds",
    }


def _in_words(error: Mapping[str, Any] | None) -> str:
    if error is None:
        return ""
    message = str(error.get("errorMessage", ""))
    if error.get("errorType") in ("Sandbox.Timedout", "Runtime.ExitError"):
        return message.partition(" Error: ")[2] or message
    return f"{error.get('errorType')}: {message}" if message else str(error.get("errorType"))
