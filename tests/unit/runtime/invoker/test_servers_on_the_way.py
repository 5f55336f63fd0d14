"""A 5xx status without one of Lambda's own error codes: a server on the way answered, and the function may have run."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Any

import pytest

from redrive import InvokeError, Invoker, InvokerSettings, NotInvoked, OutcomeUnknown
from redrive.aws.clients import clients
from redrive.core.system import sleeper
from redrive.invoker.failure import Outcome, judge
from tests.support.runtime.invoker.fake_lambda import refused
from tests.unit.runtime.invoker.test_transport import answer, sdk, server

GATEWAY_PAGE = b"<html><body>Bad Gateway</body></html>"


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr("redrive.aws.clients._kept", {})
    monkeypatch.setattr("tests.unit.runtime.invoker.test_transport.PATIENCE", 5)  # every request is answered
    with sleeper.replaced(lambda seconds: None):
        yield


def reply(status: int, body: bytes = b"", **headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status} x", f"Content-Length: {len(body)}", "Connection: close"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


def calls(data: bytes, *, send: bool = False, **options: Any) -> tuple[InvokeError, int]:
    """The error of an `Invoker` whose every request is answered like this, and the number of requests."""
    requests: list[None] = []

    def serve(connection: socket.socket) -> None:
        requests.append(None)
        answer(connection, data)

    caller = Invoker(settings=InvokerSettings(function="prices"), max_attempts=3, **options)
    with (
        server(serve) as address,
        clients.replaced(lambda service, limits: sdk(f"http://{address}", limits)),
        pytest.raises(InvokeError) as caught,
    ):
        (caller.send if send else caller.invoke)({})
    return caught.value, len(requests)


@pytest.mark.parametrize("send", [False, True])
@pytest.mark.parametrize(
    "data",
    [
        *(reply(status) for status in (500, 501, 502, 503, 504, 520, 599)),
        reply(502, GATEWAY_PAGE, Content_Type="text/html"),
        reply(503, b'{"message":"Service Unavailable"}'),  # an API in front of Lambda
        reply(500, b'{"message":null}', x_amzn_ErrorType="InternalFailure"),
        reply(503, b"{}", x_amzn_ErrorType="ServiceUnavailableException", Retry_After="1"),
    ],
)
def test_a_5xx_without_a_code_of_lambda_is_not_repeated(data: bytes, send: bool) -> None:
    error, requests = calls(data, send=send)
    assert (type(error), requests, error.retry_after) == (OutcomeUnknown, 1, None)


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_it_is_repeated_for_a_function_that_may_run_twice(status: int) -> None:
    error, requests = calls(reply(status, GATEWAY_PAGE), idempotent=True)
    assert (type(error), requests) == (OutcomeUnknown, 3)


@pytest.mark.parametrize("code", ["ServiceException", "EC2UnexpectedException", "ENILimitReachedException"])
def test_a_5xx_with_a_code_of_lambda_is_repeated(code: str) -> None:
    error, requests = calls(reply(502, b"{}", x_amzn_ErrorType=f"{code}:http://internal.amazon.com/"))
    assert (type(error), error.code, requests) == (NotInvoked, code, 3)


def test_a_code_that_the_user_wants_to_retry_does_not_make_it_safe() -> None:
    error, requests = calls(reply(502), also_retry={"502"})
    assert (type(error), requests) == (OutcomeUnknown, 1)


def test_credentials_that_could_not_be_read_have_sent_nothing() -> None:
    """botocore asks another service for them first."""
    assert judge(refused("ServiceUnavailable", 503, operation="AssumeRole")).outcome is Outcome.NOT_INVOKED
