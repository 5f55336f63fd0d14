"""A function gets the number of the attempt, and Lambda gets its result or error."""

from __future__ import annotations

import asyncio
import functools
from typing import Any
from unittest.mock import AsyncMock, MagicMock

import pytest

from redrive import AsyncHandler, AsyncSettings, Attempt, async_handler
from tests.support.runtime.asynchronous.attempts import OTHER_ID, REQUEST_ID, AsyncContext, Failed, MemoryCounter
from tests.support.runtime.log import Log
from tests.support.runtime.sqs.queue import VirtualTime

EVENT = {"order": 7}
THREE = AsyncSettings(retry_attempts=2)


@pytest.fixture
def context(time: VirtualTime) -> AsyncContext:
    return AsyncContext(time)


def attempts_of(
    context: Any, counter: MemoryCounter, settings: AsyncSettings | None = THREE, times: int = 3
) -> list[Attempt]:
    """Returns the attempts that a function sees if it fails each time."""
    seen: list[Attempt] = []

    @async_handler(counter=counter, settings=settings)
    def handler(event: Any, attempt: Attempt) -> None:
        seen.append(attempt)
        raise Failed

    for _ in range(times):
        with pytest.raises(Failed):
            handler(EVENT, context)
    return seen


def test_a_function_can_branch_on_the_attempt(context: AsyncContext) -> None:
    @async_handler(counter=MemoryCounter())
    def handler(event: Any, attempt: Attempt) -> str:
        match attempt.number:
            case 0:
                raise ConnectionError("first choice is down")
            case 1:
                raise ConnectionError("second choice is down")
            case _:
                return "third choice"

    for which in ("first", "second"):
        with pytest.raises(ConnectionError, match=which):
            handler(EVENT, context)
    assert handler(EVENT, context) == "third choice"


def test_the_attempts_are_numbered_and_the_last_one_is_known(context: AsyncContext) -> None:
    seen = attempts_of(context, MemoryCounter())
    assert [(each.number, each.is_last) for each in seen] == [(0, False), (1, False), (2, True)]
    assert all(each.is_counted and each.context is context and each.request_id == REQUEST_ID for each in seen)


def test_a_duplicate_beyond_the_last_attempt_is_a_last_one_too(context: AsyncContext) -> None:
    seen = attempts_of(context, MemoryCounter({REQUEST_ID: 3}), times=1)
    assert (seen[0].number, seen[0].is_last) == (3, True)


def test_events_are_counted_apart(time: VirtualTime) -> None:
    counter = MemoryCounter()
    attempts_of(AsyncContext(time), counter, times=2)
    (other,) = attempts_of(AsyncContext(time, aws_request_id=OTHER_ID), counter, times=1)
    assert other.number == 0


def test_the_function_gets_the_event_and_its_result_is_returned(context: AsyncContext) -> None:
    @async_handler
    def handler(event: Any, attempt: Attempt) -> Any:
        """Keeps its documentation."""
        return {"seen": event}

    assert handler.function(EVENT, Attempt(2, is_last=True)) == {"seen": EVENT}
    assert handler.__doc__ == "Keeps its documentation."
    handler = AsyncHandler(handler.function, counter=MemoryCounter())
    assert handler(EVENT, context) == {"seen": EVENT}


@pytest.mark.parametrize("error", [ValueError("no lines"), SystemExit(3), asyncio.CancelledError()])
def test_what_the_function_raises_is_raised_unchanged(context: AsyncContext, error: BaseException) -> None:
    def function(event: Any, attempt: Attempt) -> None:
        raise error

    with pytest.raises(type(error)) as raised:
        async_handler(counter=MemoryCounter())(function)(EVENT, context)
    assert raised.value is error


# Events that are kept, and events that are forgotten.


def test_an_event_that_succeeded_is_forgotten(context: AsyncContext) -> None:
    counter = MemoryCounter()
    async_handler(counter=counter)(lambda event, attempt: None)(EVENT, context)
    assert counter.forgotten == [REQUEST_ID]


