"""Values of which JSON makes the same text are not the same call."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from itertools import combinations
from pathlib import PurePosixPath
from typing import Any
from uuid import UUID

import pytest

from redrive import Idempotency, MemoryStore, MissingKey, async_handler, idempotent
from redrive.testing import LambdaContext


class Colour(Enum):
    RED = "red"


@dataclass
class Orders:
    ids: Any


ALIKE: dict[str, list[Any]] = {
    "sets and lists": [{"1", "2"}, ["1", "2"], ['"1"', '"2"'], frozenset({1, 2}), [1, 2]],
    "bytes and text": [b"\x0a", "0a", ["0a"]],
    "names of members": [{1: "a"}, {"1": "a"}, {True: "a"}, {"true": "a"}, {None: "a"}, {"null": "a"}, {1.5: "a"}],
    "deep inside": [{"a": [{1: 2}]}, {"a": [{"1": 2}]}, {"a": {1: 2}}],
    "numbers and text": [Decimal("1.5"), "1.5", 1.5],
    "times and text": [
        datetime(2026, 11, 26, tzinfo=UTC), "2026-11-26T00:00:00+00:00", date(2026, 11, 26), "2026-11-26",
    ],
    "ids and text": [UUID(int=7), str(UUID(int=7))],
    "paths and text": [PurePosixPath("/a"), "/a"],
    "members of an enum and text": [Colour.RED, "red"],
    "in records": [Orders({1: 2}), Orders({"1": 2}), Orders({1, 2}), Orders([1, 2]), Orders(b"\x01"), Orders("01")],
    "what stands for them": [{"class": "builtins.set", "members": ["1"]}, {1}, ["1"]],
    "sets of sets": [{frozenset({1}), frozenset({2})}, {frozenset({1, 2})}],
}  # fmt: skip
SAME: dict[str, tuple[Any, Any]] = {
    "sets": ({1, 2}, frozenset({2, 1})),
    "bytes": (b"a", bytearray(b"a")),
    "tuples": ((1, 2), [1, 2]),
    "members": ({2: "b", 1: "a"}, {1: "a", 2: "b"}),
    "mixed names": ({"1": "b", 1: "a"}, {1: "a", "1": "b"}),
}


@pytest.mark.parametrize("values", ALIKE.values(), ids=ALIKE)
@pytest.mark.parametrize("wrapped", [False, True], ids=["alone", "in a list"])
def test_values_that_json_shows_alike_have_keys_of_their_own(values: list[Any], wrapped: bool) -> None:
    for one, other in combinations(values, 2):
        seen: list[Any] = []
        call = idempotent(store=MemoryStore())(seen.append)
        for value in (one, other, one, other):
            call([value] if wrapped else value)
        assert len(seen) == 2, (one, other)


@pytest.mark.parametrize(("one", "other"), SAME.values(), ids=SAME)
def test_equal_values_have_one_key(one: Any, other: Any) -> None:
    seen: list[Any] = []
    call = idempotent(store=MemoryStore())(seen.append)
    call(one)
    call(other)
    assert len(seen) == 1


def test_names_by_keyword_count_as_they_are() -> None:
    seen: list[Any] = []
    call = idempotent(store=MemoryStore())(lambda **options: seen.append(options))
    for options in ({"a": {1}}, {"a": [1]}, {"a": {1}}):
        call(**options)
    assert seen == [{"a": {1}}, {"a": [1]}]


@pytest.mark.parametrize("context", [None, object(), LambdaContext(request_id="")], ids=["none", "other", "empty"])
def test_an_event_without_a_request_id_says_what_to_do(context: Any) -> None:
    ran: list[Any] = []

    @async_handler(idempotency=Idempotency(store=MemoryStore()))
    def handler(event: Any, attempt: Any) -> None:
        ran.append(event)

    with pytest.raises(MissingKey, match=r"request id is the idempotency key.*LambdaContext.*key=.*'run'"):
        handler({"order": 7}, context)
    assert ran == []
    handler({"order": 7}, LambdaContext())
    assert ran == [{"order": 7}]


def test_an_event_without_a_request_id_runs_if_that_is_chosen() -> None:
    ran: list[Any] = []
    by_choice = async_handler(idempotency=Idempotency(store=MemoryStore(), missing_key="run"))
    by_key = async_handler(idempotency=Idempotency(store=MemoryStore(), key="order", prefix="by key/"))
    for handler in (by_choice(lambda event, _: ran.append(1)), by_key(lambda event, _: ran.append(2))):
        for _ in range(2):
            handler({"order": 7})
    assert ran == [1, 1, 2]
