"""Simulates a Lambda function: concurrency, faults, and the result of a call."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from redrive_model.resources.asynchronous import AsyncSpec
from redrive_model.resources.function import FunctionSpec
from redrive_simulator.engine.invocation import Handler, Invocation, InvocationEndedError
from redrive_simulator.errors import NotSimulatedError
from redrive_simulator.faults import Fault, FaultRule, Outage
from redrive_simulator.invocation.context import LambdaContext, lambda_environment
from redrive_simulator.invocation.function_errors import as_json, error_object, exit_error, reason_of, timeout_error
from redrive_simulator.invocation.result import Result
from redrive_simulator.timeline.entries import Kind

if TYPE_CHECKING:
    from redrive_simulator.engine.invocation import Chain
    from redrive_simulator.engine.world import World


_THROTTLED = 429
_SERVICE_ERROR = 500


class CodeRunner(Protocol):
    """Runs the code of invocations in virtual time."""

    def enter(self, invocation: Invocation) -> None:
        """Switch to the code of an invocation."""
        ...

    def leave(self, outer: Invocation | None) -> None:
        """End the code of an invocation, and switch to the `outer` one in the same thread, if any."""
        ...

    def take(self, seconds: float) -> None:
        """Let virtual time pass for the current invocation, and end it at its deadline."""
        ...


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
        "runner",
        "running",
        "spec",
        "world",
    )

    def __init__(self, spec: FunctionSpec, world: World, runner: CodeRunner) -> None:
        self.spec = spec
        self.world = world
        self.runner = runner
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
        name = self.spec.name
        invocation = Invocation(
            world.scheduler,
            name,
            self.environment,
            self.log,
            self.spec.timeout,
            events,
            {**(chain or {}), name: (chain or {}).get(name, 0) + 1},
        )
        if fault is not None and fault.point == "start" and fault.kind != "timeout":
            return self._failed_by(fault, request_id, started)
        outer = world.invocation
        self.running += 1
        world.running += self.spec.reserved_concurrency is None
        self.runner.enter(invocation)
        error: dict[str, Any] | None = None
        response: Any = None
        kind = Kind.SUCCEEDED
        try:
            if fault is None or fault.point == "end":
                context = LambdaContext(
                    invocation,
                    self.spec.function_name,
                    self.version_of(arn),
                    arn,
                    self.memory,
                    self.log_group,
                    request_id,
                )
                response = handler(event, context)
                if response is not None:
                    response = as_json(response)
            if invocation.elsewhere:
                self.runner.take(max(invocation.elsewhere.values()))
            if fault is not None and fault.kind == "timeout":
                self.runner.take(self.spec.timeout)
        except InvocationEndedError:
            pass
        except SystemExit as left:
            kind = Kind.CRASHED
            error = exit_error(request_id, f"exit status {left.code}")
        except (KeyboardInterrupt, NotSimulatedError):  # for the person or test that runs the simulation
            raise
        except BaseException as raised:
            kind, error = Kind.FAILED, error_object(raised, request_id)
        finally:
            invocation.is_over = True
            self.running -= 1
            world.running -= self.spec.reserved_concurrency is None
            self.runner.leave(outer)
        if invocation.ended is not None:
            kind = invocation.ended
            error = timeout_error(request_id, self.spec.timeout)
        elif fault is not None:
            return self._failed_by(fault, request_id, started)
        if kind is Kind.SUCCEEDED:
            return Result(kind, response, None, "", started)
        return Result(kind, None, error, reason_of(error), started)

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
            return Result(Kind.CRASHED, None, exit_error(request_id, "signal: killed"), fault.reason, started)
        error = error_object(Outage(fault.reason), request_id)
        return Result(Kind.FAILED, None, error, reason_of(error), started)
