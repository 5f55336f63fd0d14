"""Lambda's context is found without being passed on."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Any

import pytest

from redrive import async_handler, idempotent, kinesis_handler, sqs_handler
from redrive.core.invocation import find
from redrive.core.system import Invocation, current
from tests.support.runtime.idempotency.functions import Calls, Kind, Store
from tests.support.runtime.sqs.queue import Context, VirtualTime, batch
from tests.support.runtime.streams import stream as streams

pytestmark = pytest.mark.usefixtures("dynamodb")


# Places where the context is found.


def test_outside_of_lambda_there_is_none() -> None:
    assert find() is None
    assert find(1, "two", None) is None


def test_an_argument_goes_before_all(time: VirtualTime) -> None:
    mine, current_context, of_frame = Context(time), Context(time), Context(time)

    def handler(context: Any) -> Any:
        return find({}, mine)

    token = current.set(Invocation(current_context))
    assert handler(of_frame) is mine
    current.reset(token)


def test_the_current_invocation_goes_before_the_frames_until_it_is_reset(time: VirtualTime) -> None:
    current_context, of_frame = Context(time), Context(time)

    def handler(context: Any) -> Any:
        return find()

    token = current.set(Invocation(current_context))
    assert handler(of_frame) is current_context
    current.reset(token)
    assert handler(of_frame) is of_frame
    assert find() is None


@pytest.mark.parametrize("name", ["context", "lambda_context", "_context", "ctx", "aws_context"])
def test_it_is_found_among_the_arguments_of_what_is_running(time: VirtualTime, name: str) -> None:
    namespace: dict[str, Any] = {"find": lambda: deep(3)}

    def deep(depth: int) -> Any:
        return find() if depth == 0 else deep(depth - 1)

    exec(f"def handler(event, {name}):\n    return find()", namespace)
    context = Context(time)
    assert namespace["handler"]({}, context) is context


def test_what_is_only_called_so_is_passed_by(time: VirtualTime) -> None:
    right = Context(time)

    def inner(context: Any, ssl_context: Any) -> Any:
        return find()

    def handler(event: Any, context: Any) -> Any:
        return inner(None, "tls")

    assert handler({}, right) is right


def test_it_is_found_where_a_closure_holds_it(time: VirtualTime) -> None:
    context = Context(time)

    def handler(event: Any, context: Any) -> Any:
        def inner() -> Any:
            return find(), context

        return inner()[0]

    assert handler({}, context) is context


def test_it_is_found_in_the_tasks_of_a_loop_that_the_handler_runs(time: VirtualTime) -> None:
    context = Context(time)

    async def in_task() -> Any:
        await asyncio.sleep(0)
        return find()

    async def main() -> Any:
        return await asyncio.create_task(in_task())

    def handler(event: Any, context: Any) -> Any:
        return asyncio.run(main())

    assert handler({}, context) is context


def test_a_thread_of_ones_own_does_not_know_it_unless_it_runs_in_a_copy(time: VirtualTime) -> None:
    current_context = Context(time)
    token = current.set(Invocation(current_context))
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(find).result() is None
        assert pool.submit(copy_context().run, find).result() is current_context
    current.reset(token)


class Seen:
    """Context that a function inside of a handler finds."""

    def __init__(self, store: Store) -> None:
        self.found: list[Any] = []
        self.threads: set[str] = set()
        self.store = store
        self.charge = idempotent(store=store, key=lambda order: order, lease=900)(self.found_by)

    def found_by(self, order: Any) -> None:
        self.found.append(find())
        self.threads.add(threading.current_thread().name)

    def lease_ends(self) -> set[int | None]:
        return {stored.lease_end for stored in self.store.records.values()}


@pytest.fixture
def invocation(time: VirtualTime) -> Context:
    """Its name says that it is no context: the frames of the tests are searched as well."""
    return Context(time)


@pytest.fixture
def seen() -> Seen:
    return Seen(Store())


def sqs(seen: Seen, concurrency: int, is_async: bool) -> Callable[[Any], Any]:
    if is_async:

        @sqs_handler(concurrency=concurrency)
        async def in_tasks(message: Any) -> None:
            await asyncio.sleep(0)
            seen.charge(message.body)

        return lambda context: in_tasks(batch(4), context)

    @sqs_handler(concurrency=concurrency)
    def handler(message: Any) -> None:
        seen.charge(message.body)

    return lambda context: handler(batch(4), context)


# In handlers.


@pytest.mark.parametrize("concurrency", [1, 3])
@pytest.mark.parametrize("is_async", [False, True])
def test_it_is_known_in_the_threads_and_tasks_of_a_batch(
    seen: Seen, invocation: Context, time: VirtualTime, concurrency: int, is_async: bool
) -> None:
    assert sqs(seen, concurrency, is_async)(invocation) == {"batchItemFailures": []}
    assert seen.found == [invocation] * 4
    assert seen.lease_ends() == {round((time.now + 61) * 1000)}
    assert find() is None


def test_it_is_known_to_functions_of_stream_records_and_events(
    seen: Seen, invocation: Context, time: VirtualTime
) -> None:
    @kinesis_handler
    def of_records(record: Any) -> None:
        seen.charge(record.data.decode())

    @async_handler
    def of_events(event: Any, attempt: Any) -> None:
        seen.charge(event)

    of_records(streams.batch(2), invocation)
    of_events("event", invocation)
    assert seen.found == [invocation] * 3
    assert seen.lease_ends() == {round((time.now + 61) * 1000)}
    assert find() is None


def test_it_is_forgotten_when_a_handler_raises(invocation: Context) -> None:
    @async_handler
    def handler(event: Any, attempt: Any) -> None:
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        handler({}, invocation)
    assert find() is None


def test_a_claim_holds_until_the_deadline_of_the_handler_around_it(store_kind: Kind, time: VirtualTime) -> None:
    store = Store()
    charge = store_kind(idempotent(store=store, clock_skew=5), Calls())

    def handler(event: Any, context: Any) -> None:
        time.advance(10)
        charge(event)

    handler(7, Context(time, seconds=30))
    (stored,) = store.records.values()
    assert stored.lease_end == round((time.now + 20 + 5) * 1000)
