"""What tells one call from another."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from functools import partial
from pathlib import PurePosixPath
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redrive import Idempotency, MissingKey, SqsMessage, idempotent
from redrive.idempotency.keys import compiled, hash_of, is_missing
from tests.support.runtime.idempotency.functions import Store, outside
from tests.support.runtime.sqs.queue import Context, VirtualTime

HERE = "tests.unit.runtime.idempotency.test_keys"


@pytest.fixture(autouse=True)
def seams(time: VirtualTime) -> Iterator[None]:
    with outside(time):
        yield


@pytest.fixture
def store() -> Store:
    return Store()


def sha256(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def charge(order: Any, amount: Any = 0) -> Any:
    return None


def handler(event: Any, context: Any) -> Any:
    return None


def keys_of(store: Store) -> list[str]:
    """The hashes of the keys that were claimed, in order."""
    return [key.rpartition("#")[2] for (key,) in store.named("claim")]


def claimed_by(function: Callable[..., Any], *args: Any, **options: Any) -> str:
    """The whole key of one call."""
    store = Store()
    idempotent(store=store, **options)(function)(*args)
    ((key,),) = store.named("claim")
    return key


# What a key is made of.


def test_a_key_is_the_names_of_the_functions_and_a_sha256(store: Store, context: Context) -> None:
    idempotent(store=store)(handler)({"id": 7}, context)
    assert list(store.records) == [f"orders-function.{HERE}.handler#{sha256({'id': 7})}"]


def test_the_lambda_functions_name_is_known_without_its_context(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "orders-function")
    idempotent(store=store)(handler)({"id": 7}, None)
    assert list(store.records) == [f"orders-function.{HERE}.handler#{sha256({'id': 7})}"]


def test_a_prefix_stands_before_the_names() -> None:
    assert claimed_by(charge, 7, key="order") == f"{HERE}.charge#{sha256(7)}"
    assert claimed_by(charge, 7, key="order", prefix="eu/") == f"eu/{HERE}.charge#{sha256(7)}"


def test_two_functions_with_the_same_arguments_have_keys_of_their_own(store: Store) -> None:
    options = Idempotency(store=store)

    def one(order: Any) -> str:
        return "one"

    def two(order: Any) -> str:
        return "two"

    first, second = idempotent(using=options)(one), idempotent(using=options)(two)
    assert [first(7), second(7), first(7), second(7)] == ["one", "two", "one", "two"]
    assert len(store.records) == 2


def test_two_functions_on_one_store_share_no_configuration(store: Store) -> None:
    """What one of them expects of its payload, and how long it remembers, is no matter of the other."""
    first = idempotent(store=store, key="id", payload="amount", expiry=10)(charge_one)
    second = idempotent(store=store, key="number", expiry=1000, cache=5)(charge_two)
    assert [first({"id": 1, "amount": 5}), second({"number": 1})] == ["one", "two"]
    one, two = store.records.values()
    assert one.validation is not None
    assert two.validation is None
    assert two.expiration - one.expiration == 990
    assert [first({"id": 1, "amount": 5}), second({"number": 1, "amount": 6})] == ["one", "two"]


def charge_one(order: Any) -> str:
    return "one"


def charge_two(order: Any) -> str:
    return "two"


def test_nested_calls_complete_their_own_keys(store: Store) -> None:
    during: list[list[str]] = []

    @idempotent(store=store, key="id")
    def inner(order: Any) -> str:
        during.append(store.statuses)
        return "inner"

    @idempotent(store=store, key="id")
    def outer(order: Any) -> str:
        result = inner({"id": 2})
        during.append(store.statuses)
        return f"outer {result}"

    assert outer({"id": 1}) == outer({"id": 1}) == "outer inner"
    assert during == [["INPROGRESS", "INPROGRESS"], ["INPROGRESS", "COMPLETED"]]
    assert [stored.data for stored in store.records.values()] == ['"outer inner"', '"inner"']


# Arguments.


@pytest.mark.parametrize("call", [lambda f: f(1, 2), lambda f: f(1, amount=2), lambda f: f(amount=2, order=1)])
def test_it_is_no_matter_how_arguments_are_given(store: Store, call: Callable[[Any], object]) -> None:
    call(idempotent(store=store)(charge))
    assert keys_of(store) == [sha256({"order": 1, "amount": 2})]


def test_a_default_is_an_argument(store: Store) -> None:
    decorated = idempotent(store=store)(charge)
    decorated(1)
    decorated(1, 0)
    decorated(1, 2)
    assert len(store.records) == 2


@pytest.mark.parametrize("name", ["context", "lambda_context", "ctx", "_context", "_"])
def test_the_context_is_no_part_of_the_key(store: Store, time: VirtualTime, name: str) -> None:
    """Whatever it is called, and whatever it is: it is another one at each delivery."""
    namespace: dict[str, Any] = {}
    exec(f"def handler(event, {name}): ...", namespace)
    decorated = idempotent(store=store)(namespace["handler"])
    decorated({"id": 1}, Context(time))
    decorated({"id": 1}, Context(time, aws_request_id="another"))
    if name != "_":
        decorated({"id": 1}, None)
    assert len({key.rpartition("#")[2] for key in store.records}) == 1


def test_the_context_is_no_part_of_the_key_of_a_function_that_takes_anything(store: Store, time: VirtualTime) -> None:
    """Such as another decorator that has forgotten what it decorates."""

    @idempotent(store=store)
    def wrapper(*args: Any, **kwargs: Any) -> None: ...

    wrapper({"id": 1}, Context(time))
    wrapper({"id": 1}, Context(time, aws_request_id="another"))
    wrapper({"id": 1}, context=Context(time, aws_request_id="a third"))
    assert len(store.records) == 1
    wrapper({"id": 2}, Context(time))
    wrapper({"id": 2}, Context(time), more=1)
    assert len(store.records) == 3


def test_a_key_function_of_a_function_that_takes_anything_is_called_as_that_is(store: Store) -> None:
    @idempotent(store=store, key=lambda order, amount: [order, amount])
    def wrapper(*args: Any) -> None: ...

    wrapper(1, 2)
    assert keys_of(store) == [sha256([1, 2])]


def test_a_path_does_not_see_self(store: Store) -> None:
    class Shop:
        @idempotent(store=store)
        def charge(self, order: Any) -> str:
            return "charged"

        @classmethod
        @idempotent(store=store)
        def refund(cls, order: Any) -> str:
            return cls.__name__

        @staticmethod
        @idempotent(store=store)
        def ship(order: Any) -> str:
            return "shipped"

    assert [Shop().charge({"id": 1}), Shop.refund({"id": 1}), Shop().ship({"id": 1})] == ["charged", "Shop", "shipped"]
    assert keys_of(store) == [sha256({"id": 1})] * 3
    assert [key.rpartition("#")[0].rpartition(".")[2] for key in store.records] == ["charge", "refund", "ship"]


@pytest.mark.parametrize("function", [partial(charge, amount=3), print], ids=["partial", "builtin"])
def test_what_has_no_name_or_no_python_code_can_be_decorated(store: Store, function: Any) -> None:
    decorated = idempotent(store=store, key=lambda *args: "one")(function)
    decorated(1)
    decorated(1)
    assert len(store.records) == 1


def test_objects_that_can_be_called_have_keys_by_their_class(store: Store) -> None:
    class Charge:
        def __call__(self, order: Any) -> str:
            return "charged"

    decorated = idempotent(store=store)(Charge())
    assert decorated(1) == decorated(1) == "charged"
    assert "Charge#" in next(iter(store.records))


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


@dataclass
class Line:
    sku: str


@dataclass
class Order:
    id: int
    lines: list[Line]


class Model:
    """What pydantic's models look like from outside."""

    def __init__(self, **fields: Any) -> None:
        self.fields = fields

    def model_dump(self, *, mode: str = "python") -> dict[str, Any]:
        return self.fields


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


