"""Functions that can be decorated, and options that are refused."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from typing import Any

import pytest

from redrive import Idempotency, Permanent, idempotent
from tests.support.runtime.idempotency.functions import Calls, Store
from tests.support.runtime.sqs.queue import VirtualTime

pytestmark = pytest.mark.usefixtures("seams")


# Ways to write the decorator.


def test_options_go_over_what_is_used(store: Store, calls: Calls, time: VirtualTime) -> None:
    base = Idempotency(store=store, key=str, expiry=500, lease=10)
    idempotent(using=base, expiry=700)(calls)(7)
    idempotent(using=base)(calls)(8)
    assert [stored.expiration - time.now for stored in store.records.values()] == [700, 500]
    assert base.expiry == 500


def test_the_function_keeps_its_name() -> None:
    @idempotent(store=Store())
    def charge(order: int) -> int:
        """Charge an order."""
        return order

    assert (charge.__name__, charge.__doc__) == ("charge", "Charge an order.")
    assert charge.__wrapped__(7) == 7  # type: ignore[attr-defined]


def test_wrong_arguments_are_the_callers_error_and_nothing_is_claimed(store: Store) -> None:
    @idempotent(store=store)
    def charge(order: int) -> None: ...

    with pytest.raises(TypeError, match="missing a required argument: 'order'"):
        charge()  # type: ignore[call-arg]
    assert store.calls == []


def test_a_generator_function_is_refused() -> None:
    def rows(order: int) -> Iterator[int]:
        yield order

    async def pages(order: int) -> Any:
        yield order

    for function in (rows, pages):
        with pytest.raises(TypeError, match="is a generator function: calling it runs none of it, and it would count"):
            idempotent(function)


@pytest.mark.parametrize("how", ["async def", "partial", "method", "object"])
def test_whatever_makes_a_coroutine_is_awaited(store: Store, how: str) -> None:
    made: list[int] = []

    async def charge(order: int, more: int = 0) -> int:
        made.append(order)
        return order

    class Charge:
        async def method(self, order: int) -> int:
            return await charge(order)

        async def __call__(self, order: int) -> int:
            return await charge(order)

    functions: dict[str, Callable[..., Awaitable[int]]] = {
        "async def": charge,
        "partial": partial(charge, more=1),
        "method": Charge().method,
        "object": Charge(),
    }
    function = idempotent(store=store)(functions[how])

    async def twice() -> list[int]:
        return [await function(7), await function(7)]

    assert asyncio.run(twice()) == [7, 7]
    assert made == [7]
    assert store.statuses == ["COMPLETED"]


def test_what_a_plain_function_returns_is_awaited_before_the_call_counts_as_done(store: Store) -> None:
    ran: list[int] = []

    async def later(order: int) -> str:
        ran.append(order)
        return "receipt"

    @idempotent(store=store)
    def charge(order: int) -> Any:
        return later(order)

    assert [charge(7), charge(7)] == ["receipt", "receipt"]
    assert ran == [7]
    assert store.statuses == ["COMPLETED"]


INVALID: list[tuple[dict[str, Any], type[Exception], str]] = [
    ({"missing_key": "skip"}, ValueError, "missing_key='skip': give 'fail' or 'run'"),
    ({"after_error": "retry"}, ValueError, "after_error='retry': give 'release' or 'keep'"),
    *(
        ({name: value}, ValueError, f"{name}={value!r}: give a number of seconds above 0")
        for name in ("expiry", "lease")
        for value in (0, -1, float("inf"), float("nan"))
    ),
    *(
        ({"clock_skew": value}, ValueError, f"clock_skew={value!r}: give a number of seconds, 0 or more")
        for value in (-1, float("inf"), float("nan"))
    ),
    *(
        ({"cache": value}, ValueError, f"cache={value!r}: how many results are kept in the process is a whole number")
        for value in (-1, 1.5, None)
    ),
    ({"prefix": "é" * 513}, ValueError, "prefix of 1,026 bytes: a key has room for 1,024"),
    *(
        ({name: 7}, TypeError, f"{name}=7: give a JMESPath expression such as 'order.id', or a function")
        for name in ("key", "payload")
    ),
    ({"when_not_kept": "none"}, TypeError, "when_not_kept='none': give a function"),
    ({"when_not_kept": 7}, TypeError, "when_not_kept=7: give a function"),
    ({"replay": "Permanent"}, TypeError, "replay='Permanent': give a class of errors, or several as a tuple"),
    ({"replay": (Permanent, 7)}, TypeError, r"replay=.*7.*: give a class of errors, or several as a tuple"),
    ({"replay": [Permanent]}, TypeError, "give a class of errors, or several as a tuple"),
    ({"serializer": json}, TypeError, "serializer=.*: give a Serializer"),
    ({"store": "orders"}, TypeError, "store='orders' has no `claim` and `end`: give a MemoryStore"),
    ({"settings": "orders"}, TypeError, "settings='orders': give IdempotencySettings"),
]


# Options.


@pytest.mark.parametrize(("options", "error", "says"), INVALID, ids=lambda value: str(value)[:40])
def test_an_option_that_cannot_work_is_refused(options: dict[str, Any], error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        Idempotency(**options)
    with pytest.raises(error, match=says):
        idempotent(**options)


@pytest.mark.parametrize("name", ["key", "payload", "when_not_kept"])
def test_a_function_that_would_have_to_be_awaited_is_refused(name: str) -> None:
    async def later(order: Any) -> Any: ...

    with pytest.raises(TypeError, match=f"{name}=.* is an `async def` function, and is called without being awaited"):
        Idempotency(**{name: later})  # type: ignore[arg-type]


def test_an_option_that_does_not_exist_is_refused() -> None:
    with pytest.raises(TypeError, match="expires"):
        idempotent(expires=7)  # type: ignore[call-overload]


def test_it_is_immutable_and_compares_by_value() -> None:
    one = Idempotency("Orders", key="id")
    assert one == Idempotency("Orders", key="id")
    assert one != one.replace(key="number")
    with pytest.raises(AttributeError, match="use replace"):
        one.expiry = 7  # type: ignore[misc]
