"""A coroutine that is neither awaited nor returned has done nothing of its work: the call that made it fails."""

from __future__ import annotations

import asyncio
import gc
import sys
import warnings
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from redrive import (
    CircuitBreaker,
    CircuitPolicy,
    LocalCircuits,
    MemoryStore,
    Permanent,
    async_handler,
    idempotent,
    kinesis_handler,
    metered,
    sqs_handler,
)
from redrive.testing import kinesis_event, returned_ids, sqs_event

pytestmark = pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning")
Function = Callable[[], Any]


async def charge(order: int = 7) -> None: ...


class Shop:
    async def charge(self) -> None: ...


def statement() -> None:
    charge()  # pyright: ignore[reportUnusedCoroutine]


def variable() -> str:
    charged = charge()
    return type(charged).__name__


def several() -> int:
    return len([charge(order) for order in range(3)])


def deep_inside() -> dict[str, int]:
    def more(levels: int) -> None:
        more(levels - 1) if levels else statement()

    more(30)
    return {"statusCode": 200}


def of_an_object() -> None:
    Shop().charge()  # pyright: ignore[reportUnusedCoroutine]


def of_asyncio() -> None:
    asyncio.sleep(1)  # pyright: ignore[reportUnusedCoroutine]


def in_an_iterator() -> None:
    list(map(charge, [7, 8]))


def closed() -> None:
    charge().close()


async def in_a_coroutine() -> None:
    statement()


async def in_a_task() -> None:
    task = asyncio.create_task(in_a_coroutine())
    await asyncio.sleep(0)
    assert task.done()


async def in_a_thread() -> None:
    await asyncio.to_thread(statement)


DROPPING = [statement, variable, several, deep_inside, of_an_object, of_asyncio, in_an_iterator]
ASYNC_DROPPING = [in_a_coroutine, in_a_task, in_a_thread]


def plain(function: Function) -> Callable[..., Any]:
    def call(*arguments: Any) -> Any:
        return function()

    return call


def in_sqs(function: Function) -> bool:
    return not returned_ids(sqs_handler(plain(function))(sqs_event("7")))


def in_threads(function: Function) -> bool:
    return not returned_ids(sqs_handler(concurrency=3)(plain(function))(sqs_event("7")))


def in_kinesis(function: Function) -> bool:
    return not returned_ids(kinesis_handler(plain(function))(kinesis_event("7")))


def in_async_handler(function: Function) -> bool:
    return succeeds(lambda: async_handler(plain(function))({"order": 7}))


def in_idempotent(function: Function) -> bool:
    store = MemoryStore()
    succeeded = succeeds(lambda: idempotent(store=store)(plain(function))(7))
    assert [each.status for each in store.records.values()] == (["COMPLETED"] if succeeded else [])
    return succeeded


def in_circuit(function: Function) -> bool:
    breaker = CircuitBreaker("payments", store=LocalCircuits(), policy=CircuitPolicy(failure_threshold=1))
    succeeded = succeeds(breaker(plain(function)))
    assert (breaker.read().openings == 0) is succeeded
    return succeeded


def succeeds(call: Function) -> bool:
    try:
        call()
    except TypeError:
        return False
    return True


PLACES = [in_sqs, in_threads, in_kinesis, in_async_handler, in_idempotent, in_circuit]


def name(function: Any) -> str:
    return function.__name__


@pytest.mark.parametrize("place", PLACES, ids=name)
@pytest.mark.parametrize("function", [*DROPPING, *ASYNC_DROPPING], ids=name)
def test_the_call_that_dropped_it_fails(place: Callable[[Function], bool], function: Function) -> None:
    assert not place(function)
    assert place(closed)


@pytest.mark.parametrize("function", ASYNC_DROPPING, ids=name)
def test_so_does_an_async_function(function: Callable[[], Any]) -> None:
    async def call(message: Any) -> None:
        await (function() if message.body == "drops" else asyncio.sleep(0))

    event = sqs_event("works", "drops", "works", "works")
    assert returned_ids(sqs_handler(concurrency=4)(call)(event)) == [event["Records"][1]["messageId"]]


