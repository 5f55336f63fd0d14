"""Parts of a key: the names of the functions, and a hash of the arguments."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from redrive import Idempotency, idempotent
from tests.support.runtime.idempotency.functions import Store
from tests.support.runtime.idempotency.keys import keys_of, sha256
from tests.support.runtime.sqs.queue import Context, VirtualTime

pytestmark = pytest.mark.usefixtures("seams")


pytestmark = pytest.mark.usefixtures("seams")
HERE = "tests.unit.runtime.idempotency.test_keys"


def charge(order: Any, amount: Any = 0) -> Any:
    return None


def handler(event: Any, context: Any) -> Any:
    return None


def claimed_by(function: Callable[..., Any], *args: Any, **options: Any) -> str:
    """The whole key of one call."""
    store = Store()
    idempotent(store=store, **options)(function)(*args)
    ((key,),) = store.named("claim")
    return key


# Parts of a key.


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
    """The payload that one function checks, and the time that it remembers, do not affect the other."""
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
    """Its name and type do not matter: it differs at each delivery."""
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


def test_an_object_without_a_state_is_no_part_of_the_key(store: Store) -> None:
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
