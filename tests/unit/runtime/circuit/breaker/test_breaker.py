"""A circuit breaker as a function meets it: when it opens, probes and closes."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest

from redrive import (
    CircuitBreaker,
    CircuitEvent,
    CircuitOpen,
    CircuitPolicy,
    LocalCircuits,
    Retry,
    sqs_handler,
)
from tests.support.runtime.circuit.functions import POLICY, WAYS, Down, Way, answer, by_call, fail, open_it
from tests.support.runtime.sqs.queue import VirtualTime


@pytest.mark.parametrize("way", WAYS)
def test_it_opens_probes_and_closes_again(
    way: Way, breaker: CircuitBreaker, time: VirtualTime, events: list[CircuitEvent]
) -> None:
    assert way(breaker, False) == "done"
    for _ in range(3):
        time.advance(1)
        with pytest.raises(Down):
            way(breaker, True)
    time.advance(10)
    with pytest.raises(CircuitOpen) as refused:
        way(breaker, False)
    assert (refused.value.circuit, refused.value.after) == ("payments", 20)
    time.advance(20)
    with pytest.raises(Down):
        way(breaker, True)
    with pytest.raises(CircuitOpen):
        way(breaker, False)
    time.advance(45)
    assert [way(breaker, False), way(breaker, False)] == ["done", "done"]
    assert breaker.read().status(time.now) == "closed"
    assert [event.kind for event in events] == [
        "opened", "rejected", "half_opened", "reopened", "rejected", "half_opened", "closed",
    ]  # fmt: skip
    assert {event.circuit for event in events} == {"payments"}
    assert [event.open_for for event in events if event.kind in ("opened", "reopened")] == [30, 45]
    assert [type(event.error) for event in events if event.kind in ("opened", "reopened")] == [Down, Down]
    assert sum(event.is_transition for event in events) == 5


def test_a_success_between_makes_the_failures_before_it_count_for_nothing(
    breaker: CircuitBreaker, time: VirtualTime
) -> None:
    for _ in range(5):
        for _ in range(2):
            time.advance(0.1)
            with pytest.raises(Down):
                by_call(breaker, True)
        time.advance(0.1)
        by_call(breaker, False)
    assert breaker.read().status(time.now) == "closed"


def test_a_hook_may_use_the_breaker(time: VirtualTime) -> None:
    seen: list[object] = []

    def look(event: CircuitEvent) -> None:
        seen.append((event.kind, breaker.open_for(), breaker.read().openings))

    breaker = CircuitBreaker("a", policy=POLICY, store=LocalCircuits(), on_event=look)
    open_it(breaker)
    assert seen == [("opened", 30, 1)]


def test_threads_run_one_probe_at_a_time(breaker: CircuitBreaker, time: VirtualTime) -> None:
    open_it(breaker)
    time.advance(30)
    barrier, running = Barrier(8), []

    def probe() -> str:
        running.append(1)
        assert len(running) == 1
        for _ in range(200):
            pass
        running.pop()
        return "done"

    def ask(_: int) -> str:
        barrier.wait()
        try:
            return breaker.call(probe)
        except CircuitOpen:
            return "open"

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(ask, range(8)))
    assert set(answers) <= {"done", "open"}
    assert "done" in answers


def test_threads_that_fail_at_once_open_it_once(breaker: CircuitBreaker, events: list[CircuitEvent]) -> None:
    with ThreadPoolExecutor(8) as pool:
        futures = [pool.submit(breaker.call, fail) for _ in range(40)]
    assert {type(future.exception()) for future in futures} <= {Down, CircuitOpen}
    assert [event.kind for event in events if event.is_transition] == ["opened"]


def test_a_rate_opens_it(time: VirtualTime) -> None:
    policy = CircuitPolicy(failure_rate=0.5, minimum_calls=10, window=60)
    breaker = CircuitBreaker("a", policy=policy, store=LocalCircuits())
    for number in range(40):  # every third call fails
        time.advance(1)
        if number % 3:
            breaker.call(answer)
        else:
            with pytest.raises(Down):
                breaker.call(fail)
    assert breaker.open_for() is None
    more = 0
    while breaker.open_for() is None:
        time.advance(1)
        more += 1
        with pytest.raises(Down):
            breaker.call(fail)
    assert more == 12  # with the 14 of 40 before, half of 52


def test_breakers_of_one_name_are_circuits_of_their_own_unless_they_share_a_store(time: VirtualTime) -> None:
    one, other = (CircuitBreaker("a", policy=POLICY) for _ in range(2))
    open_it(one)
    assert other.call(answer) == "done"
    store = LocalCircuits()
    one, other = (CircuitBreaker("a", policy=POLICY, store=store) for _ in range(2))
    open_it(one)
    with pytest.raises(CircuitOpen):
        other.call(answer)


def test_an_open_circuit_has_a_message_received_again_when_it_is_half_open(
    breaker: CircuitBreaker, time: VirtualTime
) -> None:
    open_it(breaker)
    time.advance(10)
    raised: list[BaseException] = []

    @sqs_handler(on_failure=lambda failure: raised.append(failure.error))
    def handler(message: Any) -> None:
        breaker.call(answer)

    event = {"Records": [{"messageId": "1", "body": "{}"}]}
    assert handler(event) == {"batchItemFailures": [{"itemIdentifier": "1"}]}
    (error,) = raised
    assert isinstance(error, Retry)
    assert error.after == 20
