"""A circuit breaker as a function meets it, with its state in the process."""

from __future__ import annotations

import asyncio
import pickle
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier
from typing import Any

import pytest

from redrive import (
    CircuitBreaker,
    CircuitEvent,
    CircuitOpen,
    CircuitPolicy,
    LocalCircuits,
    MemoryCircuits,
    Permanent,
    Retry,
    sqs_handler,
)
from tests.support.runtime.circuit.circuits import fleet
from tests.support.runtime.sqs.queue import VirtualTime

POLICY = CircuitPolicy(failure_threshold=3, success_threshold=2)


class Down(Exception):
    pass


def fail(error: BaseException | None = None) -> Any:
    raise error or Down("down")


async def fail_async() -> Any:
    raise Down("down")


def answer(value: Any = "done") -> Any:
    return value


async def answer_async(value: Any = "done") -> Any:
    await asyncio.sleep(0)
    return value


@pytest.fixture
def time() -> Iterator[VirtualTime]:
    time = VirtualTime()
    with fleet(time):
        yield time


@pytest.fixture
def events() -> list[CircuitEvent]:
    return []


@pytest.fixture(params=["in process", "shared"])
def breaker(request: pytest.FixtureRequest, time: VirtualTime, events: list[CircuitEvent]) -> CircuitBreaker:
    store = LocalCircuits() if request.param == "in process" else MemoryCircuits()
    return CircuitBreaker("payments", policy=POLICY, store=store, on_event=events.append)


Way = Callable[[CircuitBreaker, bool], object]


def by_decorator(breaker: CircuitBreaker, fails: bool) -> object:
    return breaker(fail)() if fails else breaker(answer)()


def by_call(breaker: CircuitBreaker, fails: bool) -> object:
    return breaker.call(fail) if fails else breaker.call(answer)


def by_guard(breaker: CircuitBreaker, fails: bool) -> object:
    with breaker.guard():
        return fail() if fails else "done"


def by_async_decorator(breaker: CircuitBreaker, fails: bool) -> object:
    return asyncio.run(breaker(fail_async)() if fails else breaker(answer_async)())


def by_async_call(breaker: CircuitBreaker, fails: bool) -> object:
    async def call() -> object:
        return await (breaker.call(fail_async) if fails else breaker.call(answer_async))

    return asyncio.run(call())


def by_async_guard(breaker: CircuitBreaker, fails: bool) -> object:
    async def call() -> object:
        async with breaker.guard():
            return await fail_async() if fails else "done"

    return asyncio.run(call())


WAYS = [by_decorator, by_call, by_guard, by_async_decorator, by_async_call, by_async_guard]


def open_it(breaker: CircuitBreaker) -> None:
    for _ in range(3):
        with pytest.raises(Down):
            by_call(breaker, True)
    assert breaker.open_for() is not None


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


def test_arguments_results_and_names_pass_through(breaker: CircuitBreaker) -> None:
    @breaker
    def add(one: int, *, two: int) -> int:
        """Adds."""
        return one + two

    assert add(1, two=2) == 3
    assert (add.__name__, add.__doc__) == ("add", "Adds.")
    assert breaker.call(answer, value=7) == 7


def test_a_fallback_answers_while_the_circuit_is_open_and_only_then(breaker: CircuitBreaker) -> None:
    def from_cache(price: str) -> str:
        return f"cached {price}"

    @breaker(fallback=from_cache)
    def look_up(price: str) -> str:
        raise Down

    for _ in range(3):
        with pytest.raises(Down):
            look_up("a")
    assert look_up("a") == "cached a"


def test_an_async_fallback(breaker: CircuitBreaker) -> None:
    @breaker(fallback=answer_async)
    async def ask(value: object = None) -> object:
        raise AssertionError("it is open")

    open_it(breaker)
    assert asyncio.run(ask("cached")) == "cached"


