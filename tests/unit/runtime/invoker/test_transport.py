"""Connections that fail, with the real SDK and a server on this machine: did the request go out or not?"""

from __future__ import annotations

import socket
import ssl
import struct
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import SSLError

from redrive import InvokeError, Invoker, InvokerSettings, NotInvoked, OutcomeUnknown
from redrive.aws.clients import TimeLimits, client, clients
from redrive.core.system import sleeper

Serve = Callable[[socket.socket], None]

RESULT = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Type: application/json\r\n\r\n{}"
PATIENCE = 0.3


@contextmanager
def server(serve: Serve) -> Iterator[str]:
    """Answers each connection in a thread of its own. Yields its address."""

    def handle(connection: socket.socket) -> None:
        with connection, suppress(OSError):
            connection.settimeout(5)
            serve(connection)

    def listen() -> None:
        with suppress(OSError):
            while True:
                threading.Thread(target=handle, args=(listener.accept()[0],), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=listen, daemon=True).start()
        yield f"127.0.0.1:{listener.getsockname()[1]}"
        listener.shutdown(socket.SHUT_RDWR)


def read_request(connection: socket.socket) -> None:
    data = b""
    while not data.endswith(b"\r\n\r\n{}"):
        part = connection.recv(65536)
        if not part:
            return
        data += part


def hang(connection: socket.socket) -> None:
    with suppress(OSError):
        while connection.recv(65536):
            pass


def reset(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def close_unread(connection: socket.socket) -> None:
    connection.recv(1)
    reset(connection)


def close_after_request(connection: socket.socket) -> None:
    read_request(connection)


def reset_after_request(connection: socket.socket) -> None:
    read_request(connection)
    reset(connection)


def hang_after_request(connection: socket.socket) -> None:
    read_request(connection)
    hang(connection)


def answer(connection: socket.socket, data: bytes) -> None:
    read_request(connection)
    connection.sendall(data)


def break_off(connection: socket.socket) -> None:
    answer(connection, RESULT.replace(b"Length: 2", b"Length: 9"))


def stall_in_the_payload(connection: socket.socket) -> None:
    answer(connection, RESULT.replace(b"Length: 2", b"Length: 9"))
    hang(connection)


def answer_no_http(connection: socket.socket) -> None:
    answer(connection, b"nothing of the kind\r\n\r\n")


def no_tls(connection: socket.socket) -> None:
    connection.recv(1)
    connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nor clients that are kept for other tests."""
    monkeypatch.setattr("redrive.aws.clients._kept", {})
    with sleeper.replaced(lambda seconds: None):
        yield


def sdk(endpoint: str, limits: TimeLimits, **options: Any) -> Any:
    """A client as the helper makes it, less patient."""
    config = Config(
        connect_timeout=PATIENCE,
        read_timeout=PATIENCE,
        retries={"mode": "standard", "total_max_attempts": limits.attempts},
        proxies=options.pop("proxies", {}),
    )
    return boto3.client(
        "lambda",
        endpoint_url=endpoint,
        region_name="eu-west-1",
        aws_access_key_id="x",
        aws_secret_access_key="x",
        config=config,
        **options,
    )


def failure(endpoint: str, **options: Any) -> InvokeError:
    caller = Invoker(settings=InvokerSettings(function="prices"), max_attempts=2)
    with (
        clients.replaced(lambda service, limits: sdk(endpoint, limits, **options)),
        pytest.raises(InvokeError) as caught,
    ):
        caller.invoke({})
    assert caught.value.__cause__ is not None
    return caught.value


def unused_address() -> str:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{listener.getsockname()[1]}"


def test_a_connection_that_is_refused_was_not_made() -> None:
    error = failure(f"http://{unused_address()}")
    assert (type(error), error.code, error.attempts) == (NotInvoked, "EndpointConnectionError", 2)


def test_a_proxy_that_cannot_be_reached_passes_nothing_on() -> None:
    error = failure("https://lambda.invalid", proxies={"https": f"http://{unused_address()}"})
    assert (type(error), error.code, error.attempts) == (NotInvoked, "ProxyConnectionError", 2)


@pytest.mark.parametrize("serve", [no_tls, close_unread, hang, lambda connection: None])
def test_a_handshake_that_fails_has_sent_nothing(serve: Serve) -> None:
    with server(serve) as address:
        error = failure(f"https://{address}")
    assert (type(error), error.attempts) == (NotInvoked, 2)


@pytest.mark.parametrize(
    "serve",
    [
        close_after_request,
        reset_after_request,
        hang_after_request,
        break_off,
        stall_in_the_payload,
        answer_no_http,
    ],
)
def test_a_request_that_was_sent_may_have_run(serve: Serve) -> None:
    with server(serve) as address:
        error = failure(f"http://{address}")
    assert (type(error), error.attempts) == (OutcomeUnknown, 1)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for 127.0.0.1 that nobody but itself vouches for."""
    path = tmp_path_factory.mktemp("tls") / "server.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1"]
    command += ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(path), "-out", f"{path}.crt"]
    try:
        subprocess.run(command, check=True, capture_output=True)
    except FileNotFoundError:
        pytest.skip("no openssl to make a certificate with")
    path.write_text(path.read_text() + Path(f"{path}.crt").read_text())
    return path


