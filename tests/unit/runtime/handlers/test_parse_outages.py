"""Whose fault it is that `parse=` fails: the data's, or that of something around it."""

from __future__ import annotations

import errno
import gzip
import http.client
import json
import pickle
import socket
import ssl
import struct
import urllib.error
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any
from xml.etree import ElementTree

import botocore.exceptions
import pytest
import requests
import urllib3.exceptions

from redrive import (
    Idempotency,
    Permanent,
    Retry,
    SqsSettings,
    StreamSettings,
    dynamodb_stream_handler,
    kinesis_handler,
    sqs_handler,
)
from redrive.circuit.errors import CircuitOpen
from tests.support.runtime.idempotency.functions import Store
from tests.support.runtime.sqs.queue import DEAD_LETTERS, Context, FakeSqs, VirtualTime, batch, event, record, returned
from tests.support.runtime.streams import stream

SETTINGS = SqsSettings(dead_letter_queue_url=DEAD_LETTERS)
DEEP = 100_000


def aws(code: str, status: int = 400) -> Exception:
    details: Any = {"Error": {"Code": code, "Message": "said"}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return botocore.exceptions.ClientError(details, "GetSchemaVersion")


class OurSchemaMissing(requests.HTTPError):
    """A user's own error, of a client's kind."""


AROUND: list[Exception] = [
    OSError("disk"),
    OSError(errno.ENOSPC, "No space left on device"),
    PermissionError("no"),
    FileNotFoundError("schema.json"),
    BlockingIOError(),
    BrokenPipeError(),
    socket.gaierror("no name"),
    ssl.SSLError("certificate"),
    TimeoutError(),
    urllib.error.URLError("unreachable"),
    http.client.IncompleteRead(b""),
    http.client.BadStatusLine("x"),
    requests.ConnectionError("x"),
    requests.exceptions.JSONDecodeError("a page of HTML", "<", 0),
    urllib3.exceptions.MaxRetryError(None, "/"),  # pyright: ignore[reportArgumentType]
    OurSchemaMissing("503"),
    MemoryError(),
    ImportError("no module"),
    ModuleNotFoundError("no module named fastavro"),
    NameError("Order"),
    UnboundLocalError("order"),
    RuntimeError("can't start new thread"),
    NotImplementedError(),
    SystemError(),
    aws("AccessDenied", 403),
    aws("AccessDeniedException"),
    aws("ExpiredToken"),
    aws("ExpiredTokenException"),
    aws("UnrecognizedClientException"),
    aws("ThrottlingException"),
    aws("KMSDisabledException"),
    aws("DisabledException"),
    aws("KMS.DisabledException"),
    aws("NoSuchKey", 404),
    aws("SomethingNew"),
    botocore.exceptions.NoCredentialsError(),
    botocore.exceptions.NoRegionError(),
    botocore.exceptions.ParamValidationError(report="Bucket"),
    botocore.exceptions.EndpointConnectionError(endpoint_url="https://glue"),
    CircuitOpen("registry", 3),
]
DATA: list[Exception] = [
    ValueError("bad"),
    json.JSONDecodeError("bad", "x", 0),
    UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid"),
    KeyError("id"),
    IndexError(),
    TypeError("a list"),
    AttributeError("lines"),
    ZeroDivisionError(),
    OverflowError(),
    AssertionError(),
    EOFError(),
    RecursionError("maximum recursion depth exceeded"),
    StopIteration(),
    struct.error("short"),
    zlib.error("bad"),
    gzip.BadGzipFile("Not a gzipped file"),
    pickle.UnpicklingError("bad"),
    ElementTree.ParseError("bad"),
    type("ValidationError", (Exception,), {"__module__": "jsonschema.exceptions"})("bad"),
]


def raised(make: Callable[[], Any]) -> Exception:
    try:
        make()
    except Exception as error:
        return error
    raise AssertionError


def chained(error: Exception, how: str) -> Exception:
    """An error about the data, raised because of another one."""

    def make() -> None:
        try:
            raise error
        except Exception as cause:
            if how == "from":
                raise ValueError("no schema for it") from cause
            if how == "from none":
                raise ValueError("no schema for it") from None
            if how == "twice":
                raise KeyError("schema") from raised(partial(again, cause))
            if how == "group":
                raise ExceptionGroup("fields", [ValueError("a"), cause])  # noqa: B904
            raise ValueError("no schema for it")  # noqa: B904

    def again(cause: Exception) -> None:
        raise LookupError("schema") from cause

    return raised(make)


def ran(error: Exception, sqs: FakeSqs, context: Context) -> tuple[list[str], list[Any]]:
    def parse(body: str) -> object:
        raise error

    handler = sqs_handler(parse=parse, settings=SETTINGS)(lambda message: None)
    return returned(handler(batch(1), context)), sqs.sent


@pytest.mark.parametrize("error", AROUND, ids=repr)
def test_what_is_broken_around_the_data_is_retried(sqs: FakeSqs, context: Context, error: Exception) -> None:
    assert ran(error, sqs, context) == (["0"], [])


@pytest.mark.parametrize("how", ["from", "during", "from none", "twice", "group"])
@pytest.mark.parametrize("error", [OSError(), aws("AccessDenied", 403), ImportError(), MemoryError()], ids=repr)
def test_it_may_stand_behind_an_error_about_the_data(
    sqs: FakeSqs, context: Context, error: Exception, how: str
) -> None:
    assert ran(chained(error, how), sqs, context) == (["0"], [])


@pytest.mark.parametrize("error", DATA, ids=repr)
def test_a_fault_of_the_data_is_permanent(sqs: FakeSqs, context: Context, error: Exception) -> None:
    back, sent = ran(error, sqs, context)
    assert (back, len(sent)) == ([], 1)


@pytest.mark.parametrize("how", ["from", "during", "from none", "twice", "group"])
def test_a_chain_of_faults_of_the_data_is_permanent(sqs: FakeSqs, context: Context, how: str) -> None:
    back, sent = ran(chained(KeyError("id"), how), sqs, context)
    assert (back, len(sent)) == ([], 1)


def test_a_circular_chain_ends(sqs: FakeSqs, context: Context) -> None:
    first, second = ValueError("a"), ValueError("b")
    first.__cause__, second.__cause__ = second, first
    assert ran(first, sqs, context)[0] == []


def test_a_group_with_a_wish_to_retry_is_retried(sqs: FakeSqs, context: Context) -> None:
    assert ran(ExceptionGroup("two", [ValueError("a"), Retry(3)]), sqs, context) == (["0"], [])
    assert ran(ExceptionGroup("two", [ValueError("a"), Permanent("b")]), sqs, context)[0] == []


def test_an_outage_of_aws_keeps_its_class(sqs: FakeSqs, context: Context, log: Callable[[str], list[Any]]) -> None:
    ran(aws("ThrottlingException"), sqs, context)
    (line,) = log("redrive.sqs.failure")
    assert line["failure"] == "throttling"


# Streams.


@pytest.fixture
def aside(time: VirtualTime) -> Iterator[stream.FakeAws]:
    found = stream.FakeAws()
    with stream.outside(found, time):
        yield found


def streamed(kind: str, parse: Callable[[Any], Any], run: Callable[[Any], Any], data: bytes = b"{}") -> str | None:
    settings = StreamSettings(set_aside_queue_url=stream.QUEUE)
    if kind == "kinesis":
        handler: Any = kinesis_handler(parse=parse, settings=settings)(run)
        return stream.checkpoint(handler(stream.event(stream.kinesis_record(1, data))))
    handler = dynamodb_stream_handler(parse=parse, settings=settings)(run)
    return stream.checkpoint(handler(stream.event(stream.dynamodb_record(1))))


@pytest.mark.parametrize("kind", ["kinesis", "dynamodb"])
def test_a_stream_waits_for_the_end_of_an_outage(aside: stream.FakeAws, kind: str) -> None:
    def parse(content: Any) -> Any:
        raise PermissionError("registry")

    assert streamed(kind, parse, lambda record: None) == "1"
    assert aside.set_aside() == []


@pytest.mark.parametrize("kind", ["kinesis", "dynamodb"])
def test_a_stream_does_not_wait_for_bad_data(aside: stream.FakeAws, kind: str) -> None:
    def parse(content: Any) -> Any:
        raise KeyError("id")

    assert streamed(kind, parse, lambda record: None) is None
    assert len(aside.set_aside()) == 1


# JSON that is nested too deeply.


@pytest.mark.parametrize("text", ["[" * DEEP + "]" * DEEP, '{"a":' * DEEP + "1" + "}" * DEEP], ids=["lists", "objects"])
def test_deep_json_is_permanent_in_json(sqs: FakeSqs, context: Context, text: str) -> None:
    handler = sqs_handler(settings=SETTINGS)(lambda message: message.json())
    assert returned(handler(event(record("1", text)), context)) == []
    (entry,) = sqs.sent
    assert "the body is not JSON" in entry["MessageAttributes"]["RedriveReason"]["StringValue"]


@pytest.mark.parametrize("parse", [json.loads, lambda data: ElementTree.fromstring(data) and None], ids=["json", "xml"])
def test_deep_json_is_permanent_in_parse(sqs: FakeSqs, context: Context, parse: Any) -> None:
    handler = sqs_handler(parse=parse, settings=SETTINGS)(lambda message: None)
    assert returned(handler(event(record("1", "[" * DEEP + "]" * DEEP)), context)) == []


def test_deep_json_is_permanent_in_streams(aside: stream.FakeAws) -> None:
    assert streamed("kinesis", bytes, lambda record: record.json(), b"[" * DEEP + b"]" * DEEP) is None
    assert len(aside.set_aside()) == 1


def deep_list(levels: int = DEEP) -> list[Any]:
    found: list[Any] = []
    for _ in range(levels):
        found = [found]
    return found


KEYS: dict[str, dict[str, Any]] = {
    "a path": {"key": "id"},
    "a path into JSON in JSON": {"key": "powertools_json(text).id"},
    "a function": {"key": lambda message: json.loads(message.body)["id"]},
    "a function that returns it": {"key": lambda message: deep_list()},
    "the payload": {"key": lambda message: 1, "payload": "id"},
}


@pytest.mark.parametrize("options", KEYS.values(), ids=KEYS)
def test_deep_json_is_permanent_in_keys(sqs: FakeSqs, context: Context, options: dict[str, Any]) -> None:
    text = '{"id":' + "[" * DEEP + "]" * DEEP + "}"
    if "powertools" in str(options["key"]):
        text = json.dumps({"text": text})
    idempotency = Idempotency(store=Store(), **options)
    handler = sqs_handler(settings=SETTINGS, idempotency=idempotency)(lambda message: None)
    assert returned(handler(event(record("1", text)), context)) == []
    assert len(sqs.sent) == 1


def test_deep_json_is_permanent_in_keys_of_streams(aside: stream.FakeAws) -> None:
    settings = StreamSettings(set_aside_queue_url=stream.QUEUE)
    handler = kinesis_handler(settings=settings, idempotency=Idempotency(store=Store(), key="id"))(lambda record: None)
    assert stream.checkpoint(handler(stream.event(stream.kinesis_record(1, b"[" * DEEP)))) is None
    assert len(aside.set_aside()) == 1
