"""Time that is left, and the behaviour where Lambda's context does not say."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any
from unittest.mock import MagicMock

import pytest

from redrive import DynamoDBStore, Idempotency, InProgress, MemoryStore, async_handler, idempotent
from redrive.core.invocation import seconds_left
from redrive.idempotency.stores import IdempotencyStore
from tests.support.runtime.idempotency.functions import Calls, Kind, Store
from tests.support.runtime.sqs.queue import Context, VirtualTime

pytestmark = pytest.mark.usefixtures("dynamodb")


def says(answer: Any) -> Any:
    return SimpleNamespace(get_remaining_time_in_millis=lambda: answer, function_name="f", aws_request_id="r")


def raises() -> Any:
    raise RuntimeError("no context here")


NOTHING: dict[str, Any] = {
    "none": None,
    "no method": SimpleNamespace(function_name="f"),
    "a text": "context",
    "over": says(0),
    "long over": says(-5_000),
    "infinite": says(float("inf")),
    "not a number": says(float("nan")),
    "text": says("3000"),
    "nothing": says(None),
    "mock": MagicMock(),
    "no longer there": SimpleNamespace(get_remaining_time_in_millis=raises),
}


@pytest.mark.parametrize("name", NOTHING)
def test_a_context_that_says_nothing_gives_no_time(name: str) -> None:
    assert seconds_left(NOTHING[name]) is None


@pytest.mark.parametrize(("answer", "seconds"), [(1, 0.001), (30_000, 30.0), (1500.5, 1.5005)])
def test_the_time_left_is_in_seconds(answer: float, seconds: float) -> None:
    assert seconds_left(says(answer)) == pytest.approx(seconds)


@pytest.fixture(params=["memory", "dynamodb"])
def store(request: pytest.FixtureRequest) -> IdempotencyStore:
    return MemoryStore() if request.param == "memory" else DynamoDBStore("done")


@pytest.mark.parametrize("name", NOTHING)
def test_with_a_context_that_says_nothing_a_claim_holds_for_the_lease(
    store: IdempotencyStore, store_kind: Kind, time: VirtualTime, name: str
) -> None:
    """One of an earlier invocation, say, or a test's. The claim is never one that has expired already."""
    charge = idempotent(store=store, lease=50, key=lambda order: order, prefix="one", like_powertools=True)
    refused: list[float | None] = []

    def during(argument: Any) -> None:
        with pytest.raises(InProgress) as raised:
            charge(lambda order: None)(argument)
        refused.append(raised.value.after)

    calls = Calls(during=during)

    def handler(event: Any, context: Any) -> Any:
        return store_kind(charge, calls)(event)

    assert handler(7, NOTHING[name]) == {"done": 7}
    assert handler(7, NOTHING[name]) == {"done": 7}
    assert calls.made == [7]
    assert refused == [pytest.approx(51, abs=0.01)]


@pytest.mark.parametrize("name", ["none", "no method", "a text", "over", "long over"])
def test_with_a_context_that_says_nothing_an_event_is_handled_once(store: IdempotencyStore, name: str) -> None:
    calls = Calls()

    @async_handler(idempotency=Idempotency(store=store, key="id"))
    def handler(event: Any, attempt: Any) -> Any:
        return calls(event["id"])

    assert [handler({"id": 7}, NOTHING[name]), handler({"id": 7}, NOTHING[name])] == [{"done": 7}] * 2
    assert calls.made == [7]


@pytest.mark.parametrize("left", [1, 50, 250, 299])
def test_what_was_done_in_the_last_moment_is_recorded(
    store: IdempotencyStore, store_kind: Kind, time: VirtualTime, left: int
) -> None:
    """Should the write not be over in time, nothing is lost by having tried."""

    def during(argument: Any) -> None:
        time.advance(30 - left / 1000)

    calls = Calls(during=during)
    charge = store_kind(idempotent(store=store), calls)

    def handler(event: Any, context: Any) -> Any:
        return charge(event)

    assert handler(7, Context(time, seconds=30)) == {"done": 7}
    assert handler(7, Context(time, seconds=30)) == {"done": 7}
    assert calls.made == [7]


def test_a_store_gets_half_of_the_time_to_claim_and_all_of_it_to_end(time: VirtualTime) -> None:
    store = Store()

    def handler(event: Any, context: Any) -> None:
        idempotent(store=store, key=str)(Calls(during=lambda argument: time.advance(10)))(event)

    handler(7, Context(time, seconds=30))
    claim, end = store.seconds
    assert claim == pytest.approx(15, abs=0.5)
    assert end == pytest.approx(20, abs=0.5)


def test_a_store_gets_no_time_limit_where_there_is_no_deadline() -> None:
    store = Store()
    idempotent(store=store, key=str)(Calls())(7)
    assert store.seconds == [None, None]
