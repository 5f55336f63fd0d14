"""A shared circuit and its table in the local AWS, with a proxy between them that makes AWS fail.

Whatever the store does, calls are answered in time, no two probes run at once, and the circuit closes in the end.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest

from redrive import Backoff, CircuitBreaker, CircuitEvent, CircuitOpen, CircuitPolicy, CircuitState, DynamoDBCircuits
from redrive.aws.clients import TimeLimits, clients
from redrive.core.system import clock
from tests.support.integration.tables import make_table
from tests.support.runtime.sqs.queue import VirtualTime
from tools.fault_proxy import FaultProxy
from tools.local_aws import LocalAws

pytestmark = pytest.mark.integration

TABLE = "circuit-faults"
READ_TIMEOUT = 0.3
POLICY = CircuitPolicy(failure_threshold=3, success_threshold=1, open_time=Backoff(30, cap=30, jitter="none"))
FAULTS: dict[str, dict[str, Any]] = {
    "throttling": {"error": {"code": "ProvisionedThroughputExceededException"}},
    "500": {"error": {"code": "InternalServerError", "status": 500}},
    "reset": {"reset": True},
    "late": {"latency": 600},
    "lost": {"response": {"abort_frac": 0.0}},
}


@pytest.fixture(scope="module")
def proxy(aws: LocalAws) -> Iterator[FaultProxy]:
    make_table(aws, TABLE)
    with FaultProxy(aws.endpoint) as proxy:
        client = proxy.client("dynamodb", read_timeout=60, attempts=1)
        client.get_item(TableName=TABLE, Key={"id": {"S": "-"}})  # the first one takes longer
        yield proxy


@pytest.fixture
def now() -> VirtualTime:
    return VirtualTime(float(round(time.time())))


@pytest.fixture(autouse=True)
def through_proxy(proxy: FaultProxy, now: VirtualTime) -> Iterator[None]:
    def factory(service: str, limits: TimeLimits) -> Any:
        # As the helper makes them, less patient.
        return proxy.client(service, read_timeout=READ_TIMEOUT, attempts=limits.attempts)

    proxy.clear()
    with clients.replaced(factory), clock.replaced(now):
        yield
    proxy.clear()


class Fleet:
    """Two members of one circuit, and the events they report."""

    def __init__(self, on_store_failure: Any = "closed") -> None:
        self.events: list[CircuitEvent] = []
        name = str(uuid4())
        self.one, self.other = (
            CircuitBreaker(
                name,
                store=DynamoDBCircuits(TABLE),
                policy=POLICY,
                unasked=0,
                on_store_failure=on_store_failure,
                on_event=self.events.append,
            )
            for _ in range(2)
        )

    def open(self) -> None:
        for _ in range(3):
            assert attempt(self.one, fail) == "failed"
        assert attempt(self.other, int) == "open"

    @property
    def kinds(self) -> list[str]:
        return [event.kind for event in self.events if event.kind != "rejected"]


def fail() -> None:
    raise ConnectionError("down")


def attempt(breaker: CircuitBreaker, call: Callable[[], object]) -> str:
    began = time.monotonic()
    try:
        breaker.call(call)
        return "done"
    except ConnectionError:
        return "failed"
    except CircuitOpen:
        return "open"
    finally:
        # Nobody waits for the store longer than its limits say: here twice 0.3 s and the wait between, for each of the
        # two or three requests that a call may take.
        assert time.monotonic() - began < 6


def fault(operation: str, kind: str, **more: object) -> dict[str, Any]:
    return {"service": "dynamodb", "operation": operation, **FAULTS[kind], **more}


@pytest.mark.parametrize("kind", FAULTS)
@pytest.mark.parametrize("operation", ["GetItem", "PutItem"])
def test_a_fault_that_passes_changes_nothing(proxy: FaultProxy, now: VirtualTime, operation: str, kind: str) -> None:
    """The SDK tries again; a write that had taken effect is recognized by its token."""
    fleet = Fleet()
    proxy.inject(fault(operation, kind, times=1))
    fleet.open()
    assert len(proxy.fired()) == 1
    now.advance(30)
    proxy.clear()
    proxy.inject(fault(operation, kind, times=1))
    assert attempt(fleet.other, int) == "done"
    assert len(proxy.fired()) == 1
    assert fleet.one.read() == CircuitState()
    assert fleet.kinds == ["opened", "half_opened", "closed"]


@pytest.mark.parametrize("kind", FAULTS)
@pytest.mark.parametrize(("choice", "result"), [("closed", "done"), ("open", "open")])
def test_a_store_that_cannot_be_read_counts_as_chosen(
    proxy: FaultProxy, now: VirtualTime, kind: str, choice: str, result: str
) -> None:
    fleet = Fleet(choice)
    proxy.inject(fault("GetItem", kind))
    assert attempt(fleet.one, int) == result
    assert len(proxy.fired()) == 2
    assert [attempt(fleet.one, int) for _ in range(5)] == [result] * 5
    assert len(proxy.fired()) == 2  # it is left alone for a while
    assert fleet.kinds == ["store_failed"]
    proxy.clear()
    now.advance(5)
    assert attempt(fleet.one, int) == "done"


@pytest.mark.parametrize("kind", FAULTS)
def test_failures_that_cannot_be_written_are_written_when_the_store_is_back(
    proxy: FaultProxy, now: VirtualTime, kind: str
) -> None:
    fleet = Fleet()
    assert attempt(fleet.one, int) == "done"
    now.advance(1)
    proxy.inject(fault("PutItem", kind))
    assert [attempt(fleet.one, fail) for _ in range(2)] == ["failed"] * 2
    assert "store_failed" in fleet.kinds
    proxy.clear()
    if kind == "late":
        time.sleep(0.7)  # what is held up may still arrive, or not
    now.advance(5)
    assert attempt(fleet.other, int) == "done"
    assert attempt(fleet.one, fail) == "failed"
    assert attempt(fleet.one, int) == "open"
    now.advance(5)
    assert attempt(fleet.other, int) == "open"


@pytest.mark.parametrize("kind", FAULTS)
@pytest.mark.parametrize("choice", ["closed", "open"])
def test_a_probe_that_cannot_be_announced_does_not_leave_the_circuit_open(
    proxy: FaultProxy, now: VirtualTime, kind: str, choice: str
) -> None:
    fleet = Fleet(choice)
    fleet.open()
    now.advance(30)
    proxy.inject(fault("PutItem", kind))
    assert attempt(fleet.one, int) == {"closed": "done", "open": "open"}[choice]
    proxy.clear()
    if kind == "late":
        time.sleep(0.7)
    now.advance(5)
    assert attempt(fleet.one, int) == "done"  # also where it was announced after all
    assert fleet.other.read() == CircuitState()


@pytest.mark.parametrize("kind", FAULTS)
@pytest.mark.parametrize("works", [True, False])
def test_the_outcome_of_a_probe_is_written_when_the_store_is_back(
    proxy: FaultProxy, now: VirtualTime, kind: str, works: bool
) -> None:
    fleet = Fleet("open")
    fleet.open()
    now.advance(30)
    call = fleet.one.guard()
    assert call.begin() is None
    proxy.inject(fault("PutItem", kind))
    call.__exit__(None, None if works else ConnectionError("down"), None)
    proxy.clear()
    if kind == "late":
        time.sleep(0.7)
    now.advance(5)
    assert attempt(fleet.one, int) == ("done" if works else "open")
    assert fleet.other.read().status(now.now) == ("closed" if works else "open")


def test_a_probe_whose_outcome_is_never_written_is_followed_by_another(proxy: FaultProxy, now: VirtualTime) -> None:
    fleet = Fleet("open")
    fleet.open()
    now.advance(30)
    call = fleet.one.guard()
    assert call.begin() is None
    proxy.inject(fault("PutItem", "500"))
    call.__exit__(None, None, None)
    proxy.clear()
    now.advance(29)
    assert attempt(fleet.other, int) == "open"  # its owner may still be at it
    now.advance(1)
    assert attempt(fleet.other, int) == "done"
    assert fleet.other.read() == CircuitState()
