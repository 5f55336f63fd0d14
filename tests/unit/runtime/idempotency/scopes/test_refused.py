"""Functions that would answer for one another are refused at decoration."""

from __future__ import annotations

from functools import lru_cache, partial, wraps
from typing import Any
from unittest.mock import Mock

import pytest

from redrive import Idempotency, MemoryStore, idempotent, kinesis_handler, sqs_handler
from redrive.idempotency import scope
from tests.support.runtime.idempotency.scopes import (
    REFUSED,
    Counting,
    Frozen,
    Service,
    Slotted,
    process,
    product,
    wrapping,
)


@pytest.mark.parametrize(
    "function",
    [Service("a").process, Service("a"), Counting("a").process, Counting("a"), Slotted("a").process,
     partial(process, Service("a")), partial(process, Mock())],
)  # fmt: skip
def test_bound_objects_that_are_no_values_need_a_key(store: MemoryStore, function: Any) -> None:
    with pytest.raises(TypeError, match="give key= what identifies a call"):
        idempotent(store=store)(function)
    idempotent(store=store, key=lambda order: order)(function)


def lambdas() -> list[Any]:
    return [lambda order: "order", lambda order: "refund"]


def with_defaults() -> list[Any]:
    return [lambda order, kind=kind: kind for kind in ("order", "refund")]


def with_keyword_defaults() -> list[Any]:
    return [lambda order, *, kind=kind: kind for kind in ("order", "refund")]


def decorated_alike() -> list[Any]:
    def logged(function: Any) -> Any:
        def call(order: Any) -> Any:
            return function(order)

        return call

    return [logged(lambda order: "order"), logged(process)]


def wrapped_differently() -> list[Any]:
    def priced(currency: str) -> Any:
        @wraps(process)
        def call(order: Any) -> Any:
            return currency

        return call

    return [priced("EUR"), priced("USD")]


def of_one_name() -> list[Any]:
    namespaces: list[dict[str, Any]] = [{}, {}]
    for kind, namespace in zip(("order", "refund"), namespaces, strict=True):
        exec(f"def made(order): return {kind!r}", globals(), namespace)
    return [namespace["made"] for namespace in namespaces]


def with_lists() -> list[Any]:
    def made(ran: list[Any]) -> Any:
        def call(order: Any) -> None:
            ran.append(order)

        return call

    return [made([]), made([])]


def with_handlers_in_them() -> list[Any]:
    def made(gateway: Any) -> Any:
        @idempotent(store=MemoryStore(), key="id")
        def pay(order: Any) -> Any:
            return gateway

        def call(order: Any) -> Any:
            return pay(order)

        return call

    return [made(Service("a")), made(Service("a"))]


DIFFERENT = [
    lambdas(),
    with_defaults(),
    with_keyword_defaults(),
    decorated_alike(),
    wrapped_differently(),
    of_one_name(),
    with_lists(),
    with_handlers_in_them(),
    [Service("a").process, Service("a").process],
    [partial(process, [1]), partial(process, [1])],
    [product("order"), product("refund")],
    [product(Mock()), product(Mock())],
    [product(Service("a")), product(Service("b"))],
    [Service("a").process, Service("b").process],
    [Service("a"), Service("b")],
    [Counting("a").process, Counting("b").process],
    [Slotted("a").process, Slotted("b").process],
    [partial(process, Mock()), partial(process, Mock())],
    [partial(product("order")), partial(product("refund"))],
    [wrapping(process), process],
    [lambda order: Service("a").process(order), Service("a").process],
]


@pytest.mark.parametrize("decorate", [sqs_handler, kinesis_handler, idempotent], ids=lambda each: each.__name__)
@pytest.mark.parametrize("functions", DIFFERENT[:-1])
def test_another_function_of_the_same_name_is_refused(store: MemoryStore, functions: list[Any], decorate: Any) -> None:
    def decorated(function: Any, **options: Any) -> Any:
        options = {"store": store, "key": "id", **options}
        return (
            decorate(**options)(function)
            if decorate is idempotent
            else decorate(idempotency=Idempotency(**options))(function)
        )

    one, other = functions
    decorated(one)
    with pytest.raises(ValueError, match=REFUSED + r".*give each its own prefix="):
        decorated(other)
    decorated(one)
    decorated(other, prefix="other/")


