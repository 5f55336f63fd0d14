"""Functions, fallbacks and errors that a circuit breaker takes."""

from __future__ import annotations

import asyncio
import pickle
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest

from redrive import CircuitBreaker, CircuitOpen, LocalCircuits, Permanent
from tests.support.runtime.circuit.functions import POLICY, Down, answer, answer_async, fail, open_it
from tests.support.runtime.sqs.queue import VirtualTime


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
