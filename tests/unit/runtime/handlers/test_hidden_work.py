"""Work that is undone inside of records and objects, in callables of the standard library, or in lazy iterables."""

from __future__ import annotations

import operator
import warnings
from collections import UserDict, UserList
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import lru_cache, partial
from types import SimpleNamespace
from typing import Any, ClassVar, NamedTuple
from unittest.mock import MagicMock, Mock

import boto3
import pytest
from botocore.paginate import PageIterator

from redrive import CircuitBreaker, LocalCircuits, MemoryStore, Permanent, async_handler, idempotent, sqs_handler
from redrive.testing import returned_ids, sqs_event

Function = Callable[[], Any]


async def charge() -> None: ...


def rows() -> Iterator[int]:
    yield 7


@dataclass
class Charged:
    order: int
    payment: Any
    notify: Callable[[], Any] | None = None
    kind: type = field(default=dict)


@dataclass(slots=True, frozen=True)
class Slotted:
    payment: Any


class Plain:
    def __init__(self, payment: Any) -> None:
        self.payment = payment
        self.notify = print


class WithSlots:
    __slots__ = ("payment", "unset")

    def __init__(self, payment: Any) -> None:
        self.payment = payment


class Inherited(Plain): ...


class WithFields:
    """A record of pydantic or attrs, as far as it can be told."""

    __pydantic_fields__: ClassVar[dict[str, Any]] = {"payment": None}

    def __init__(self, payment: Any) -> None:
        self.payment = payment

    def __iter__(self) -> Iterator[Any]:
        yield from self.__dict__.items()


class Pair(NamedTuple):
    order: int
    payment: Any


class Pages:
    def __init__(self, client: Any) -> None:
        self._client = client

    def __iter__(self) -> Iterator[Any]:
        yield from self._client.pages()


class AsyncPages:
    async def __aiter__(self) -> AsyncIterator[Any]:
        yield 7


class Point:
    def __init__(self) -> None:
        self.x, self.y = 1, 2

    def __iter__(self) -> Iterator[int]:
        yield from (self.x, self.y)


class Basket:
    def __len__(self) -> int:
        return 0

    def __iter__(self) -> Iterator[int]:
        return iter(())


def paginated() -> Any:
    client = boto3.client("s3", region_name="eu-west-1", aws_access_key_id="a", aws_secret_access_key="b")
    return client.get_paginator("list_objects_v2").paginate(Bucket="orders")


def collection() -> Any:
    resource: Any = boto3.resource("s3", region_name="eu-west-1", aws_access_key_id="a", aws_secret_access_key="b")
    return resource.Bucket("orders").objects.filter(Prefix="7/")


def collections() -> Any:
    resource: Any = boto3.resource("s3", region_name="eu-west-1", aws_access_key_id="a", aws_secret_access_key="b")
    return resource.buckets


UNDONE: dict[str, Function] = {
    "dataclass with a coroutine": lambda: Charged(7, charge()),
    "dataclass with a generator": lambda: Charged(7, rows()),
    "dataclass with a future": lambda: Charged(7, Future()),
    "dataclass with an error": lambda: Charged(7, Permanent("declined")),
    "dataclass with slots": lambda: Slotted(charge()),
    "dataclass in a dataclass": lambda: Charged(7, Slotted(Charged(8, [charge()]))),
    "list of dataclasses": lambda: [Charged(7, None), Charged(8, charge())],
    "dict with dataclasses": lambda: {"charged": [{"order": Charged(7, {"of": charge()})}]},
    "named tuple of dataclasses": lambda: Pair(7, Charged(7, charge())),
    "namespace": lambda: SimpleNamespace(order=7, payment=charge()),
    "model": lambda: WithFields([charge()]),
    "object": lambda: Plain(charge()),
    "object with slots": lambda: WithSlots(charge()),
    "object of a subclass": lambda: Inherited(charge()),
    "objects in a list": lambda: [Plain(7), Plain(charge())],
    "user's dict": lambda: UserDict({7: charge()}),
    "user's list": lambda: UserList([charge()]),
    "methodcaller": lambda: operator.methodcaller("charge"),
    "itemgetter": lambda: operator.itemgetter("charge"),
    "attrgetter in a list": lambda: [operator.attrgetter("charge")],
    "partial": lambda: {"later": partial(charge)},
    "cached function": lambda: lru_cache(charge),
    "method of a type": lambda: str.upper,
    "method of a value": lambda: "a".__add__,
    "pages of boto3": paginated,
    "collection of boto3": collection,
    "collections of boto3": collections,
    "pages in a dict": lambda: {"pages": paginated()},
    "object that can only be iterated over": lambda: Pages(Mock()),
    "object that can only be iterated over with async for": AsyncPages,
}
DONE: dict[str, Function] = {
    "dataclass": lambda: Charged(7, [None, "paid", 3.5], notify=print),
    "dataclass with slots": lambda: Slotted({"a": 1}),
    "dataclass with a list of types": lambda: Charged(7, None, kind=ValueError),
    "object": lambda: Plain([rows]),
    "object with slots": lambda: WithSlots(None),
    "model that can be iterated over": lambda: WithFields(7),
    "point": Point,
    "basket": Basket,
    "mock": MagicMock,
    "mocks": lambda: [Mock(), MagicMock()],
    "class": lambda: dict,
    "range": lambda: range(3),
    "object itself": object,
}


def plain(function: Function) -> Callable[..., Any]:
    def call(*arguments: Any) -> Any:
        return function()

    return call


def in_sqs(function: Function) -> bool:
    return not returned_ids(sqs_handler(plain(function))(sqs_event("7")))


def in_async_handler(function: Function) -> bool:
    return succeeds(lambda: async_handler(plain(function))({"order": 7}))


def in_circuit(function: Function) -> bool:
    return succeeds(CircuitBreaker("payments", store=LocalCircuits())(plain(function)))


def succeeds(call: Function) -> bool:
    try:
        call()
    except TypeError:
        return False
    return True


PLACES: list[Callable[[Function], bool]] = [in_sqs, in_async_handler, in_circuit]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("result", UNDONE.values(), ids=UNDONE)
def test_hidden_work_is_a_failure(place: Callable[[Function], bool], result: Function) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # no coroutine is left that was never awaited
        assert not place(result)


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("result", DONE.values(), ids=DONE)
def test_records_and_objects_are_a_success(place: Callable[[Function], bool], result: Function) -> None:
    assert place(result)


def test_a_record_with_a_coroutine_is_not_remembered_as_done() -> None:
    store = MemoryStore()
    with pytest.raises(TypeError, match="Charged with coroutine, which nothing awaits"):
        idempotent(store=store)(lambda order: Charged(order, charge()))(7)
    assert not store.records


def test_the_names_of_boto3s_classes_are_right() -> None:
    from boto3.resources.collection import CollectionManager, ResourceCollection

    from redrive.core.results import LAZY

    assert {(each.__module__, each.__name__) for each in (PageIterator, CollectionManager, ResourceCollection)} == LAZY


def test_a_method_called_by_name_that_is_lazy_is_a_failure() -> None:
    class Order:
        def lines(self) -> Iterator[int]:
            yield 7

        async def charge(self) -> None:
            raise ValueError("declined")

    for caller in (operator.methodcaller("lines"), operator.methodcaller("charge")):
        handler = sqs_handler(parse=lambda _: Order())(caller)
        assert len(returned_ids(handler(sqs_event("7")))) == 1
