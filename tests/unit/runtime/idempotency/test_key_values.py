"""Values that can be part of a key, and values that are equal."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from pathlib import PurePosixPath
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redrive import SqsMessage, idempotent
from redrive.idempotency.hashes import hash_of
from redrive.idempotency.missing import is_missing
from redrive.idempotency.paths import compiled
from tests.support.runtime.idempotency.functions import Store
from tests.support.runtime.idempotency.keys import Line, Model, Order, sha256

pytestmark = pytest.mark.usefixtures("seams")


pytestmark = pytest.mark.usefixtures("seams")


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


@pytest.mark.parametrize("value", [object(), [object()], {"a": object()}, {7: object()}, lambda: None])
def test_values_that_cannot_be_compared_are_refused_and_nothing_runs(store: Store, value: Any) -> None:
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
