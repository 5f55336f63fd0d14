"""A handler is a function of an event and a context, with the name of the user's function."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from types import FunctionType
from typing import Any
from unittest.mock import AsyncMock, MagicMock, Mock

import pytest

from redrive import (
    AsyncHandler,
    Backoff,
    CircuitBreaker,
    Idempotency,
    LocalCircuits,
    MemoryStore,
    SqsHandler,
    SqsSettings,
    async_handler,
    dynamodb_stream_handler,
    idempotent,
    kinesis_handler,
    metered,
    sqs_handler,
)
from tests.support.runtime.sqs import queue
from tests.support.runtime.streams import stream

SQS = queue.batch(2)
KINESIS = stream.batch(2)
DYNAMODB = stream.event(stream.dynamodb_record(1), stream.dynamodb_record(2))
EVENTS: dict[Any, dict[str, Any]] = {
    sqs_handler: SQS,
    kinesis_handler: KINESIS,
    dynamodb_stream_handler: DYNAMODB,
    async_handler: {"id": 7},
}
every_helper = pytest.mark.parametrize("helper", EVENTS, ids=lambda helper: helper.__name__)


def count_orders(record: Any, attempt_or_context: Any) -> None:
    """Counts orders."""


async def count_later(record: Any, attempt_or_context: Any) -> None:
    """Counts orders."""


class Counter:
    """Counts orders."""

    def __call__(self, record: Any, attempt_or_context: Any) -> None: ...

    def count_orders(self, record: Any, attempt_or_context: Any) -> None:
        """Counts orders."""


FUNCTIONS: dict[str, Any] = {
    "count_orders": count_orders,
    "count_later": count_later,
    "Counter.count_orders": Counter().count_orders,
    "Counter": Counter(),
}


@every_helper
@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("options", [None, {}], ids=["bare", "options"])
def test_a_handler_is_a_real_function(helper: Any, name: str, options: Any) -> None:
    function = FUNCTIONS[name]
    handler = helper(function) if options is None else helper(**options)(function)
    assert type(handler) is FunctionType
    assert (handler.__name__, handler.__qualname__) == (name.rpartition(".")[2], name)
    assert handler.__module__ == __name__
    assert handler.__doc__ == "Counts orders."
    assert list(inspect.signature(handler).parameters) == ["event", "context"]
    assert vars(handler)["function"] is function
    assert functools.wraps(handler)(lambda event, context: None).__name__ == handler.__name__


@every_helper
def test_a_partial_has_the_name_of_its_function(helper: Any) -> None:
    def count(where: str, record: Any, attempt_or_context: Any) -> None: ...

    assert helper(functools.partial(functools.partial(count), "a")).__name__ == "count"


@pytest.mark.parametrize("kind", [SqsHandler, AsyncHandler])
def test_a_handler_made_of_a_class_has_name_and_signature_too(kind: Any) -> None:
    handler = kind(count_orders)
    assert (handler.__name__, handler.__doc__) == ("count_orders", "Counts orders.")
    assert list(inspect.signature(handler).parameters) == ["event", "context"]


# Other decorators of ours.


@every_helper
def test_our_decorators_work_around_a_handler(helper: Any) -> None:
    event = EVENTS[helper]
    ran: list[int] = []

    def function(record: Any, attempt_or_context: Any) -> None:
        ran.append(1)

    payments = CircuitBreaker("payments", store=LocalCircuits())
    handlers = [
        metered(helper(function)),
        idempotent(key="Records[0].eventID || Records[0].messageId || id", store=MemoryStore())(helper(function)),
        payments(helper(function)),
    ]
    for handler in handlers:
        assert handler.__name__ == "function"
        ran.clear()
        handler(event, None)
        assert len(ran) == len(event.get("Records", [1]))


# Methods.


class Consumer:
    def __init__(self) -> None:
        self.seen: list[Any] = []

    def handle(self, record: Any, attempt_or_context: Any) -> None:
        self.seen.append(record)

    async def handle_later(self, record: Any, attempt_or_context: Any) -> None:
        self.seen.append(record)

    @classmethod
    def of_class(cls, record: Any, attempt_or_context: Any) -> None:
        assert cls is Consumer

    @staticmethod
    def of_none(record: Any, attempt_or_context: Any) -> None: ...


@every_helper
def test_bound_methods_are_handlers(helper: Any) -> None:
    consumer = Consumer()
    event = EVENTS[helper]
    for function in (consumer.handle, consumer.handle_later):
        consumer.seen.clear()
        assert helper(function)(event, None) in ({"batchItemFailures": []}, None)
        assert len(consumer.seen) == len(event.get("Records", [1]))
    for function in (Consumer.of_class, consumer.of_class, Consumer.of_none, consumer.of_none):
        assert helper(function)(event, None) in ({"batchItemFailures": []}, None)


def decorated(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def wrapper(*args: Any) -> Any:
        return function(*args)

    return wrapper


async def of_instance(self: Any, record: Any, attempt_or_context: Any) -> None: ...


METHODS: dict[str, Any] = {
    "method": Consumer.handle,
    "async method": Consumer.handle_later,
    "function": of_instance,
    "decorated": decorated(Consumer.handle),
    "class method": vars(Consumer)["of_class"],
    "its function": Consumer.of_class.__func__,
}


@every_helper
@pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)
def test_a_method_that_is_not_bound_is_refused(helper: Any, method: Any) -> None:
    with pytest.raises(TypeError, match=r"is a method|is not a function"):
        helper(method)


@every_helper
def test_static_methods_work_in_both_orders(helper: Any) -> None:
    seen: list[Any] = []

    class Inside:
        @staticmethod
        @helper
        def outer(record: Any, attempt_or_context: Any) -> None:
            seen.append(record)

        @helper
        @staticmethod
        def inner(record: Any, attempt_or_context: Any) -> None:
            seen.append(record)

    calls = [Inside.outer, Inside().outer, Inside.inner, Inside().inner]
    for handler in calls:
        handler(EVENTS[helper], None)
    assert len(seen) == len(calls) * len(EVENTS[helper].get("Records", [1]))


@pytest.mark.parametrize(
    "decorate",
    [idempotent(store=MemoryStore()), CircuitBreaker("payments", store=LocalCircuits())],
    ids=["idempotent", "breaker"],
)
def test_functions_and_methods_bind_under_idempotent_and_breaker(decorate: Any) -> None:
    class Orders:
        name = "orders"

        @decorate
        def method(self, number: int) -> Any:
            return [self.name, number]

        @decorate
        @classmethod
        def of_class(cls, number: int) -> Any:
            return [cls.name, number]

        @classmethod
        @decorate
        def of_class_too(cls, number: int) -> Any:
            return [cls.name, number]

        @decorate
        @staticmethod
        def of_none(number: int) -> Any:
            return ["none", number]

        @staticmethod
        @decorate
        def of_none_too(number: int) -> Any:
            return ["none", number]

    orders = Orders()
    assert orders.method(1) == ["orders", 1]
    for function in (orders.of_class, Orders.of_class, orders.of_class_too, Orders.of_class_too):
        assert function(2) == ["orders", 2]
    for function in (orders.of_none, Orders.of_none, orders.of_none_too, Orders.of_none_too):
        assert function(3) == ["none", 3]


# Refusals at decoration.

NO_FUNCTIONS = ["orders", 7, {"queue": "orders"}, [count_orders]]


@pytest.mark.parametrize("function", NO_FUNCTIONS, ids=lambda each: type(each).__name__)
@pytest.mark.parametrize(
    "helper",
    [*EVENTS, idempotent, CircuitBreaker("payments", store=LocalCircuits())],
    ids=lambda each: getattr(each, "__name__", type(each).__name__),
)
def test_what_is_no_function_is_refused(helper: Any, function: Any) -> None:
    with pytest.raises(TypeError, match="is not a function"):
        helper(function)


def takes_nothing() -> None: ...
def takes_three(one: Any, two: Any, three: Any) -> None: ...
def needs_keyword(record: Any, *, retries: int) -> None: ...


@pytest.mark.parametrize("helper", [sqs_handler, kinesis_handler, dynamodb_stream_handler])
@pytest.mark.parametrize(
    "function", [takes_nothing, takes_three, needs_keyword, functools.partial(takes_three, *"abc")]
)
def test_a_function_that_does_not_take_a_record_is_refused(helper: Any, function: Any) -> None:
    with pytest.raises(TypeError, match="does not take a record"):
        helper(function)


TAKES: list[Any] = [
    lambda record: None,
    lambda record, context: None,
    lambda record, more=1: None,
    lambda *records: None,
    lambda record, /, **more: None,
    Mock(return_value=None),
    MagicMock(return_value=None),
    AsyncMock(return_value=None),
    [].append,
    print,
]


@pytest.mark.parametrize("helper", [sqs_handler, kinesis_handler, dynamodb_stream_handler])
@pytest.mark.parametrize("function", TAKES, ids=lambda each: getattr(each, "__name__", type(each).__name__))
def test_a_function_that_takes_a_record_is_taken(helper: Any, function: Any) -> None:
    assert helper(function)(EVENTS[helper], None) == {"batchItemFailures": []}


async def later(value: Any) -> None: ...


STREAMS = [kinesis_handler, dynamodb_stream_handler]
OPTIONS: list[tuple[list[Any], str, list[Any]]] = [
    ([sqs_handler, *STREAMS], "parse", ["json", 7, later, takes_nothing, takes_three]),
    ([sqs_handler, *STREAMS], "classify", ["permanent", later, takes_nothing, takes_three]),
    ([sqs_handler, *STREAMS], "on_failure", ["log", [], later, takes_nothing, takes_three]),
    ([sqs_handler, *STREAMS], "deadline_margin", ["2", [], {}]),
    ([sqs_handler, *STREAMS], "idempotency", [True, "Done", {}, MemoryStore()]),
    ([sqs_handler], "backoff", [30, "full", {"base": 1}]),
    (list(EVENTS), "settings", ["queue", {}, Backoff()]),
    ([async_handler, *STREAMS], "settings", [SqsSettings()]),
    ([async_handler], "counter", ["dynamodb", 7]),
    ([async_handler], "idempotency", [True, {}]),
    (STREAMS, "window_end", ["end", 7, takes_nothing]),
    ([idempotent], "using", [True, "Done", {}]),
    ([idempotent, Idempotency], "name", [7, b"Done"]),
    ([idempotent, Idempotency], "prefix", [7, b"x"]),
    ([idempotent, Idempotency], "expiry", ["3600", []]),
    ([idempotent, Idempotency], "lease", ["900"]),
    ([CircuitBreaker], "policy", [5, {}]),
    ([CircuitBreaker], "counts", [ValueError(), "all", later, takes_nothing]),
    ([CircuitBreaker], "on_event", ["log", later, takes_three]),
    ([CircuitBreaker], "store", ["circuits", MemoryStore()]),
    ([CircuitBreaker], "settings", ["circuits", {}]),
    ([CircuitBreaker], "name", [7]),
]


@pytest.mark.parametrize(
    ("helper", "option", "value"),
    [(helper, option, value) for helpers, option, values in OPTIONS for helper in helpers for value in values],
    ids=lambda value: getattr(value, "__name__", str(value))[:20],
)
def test_an_option_of_the_wrong_type_is_refused_at_decoration(helper: Any, option: str, value: Any) -> None:
    def decorate() -> None:
        made = helper(**{option: value})
        if helper in EVENTS:
            made(lambda record, window: None) if option == "window_end" else made(count_orders)

    with pytest.raises(TypeError, match=option):
        decorate()


@pytest.mark.parametrize("helper", [*EVENTS, idempotent, CircuitBreaker], ids=lambda helper: helper.__name__)
def test_an_option_that_does_not_exist_is_refused(helper: Any) -> None:
    with pytest.raises(TypeError, match="retrys"):
        helper(retrys=3)(count_orders)


def test_a_fallback_must_be_a_function() -> None:
    payments = CircuitBreaker("payments", store=LocalCircuits())
    with pytest.raises(TypeError, match="fallback='none' is not a function"):
        payments(fallback="none")(takes_nothing)  # type: ignore[arg-type]
