"""Durable executions as far as the helpers see them, made up after the SDK for Python 3.0.

https://docs.aws.amazon.com/durable-execution/: a handler is left with `SuspendExecution` at each wait, and run again
from its beginning, with the results of its finished steps. What is here has the names and the shape of the package
`aws_durable_execution_sdk_python`, in whose place `installed` puts it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any
from unittest.mock import patch

from tests.support.runtime.sqs.queue import Context, VirtualTime


class SuspendExecution(BaseException):
    """Leaves the handler; the execution goes on later."""


@dataclass(frozen=True)
class Duration:
    """A time in whole seconds."""

    seconds: int = 0


@dataclass
class RetryDecision:
    """Decision whether a step is tried again, and when."""

    should_retry: bool
    delay: Duration

    @property
    def delay_seconds(self) -> int:
        return self.delay.seconds

    @classmethod
    def retry(cls, delay: Duration) -> RetryDecision:
        return cls(True, delay)

    @classmethod
    def no_retry(cls) -> RetryDecision:
        return cls(False, Duration())


@dataclass(frozen=True)
class StepConfig:
    """Configuration of a step."""

    retry_strategy: Callable[[Exception, int], RetryDecision] | None = None


@dataclass(frozen=True)
class ExecutionContext:
    """State that is the same in all invocations of an execution."""

    durable_execution_arn: str


@dataclass
class DurableContext:
    """The context of a durable execution in one invocation. It does not know the time left; Lambda's context does."""

    execution_context: ExecutionContext
    lambda_context: Any
    results: dict[int, Any]
    _operations: int = 0

    def step(self, work: Callable[..., Any], name: str = "", config: StepConfig | None = None) -> Any:
        self._operations += 1
        if self._operations not in self.results:
            self.results[self._operations] = self._result(work, config)
        return self.results[self._operations]

    def _result(self, work: Callable[..., Any], config: StepConfig | None) -> Any:
        if config is None or config.retry_strategy is None:
            return work()
        try:
            return work(None)
        except Exception as error:
            if config.retry_strategy(error, 1).should_retry:
                raise SuspendExecution from error
            raise

    def wait(self) -> None:
        self._operations += 1
        if self._operations not in self.results:
            self.results[self._operations] = None
            raise SuspendExecution


@dataclass
class Execution:
    """A durable execution.

    Attributes:
        handler: The function.
        time: The clock.
        name: The last part of its ARN.
        invocations: How often it was invoked.
    """

    handler: Callable[[Any, Any], Any]
    time: VirtualTime
    name: str = "one"
    timeout: float = 30.0
    invocations: int = 0
    results: dict[int, Any] = field(default_factory=dict)

    def invoke(self, event: Any) -> Any:
        """Run the handler once; its answer, or `SuspendExecution` if it is left."""
        self.invocations += 1
        arn = f"arn:aws:lambda:eu-west-1:1:function:orders:1/durable-execution/{self.name}/1"
        inner = Context(self.time, self.timeout, aws_request_id=f"{self.name}-{self.invocations}")
        try:
            return self.handler(event, DurableContext(ExecutionContext(arn), inner, self.results))
        except SuspendExecution:
            return SuspendExecution


@contextmanager
def installed() -> Iterator[None]:
    """Have the SDK, as far as the helpers use it."""
    package = "aws_durable_execution_sdk_python"
    sdk, config, retries = (ModuleType(name) for name in (package, f"{package}.config", f"{package}.retries"))
    sdk.durable_execution = lambda handler: handler  # type: ignore[attr-defined]
    config.Duration, config.StepConfig = Duration, StepConfig  # type: ignore[attr-defined]
    retries.RetryDecision = RetryDecision  # type: ignore[attr-defined]
    modules = {package: sdk, config.__name__: config, retries.__name__: retries}
    with patch.dict(sys.modules, modules):
        yield