@pytest.mark.parametrize(("retry_attempts", "kept"), [(None, 3), (2, 2), (1, 1)])
def test_an_event_is_forgotten_when_it_failed_for_the_last_time_and_not_before(
    context: AsyncContext, retry_attempts: int | None, kept: int
) -> None:
    counter = MemoryCounter()
    settings = AsyncSettings(retry_attempts=retry_attempts)
    attempts_of(context, counter, settings, times=kept)
    assert counter.forgotten == []
    attempts_of(context, counter, settings, times=1)
    assert counter.forgotten == ([] if retry_attempts is None else [REQUEST_ID])


def test_an_event_is_kept_where_only_its_age_makes_the_attempt_the_last(context: AsyncContext) -> None:
    """Lambda's look-ahead is observed, not documented: a retry after all must not count as the first attempt."""
    counter = MemoryCounter()
    seen = attempts_of(context, counter, AsyncSettings(retry_attempts=2, max_event_age=60), times=2)
    assert [(each.number, each.is_last) for each in seen] == [(0, True), (1, True)]
    assert counter.forgotten == []


def test_a_counter_that_cannot_forget_changes_no_outcome(context: AsyncContext, log: Log) -> None:
    counter = MemoryCounter(forgets=False)
    assert async_handler(counter=counter)(lambda event, attempt: "done")(EVENT, context) == "done"
    attempts_of(context, counter, AsyncSettings(retry_attempts=1), times=1)
    lines = log("redrive.attempt.forget_failed")
    assert [line["request_id"] for line in lines] == [REQUEST_ID] * 2
    assert lines[0]["error"] == "read-only file system"


def test_nothing_is_counted_where_there_are_no_retries(context: AsyncContext) -> None:
    counter = MemoryCounter({REQUEST_ID: 1})
    seen = attempts_of(context, counter, AsyncSettings(retry_attempts=0))
    assert [(each.number, each.is_last, each.is_counted) for each in seen] == [(0, True, True)] * 3
    assert counter.seconds == counter.forgotten == []


# Counters that fail, contexts that say nothing.


def test_a_counter_that_fails_makes_it_a_first_attempt(context: AsyncContext, log: Log) -> None:
    (attempt,) = attempts_of(context, MemoryCounter(failing=OSError("disk full")), times=1)
    assert (attempt.number, attempt.is_last, attempt.is_counted) == (0, False, False)
    (line,) = log("redrive.attempt.counter_failed")
    assert line["error"] == "disk full"
    assert line["error_type"] == "OSError"
    assert line["counter"] == "MemoryCounter"
    assert line["request_id"] == REQUEST_ID
    assert line["outcome"] == "taken for the first attempt"


def test_a_counter_that_fails_can_fail_the_invocation(context: AsyncContext, log: Log) -> None:
    error = OSError("disk full")
    called: list[object] = []
    handler = AsyncHandler(
        lambda event, attempt: called.append(event), counter=MemoryCounter(failing=error), on_counter_failure="fail"
    )
    with pytest.raises(OSError, match="disk full") as raised:
        handler(EVENT, context)
    assert raised.value is error
    assert called == []
    (line,) = log("redrive.attempt.counter_failed")
    assert line["outcome"] == "failed, to be retried"


def test_the_counter_may_take_half_of_the_time(time: VirtualTime) -> None:
    counter = MemoryCounter()
    attempts_of(AsyncContext(time, seconds=10), counter, times=1)
    attempts_of(object(), counter, times=1)
    assert counter.seconds == [pytest.approx((10 - 0.3) / 2)]


@pytest.mark.parametrize("context", [None, object(), MagicMock(aws_request_id=None, invoked_function_arn=None)])
def test_without_a_request_id_nothing_can_be_counted(context: Any) -> None:
    counter = MemoryCounter()
    seen = attempts_of(context, counter, times=2)
    assert [(each.number, each.is_last, each.is_counted) for each in seen] == [(0, False, False)] * 2
    assert {each.request_id for each in seen} == {""}
    assert counter.seconds == []


# Functions that can be used.


