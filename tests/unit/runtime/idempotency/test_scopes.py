"""No function answers for another one: what tells their keys apart, and which functions are refused."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache, partial, wraps
from pathlib import Path
from typing import Any, NamedTuple
from unittest.mock import Mock

import pytest

from redrive import Idempotency, MemoryStore, async_handler, idempotent, kinesis_handler, sqs_handler
from redrive.idempotency.scope import scope_of
from tests.support.runtime.idempotency.functions import outside
from tests.support.runtime.sqs.queue import VirtualTime, event, record

REFUSED = "would have the same idempotency keys as another function"


@pytest.fixture(autouse=True)
def seams(time: VirtualTime) -> Iterator[None]:
    with outside(time):
        yield


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


def process(kind: Any, order: Any) -> Any:
    return [str(kind), order]


@dataclass(frozen=True)
class Frozen:
    name: str

    def process(self, order: Any) -> str:
        return self.name

    def __call__(self, order: Any) -> str:
        return self.name


class Pair(NamedTuple):
    name: str

    def process(self, order: Any) -> str:
        return self.name


class Service:
    """Has state, and nothing says which others equal it."""

    def __init__(self, name: str) -> None:
        self.name = name

    def process(self, order: Any) -> str:
        return self.name

    def __call__(self, order: Any) -> str:
        return self.name


@dataclass
class Counting:
    """Changes with each call, so it is no value."""

    name: str
    done: int = 0

    def process(self, order: Any) -> str:
        self.done += 1
        return self.name

    def __call__(self, order: Any) -> str:
        return self.name


class Slotted:
    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def process(self, order: Any) -> str:
        return self.name


def product(kind: Any) -> Callable[[Any], Any]:
    def made(order: Any) -> Any:
        return [str(kind), order]

    return made


# Kept apart.


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
    code = f"import json\nfrom {__name__} import *\nprint(json.dumps([scope_of(each) for each in {functions}]))"
    runs = {
        subprocess.run(
            [sys.executable, "-c", code], env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path)},
            check=True, capture_output=True, text=True,
        ).stdout
        for seed in ("1", "2")
    }  # fmt: skip
    (scopes,) = map(json.loads, runs)
    assert all("0x" not in scope for scope in scopes)
    assert scopes[-1] == f"{__name__}.product.<locals>.made"


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


# Refused at decoration.


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


@pytest.mark.parametrize("kinds", [("order", "refund"), (1, 2), (Frozen("a"), Frozen("b")), (None, False)])
def test_values_tell_functions_apart_even_if_one_is_gone(store: MemoryStore, kinds: tuple[Any, Any]) -> None:
    one, other = kinds
    assert idempotent(store=store)(product(one))(7) == [str(one), 7]
    with pytest.raises(ValueError, match=REFUSED):
        idempotent(store=store)(product(other))


def test_like_powertools_functions_are_told_apart_by_name_alone(store: MemoryStore) -> None:
    options: Any = {"store": store, "like_powertools": True}
    for kind in ("order", "refund"):
        assert idempotent(**options)(product(kind))(7) == ["order", 7]
        assert idempotent(**options)(Service(kind).process)(7) == "order"


# Modules that are executed again.

MODULE = """
from redrive import Idempotency, idempotent, sqs_handler
from redrive.idempotency.stores import MemoryStore
import library

@sqs_handler(idempotency=Idempotency(key="id"))
def handle(message): return VERSION

charge = idempotent(key="id")(lambda order: VERSION)
made = idempotent(key="id")(library.make(object()))
bound = idempotent(key="id")(library.Service("a").process)
"""
LIBRARY = """
class Service:
    def __init__(self, name): self.name = name
    def process(self, order): return self.name

def make(client):
    def made(order): return client
    return made
"""


@pytest.fixture
def modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    (tmp_path / "library.py").write_text(LIBRARY)
    (tmp_path / "orders_app.py").write_text("VERSION = 1\n" + MODULE)
    (tmp_path / "refunds_app.py").write_text("VERSION = 1\n" + MODULE)
    importlib.invalidate_caches()
    yield tmp_path
    for name in ("library", "orders_app", "refunds_app"):
        sys.modules.pop(name, None)


def test_a_module_can_be_reloaded(modules: Path) -> None:
    app = importlib.import_module("orders_app")
    importlib.reload(app)
    (modules / "orders_app.py").write_text("# edited\nVERSION = 22\n" + MODULE)
    importlib.reload(app)
    importlib.reload(importlib.import_module("library"))
    importlib.reload(app)


def test_a_module_can_be_imported_anew(modules: Path) -> None:
    for _ in range(2):
        importlib.import_module("orders_app")
        del sys.modules["orders_app"]


def test_another_module_is_no_reload(modules: Path) -> None:
    importlib.import_module("orders_app")
    with pytest.raises(ValueError, match=REFUSED):
        importlib.import_module("refunds_app")


def test_at_a_prompt_functions_can_be_defined_again(monkeypatch: pytest.MonkeyPatch, store: MemoryStore) -> None:
    monkeypatch.setattr(sys, "ps1", ">>> ", raising=False)
    for function in lambdas():
        idempotent(store=store)(function)


# Handlers of sources.


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