def test_a_fallback_does_not_answer_for_the_open_circuit_of_another_dependency(
    breaker: CircuitBreaker, time: VirtualTime
) -> None:
    other = CircuitBreaker("other", policy=POLICY, store=LocalCircuits())
    open_it(other)
    outer = breaker(fallback=lambda: "cached")(lambda: other.call(answer))
    for _ in range(5):
        with pytest.raises(CircuitOpen, match="'other'"):
            outer()
    assert breaker.open_for() is None


def test_fallbacks_and_functions_are_of_one_kind(breaker: CircuitBreaker) -> None:
    with pytest.raises(TypeError, match="make both the same"):
        breaker(fallback=answer_async)(answer)
    with pytest.raises(TypeError, match="make both the same"):
        breaker(fallback=answer)(answer_async)


def test_a_function_that_would_count_before_it_has_run_is_refused(breaker: CircuitBreaker) -> None:
    def numbers() -> Iterator[int]:
        yield 1

    with pytest.raises(TypeError, match="generator function"):
        breaker(numbers)

    def ask() -> Any:
        return answer_async()

    assert breaker.call(ask) == asyncio.run(answer_async())
    assert asyncio.run(breaker.call(partial(answer_async, 7))) == 7


@pytest.mark.parametrize(
    "error",
    [Permanent("no such order"), CircuitOpen("other", 3), KeyboardInterrupt(), asyncio.CancelledError()],
    ids=lambda error: type(error).__name__,
)
def test_some_errors_say_nothing_of_the_dependency(
    breaker: CircuitBreaker, time: VirtualTime, error: BaseException
) -> None:
    for _ in range(9):
        with pytest.raises(type(error)):
            breaker.call(fail, error)
    assert breaker.open_for() is None
    open_it(breaker)
    time.advance(30)
    for _ in range(4):  # as probes, they give their place to the next call
        with pytest.raises(type(error)):
            breaker.call(fail, error)
    assert breaker.read().status(time.now) == "half_open"
    assert [breaker.call(answer) for _ in range(2)] == ["done"] * 2
    assert breaker.read().status(time.now) == "closed"


def test_a_function_decides_which_errors_count(time: VirtualTime) -> None:
    breaker = CircuitBreaker(
        "a", policy=POLICY, store=LocalCircuits(), counts=lambda error: isinstance(error, asyncio.CancelledError)
    )
    for _ in range(5):
        with pytest.raises(Down):
            breaker.call(fail)
    for _ in range(3):
        with pytest.raises(asyncio.CancelledError):
            breaker.call(fail, asyncio.CancelledError())
    with pytest.raises(CircuitOpen):
        breaker.call(fail)


def test_what_the_users_functions_raise_changes_no_call(time: VirtualTime, caplog: pytest.LogCaptureFixture) -> None:
    def broken(_: object) -> Any:
        raise RuntimeError("broken")

    breaker = CircuitBreaker("a", policy=POLICY, store=LocalCircuits(), counts=broken, on_event=broken)
    open_it(breaker)  # an error of which nobody can say what it is counts
    with pytest.raises(CircuitOpen):
        breaker.call(answer)
    assert {"redrive.circuit.counts_failed", "redrive.circuit.opened"} <= {
        word for record in caplog.records for word in record.getMessage().split('"')
    }


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


def test_the_error_can_be_copied_to_another_process() -> None:
    error: CircuitOpen = pickle.loads(pickle.dumps(CircuitOpen("payments", 12.5)))
    assert (error.circuit, error.after, str(error)) == (
        "payments",
        12.5,
        "circuit 'payments' is open: a call may be let through again in 12.5 s",
    )


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"on_store_failure": "close"}, ValueError, "give 'closed' or 'open'"),
        ({"cache_age": -1}, ValueError, "cache_age=-1 s"),
        ({"unasked": 5}, ValueError, "unasked=5"),
        ({"counts": answer_async}, TypeError, "called without await"),
        ({"on_event": answer_async}, TypeError, "called without await"),
    ],
)
def test_arguments_with_which_nothing_would_work_are_refused(
    arguments: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        CircuitBreaker("a", **arguments)


def test_a_circuit_needs_a_name() -> None:
    with pytest.raises(ValueError, match="give the circuit a name"):
        CircuitBreaker().call(answer)
