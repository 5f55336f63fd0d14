"""Simulates a Lambda function: concurrency, faults, and the result of a call."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Context, getcontext, setcontext
from typing import TYPE_CHECKING, Any, Protocol, cast

from redrive_model.resources.asynchronous import AsyncSpec
from redrive_model.resources.function import FunctionSpec
from redrive_model.template.arns import with_qualifier
from redrive_simulator.engine.invocation import Handler, Invocation, InvocationEndedError
from redrive_simulator.engine.scheduler import Pause
from redrive_simulator.errors import NotSimulatedError
from redrive_simulator.faults import Fault, FaultRule, Outage
from redrive_simulator.invocation.context import NOBODY, Caller, LambdaContext, lambda_environment
from redrive_simulator.invocation.environments import Code, Environment, Environments
from redrive_simulator.invocation.function_errors import (
    as_json,
    error_object,
    exit_error,
    exit_status,
    reason_of,
    timeout_error,
)
from redrive_simulator.invocation.result import OK, Result
from redrive_simulator.services.representations import represented
from redrive_simulator.timeline.entries import Kind

if TYPE_CHECKING:
    from redrive_simulator.engine.invocation import Chain
    from redrive_simulator.engine.world import World


_THROTTLED = 429
_SERVICE_ERROR = 500
_INIT_TIME = 10.0
# To look a member up takes Python 3.11 as long as a call, and so does the constructor of a named tuple.
_SUCCEEDED = Kind.SUCCEEDED
_new = cast("Any", tuple).__new__


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

    def write_error(self, error: Mapping[str, Any]) -> None:
        """Add Lambda's error object to the log of the current invocation."""
        ...


