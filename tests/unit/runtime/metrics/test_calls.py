"""The metrics of single calls: asynchronous events, invokes, idempotent functions, circuits."""

from __future__ import annotations

import asyncio
import contextvars
import threading
from typing import Any

import pytest

from redrive import (
    AsyncSettings,
    Backoff,
    CircuitBreaker,
    CircuitOpen,
    CircuitPolicy,
    FunctionError,
    Idempotency,
    InProgress,
    Invoker,
    InvokerSettings,
    LateCompletion,
    LocalCircuits,
    MemoryCircuits,
    MemoryStore,
    NotInvoked,
    NotRecorded,
    Permanent,
    async_handler,
    idempotent,
    metered,
    sqs_handler,
)
from redrive.metrics import Meter, count
from tests.support.runtime.asynchronous.attempts import AsyncContext, Failed, MemoryCounter
from tests.support.runtime.invoker.fake_lambda import FUNCTION, FakeLambda, function_error, refused, result
from tests.support.runtime.invoker.fake_lambda import outside as outside_lambda
from tests.support.runtime.metrics.emf import Published
from tests.support.runtime.sqs.queue import Context, FakeSqs, VirtualTime, batch

THREE = AsyncSettings(retry_attempts=2)


@pytest.fixture(autouse=True)
def in_lambda(monkeypatch: pytest.MonkeyPatch) -> None:
    """Calls outside of a handler get no context; Lambda's environment has the function's name."""
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "orders-function")


@pytest.fixture
def context(time: VirtualTime) -> AsyncContext:
    return AsyncContext(time)


def sources(metrics: Published) -> list[str]:
    return [figures.source for figures in metrics.figures]


# Asynchronous events.


def test_no_metrics_are_published_for_an_event_processed_at_the_first_attempt(
    context: AsyncContext, metrics: Published
) -> None:
    async_handler(counter=MemoryCounter())(lambda event, attempt: None)({}, context)
    assert (metrics.lines, metrics.figures) == ([], [])


def test_each_attempt_is_published_with_its_number(context: AsyncContext, metrics: Published) -> None:
    @async_handler(counter=MemoryCounter(), settings=THREE)
    def handler(event: Any, attempt: Any) -> None:
        raise Failed

    for _ in range(3):
        with pytest.raises(Failed):
            handler({}, context)
    assert sources(metrics) == ["async"] * 3
    assert [dict(each.values) for each in metrics.figures] == [{"Attempt": number} for number in range(3)]
    # The last is given up, and not delivered again.
    assert [dict(each.counts_by_error) for each in metrics.figures] == [
        {("Retried", "Failed"): 1},
        {("Retried", "Failed"): 1},
        {},
    ]
    assert metrics.totals() == {"Attempt": 0 + 1 + 2, "Retried": 2}


def test_a_retry_that_succeeds_is_counted(context: AsyncContext, metrics: Published) -> None:
    counter = MemoryCounter({context.aws_request_id: 1})
    async_handler(counter=counter, settings=THREE)(lambda event, attempt: None)({}, context)
    assert metrics.totals() == {"Attempt": 1}


def test_a_permanent_failure_is_counted_and_retried_all_the_same(context: AsyncContext, metrics: Published) -> None:
    async def handler(event: Any, attempt: Any) -> None:
        raise Permanent("no order")

    with pytest.raises(Permanent):
        async_handler(counter=MemoryCounter(), settings=THREE)(handler)({}, context)
    assert metrics.totals() == {"Attempt": 0, "Retried": 1, "PermanentFailures": 1}


@pytest.mark.parametrize("on_counter_failure", ["fail", "first_attempt"])
def test_an_attempt_that_is_not_counted_has_no_number(
    context: AsyncContext, metrics: Published, on_counter_failure: Any
) -> None:
    @async_handler(counter=MemoryCounter(failing=OSError("down")), on_counter_failure=on_counter_failure)
    def handler(event: Any, attempt: Any) -> None:
        raise Failed

    with pytest.raises((OSError, Failed)):
        handler({}, context)
    error = "OSError" if on_counter_failure == "fail" else "Failed"
    assert metrics.totals() == {"Retried": 1}
    assert metrics.by_error() == {("Retried", error): 1}


