"""Interruptions are no errors of a record: they leave the handler at once, after a release of unstarted claims."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import pytest

from redrive import Idempotency, MemoryStore, async_handler, dynamodb_stream_handler, kinesis_handler, sqs_handler
from redrive.failures.interruption import is_interruption, leaves_handler
from tests.support.runtime.metrics.emf import Published
from tests.support.runtime.raised import raised_by
from tests.support.runtime.sqs import queue
from tests.support.runtime.sqs.queue import Context
from tests.support.runtime.streams import stream


class Suspended(BaseException):
    """As the SDK of durable functions leaves a handler."""


LEAVING: list[BaseException] = [
    Suspended(),
    KeyboardInterrupt(),
    BaseExceptionGroup("", [ValueError(), Suspended()]),
]
IDS = [type(each).__name__ for each in LEAVING]
#: Functions that run one record after the other, in threads, and in tasks.
MODES: dict[str, dict[str, Any]] = {
    "one": {},
    "threads": {"concurrency": 3},
    "one task": {"is_async": True},
    "tasks": {"is_async": True, "concurrency": 3},
}


def nested(error: BaseException, depth: int) -> BaseException:
    for _ in range(depth):
        error = BaseExceptionGroup("", [error])
    return error


@pytest.mark.parametrize(
    ("error", "interrupts", "leaves"),
    [
        (ValueError(), False, False),
        (ExceptionGroup("", [ValueError()]), False, False),
        (SystemExit(), True, False),
        (GeneratorExit(), True, False),
        (asyncio.CancelledError(), True, False),
        (BaseExceptionGroup("", [SystemExit(), ValueError()]), True, False),
        (KeyboardInterrupt(), True, True),
        (Suspended(), True, True),
        (nested(Suspended(), 1500), True, True),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else str(value),
)
def test_what_is_no_exception_is_an_interruption(error: BaseException, interrupts: bool, leaves: bool) -> None:
    assert is_interruption(error) is interrupts
    assert leaves_handler(error) is leaves


def function(mode: dict[str, Any], work: Callable[[Any], None]) -> Any:
    def plain(record: Any) -> None:
        work(record)

    async def in_task(record: Any) -> None:
        await asyncio.sleep(0)
        work(record)

    return in_task if mode.get("is_async") else plain


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("error", LEAVING, ids=IDS)
@pytest.mark.parametrize("is_idempotent", [False, True], ids=["plain", "idempotent"])
def test_an_interruption_leaves_the_batch(
    context: Context, mode: str, error: BaseException, is_idempotent: bool
) -> None:
    store = MemoryStore()
    options = {name: value for name, value in MODES[mode].items() if name != "is_async"}
    if is_idempotent:
        options["idempotency"] = Idempotency(store=store, key=lambda message: message.body)
    ran: list[str] = []
    lock = threading.Lock()

    def work(message: Any) -> None:
        with lock:
            ran.append(message.body)
        if message.body == "2":
            raise error

    failed: list[Any] = []
    handler = sqs_handler(on_failure=failed.append, **options)(function(MODES[mode], work))
    before = set(threading.enumerate())
    assert raised_by(lambda: handler(queue.batch(30), context)) is error
    assert failed == []
    assert len(ran) < 20
    if is_idempotent:
        statuses = [stored.status for stored in store.records.values()]
        assert statuses.count("INPROGRESS") == 1  # only the interrupted one
        assert statuses.count("COMPLETED") == len(ran) - 1  # what did not start can be claimed again
    for thread in set(threading.enumerate()) - before:
        thread.join(5)


@pytest.mark.parametrize("error", LEAVING[:2], ids=IDS[:2])
def test_an_interruption_leaves_each_kind_of_handler(error: BaseException, metrics: Published) -> None:
    def interrupted(*_: Any) -> None:
        raise error

    calls: list[Callable[[], Any]] = [
        lambda: kinesis_handler(interrupted)(stream.batch(3)),
        lambda: dynamodb_stream_handler(interrupted)(stream.event(stream.dynamodb_record(1))),
        lambda: async_handler(lambda event, attempt: interrupted())({}),
    ]
    for call in calls:
        assert raised_by(call) is error
    assert metrics.lines == []


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("error", [SystemExit(3), asyncio.CancelledError(), GeneratorExit()], ids=repr)
def test_what_only_ends_a_record_fails_this_record(context: Context, mode: str, error: BaseException) -> None:
    options = {name: value for name, value in MODES[mode].items() if name != "is_async"}

    def work(message: Any) -> None:
        if message.body == "2":
            raise error

    if isinstance(error, GeneratorExit) and MODES[mode].get("is_async"):
        pytest.skip("a coroutine that raises it counts as closed")
    handler = sqs_handler(**options)(function(MODES[mode], work))
    assert queue.returned(handler(queue.batch(5), context)) == ["2"]
