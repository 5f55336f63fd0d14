"""A path or a function as the key, and what happens where it finds none."""

from __future__ import annotations

from typing import Any

import pytest

from redrive import MissingKey, idempotent
from tests.support.runtime.idempotency.functions import Store
from tests.support.runtime.idempotency.keys import Line, Model, Order, keys_of, sha256
from tests.support.runtime.sqs.queue import Context

pytestmark = pytest.mark.usefixtures("seams")


pytestmark = pytest.mark.usefixtures("seams")


def charge(order: Any, amount: Any = 0) -> Any:
    return None


def handler(event: Any, context: Any) -> Any:
    return None


# Paths.


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("id", 7),
        ("lines[0].sku", "a"),
        ("[customer, id]", ["c", 7]),
        ("{a: id, b: customer}", {"a": 7, "b": "c"}),
        ("powertools_json(body).n", 1),
        ("powertools_base64(encoded)", "é"),
        ("length(lines)", 1),
    ],
)
def test_a_path_is_looked_up_in_the_only_argument(store: Store, context: Context, path: str, value: object) -> None:
    event = {"id": 7, "customer": "c", "lines": [{"sku": "a"}], "body": '{"n": 1}', "encoded": "w6k="}
    idempotent(store=store, key=path)(handler)(event, context)
    assert keys_of(store) == [sha256(value)]


def test_a_path_is_looked_up_in_all_arguments_by_name(store: Store) -> None:
    idempotent(store=store, key="[order.id, amount]")(charge)({"id": 7}, 2)
    assert keys_of(store) == [sha256([7, 2])]


@pytest.mark.parametrize(
    "order", [Order(7, [Line("a")]), Model(id=7, lines=[Line("a")]), Model(id=7, lines=[{"sku": "a"}])]
)
def test_a_path_leads_through_dataclasses_and_models(store: Store, order: Any) -> None:
    idempotent(store=store, key="[order.id, order.lines[0].sku]")(charge)(order, 1)

    @idempotent(store=store, key="lines[*].sku")
    def one(order: Any) -> None: ...

    one(order)
    assert keys_of(store) == [sha256([7, "a"]), sha256(["a"])]


def test_a_path_passes_by_what_has_no_place_in_a_key(store: Store) -> None:
    idempotent(store=store, key="order.id")(charge)({"id": 7, "file": object()}, object())
    assert keys_of(store) == [sha256(7)]


@pytest.mark.parametrize("option", ["key", "payload"])
@pytest.mark.parametrize("path", ["order.", "", "nothing("])
def test_a_path_that_is_none_is_refused_at_once(option: str, path: str) -> None:
    with pytest.raises(ValueError, match=r"(?s)is no JMESPath expression: .*give one such as 'order.id'"):
        idempotent(**{option: path})(charge)  # type: ignore[arg-type]


# Functions as keys.


def test_a_function_as_the_key_is_called_with_the_arguments_but_for_the_context(store: Store, context: Context) -> None:
    seen: list[Any] = []

    def key(*args: Any) -> str:
        seen.append(args)
        return "key"

    idempotent(store=store, key=key)(handler)({"id": 7}, context)
    idempotent(store=store, key=key)(charge)(1, amount=2)
    assert seen == [({"id": 7},), (1, 2)]
    assert keys_of(store) == [sha256("key")] * 2


def test_an_error_of_the_key_is_raised_and_nothing_runs(store: Store) -> None:
    def key(order: Any) -> str:
        return order["id"]

    ran: list[object] = []
    decorated = idempotent(store=store, key=key)(ran.append)
    with pytest.raises(KeyError, match="id"):
        decorated({})
    assert (ran, store.calls) == ([], [])


# Keys that are missing.


@pytest.mark.parametrize("event", [{}, {"id": None}, {"id": ""}, {"id": []}, {"id": {}}, {"id": [None, None]}, None])
def test_a_missing_key_fails_for_good(store: Store, context: Context, event: Any) -> None:
    ran: list[object] = []

    @idempotent(store=store, key="id")
    def handler(event: Any, context: Any) -> None:
        ran.append(event)

    with pytest.raises(MissingKey, match=r"idempotency key 'id' has no value; give it one, or missing_key='run'"):
        handler(event, context)
    assert (ran, store.calls) == ([], [])


@pytest.mark.parametrize("event", [{}, {"id": None}, None])
def test_without_a_key_the_function_can_run_each_time(store: Store, context: Context, event: Any) -> None:
    ran: list[object] = []

    @idempotent(store=store, key="id", missing_key="run")
    def handler(event: Any, context: Any) -> int:
        ran.append(event)
        if len(ran) == 3:
            raise OSError("disk full")
        return len(ran)

    assert [handler(event, context), handler(event, context)] == [1, 2]
    with pytest.raises(OSError, match="disk full"):
        handler(event, context)
    assert store.calls == []


@pytest.mark.parametrize("value", [0, False, 0.0, [0], {"a": False}, " "])
def test_what_is_false_is_no_missing_key(store: Store, value: Any) -> None:
    idempotent(store=store, key="order")(charge)(value)
    assert keys_of(store) == [sha256(value)]


def test_a_function_without_arguments_needs_a_key(store: Store) -> None:
    with pytest.raises(MissingKey):
        idempotent(store=store)(lambda: None)()
    assert idempotent(store=store, key=lambda: "today", prefix="daily")(lambda: 1)() == 1