# Values.


class Colour(Enum):
    RED = "red"


@pytest.mark.parametrize(
    ("value", "same"),
    [
        ({"b": 1, "a": 2}, {"a": 2, "b": 1}),
        (Decimal("1.50"), "1.50"),
        (UUID(int=7), str(UUID(int=7))),
        (PurePosixPath("/tmp/a"), "/tmp/a"),
        (date(2026, 11, 21), "2026-11-21"),
        (datetime(2026, 11, 21, 8, tzinfo=UTC), "2026-11-21T08:00:00+00:00"),
        (Colour.RED, "red"),
        (Order(7, [Line("a")]), {"id": 7, "lines": [{"sku": "a"}]}),
        (Model(id=7), {"id": 7}),
        ((1, 2), [1, 2]),
        ({"deep": [Decimal(1)]}, {"deep": ["1"]}),
    ],
)
def test_what_json_does_not_have_counts_as_what_it_says(value: Any, same: Any) -> None:
    assert hash_of(value) == hash_of(same) == sha256(same)


@given(st.sets(st.one_of(st.integers(), st.text())))
def test_sets_have_no_order(values: set[Any]) -> None:
    assert hash_of(values) == hash_of(frozenset(sorted(values, key=repr)))
    assert hash_of(values) != hash_of(values | {"one more that is not there"})


def test_bytes_can_be_a_key() -> None:
    assert hash_of(b"\x00\xff") == hash_of(bytearray(b"\x00\xff"))
    assert hash_of(b"\x00\xff") != hash_of(b"\x00\xfe")


@pytest.mark.parametrize("value", [object(), [object()], {"a": object()}, {(1, 2): 3}, lambda: None])
def test_what_nobody_can_compare_is_refused_and_nothing_runs(store: Store, value: Any) -> None:
    ran: list[object] = []
    decorated = idempotent(store=store)(ran.append)
    with pytest.raises(TypeError):
        decorated(value)
    assert (ran, store.calls) == ([], [])


def test_the_refusal_says_what_to_do() -> None:
    says = "of the type object cannot be part of an idempotency key or payload: .*give key= a path or a function"
    with pytest.raises(TypeError, match=says):
        hash_of([object()])


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.text(), children, max_size=3),
    max_leaves=8,
)


@given(_JSON, _JSON)
def test_equal_values_have_equal_hashes_and_others_do_not(one: Any, other: Any) -> None:
    assert (hash_of(one) == hash_of(other)) is (json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True))


@given(_JSON)
def test_what_is_missing_is_what_has_no_value_in_it(value: Any) -> None:
    if is_missing(value):
        assert not value or all(each is None for each in (value.values() if isinstance(value, dict) else value))
    else:
        assert value not in (None, "", [], {})


def test_a_record_of_a_source_is_never_the_key_as_a_whole(store: Store) -> None:
    """Its receipt handle and receive count are others at each delivery."""

    @idempotent(store=store)
    def handle(message: SqsMessage[Any]) -> None: ...

    with pytest.raises(TypeError, match=r"idempotency= of @sqs_handler"):
        handle(SqsMessage("1", "body"))
    assert store.calls == []
    picked = idempotent(store=store, key=lambda message: message.body)(lambda message: 1)
    assert [picked(SqsMessage("1", "body", receipt_handle=handle)) for handle in "ab"] == [1, 1]
    assert len(store.records) == 1


def test_compiling_a_path_needs_no_argument_twice() -> None:
    search = compiled("a.b")
    assert [search({"a": {"b": 1}}), search({"a": 1}), search(None), search([])] == [1, None, None, None]