async def in_task(event: Any, attempt: Attempt) -> Any:
    await asyncio.sleep(0)
    if attempt.number == 0:
        raise Failed
    return event


def plain_around_async(event: Any, attempt: Attempt) -> Any:
    return in_task(event, attempt)


class Consumer:
    async def __call__(self, event: Any, attempt: Attempt) -> Any:
        return await in_task(event, attempt)

    async def method(self, event: Any, attempt: Attempt) -> Any:
        return await in_task(event, attempt)


@pytest.mark.parametrize(
    "function",
    [in_task, plain_around_async, Consumer(), Consumer().method, functools.partial(in_task)],
)
def test_an_async_function_is_awaited(context: AsyncContext, function: Any) -> None:
    handler = async_handler(counter=MemoryCounter())(function)
    with pytest.raises(Failed):
        handler(EVENT, context)
    assert handler(EVENT, context) == EVENT


def test_the_event_loop_is_kept_between_invocations(context: AsyncContext) -> None:
    loops: list[object] = []

    @async_handler(counter=MemoryCounter())
    async def handler(event: Any, attempt: Attempt) -> None:
        loops.append(asyncio.get_running_loop())

    handler(EVENT, context)
    handler(EVENT, context)
    assert len(loops) == 2
    assert len(set(loops)) == 1


def generates(event: Any, attempt: Attempt) -> Any:
    yield event


async def generates_async(event: Any, attempt: Attempt) -> Any:
    yield event


@pytest.mark.parametrize("function", [generates, generates_async, functools.partial(generates)])
def test_a_generator_function_is_refused(function: Any) -> None:
    with pytest.raises(TypeError, match="yield"):
        async_handler(function)


def one(event: Any) -> None: ...
def three(event: Any, attempt: Any, more: Any) -> None: ...
def needs_keyword(event: Any, attempt: Any, *, table: str) -> None: ...
def only_keywords(*, event: Any, attempt: Any) -> None: ...
def none_at_all() -> None: ...
def two(event: Any, attempt: Any) -> None: ...
def with_default(event: Any, attempt: Any = None, table: str = "orders") -> None: ...
def with_keyword(event: Any, attempt: Any, *, table: str = "orders") -> None: ...
def any_number(*arguments: Any) -> None: ...
def any_number_after_one(event: Any, *arguments: Any) -> None: ...
def positional_only(event: Any, attempt: Any, /) -> None: ...


@functools.wraps(one)
def wrapped(*arguments: Any) -> None: ...


class Two:
    def __call__(self, event: Any, attempt: Any) -> None: ...

    def one(self, event: Any) -> None: ...


@pytest.mark.parametrize(
    "function",
    [one, three, needs_keyword, only_keywords, none_at_all, wrapped, functools.partial(two, EVENT), Two().one, Two],
)
def test_a_function_that_does_not_take_event_and_attempt_is_refused(function: Any) -> None:
    with pytest.raises(TypeError, match=r"def handler\(event, attempt\)"):
        async_handler(function)


@pytest.mark.parametrize(
    "function",
    [
        two,
        with_default,
        with_keyword,
        any_number,
        any_number_after_one,
        positional_only,
        functools.partial(three, more=1),
        functools.partial(needs_keyword, table="orders"),
        Two(),
        AsyncMock(return_value=None),
        max,
    ],
)
def test_a_function_that_can_be_called_with_event_and_attempt_is_taken(context: AsyncContext, function: Any) -> None:
    handler = async_handler(counter=MemoryCounter())(function)
    if function is not max:
        assert handler(EVENT, context) is None


@pytest.mark.parametrize("counter", ["dynamodb", object()])
def test_what_is_no_counter_is_refused(counter: Any) -> None:
    with pytest.raises(TypeError, match="DynamoDBCounter"):
        async_handler(counter=counter)(two)


def test_an_unknown_choice_on_failure_is_refused() -> None:
    choice: Any = "ignore"
    with pytest.raises(ValueError, match=r"'ignore'.*'first_attempt', 'fail'"):
        async_handler(on_counter_failure=choice)(two)
