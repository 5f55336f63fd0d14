"""Lambda as a caller sees it: a client with answers made up beforehand, and everything else from outside.

The answers have the form that botocore gives them:
https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

from botocore.exceptions import ClientError

from redrive.aws.clients import TimeLimits, clients
from redrive.core.system import clock, randomness, sleeper
from tests.support.runtime.sqs.queue import VirtualTime

REQUEST_ID = "4f5c8f0e-2a7b-4c56-9a5e-6d9f6c3b7a10"
FUNCTION = "prices"

#: Result of a call: a response, an error to raise, or something to ask at the time.
Reply = dict[str, Any] | BaseException | Callable[[], Any]


class Body:
    """A response's payload. What is raised stands in for a connection that breaks off."""

    def __init__(self, content: bytes, breaks: Exception | None = None) -> None:
        self._stream = BytesIO(content)
        self._breaks = breaks

    def read(self) -> bytes:
        if self._breaks is not None:
            raise self._breaks
        return self._stream.read()


def response(body: bytes, status: int = 200, *, breaks: Exception | None = None, **headers: Any) -> dict[str, Any]:
    return {
        "ResponseMetadata": {"RequestId": REQUEST_ID, "HTTPStatusCode": status, "HTTPHeaders": {}},
        "StatusCode": status,
        "ExecutedVersion": "$LATEST",
        "Payload": Body(body, breaks),
        **headers,
    }


def result(value: object = None) -> dict[str, Any]:
    return response(json.dumps(value).encode())


def queued() -> dict[str, Any]:
    return response(b"", 202)


def function_error(payload: object = None, kind: str = "Unhandled", log: str = "") -> dict[str, Any]:
    """A function that raised. The payload is what Python's runtime reports:
    https://docs.aws.amazon.com/lambda/latest/dg/python-exceptions.html
    """
    payload = payload or {
        "errorMessage": "no such article",
        "errorType": "ValueError",
        "requestId": REQUEST_ID,
        "stackTrace": ['  File "/var/task/app.py", line 4, in handler\n    raise ValueError("no such article")\n'],
    }
    tail = b64encode(log.encode()).decode()
    return response(json.dumps(payload).encode(), FunctionError=kind, LogResult=tail)


def refused(
    code: str = "TooManyRequestsException",
    status: int = 429,
    *,
    headers: Mapping[str, str] | None = None,
    operation: str = "Invoke",
    **members: str,
) -> ClientError:
    """An error that Lambda answered with."""
    return ClientError(
        {
            "Error": {"Code": code, "Message": "was said"},
            "ResponseMetadata": {"HTTPStatusCode": status, "HTTPHeaders": dict(headers or {})},
            **members,
        },  # pyright: ignore[reportArgumentType]
        operation,
    )


@dataclass
class FakeLambda:
    """A Lambda client with prepared answers: it gives them in turn, and repeats the last one.

    Attributes:
        replies: The answers.
        requests: The arguments of each call.
        limits: The time limits with which clients were asked for.
        closed: How often its connections were closed.
        pauses: The waits between calls, in seconds.
    """

    replies: list[Reply] = field(default_factory=list)
    requests: list[dict[str, Any]] = field(default_factory=list)
    limits: list[TimeLimits] = field(default_factory=list)
    closed: int = 0
    pauses: list[float] = field(default_factory=list)

    def answers(self, *replies: Reply) -> None:
        self.replies = list(replies)

    def invoke(self, **request: Any) -> Any:
        self.requests.append(request)
        reply = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
        if isinstance(reply, BaseException):
            raise reply
        return reply() if callable(reply) else reply

    def close(self) -> None:
        self.closed += 1

    @property
    def payloads(self) -> list[Any]:
        """Payloads that the function got, one for each call."""
        return [json.loads(request["Payload"]) for request in self.requests]


@contextmanager
def outside(aws: FakeLambda, time: VirtualTime, random: float = 0.5) -> Iterator[None]:
    """Everything that the helper takes from outside, replaced. Waiting moves the clock on."""

    def factory(service: str, limits: TimeLimits) -> FakeLambda:
        assert service == "lambda"
        aws.limits.append(limits)
        return aws

    def sleep(seconds: float) -> None:
        aws.pauses.append(seconds)
        time.advance(seconds)

    with ExitStack() as stack:
        stack.enter_context(clients.replaced(factory))
        stack.enter_context(clock.replaced(time))
        stack.enter_context(sleeper.replaced(sleep))
        stack.enter_context(randomness.replaced(lambda: random))
        yield
