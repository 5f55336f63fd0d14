"""Idempotency keeps to the deadline of the invocation."""

from __future__ import annotations

import threading
import time as real_time
from typing import Any

import pytest

from redrive.idempotency.record import COMPLETED
from tests.support.runtime.idempotency.functions import Store
from tests.support.runtime.idempotency.messages import Function, Make, sequential
from tests.support.runtime.sqs.queue import Context, VirtualTime, batch, returned

pytestmark = pytest.mark.usefixtures("sqs")


def test_what_was_not_started_for_lack_of_time_is_given_back(
    make: Make, store: Store, time: VirtualTime, context: Context
) -> None:
    function = Function(lambda message: time.advance(14))
    handler = make(function)
    first = returned(handler(batch(6), context))
    assert len(first) + len(function.ran) == 6
    assert first
    assert store.statuses == [COMPLETED] * len(function.ran)
    done = list(function.ran)
    function.during = lambda message: None
    assert returned(handler(batch(6), Context(time))) == []
    assert sorted(function.ran) == ["0", "1", "2", "3", "4", "5"]
    assert len(done) < 6


def test_claiming_may_take_half_of_the_time(store: Store, context: Context) -> None:
    sequential(Function(), store)(batch(2), context)
    assert store.seconds[0] == pytest.approx(30, abs=1)


class RealContext:
    """Lambda's context in real time."""

    aws_request_id = "c6af9ac6-7b61-11e6-9a41-93e8deadbeef"
    function_name = "orders-function"

    def __init__(self, seconds: float) -> None:
        self.end = real_time.monotonic() + seconds

    def get_remaining_time_in_millis(self) -> int:
        return round((self.end - real_time.monotonic()) * 1000)


def test_a_store_that_hangs_is_not_waited_for_past_the_deadline(make: Make, store: Store) -> None:
    go_on = threading.Event()

    def hang(name: str, keys: Any) -> None:
        if name == "end":
            go_on.wait(10)

    store.refuses = hang
    context = RealContext(0.8)
    answer = make(Function(), None, deadline_margin=0)(batch(3), context)
    assert context.get_remaining_time_in_millis() > 0
    go_on.set()
    assert returned(answer) == ["0", "1", "2"]  # they run again, or are found done