def test_an_event_that_was_done_before_is_a_duplicate(context: AsyncContext, metrics: Published) -> None:
    handler = async_handler(counter=MemoryCounter(), idempotency=Idempotency(store=MemoryStore()))(
        lambda event, attempt: "done"
    )
    assert handler({}, context) == "done"
    assert metrics.lines == []
    assert handler({}, context) == "done"
    assert metrics.totals() == {"Duplicates": 1}


# Synchronous calls.


def invoker(**options: Any) -> Invoker:
    return Invoker(settings=InvokerSettings(function=FUNCTION, function_timeout=1), backoff=Backoff(1), **options)


def test_the_retries_of_a_call_are_published_together(time: VirtualTime, metrics: Published) -> None:
    aws = FakeLambda()
    aws.answers(refused(), refused(), refused("ServiceException", 500), result(7))
    with outside_lambda(aws, time):
        assert invoker().invoke({}) == 7
    assert sources(metrics) == ["invoke"]
    assert metrics.totals() == {"InvokeRetries": 3}
    assert metrics.by_error() == {
        ("InvokeRetries", "TooManyRequestsException"): 2,
        ("InvokeRetries", "ServiceException"): 1,
    }


def test_a_call_that_is_given_up_counts_its_retries(time: VirtualTime, metrics: Published) -> None:
    aws = FakeLambda()
    aws.answers(*[refused()] * 3)
    with outside_lambda(aws, time), pytest.raises(NotInvoked):
        invoker(max_attempts=3).invoke({})
    assert metrics.totals() == {"InvokeRetries": 2}


def test_a_call_without_a_retry_publishes_nothing(time: VirtualTime, metrics: Published) -> None:
    aws = FakeLambda()
    aws.answers(result(7), function_error())
    with outside_lambda(aws, time):
        invoker().invoke({})
        with pytest.raises(FunctionError):
            invoker().invoke({})
    assert metrics.lines == []


# Idempotent functions.


def test_an_answer_from_before_is_a_duplicate(metrics: Published) -> None:
    @idempotent(store=MemoryStore())
    def charge(order: int) -> int:
        return order

    assert charge(7) == 7
    assert metrics.lines == []
    assert charge(7) == 7
    assert metrics.totals() == {"Duplicates": 1}
    assert sources(metrics) == ["idempotency"]


def test_a_call_in_progress_elsewhere_is_counted(metrics: Published) -> None:
    store = MemoryStore()

    @idempotent(store=store)
    async def charge(order: int) -> None:
        await charge(order)

    with pytest.raises(InProgress):
        asyncio.run(charge(7))
    assert metrics.by_error() == {("InProgress", "InProgress"): 1}


@pytest.mark.parametrize(("answer", "error"), [(OSError("down"), NotRecorded), (LateCompletion("key"), LateCompletion)])
def test_a_call_that_was_done_and_not_recorded_is_counted(
    metrics: Published, answer: Exception, error: type[Exception]
) -> None:
    class Forgetful(MemoryStore):
        def end(self, endings: Any, seconds: Any = None) -> Any:
            return {ending.key: answer for ending in endings}

    with pytest.raises(error):
        idempotent(store=Forgetful())(lambda order: order)(7)
    assert metrics.by_error() == {("NotRecorded", error.__name__): 1}


# Circuits.


class Down(Exception):
    pass


def fail() -> None:
    raise Down


POLICY = CircuitPolicy(failure_threshold=2, success_threshold=1, open_time=Backoff(30, jitter="none"))


