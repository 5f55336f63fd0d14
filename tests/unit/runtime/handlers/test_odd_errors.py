"""An error may do anything when it is looked at: only the record that raised it fails."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from redrive import (
    CircuitBreaker,
    CircuitPolicy,
    FailureClass,
    Idempotency,
    LocalCircuits,
    MemoryStore,
    Permanent,
    Retry,
    async_handler,
    classify,
    idempotent,
    kinesis_handler,
    sqs_handler,
)
from redrive.failures.diagnosis import diagnose
from tests.support.runtime.odd_errors import RetryWith, every_error, fails, nested
from tests.support.runtime.raised import raised_by
from tests.support.runtime.sqs import queue
from tests.support.runtime.sqs.queue import Context, FakeSqs
from tests.support.runtime.streams import stream


@every_error
@pytest.mark.parametrize("options", [{}, {"concurrency": 2}, {"idempotency": True}], ids=repr)
def test_an_odd_error_fails_its_message_only(
    sqs: FakeSqs, context: Context, make: Callable[[], BaseException], options: dict[str, Any]
) -> None:
    store = MemoryStore()
    options = {**options, "idempotency": Idempotency(store=store)} if "idempotency" in options else options
    handler = sqs_handler(**options)(fails(make))
    assert queue.returned(handler(queue.batch(3), context)) == ["1"]
    assert "handle-1" in sqs.visibility
    if "idempotency" in options:
        # Interrupted work is neither done nor failed.
        known = {"COMPLETED", "FAILED"} if isinstance(make(), Exception) else {"COMPLETED", "INPROGRESS"}
        assert {each.status for each in store.records.values()} <= known
        assert len([each for each in store.records.values() if each.status == "COMPLETED"]) == 2


@every_error
def test_an_odd_error_fails_its_async_message_only(
    sqs: FakeSqs, context: Context, make: Callable[[], BaseException]
) -> None:
    @sqs_handler
    async def handler(message: Any) -> None:
        fails(make)(message)

    assert queue.returned(handler(queue.batch(3), context)) == ["1"]


@every_error
def test_an_odd_error_stops_its_shard_only_behind_it(make: Callable[[], BaseException]) -> None:
    handler = kinesis_handler(fails(make))
    assert handler(stream.batch(3))["batchItemFailures"] == [{"itemIdentifier": "2"}]


@every_error
def test_an_odd_error_is_raised_unchanged(make: Callable[[], BaseException]) -> None:
    error = make()

    def function(*_: Any) -> None:
        raise error

    store = MemoryStore()
    payments = CircuitBreaker("payments", store=LocalCircuits(), policy=CircuitPolicy(failure_threshold=1))
    calls: list[Callable[[], Any]] = [
        lambda: async_handler(function)({}),
        lambda: idempotent(store=store, replay=())(function)(7),
        lambda: payments.call(function),
    ]
    for call in calls:
        assert raised_by(call) is error
    is_interrupted = not issubclass(type(error), Exception)
    assert [each.status for each in store.records.values()] == ["INPROGRESS"] * is_interrupted


@every_error
def test_an_odd_error_has_a_diagnosis(make: Callable[[], BaseException]) -> None:
    found = diagnose(make())
    assert found.failure is classify(make())
    assert type(found.reason) is str
    assert 0 < len(found.reason) <= 1024
    assert found.error_type
    assert found.retry_after is None or 0 <= found.retry_after < float("inf")


def test_a_group_in_groups_is_classified_by_its_errors() -> None:
    assert classify(nested(1500, Permanent("no lines"))) is FailureClass.PERMANENT
    assert classify(nested(1500, TimeoutError())) is FailureClass.TRANSIENT
    assert diagnose(nested(1500, Retry(after=7))).retry_after == 7


@pytest.mark.parametrize("wait", [timedelta(minutes=2), 120, 120.0])
def test_a_wait_that_a_subclass_sets_counts(wait: Any) -> None:
    assert diagnose(RetryWith(wait)).retry_after == 120