@pytest.mark.parametrize("options", [{}, {"concurrency": 4}], ids=["alone", "threads"])
def test_only_the_record_that_dropped_it_fails(options: dict[str, Any]) -> None:
    event = sqs_event(*["works", "drops", "works"] * 5)
    handler = sqs_handler(**options)(lambda message: statement() if message.body == "drops" else None)
    drops = [record["messageId"] for record in event["Records"] if record["body"] == "drops"]
    assert sorted(returned_ids(handler(event))) == sorted(drops)


def test_a_call_that_has_failed_anyway_is_not_held_against_the_next() -> None:
    def function(message: Any) -> None:
        if message.body == "fails":
            statement()
            raise ValueError("declined")

    event = sqs_event("fails", "works", "works")
    assert returned_ids(sqs_handler(function)(event)) == [event["Records"][0]["messageId"]]
    call = idempotent(store=MemoryStore())(lambda order: statement() or 1 / order)
    for order in (0, 0):
        with pytest.raises(ZeroDivisionError):
            call(order)
    assert idempotent(store=MemoryStore())(lambda order: order)(7) == 7


def test_what_the_outer_call_dropped_is_not_held_against_an_inner_one() -> None:
    store, paid = MemoryStore(), list[int]()

    @idempotent(store=store)
    def pay(order: int) -> None:
        paid.append(order)

    @sqs_handler
    def handler(message: Any) -> None:
        statement()
        pay(7)

    for _ in range(2):
        assert len(returned_ids(handler(sqs_event("7")))) == 1
    assert paid == [7]


def test_an_inner_call_that_dropped_it_is_not_done() -> None:
    store = MemoryStore()

    @idempotent(store=store)
    def pay(order: int) -> None:
        statement()

    async def function(message: Any) -> None:
        with pytest.raises(TypeError, match=r"pay.* has called charge without awaiting it"):
            pay(7)

    assert returned_ids(sqs_handler(function)(sqs_event("7"))) == []
    assert not store.records


def test_what_hooks_drop_is_not_held_against_the_next_record() -> None:
    def fails(message: Any) -> None:
        if message.body == "fails":
            raise Permanent("declined")

    handler = sqs_handler(on_failure=plain(statement), classify=plain(statement))(fails)
    event = sqs_event("fails", "works")
    assert returned_ids(handler(event)) == [event["Records"][0]["messageId"]]
    metered(lambda event, context: statement())({}, None)
    assert in_sqs(closed)


def test_what_the_garbage_collector_finds_is_held_against_no_one() -> None:
    class Job:
        def __init__(self) -> None:
            self.itself, self.work = self, charge()

    def function(message: Any) -> None:
        if message.body == "keeps":
            Job()
        else:
            gc.collect()

    assert returned_ids(sqs_handler(function)(sqs_event("keeps", "works"))) == []


def test_python_warns_as_before_with_the_line_that_dropped_it() -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        in_sqs(statement)
        statement()
    assert [(str(each.message), each.filename) for each in caught] == [
        ("coroutine 'charge' was never awaited", __file__)
    ] * 2
    assert {each.lineno for each in caught} == {statement.__code__.co_firstlineno + 1}


def test_warnings_that_are_errors_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "unraisablehook", lambda _: None)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert not in_sqs(statement)


def test_where_it_was_made_is_shown_in_the_debug_mode_of_asyncio() -> None:
    async def function(message: Any) -> None:
        statement()

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        before = sys.get_coroutine_origin_tracking_depth()
        sys.set_coroutine_origin_tracking_depth(3)
        try:
            assert len(returned_ids(sqs_handler(function)(sqs_event("7")))) == 1
        finally:
            sys.set_coroutine_origin_tracking_depth(before)
    assert any("Coroutine created at" in str(each.message) for each in caught)


def test_a_partial_of_an_async_function_that_is_called_is_dropped_too() -> None:
    assert not in_sqs([partial(charge, 7)() for _ in range(2)].clear)