def test_a_circuit_counts_when_it_opens_rejects_and_closes(sqs: FakeSqs, time: VirtualTime, metrics: Published) -> None:
    breaker = CircuitBreaker("Payments", policy=POLICY, store=LocalCircuits())
    for _ in range(2):
        with pytest.raises(Down):
            breaker.call(fail)
    assert metrics.by_error() == {("CircuitOpened", "Down"): 1}
    for _ in range(3):
        with pytest.raises(CircuitOpen):
            breaker.call(fail)
    time.advance(31)
    with pytest.raises(Down):
        breaker.call(fail)
    time.advance(61)
    breaker.call(lambda: None)
    assert metrics.totals() == {"CircuitOpened": 2, "CircuitRejections": 3, "CircuitClosed": 1}
    assert metrics.by_error() == {("CircuitOpened", "Down"): 2}
    assert set(sources(metrics)) == {"circuit"}


def test_a_store_that_fails_is_counted(sqs: FakeSqs, metrics: Published) -> None:
    class Away(MemoryCircuits):
        def read(self, circuit: str) -> Any:
            raise ConnectionError

    CircuitBreaker("Payments", store=Away()).call(lambda: None)
    assert metrics.by_error() == {("CircuitStoreFailures", "ConnectionError"): 1}


# Calls that belong to an invocation.


def test_a_metered_handler_publishes_all_that_happens_in_it_in_one_line(
    sqs: FakeSqs, context: AsyncContext, metrics: Published
) -> None:
    breaker = CircuitBreaker("Payments", policy=POLICY, store=LocalCircuits())

    @metered
    def handler(event: Any, context: Any) -> str:
        """Keeps its documentation."""
        for _ in range(5):
            with pytest.raises((Down, CircuitOpen)):
                breaker.call(fail)
        return "done"

    assert handler.__doc__ == "Keeps its documentation."
    assert handler({}, context) == "done"
    assert sources(metrics) == ["call"]
    assert len(metrics.lines) == 1
    assert metrics.totals() == {"CircuitOpened": 1, "CircuitRejections": 3}
    assert metrics.figures[0].request_id == context.aws_request_id


def test_a_metered_handler_publishes_when_it_raises(context: AsyncContext, metrics: Published) -> None:
    @metered
    def handler(event: Any, context: Any) -> None:
        count("Retried", "Failed", 2)
        raise Failed

    with pytest.raises(Failed):
        handler({}, context)
    assert metrics.totals() == {"Retried": 2}


def test_an_async_function_is_no_metered_handler() -> None:
    async def handler(event: Any, context: Any) -> None: ...

    with pytest.raises(TypeError, match="async def"):
        metered(handler)


def test_an_invoke_inside_a_batch_joins_it(time: VirtualTime, metrics: Published) -> None:
    aws = FakeLambda()
    aws.answers(refused(), result(7), refused(), result(8))
    with outside_lambda(aws, time):
        sqs_handler(lambda message: invoker().invoke({}))(batch(2), Context(time, 900))
    assert metrics.totals() == {"InvokeRetries": 2}
    assert len(metrics.lines) == 1


def test_threads_of_one_invocation_count_together(context: AsyncContext, metrics: Published) -> None:
    def work() -> None:
        for _ in range(1000):
            count("Duplicates")

    with Meter(context, "call"):
        copies = [contextvars.copy_context() for _ in range(8)]
        threads = [threading.Thread(target=copy.run, args=(work,)) for copy in copies]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert metrics.totals() == {"Duplicates": 8000}
    assert len(metrics.lines) == 1


def test_what_comes_after_its_invocation_is_published_separately(context: AsyncContext, metrics: Published) -> None:
    with Meter(context, "call"):
        late = contextvars.copy_context()
        count("Duplicates")
    late.run(count, "InProgress", "InProgress")
    assert [dict(each.counts) for each in metrics.figures] == [{"Duplicates": 1}, {"InProgress": 1}]
