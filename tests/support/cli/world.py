"""AWS in this process, as the command line sees it: what LAMBDA_FACTS says of each service, with faults at any call.

Each call is checked against botocore's model of the service and recorded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from threading import RLock
from typing import Any

import botocore.session
from botocore.exceptions import ClientError
from botocore.validate import ParamValidator

from redrive_cli.aws import Account, factories
from tests.support.cli.cloudformation import FakeCloudFormation
from tests.support.cli.functions import FakeLambda
from tests.support.cli.others import FakeDynamoDB, FakeEvents, FakeKinesis, FakeLogs, FakeS3, FakeSns
from tests.support.cli.sqs import FakeSqs

ACCOUNT, REGION = "111111111111", "eu-west-1"


def refused(code: str, operation: str = "Call", message: str = "refused") -> ClientError:
    status = 503 if code == "ServiceUnavailable" else 400
    response: Any = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(response, operation)


@dataclass
class World:
    """All services, the calls so far, and what goes wrong.

    Attributes:
        calls: Service, operation and arguments of each call.
        before: Called before each call; raises what goes wrong before it takes effect.
        after: Called after each call; raises what goes wrong when it has taken effect.
        time: Seconds since the epoch.
    """

    calls: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)
    before: Callable[[str, str, dict[str, Any]], None] = lambda service, operation, request: None
    after: Callable[[str, str, dict[str, Any]], None] = lambda service, operation, request: None
    time: float = 1_795_680_000.0  # 26 Nov 2026, 08:00 UTC

    def __post_init__(self) -> None:
        self.lock = RLock()
        self.sqs = FakeSqs(self)
        self.s3 = FakeS3(self)
        self.functions = FakeLambda(self)
        self.cloudformation = FakeCloudFormation(self)
        self.logs = FakeLogs(self)
        self.dynamodb = FakeDynamoDB(self)
        self.kinesis = FakeKinesis(self)
        self.sns = FakeSns(self)
        self.events = FakeEvents(self)
        self.services: dict[str, Any] = {
            "sqs": self.sqs,
            "s3": self.s3,
            "lambda": self.functions,
            "cloudformation": self.cloudformation,
            "logs": self.logs,
            "dynamodb": self.dynamodb,
            "kinesis": self.kinesis,
            "sns": self.sns,
            "events": self.events,
        }

    def now(self) -> float:
        return self.time

    def made(self, *operations: str) -> list[dict[str, Any]]:
        """The arguments of the calls of some operations, all if none is named."""
        return [request for _, name, request in self.calls if name in operations or not operations]

    def names(self) -> list[tuple[str, str]]:
        return [(service, operation) for service, operation, _ in self.calls]

    def factory(self, account: Account) -> Callable[[str, str | None, float, int], Any]:
        return lambda service, region, read, tries: Client(self, service, region or REGION)

    @contextmanager
    def installed(self) -> Iterator[World]:
        from redrive.core.system import clock

        with factories.replaced(self.factory), clock.replaced(self.now):
            yield self


@cache
def _model(service: str) -> Any:
    return botocore.session.get_session().get_service_model(service)


class Client:
    """A client of one service; boto3's has the same methods."""

    def __init__(self, world: World, service: str, region: str) -> None:
        self._world, self._service = world, service
        self.meta = type("Meta", (), {"region_name": region})()

    def __getattr__(self, method: str) -> Callable[..., Any]:
        if method.startswith("_"):
            raise AttributeError(method)
        operation = "".join(part.capitalize() for part in method.split("_"))
        shape = _model(self._service).operation_model(operation).input_shape

        def call(**request: Any) -> Any:
            if shape is not None:
                report = ParamValidator().validate(request, shape)
                assert not report.has_errors(), f"{operation}: {report.generate_report()}"
            world = self._world
            with world.lock:
                world.calls.append((self._service, operation, request))
            world.before(self._service, operation, request)
            with world.lock:
                reply = getattr(world.services[self._service], method)(**request)
            world.after(self._service, operation, request)
            return reply

        return call