def test_functions_of_different_names_are_not_refused(store: MemoryStore) -> None:
    for function in DIFFERENT[-1]:
        idempotent(store=store, key="id")(function)


def test_functions_without_a_store_of_their_own_are_told_apart_in_the_whole_process() -> None:
    sqs_handler(idempotency=Idempotency("Orders"))(product("order"))
    with pytest.raises(ValueError, match=REFUSED):
        kinesis_handler(idempotency=Idempotency("Refunds"))(product("refund"))


def test_a_function_decorated_within_another_is_the_same_each_time(store: MemoryStore) -> None:
    def handle(order: Any) -> Any:
        seen: list[Any] = []

        @idempotent(store=store, key="order")
        def charge(order: Any, again: bool = False) -> Any:
            seen.append(order)
            return charge(order) if again else "charged"

        return charge(order), seen

    assert [handle(7), handle(7), handle(8)] == [("charged", [7]), ("charged", []), ("charged", [8])]


def test_a_function_that_is_gone_is_no_other(store: MemoryStore) -> None:
    def charge(gateway: Any, order: Any) -> Any:
        @idempotent(store=store, key="order.id")
        def again(order: Any, left: int = 1) -> Any:
            return gateway.name if not left else again({"id": order["id"] + 100}, left - 1)

        return again(order)

    assert [charge(Service(name), {"id": id}) for name, id in (("a", 1), ("b", 1), ("c", 2))] == ["a", "a", "c"]


def test_no_memory_is_collected_for_functions_that_are_gone_anyway(
    store: MemoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A collection takes many milliseconds where much is loaded."""
    collected: list[None] = []
    monkeypatch.setattr(scope, "collect", lambda: collected.append(None))

    def charge(order: Any) -> Any:
        client = Service("a")
        return idempotent(store=store, key="@")(lambda order: client.name)(order)

    assert [charge(7), charge(7), charge(8)] == ["a"] * 3
    assert collected == []


def test_captured_objects_may_be_as_odd_as_they_like(store: MemoryStore) -> None:
    class Odd:
        def _raise(self, *arguments: Any) -> Any:
            raise RuntimeError("not for you")

        __class__ = property(_raise)  # type: ignore[assignment]
        __getattr__ = __hash__ = __eq__ = __bool__ = __repr__ = _raise  # type: ignore[assignment]

    def made(odd: Any) -> Any:
        def call(order: Any) -> str:
            return "done" if odd is not None else "nothing"

        return call

    functions = [made(Odd()), made(Odd())]
    assert idempotent(store=store, key="@")(functions[0])(7) == "done"
    with pytest.raises(ValueError, match=REFUSED):
        idempotent(store=store, key="@")(functions[1])


@pytest.mark.parametrize("kinds", [("order", "refund"), (1, 2), (Frozen("a"), Frozen("b")), (None, False)])
def test_values_tell_functions_apart_even_if_one_is_gone(store: MemoryStore, kinds: tuple[Any, Any]) -> None:
    one, other = kinds
    assert idempotent(store=store)(product(one))(7) == [str(one), 7]
    with pytest.raises(ValueError, match=REFUSED):
        idempotent(store=store)(product(other))


def test_functions_that_are_not_written_in_python_are_told_apart(store: MemoryStore) -> None:
    def cached(kind: str) -> Any:
        @lru_cache
        def process(order: Any) -> str:
            return kind

        return process

    order = cached("order")
    assert idempotent(store=store)(order)(7) == "order"
    assert idempotent(store=store)(order)(7) == "order"
    with pytest.raises(ValueError, match=REFUSED):
        idempotent(store=store)(cached("refund"))
