"""Contexts and arguments whose attributes raise, and contexts that stop to say how much time is left."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from unittest.mock import Mock

import pytest

from redrive import Idempotency, MemoryStore, async_handler, idempotent, kinesis_handler, sqs_handler
from redrive.core.invocation import Deadline, durable_execution, find, request_id, seconds_left
from redrive.testing import kinesis_event, returned_ids, sqs_event


class Proxy:
    """A proxy of what no longer exists, such as werkzeug's outside of a request."""

    def __getattr__(self, name: str) -> Any:
        raise RuntimeError(f"working outside of a context: {name}")


class Members(dict[str, Any]):
    """Has its members as attributes, and says `KeyError` for others."""

    def __getattr__(self, name: str) -> Any:
        return self[name]


class Broken:
    @property
    def get_remaining_time_in_millis(self) -> Any:
        raise OSError("no time")

    @property
    def aws_request_id(self) -> str:
        raise OSError("no id")


ODD: list[Callable[[], Any]] = [Proxy, Members, Broken]


@pytest.mark.parametrize("odd", ODD)
def test_a_context_whose_attributes_raise_says_nothing(odd: Callable[[], Any]) -> None:
    context = odd()
    assert (request_id(context), seconds_left(context), durable_execution(context)) == ("", None, None)
    assert Deadline(context).total is None
    assert find(context) is not context


@pytest.mark.parametrize("odd", ODD)
def test_events_are_handled_with_a_context_whose_attributes_raise(odd: Callable[[], Any]) -> None:
    ran: list[object] = []

    def handle(record: object) -> None:
        ran.append(record)

    def attempt(event: object, attempt: object) -> None:
        ran.append(event)

    assert returned_ids(sqs_handler(handle)(sqs_event("1", "2"), odd())) == []
    assert returned_ids(sqs_handler(idempotency=Idempotency(store=MemoryStore()))(handle)(sqs_event("3"), odd())) == []
    assert returned_ids(kinesis_handler(handle)(kinesis_event("4"), odd())) == []
    async_handler(attempt)({}, odd())
    assert len(ran) == 5


def test_an_argument_of_any_kind_can_be_in_a_call() -> None:
    ran: list[object] = []
    charge = idempotent(store=MemoryStore())(ran.append)
    charge(Members(order=7))
    charge(Members(order=7))
    assert ran == [{"order": 7}]


@pytest.mark.parametrize("fails", [False, True])
def test_a_context_that_stops_to_give_the_time_left_does_not_stop_the_batch(fails: bool) -> None:
    context = Mock()
    context.get_remaining_time_in_millis.side_effect = [30_000, 29_000]  # and then `StopIteration`
    ran: list[str] = []

    @sqs_handler
    def handler(message: Any) -> None:
        ran.append(message.body)
        if fails:
            raise ValueError

    assert len(returned_ids(handler(sqs_event("1", "2", "3"), context))) == (3 if fails else 0)
    assert ran == ["1", "2", "3"]


def test_the_last_known_time_left_counts() -> None:
    context = Mock()
    context.get_remaining_time_in_millis.side_effect = [30_000, 200, OSError]
    deadline = Deadline(context)
    assert [deadline.left_for_calls() for _ in range(2)] == [-0.1, -0.1]
