"""Work that is undone deep inside of a result, or in a thread that was never started, is no success either."""

from __future__ import annotations

import threading
import types
import warnings
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from multiprocessing import Process
from typing import Any, NamedTuple

import pytest

from redrive import MemoryStore, Permanent, async_handler, idempotent, sqs_handler
from redrive.testing import returned_ids, sqs_event

Function = Callable[[], Any]


class Charged(NamedTuple):
    order: int
    payment: Any


async def charge() -> None: ...


def fail() -> None:
    raise ValueError("declined")


def waited_for() -> Any:
    with ThreadPoolExecutor(1) as pool:
        return wait([pool.submit(fail)])


def view() -> Any:
    return {7: charge()}.values()


def itself() -> list[Any]:
    contains_itself: list[Any] = [charge()]
    contains_itself.append(contains_itself)
    return contains_itself


UNDONE: dict[str, Function] = {
    "thread that was not started": lambda: threading.Thread(target=fail),
    "timer that was not started": lambda: threading.Timer(1, fail),
    "process that was not started": lambda: Process(target=fail),
    "threads that were not started": lambda: [threading.Thread(target=fail)],
    "pairs with coroutines": lambda: [(7, charge()), (8, charge())],
    "response with coroutines": lambda: {"statusCode": 200, "charges": [charge()]},
    "futures that were waited for and failed": waited_for,
    "named tuple with futures": lambda: Charged(7, [Future()]),
    "deque": lambda: deque([charge()]),
    "view of a dict": view,
    "read-only mapping": lambda: types.MappingProxyType({7: charge()}),
    "error deep inside": lambda: {"orders": [{"order": 7, "outcome": Permanent("no lines")}]},
    "response deep inside": lambda: [{"body": {"batchItemFailures": [{"itemIdentifier": "1"}]}}],
    "a list in itself": itself,
    "100,000 levels": lambda: nested(charge(), 100_000),
}
DONE: dict[str, Function] = {
    "response": lambda: {"statusCode": 200, "body": {"lines": [{"sku": "a", "tags": ["b", None]}]}},
    "response deep inside": lambda: [{"body": {"batchItemFailures": []}}],
}


def nested(value: Any, levels: int) -> Any:
    for _ in range(levels):
        value = [value]
    return value


def in_sqs(function: Function) -> bool:
    return not returned_ids(sqs_handler(lambda _: function())(sqs_event("7")))


def in_async_handler(function: Function) -> bool:
    return succeeds(lambda: async_handler(lambda event, attempt: function())({"order": 7}))


def in_idempotent(function: Function) -> bool:
    store = MemoryStore()
    succeeded = succeeds(lambda: idempotent(store=store)(lambda order: function())(7))
    assert [each.status for each in store.records.values()] == (["COMPLETED"] if succeeded else [])
    return succeeded


def succeeds(call: Function) -> bool:
    try:
        call()
    except TypeError:
        return False
    return True


PLACES: list[Callable[[Function], bool]] = [in_sqs, in_async_handler, in_idempotent]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("result", UNDONE.values(), ids=UNDONE)
def test_work_undone_inside_of_a_result_is_a_failure(place: Callable[[Function], bool], result: Function) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # no coroutine is left that was never awaited
        assert not place(result)


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("result", DONE.values(), ids=DONE)
def test_data_is_a_success(place: Callable[[Function], bool], result: Function) -> None:
    assert place(result)