class Function:
    """A Lambda function.

    Attributes:
        name: Name in the history.
        handler: The handler that a test has given, or `None`.
        code: Code of the function in an assembly, or `None`.
        environments: Execution environments that have loaded the code.
        versions: Numbers of versions by the ARNs of versions and aliases.
        provisioned: Numbers of the versions with provisioned concurrency.
        asynchronous: Asynchronous invocation settings by invoked ARN.
        running: Number of current invocations.
        calls: Number of calls whose code ran, or would have run without a fault.
        faults: Planned faults.
        log: Written lines, each with its time in seconds from the simulation's start.
    """

    __slots__ = (
        "_decimals",
        "_known",
        "asynchronous",
        "calls",
        "code",
        "environments",
        "faults",
        "handler",
        "log",
        "name",
        "provisioned",
        "runner",
        "running",
        "spec",
        "versions",
        "world",
    )

    def __init__(self, spec: FunctionSpec, world: World, runner: CodeRunner) -> None:
        self.spec = spec
        self.name = spec.name
        self.world = world
        self.runner = runner
        self.handler: Handler | None = None
        self.asynchronous: dict[str, AsyncSpec] = {}
        self.running = 0
        self.calls = 0
        self.faults: list[FaultRule] = []
        self.log: list[tuple[float, str]] = []
        self.code: Code | None = None
        self.environments = Environments()
        self.versions: dict[str, str] = {}
        self.provisioned: frozenset[str] = frozenset()
        self._decimals = Context()
        self._known: dict[str, tuple[str, dict[str, str]]] = {}

    def __repr__(self) -> str:
        return represented("Function", self.name, self.calls, "call", (line for _, line in self.log))

    def version_of(self, arn: str) -> str:
        """Return the version that an ARN invokes: of an alias the one that it points to, else the qualifier."""
        parts = arn.split(":")
        return self.versions.get(arn) or (parts[7] if len(parts) > 7 else "$LATEST")

    def is_there(self, arn: str) -> bool:
        """Decide if the function has the version or alias in an ARN."""
        return arn in self.versions or with_qualifier(arn) == f"{self.spec.arn}:$LATEST"

    def _version_and_variables(self, arn: str) -> tuple[str, dict[str, str]]:
        known = self._known.get(arn)
        if known is None:
            version = self.version_of(arn)
            same = [each for each in self._known.values() if each[0] == version]
            variables = same[0][1] if same else self._variables_of(version)
            known = self._known[arn] = (version, variables)
        return known

    def _variables_of(self, version: str) -> dict[str, str]:
        folder = None if self.code is None else self.code.folder
        region, is_provisioned = self.world.parameters.region, version in self.provisioned
        return lambda_environment(self.spec, region, version, folder, is_provisioned=is_provisioned)

    def is_looping(self, chain: Chain) -> bool:
        """Decide if Lambda would stop one more invocation in this chain as a recursive loop."""
        if chain is None or self.spec.may_recurse:
            return False
        return chain.get(self.name, 0) >= self.world.parameters.recursion_limit

    def call(
        self, event: Any, events: tuple[str, ...], arn: str, request_id: str, chain: Chain, caller: Caller = NOBODY
    ) -> Result:
        """Invoke the function once; virtual time passes if the handler takes any.

        Args:
            event: Event, which the handler may change.
            events: Ids of the events in it.
            arn: Invoked ARN.
            request_id: Request id.
            chain: Number of invocations per function in the chain of requests so far.
            caller: What the caller of a synchronous invocation says about itself.

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
        if self.handler is None and self.code is None:
            raise NotSimulatedError(
                f"function {self.name!r} is invoked and has no handler: pass handlers={{{self.name!r}: handler}}, or "
                "default_handler="
            )
        self.calls += 1
        name, (version, variables) = self.name, self._version_and_variables(arn)
        longer = {name: 1} if chain is None else {**chain, name: chain.get(name, 0) + 1}
        invocation = Invocation(world.scheduler, name, variables, self.log, self.spec.timeout, events, longer)
        if fault is not None and fault.point == "start" and fault.kind != "timeout":
            return self._failed_by(fault, request_id, started)
        context = LambdaContext(invocation, version, arn, request_id, caller)
        if self.spec.has_capacity_provider:
            return self._call_beside(invocation, event, context, fault, started)
        return self._call_here(invocation, event, context, fault, started)

    def _call_beside(
        self, invocation: Invocation, event: Any, context: LambdaContext, fault: Fault | None, started: float
    ) -> Result:
        """Run the handler beside the caller, who gets an error at the timeout while the handler runs on.

        https://docs.aws.amazon.com/lambda/latest/dg/lambda-managed-instances-execution-environment.html
        """
        world, scheduler = self.world, self.world.scheduler
        invocation.runs_on = True
        answered = Pause()
        results: list[Result] = []

        def run() -> None:
            try:
                results.append(self._call_here(invocation, event, context, fault, started))
            finally:
                scheduler.wake(answered)

        outer = world.invocation
        world.invocation = None
        scheduler.at(scheduler.now, run)
        came = scheduler.wait(answered, invocation.deadline)
        self.runner.leave(outer)
        if came:
            return results[0]
        error = timeout_error(context.aws_request_id, self.spec.timeout)
        return Result(Kind.TIMED_OUT, None, error, reason_of(error), started)

    def _call_here(
        self, invocation: Invocation, event: Any, context: LambdaContext, fault: Fault | None, started: float
    ) -> Result:
        """Run the handler in this thread."""
        world, version = self.world, context.function_version
        environment = None if self.handler is not None else self.environments.take(version, self._code)
        invocation.place = environment
        outer = world.invocation
        is_shared = self.spec.reserved_concurrency is None
        self.running += 1
        world.running += is_shared
        self.runner.enter(invocation)
        decimals = getcontext()  # of this thread, which runs the code of other simulations later
        setcontext(self._decimals if environment is None else environment.settings.decimals)
        try:
            result = self._run(invocation, event, context, environment, fault, started)
        finally:
            setcontext(decimals)
            invocation.is_over = True
            self.running -= 1
            world.running -= is_shared
            self.runner.leave(outer)
        if environment is not None:
            environment = cast("Environment", invocation.place)
            is_ended = result.kind in (Kind.TIMED_OUT, Kind.CRASHED)
            self.environments.give_back(version, environment.restarted() if is_ended else environment)
        return result

    def _run(
        self,
        invocation: Invocation,
        event: Any,
        context: LambdaContext,
        environment: Environment | None,
        fault: Fault | None,
        started: float,
    ) -> Result:
        """Load the code if this is a cold start, run the handler, and return the result."""
        request_id = context.aws_request_id
        error: dict[str, Any] | None = None
        response: Any = None
        kind = _SUCCEEDED
        try:
            if fault is None or fault.point == "end":
                handler = self.handler or self._loaded(invocation, environment)
                response = handler(event, context)
                if response is not None:
                    response = as_json(response, self.spec.runtime)
            if invocation.elsewhere:
                self.runner.take(max(invocation.elsewhere.values()))
            if fault is not None and fault.kind == "timeout":
                self.runner.take(self.spec.timeout)
        except InvocationEndedError:
            pass
        except SystemExit as left:
            kind = Kind.CRASHED
            error = exit_error(request_id, exit_status(left))
        except (KeyboardInterrupt, NotSimulatedError):  # for the person or test that runs the simulation
            raise
        except Exception as raised:
            kind, error = Kind.FAILED, error_object(raised, request_id)
        except BaseException as raised:  # Lambda's runtime handles exceptions alone, so that this ends it
            self.runner.write_error(error_object(raised, request_id))
            kind, error = Kind.CRASHED, exit_error(request_id, 1)
        if invocation.ended is Kind.CRASHED:
            kind, error = Kind.CRASHED, exit_error(request_id, invocation.exit_status)
        elif invocation.ended is not None:
            kind, error = invocation.ended, timeout_error(request_id, self.spec.timeout)
        elif fault is not None:
            return self._failed_by(fault, request_id, started)
        if error is None:
            return _new(Result, (kind, response, None, "", started, OK, invocation.reports))
        self.runner.write_error(error)
        return Result(kind, None, error, reason_of(error), started)

    @property
    def _code(self) -> Code:
        assert self.code is not None
        return self.code

    def _loaded(self, invocation: Invocation, environment: Environment | None) -> Handler:
        """Return the handler of an environment, whose code is loaded at its first invocation.

        Lambda gives that 10 s. If it takes longer, it begins again with the invocation, whose time it then takes:
        https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
        """
        assert environment is not None
        if environment.handler is not None:
            return environment.handler
        scheduler, timeout = self.world.scheduler, self.spec.timeout
        invocation.deadline = scheduler.now + _INIT_TIME
        try:
            handler = self._load(environment)
        except InvocationEndedError:
            if invocation.ended is not Kind.TIMED_OUT:
                raise
            invocation.ended = None
            invocation.deadline = scheduler.now + timeout
            invocation.place = environment.restarted()
            self.runner.enter(invocation)
            return self._load(invocation.place)
        invocation.deadline = scheduler.now + timeout
        return handler

    def _load(self, environment: Environment) -> Handler:
        environment.handler = self._code.load(environment)
        if self.world.parameters.cold_start:
            self.runner.take(self.world.parameters.cold_start)
        return environment.handler

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
