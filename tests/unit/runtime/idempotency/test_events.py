"""Asynchronous events under idempotency: an event that was done is not handled again by another attempt."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from redrive import (
    AsyncHandler,
    AsyncSettings,
    FailedBefore,
    Idempotency,
    InProgress,
    MissingKey,
    NotRecorded,
    Permanent,
    async_handler,
)
from redrive.idempotency.stores import switch
from tests.support.runtime.asynchronous.attempts import OTHER_ID, REQUEST_ID, AsyncContext, MemoryCounter
from tests.support.runtime.idempotency.functions import Calls, Down, Store
from tests.support.runtime.sqs.queue import VirtualTime

pytestmark = pytest.mark.usefixtures("seams")


@pytest.fixture
def counter() -> MemoryCounter:
    return MemoryCounter()


Make = Callable[..., AsyncHandler]


@pytest.fixture(params=["plain", "async def", "awaited"])
def make(request: pytest.FixtureRequest, store: Store, counter: MemoryCounter) -> Make:
    def make(calls: Calls, **options: Any) -> AsyncHandler:
        def plain(event: Any, attempt: Any) -> Any:
            return calls(event)

        async def in_task(event: Any, attempt: Any) -> Any:
            await asyncio.sleep(0)
            return calls(event)

        def awaited(event: Any, attempt: Any) -> Any:
            return in_task(event, attempt)

        functions: dict[str, Any] = {"plain": plain, "async def": in_task, "awaited": awaited}
        idempotency = Idempotency(**{"store": store, **options})
        settings = AsyncSettings(retry_attempts=2)
        return async_handler(idempotency=idempotency, counter=counter, settings=settings)(functions[request.param])

    return make


def test_an_event_that_was_done_is_answered_with_its_result(
    make: Make, store: Store, time: VirtualTime, counter: MemoryCounter
) -> None:
    """Lambda delivers it again under the same request id."""
    calls = Calls()
    handler = make(calls)
    assert [handler({"id": 7}, AsyncContext(time)) for _ in range(2)] == [{"done": {"id": 7}}] * 2
    assert calls.made == [{"id": 7}]
    assert store.statuses == ["COMPLETED"]
    assert counter.counts == {}  # nothing is to be counted any more


def test_events_have_keys_by_their_request_ids(make: Make, time: VirtualTime) -> None:
    calls = Calls()
    handler = make(calls)
    handler({"id": 7}, AsyncContext(time, aws_request_id=REQUEST_ID))
    handler({"id": 7}, AsyncContext(time, aws_request_id=OTHER_ID))
    assert len(calls.made) == 2


@pytest.mark.parametrize("key", ["id", lambda event: event["id"]])
def test_or_by_what_they_are(make: Make, time: VirtualTime, key: Any) -> None:
    calls = Calls()
    handler = make(calls, key=key)
    handler({"id": 7, "at": 1}, AsyncContext(time, aws_request_id=REQUEST_ID))
    handler({"id": 7, "at": 2}, AsyncContext(time, aws_request_id=OTHER_ID))
    assert calls.made == [{"id": 7, "at": 1}]


def test_an_attempt_after_an_error_runs(make: Make, time: VirtualTime, counter: MemoryCounter) -> None:
    def fail(event: Any) -> None:
        raise OSError("disk full")

    calls = Calls(during=fail)
    handler = make(calls)
    for _ in range(2):
        with pytest.raises(OSError, match="disk full"):
            handler({"id": 7}, AsyncContext(time))
    assert counter.counts == {REQUEST_ID: 2}
    calls.during = lambda event: None
    assert handler({"id": 7}, AsyncContext(time)) == {"done": {"id": 7}}
    assert len(calls.made) == 3


def test_a_permanent_failure_is_not_run_by_the_next_attempt(make: Make, time: VirtualTime) -> None:
    def fail(event: Any) -> None:
        raise Permanent("no lines")

    calls = Calls(during=fail)
    handler = make(calls)
    with pytest.raises(Permanent):
        handler({"id": 7}, AsyncContext(time))
    with pytest.raises(FailedBefore, match="no lines"):
        handler({"id": 7}, AsyncContext(time))
    assert len(calls.made) == 1


def test_an_attempt_after_one_that_was_killed_runs(make: Make, store: Store, time: VirtualTime) -> None:
    """Its claim has expired with its invocation: a minute later Lambda tries again."""
    calls = Calls()
    handler = make(calls)
    store.fails = lambda name, key: Down() if name == "end" else None
    with pytest.raises(NotRecorded):
        handler({"id": 7}, AsyncContext(time, seconds=30))
    store.fails = lambda name, key: None
    with pytest.raises(InProgress):
        handler({"id": 7}, AsyncContext(time, seconds=30))
    time.advance(60)
    assert handler({"id": 7}, AsyncContext(time, seconds=30)) == {"done": {"id": 7}}
    assert len(calls.made) == 2


def test_an_event_without_a_request_id_needs_a_key(make: Make, store: Store) -> None:
    calls = Calls()
    with pytest.raises(MissingKey):
        make(calls)({"id": 7}, None)
    assert (calls.made, store.calls) == ([], [])
    assert make(calls, key="id")({"id": 7}, None) == {"done": {"id": 7}}


def test_the_switch_turns_it_off(make: Make, store: Store, time: VirtualTime) -> None:
    calls = Calls()
    handler = make(calls)
    with switch.replaced(True):
        handler({"id": 7}, AsyncContext(time))
        handler({"id": 7}, AsyncContext(time))
    assert (len(calls.made), store.calls) == (2, [])


def test_only_an_idempotency_is_taken() -> None:
    with pytest.raises(TypeError, match=r"idempotency='orders': give an Idempotency\(\)"):
        async_handler(idempotency="orders")(lambda event, attempt: None)  # type: ignore[arg-type]
