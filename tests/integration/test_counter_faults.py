"""The attempt counters and their stores in the local AWS, with a proxy between them that makes AWS fail.

An increment answers with the right number or raises; and the ones after it are right in either case.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError

from redrive.asynchronous.counters.base import AttemptCounter
from redrive.asynchronous.counters.dynamodb import DynamoDBCounter
from redrive.asynchronous.counters.logs import LogsCounter
from redrive.asynchronous.counters.s3 import S3Counter
from redrive.aws.clients import TimeLimits, clients
from tests.support.integration.tables import make_table
from tools.fault_proxy import FaultProxy
from tools.local_aws import LocalAws

pytestmark = pytest.mark.integration

READ_TIMEOUT = 0.5
LATE = {"latency": 800}
LOST = {"response": {"abort_frac": 0.0}}


@dataclass
class Store:
    """A counter, and how AWS refuses its calls.

    Attributes:
        service: boto3's name of the store.
        operation: The call that notes an attempt or, in a log, finds the others.
        throttling: What the service answers when it is called too often.
        internal: What it answers when it fails.
        counter: The counter.
        writes_first: An attempt is recorded before the call, so that it counts whatever becomes of that.
    """

    service: str
    operation: str
    throttling: str
    internal: str
    counter: AttemptCounter
    writes_first: bool = False


def dynamodb(aws: LocalAws) -> Store:
    make_table(aws, "attempts")
    throttling = "ProvisionedThroughputExceededException"
    return Store("dynamodb", "UpdateItem", throttling, "InternalServerError", DynamoDBCounter("attempts"))


def s3(aws: LocalAws) -> Store:
    aws.client("s3").create_bucket(Bucket="attempts")
    return Store("s3", "PutObject", "SlowDown", "InternalError", S3Counter("attempts"))


def logs(aws: LocalAws) -> Store:
    client = aws.client("logs")
    client.create_log_group(logGroupName="attempts")
    client.create_log_stream(logGroupName="attempts", logStreamName="stream")

    def write(line: str) -> None:  # in the place of Lambda, which takes lines from standard output
        event = {"timestamp": int(time.time() * 1000), "message": line}
        client.put_log_events(logGroupName="attempts", logStreamName="stream", logEvents=[event])

    counter = LogsCounter("attempts", write=write)
    return Store(
        "logs", "FilterLogEvents", "ThrottlingException", "ServiceUnavailableException", counter, writes_first=True
    )


@pytest.fixture(scope="module")
def proxy(aws: LocalAws) -> Iterator[FaultProxy]:
    with FaultProxy(aws.endpoint) as proxy:
        yield proxy


@pytest.fixture(scope="module", params=[dynamodb, s3, logs])
def store(request: pytest.FixtureRequest, aws: LocalAws, proxy: FaultProxy) -> Store:
    make: Callable[[LocalAws], Store] = request.param
    store = make(aws)
    with clients.replaced(lambda service, limits: proxy.client(service, read_timeout=60, attempts=1)):
        store.counter.increment("first")  # the first one takes longer
    return store


@pytest.fixture(autouse=True)
def through_proxy(proxy: FaultProxy) -> Iterator[None]:
    def factory(service: str, limits: TimeLimits) -> Any:
        # As the helpers make them, less patient.
        return proxy.client(service, read_timeout=READ_TIMEOUT, attempts=limits.attempts)

    proxy.clear()
    with clients.replaced(factory):
        yield
    proxy.clear()


@pytest.fixture
def event() -> str:
    return str(uuid4())


def count(store: Store, event: str, times: int) -> list[int]:
    return [store.counter.increment(event) for _ in range(times)]


def fault(store: Store, kind: str) -> dict[str, Any]:
    kinds: dict[str, dict[str, Any]] = {
        "throttling": {"error": {"code": store.throttling}},
        "500": {"error": {"code": store.internal, "status": 500}},
        "reset": {"reset": True},
        "late": LATE,
        "lost": LOST,
    }
    return {"service": store.service, "operation": store.operation, **kinds[kind]}


KINDS = ["throttling", "500", "reset", "late", "lost"]


def test_without_faults_it_counts(store: Store, event: str) -> None:
    assert count(store, event, 3) == [0, 1, 2]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("before", [0, 1])
def test_a_fault_that_passes_changes_no_number(
    store: Store, event: str, proxy: FaultProxy, kind: str, before: int
) -> None:
    """The SDK tries again; a write that had taken effect is recognized."""
    count(store, event, before)
    proxy.inject(fault(store, kind) | {"times": 1})
    assert count(store, event, 1) == [before]
    assert len(proxy.fired()) == 1
    assert count(store, event, 2) == [before + 1, before + 2]


@pytest.mark.parametrize("kind", ["throttling", "500", "reset", "late"])
def test_a_fault_that_stays_is_an_error_and_no_number(store: Store, event: str, proxy: FaultProxy, kind: str) -> None:
    proxy.inject(fault(store, kind))
    with pytest.raises((BotoCoreError, ClientError)):
        store.counter.increment(event)
    assert len(proxy.fired()) == 2
    proxy.clear()
    if kind == "late":
        time.sleep(LATE["latency"] / 1000)  # what is held up may still arrive, or not
    first, second = count(store, event, 2)
    assert first in ({1} if store.writes_first else {0, 1} if kind == "late" else {0})
    assert second == first + 1


def test_replies_that_stay_lost_change_no_number(store: Store, event: str, proxy: FaultProxy) -> None:
    """The attempt was recorded. S3 says so in the head of its reply, which has no body that could be lost."""
    proxy.inject(fault(store, "lost"))
    if store.service == "s3":
        assert count(store, event, 1) == [0]
    else:
        with pytest.raises(HTTPClientError):
            store.counter.increment(event)
    assert proxy.fired()
    proxy.clear()
    assert count(store, event, 2) == [1, 2]


def test_a_lost_refusal_of_a_write_is_no_write(aws: LocalAws, event: str, proxy: FaultProxy) -> None:
    """S3 has an object of the attempt before, so it refuses the first write; no caller sees it."""
    counter = S3Counter("refusals")
    aws.client("s3").create_bucket(Bucket="refusals")
    assert counter.increment(event) == 0
    proxy.inject({"service": "s3", "operation": "PutObject", **LOST})
    with pytest.raises(HTTPClientError):
        counter.increment(event)
    proxy.clear()
    assert counter.increment(event) == 1


@pytest.mark.parametrize("kind", ["late", "lost", "throttling"])
def test_time_that_is_up_is_an_error_and_no_number(store: Store, event: str, proxy: FaultProxy, kind: str) -> None:
    count(store, event, 1)
    proxy.inject(fault(store, kind) | {"latency": 400})
    before = set(threading.enumerate())
    began = time.monotonic()
    with pytest.raises(TimeoutError):
        store.counter.increment(event, 0.2)
    assert time.monotonic() - began < 1
    proxy.clear()
    for thread in set(threading.enumerate()) - before:
        if thread.name == "redrive":  # makes the call, for which nobody waits
            thread.join(30)
            assert not thread.is_alive()
    if kind == "late":
        time.sleep(1)  # until it has arrived, which the thread did not wait for
    first, second = count(store, event, 2)
    assert first in (1, 2)
    assert second == first + 1
