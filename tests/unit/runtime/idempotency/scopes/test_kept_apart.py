"""No function answers for another one: what tells their keys apart."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest

from redrive import Idempotency, MemoryStore, async_handler, idempotent, sqs_handler
from redrive.idempotency.scope import scope_of
from tests.support.runtime.idempotency.scopes import (
    Counting,
    Frozen,
    Pair,
    Service,
    Slotted,
    process,
    product,
    wrapping,
)
from tests.support.runtime.sqs.queue import event, record


@pytest.mark.parametrize("key", [None, "@", lambda *order: order[0]], ids=["default", "path", "function"])
@pytest.mark.parametrize(
    ("one", "other"),
    [
        (partial(process, "order"), partial(process, "refund")),
        (partial(process, 1), partial(process, "1")),
        (partial(process, ["a"]), partial(process, ["b"])),
        (partial(partial(process), kind="order"), partial(process, kind="refund")),
        (partial(process, Frozen("a")), partial(process, Frozen("b"))),
        (partial(Frozen("a").process), partial(Frozen("b").process)),
        (Frozen("a").process, Frozen("b").process),
        (Frozen("a"), Frozen("b")),
        (Pair("a").process, Pair("b").process),
        (partial(process, product), partial(process, process)),
    ],
)
def test_what_is_bound_tells_functions_apart(store: MemoryStore, one: Any, other: Any, key: Any) -> None:
    if isinstance(one, partial) and one.keywords and key is not None:
        key = "order"
    options = Idempotency(store=store, key=key)
    first, second = idempotent(using=options)(one), idempotent(using=options)(other)
    if isinstance(one, partial) and one.keywords:
        results = [decorated(order=7) for decorated in (first, second, first, second)]
        assert [one(order=7), other(order=7)] * 2 == results
    else:
        results = [decorated(7) for decorated in (first, second, first, second)]
        expected = [list(each) if isinstance(each, tuple) else each for each in (one(7), other(7))]
        assert results == expected * 2
    assert len(store.records) == 2


def test_equal_functions_share_their_keys(store: MemoryStore) -> None:
    """Such as those of two cold starts."""
    for function in (partial(process, "order"), partial(process, "order"), Frozen("a").process, Frozen("a").process):
        assert idempotent(store=store)(function)(7)
    assert len(store.records) == 2


def test_scopes_are_the_same_in_each_process() -> None:
    functions = (
        "[partial(process, 'order', more={1, 2}), Frozen('a').process, Frozen('a'), Service('a').process, "
        "partial(process, Service('a')), partial(process, lambda: 1), partial(process, print), product('a')]"
    )
    code = f"""
import json
from functools import partial
from redrive.idempotency.scope import scope_of
from {product.__module__} import *
print(json.dumps([scope_of(each) for each in {functions}]))
"""
    runs = {
        subprocess.run(
            [sys.executable, "-c", code], env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path)},
            check=True, capture_output=True, text=True,
        ).stdout
        for seed in ("1", "2")
    }  # fmt: skip
    (scopes,) = map(json.loads, runs)
    assert all("0x" not in scope for scope in scopes)
    assert scopes[-1] == f"{product.__module__}.product.<locals>.made"


def test_subclasses_have_keys_of_their_own(store: MemoryStore) -> None:
    class Base:
        @idempotent(store=store, key="id")
        def process(self, order: Any) -> str:
            return type(self).__name__

        @classmethod
        @idempotent(store=store)
        def refund(cls, order: Any) -> str:
            return cls.__name__

    class Orders(Base): ...

    class Refunds(Base): ...

    assert [kind().process({"id": 7}) for kind in (Base, Orders, Refunds) * 2] == ["Base", "Orders", "Refunds"] * 2
    assert [kind.refund(7) for kind in (Base, Orders, Refunds) * 2] == ["Base", "Orders", "Refunds"] * 2


def test_self_is_an_argument_like_others_if_it_is_a_value(store: MemoryStore) -> None:
    @dataclass(frozen=True)
    class Shop:
        name: str

        @idempotent(store=store)
        def by_default(self, order: Any) -> str:
            return self.name

        @idempotent(store=store, key="id")
        def by_path(self, order: Any) -> str:
            return self.name

    for name in "abab":
        assert [Shop(name).by_default({"id": 7}), Shop(name).by_path({"id": 7})] == [name, name]
    assert len(store.records) == 4


@pytest.mark.parametrize("base", [Service, Counting, Slotted])
def test_a_self_that_is_no_value_needs_a_key(store: MemoryStore, base: Any) -> None:
    class Shop(base):  # type: ignore[misc]
        @idempotent(store=store)
        def by_default(self, order: Any) -> str:
            return self.name

        @idempotent(store=store, key=lambda self, order: [self.name, order["id"]])
        def by_function(self, order: Any) -> str:
            return self.name

        @idempotent(store=store, key="id")
        def by_path(self, order: Any) -> str:
            return self.name

    with pytest.raises(TypeError, match=r"object of the type Shop, .*give key= what identifies a call"):
        Shop("a").by_default({"id": 7})
    assert not store.records
    assert [Shop(name).by_function({"id": 7}) for name in "abab"] == ["a", "b", "a", "b"]
    shop = Shop("a")
    assert [shop.by_path({"id": 7}), shop.by_path({"id": 7})] == ["a", "a"]
    assert len(store.records) == 3


def test_functions_in_the_same_wrapper_have_keys_of_their_own(store: MemoryStore) -> None:
    def ship(order: Any) -> str:
        return "shipped"

    def pay(order: Any) -> str:
        return "paid"

    one, other = (idempotent(store=store, key="id")(wrapping(each)) for each in (ship, pay))
    assert [one({"id": 7}), other({"id": 7})] * 2 == ["shipped", "paid"] * 2
    assert len(store.records) == 2


def test_static_methods_have_keys_by_their_names(store: MemoryStore) -> None:
    class Shop:
        @staticmethod
        @idempotent(store=store, key="id")
        def ship(order: Any) -> str:
            return "shipped"

        @idempotent(store=store, key="id")
        @staticmethod
        def pay(order: Any) -> str:
            return "paid"

    class Branch(Shop): ...

    order = {"id": 7}
    assert [Shop.ship(order), Shop().ship(order), Branch.ship(order), Shop.pay(order)] == ["shipped"] * 3 + ["paid"]
    assert len(store.records) == 2
    assert idempotent(store=store, key="id", prefix="again/")(Shop.ship)(order) == "shipped"


def test_two_handlers_with_the_same_key_each_do_their_work(store: MemoryStore) -> None:
    ran: list[str] = []
    options = Idempotency(store=store, key="id")

    @sqs_handler(idempotency=options)
    def orders(message: Any) -> None:
        ran.append("order")

    @sqs_handler(idempotency=options)
    def refunds(message: Any) -> None:
        ran.append("refund")

    @async_handler(idempotency=options)
    def events(event: Any, attempt: Any) -> None:
        ran.append("event")

    for _ in range(2):
        for handler in (orders, refunds):
            handler(event(record("1", '{"id": 7}')))
        events({"id": 7})
    assert ran == ["order", "refund", "event"]
    assert scope_of(orders.function) in next(iter(store.records))


def test_like_powertools_functions_are_told_apart_by_name_alone(store: MemoryStore) -> None:
    options: Any = {"store": store, "like_powertools": True}
    for kind in ("order", "refund"):
        assert idempotent(**options)(product(kind))(7) == ["order", 7]
        assert idempotent(**options)(Service(kind).process)(7) == "order"