def over_tls(serve: Serve, certificate: Path) -> Serve:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)

    def handle(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as wrapped:
            serve(wrapped)

    return handle


def test_a_certificate_that_is_not_trusted_does_not_get_better(certificate: Path) -> None:
    with server(over_tls(hang_after_request, certificate)) as address:
        error = failure(f"https://{address}")
    assert (type(error), error.code, error.attempts) == (NotInvoked, "SSLError", 1)


def garble(connection: socket.socket) -> None:
    read_request(connection)
    # Past TLS, on the bare socket: a record that no key opens.
    socket.socket.send(connection, b"\x17\x03\x03\x00\x20" + b"x" * 32)
    hang(connection)


@pytest.mark.parametrize("serve", [close_after_request, hang_after_request, garble])
def test_tls_that_fails_after_the_request_leaves_the_outcome_unknown(certificate: Path, serve: Serve) -> None:
    with server(over_tls(serve, certificate)) as address:
        error = failure(f"https://{address}", verify=str(certificate))
    assert (type(error), error.attempts) == (OutcomeUnknown, 1)


def test_an_error_that_the_caller_is_handling_says_nothing_of_the_call() -> None:
    """A handshake with another service failed; this request went out."""
    with server(no_tls) as other, server(close_after_request) as address:
        try:
            sdk(f"https://{other}", TimeLimits(1, 1, 1)).invoke(FunctionName="f")
        except SSLError:
            assert type(failure(f"http://{address}")) is OutcomeUnknown
        else:
            pytest.fail("the handshake went well")


def test_there_is_one_request_for_each_attempt(monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment's settings for the SDK's own retries change nothing."""
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "5")
    monkeypatch.setenv("AWS_RETRY_MODE", "legacy")
    requests: list[int] = []

    def unavailable(connection: socket.socket) -> None:
        requests.append(1)
        answer(connection, b"HTTP/1.1 500 x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")

    for name, value in {"DEFAULT_REGION": "eu-west-1", "ACCESS_KEY_ID": "x", "SECRET_ACCESS_KEY": "x"}.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    with server(unavailable) as address:
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{address}")
        caller = Invoker(settings=InvokerSettings(function="f", function_timeout=3), idempotent=True, max_attempts=3)
        with pytest.raises(OutcomeUnknown):
            caller.invoke({})
    assert len(requests) == 3


def test_the_helpers_own_client_keeps_a_silent_connection_alive(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    limits = TimeLimits(1, 930, 1)
    config = client("lambda", limits=limits).meta.config
    assert config.tcp_keepalive
    assert (config.read_timeout, config.retries["total_max_attempts"]) == (930, 1)
