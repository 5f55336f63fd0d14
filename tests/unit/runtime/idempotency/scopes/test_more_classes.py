"""Arguments of different classes are different, although their members are equal."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from functools import partial
from typing import Any

import pytest

from redrive import idempotent
from redrive.idempotency.scope import scope_of
from tests.support.runtime.idempotency.functions import Store
from tests.support.runtime.idempotency.keys import Model

pytestmark = pytest.mark.usefixtures("seams")


@dataclass(frozen=True)
class Order:
    id: int


@dataclass(frozen=True)
class Refund:
    id: int


@dataclass(frozen=True)
class Job:
    of: object


class OrderModel(Model): ...


class RefundModel(Model): ...


class Orders(Enum):
    NEXT = 7


class Refunds(Enum):
    NEXT = 7


PAIRS: dict[str, tuple[Any, Any]] = {
    "dataclasses": (Order(7), Refund(7)),
    "models": (OrderModel(id=7), RefundModel(id=7)),
    "enumerations": (Orders.NEXT, Refunds.NEXT),
    "in a list": ([Order(7)], [Refund(7)]),
    "in an object": ({"of": Orders.NEXT}, {"of": Refunds.NEXT}),
    "in a dataclass": (Job(Order(7)), Job(Refund(7))),
}


@pytest.mark.parametrize(("one", "other"), PAIRS.values(), ids=PAIRS)
def test_arguments_of_different_classes_do_not_answer_for_each_other(store: Store, one: Any, other: Any) -> None:
    ran: list[object] = []
    process: Callable[[Any], None] = idempotent(store=store)(ran.append)
    for argument in (one, other, one, other):
        process(argument)
    assert ran == [one, other]


def test_bound_arguments_of_different_classes_have_scopes_of_their_own() -> None:
    def process(job: Job, event: object) -> None: ...

    assert scope_of(partial(process, Job(Order(7)))) != scope_of(partial(process, Job(Refund(7))))
    assert scope_of(partial(process, Job(Order(7)))) == scope_of(partial(process, Job(Order(7))))


def test_a_key_that_is_chosen_counts_as_it_is(store: Store) -> None:
    ran: list[object] = []
    process = idempotent(store=store, key="id")(ran.append)
    process(Order(7))
    process(Refund(7))
    assert ran == [Order(7)]
