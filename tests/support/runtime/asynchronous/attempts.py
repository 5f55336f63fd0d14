"""Asynchronous invocations as a helper sees them: Lambda's context, counters and AWS errors, all of them made up."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from redrive.aws.clients import clients
from redrive.core.system import clock, sleeper
from redrive.settings.asynchronous import AsyncSettings
from redrive.settings.base import encode, variable
from tests.support.runtime.sqs.queue import Context, VirtualTime

FUNCTION_ARN = "arn:aws:lambda:eu-west-1:111122223333:function:orders-function"
REQUEST_ID = "c6af9ac6-7b61-11e6-9a41-93e8deadbeef"
OTHER_ID = "0d3cf4b5-7b61-11e6-9a41-93e8deadbeef"


class Failed(Exception):
    """Error that a function raises in a test."""


@dataclass
class AsyncContext(Context):
    """Lambda's context object, with what was invoked."""

    invoked_function_arn: str = FUNCTION_ARN


@dataclass
class MemoryCounter:
    """A counter that keeps account in memory.

    Attributes:
        counts: How often each event was tried.
        forgotten: The events that were forgotten, in order.
        seconds: How long each increment may take.
        failing: Raised by each increment, where set.
        forgets: Whether forgetting works.
    """

    counts: dict[str, int] = field(default_factory=dict)
    forgotten: list[str] = field(default_factory=list)
    seconds: list[float | None] = field(default_factory=list)
    failing: Exception | None = None
    forgets: bool = True

    def increment(self, request_id: str, seconds: float | None = None) -> int:
        self.seconds.append(seconds)
        if self.failing is not None:
            raise self.failing
        number = self.counts.get(request_id, 0)
        self.counts[request_id] = number + 1
        return number

    def forget(self, request_id: str) -> None:
        if not self.forgets:
            raise OSError("read-only file system")
        self.forgotten.append(request_id)
        self.counts.pop(request_id, None)


def written(*settings: AsyncSettings | str) -> dict[str, str]:
    """The environment variables that constructs write."""
    return {
        variable(AsyncSettings, number): each if isinstance(each, str) else json.dumps(encode(each))
        for number, each in enumerate(settings, start=1)
    }


def aws_error(code: str, **more: Any) -> ClientError:
    """An error that AWS has answered with."""
    response: Any = {"Error": {"Code": code, "Message": "was said"}, **more}
    return ClientError(response, "Operation")


@contextmanager
def stores(made: Mapping[str, Any], time: VirtualTime) -> Iterator[None]:
    """The clients that the counters are given, by service, and a clock that waiting moves on."""
    with ExitStack() as stack:
        stack.enter_context(clients.replaced(lambda service, limits: made[service]))
        stack.enter_context(clock.replaced(time))
        stack.enter_context(sleeper.replaced(time.advance))
        yield
