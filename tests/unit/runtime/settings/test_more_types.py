"""Options of a wrong type are refused where they are given, with their name and what to give; none is ignored."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from redrive import (
    AsyncSettings,
    Backoff,
    CircuitBreaker,
    CircuitPolicy,
    CircuitSettings,
    Idempotency,
    IdempotencySettings,
    Invoker,
    InvokerSettings,
    LocalCircuits,
    MemoryStore,
    SqsSettings,
    StreamSettings,
    TmpCounter,
    async_handler,
    kinesis_handler,
    sqs_handler,
)

HALF_A_MINUTE: Any = timedelta(seconds=30)
WRONG: dict[str, tuple[Callable[[], object], str]] = {
    "text of an environment variable": (
        lambda: sqs_handler(settings=SqsSettings(max_receive_count=any_("5"))),
        r"SqsSettings.max_receive_count='5': give a whole number",
    ),
    "retention": (
        lambda: sqs_handler(settings=SqsSettings(retention_period=HALF_A_MINUTE)),
        r"SqsSettings.retention_period=.*: give a number of seconds",
    ),
    "backoff in settings": (
        lambda: sqs_handler(settings=SqsSettings(backoff=any_(5))),
        r"SqsSettings.backoff=5: give a Backoff",
    ),
    "stream": (lambda: kinesis_handler(settings=StreamSettings(function_timeout=any_("3"))), "a number of seconds"),
    "async": (lambda: async_handler(settings=AsyncSettings(qualifier=any_(7))), "a text"),
    "idempotency": (lambda: Idempotency(settings=IdempotencySettings(expiry=any_("3600"))), "a number"),
    "circuit": (lambda: CircuitBreaker("a", settings=CircuitSettings(table=any_(1))), "a text"),
    "invoker": (lambda: Invoker(settings=InvokerSettings(function=any_(len))), "a text"),
    "settings of another helper": (lambda: Invoker(settings=any_(SqsSettings())), "InvokerSettings"),
    "open time": (lambda: CircuitPolicy(open_time=any_(30)), "open_time=30: give a Backoff"),
    "threshold": (lambda: CircuitPolicy(failure_threshold=any_("5")), "failure_threshold='5': give a whole number"),
    "no threshold": (lambda: CircuitPolicy(failure_threshold=any_(None)), "failure_threshold=None: give"),
    "rate": (lambda: CircuitPolicy(failure_rate=any_("0.5")), "failure_rate='0.5': give a share"),
    "window": (lambda: CircuitPolicy(window=HALF_A_MINUTE), "window=.*: give a number of seconds"),
    "wait": (lambda: Backoff(HALF_A_MINUTE), "base=.*: give a number"),
    "cache age": (lambda: CircuitBreaker("a", cache_age=any_("5")), "cache_age='5': give a number"),
    "share": (lambda: CircuitBreaker("a", unasked=any_(None)), "unasked=None: give a share"),
    "class of circuits": (lambda: CircuitBreaker("a", store=any_(LocalCircuits)), "store=.* is a class"),
    "class of stores": (lambda: Idempotency(store=any_(MemoryStore)), "store=.* is a class"),
    "class of counters": (lambda: async_handler(counter=any_(TmpCounter)), "counter=.* is a class"),
    "description": (lambda: async_handler(describe=any_("short")), "describe='short' is not a function"),
    "yes and no": (lambda: Invoker("a", idempotent=any_("no")), "idempotent='no': give True"),
    "waits": (lambda: Invoker("a", backoff=any_(3)), "backoff=3: give a Backoff"),
    "attempts": (lambda: Invoker("a", max_attempts=any_("3")), "max_attempts='3': give a whole number"),
}


def any_(value: object) -> Any:
    return value


@pytest.mark.parametrize(("make", "says"), WRONG.values(), ids=WRONG)
def test_a_value_of_a_wrong_type_is_refused(make: Callable[[], Any], says: str) -> None:
    with pytest.raises(TypeError, match=says):
        decorate(make)


def decorate(make: Callable[[], Any]) -> None:
    decorator = make()  # which checks its options with the function
    decorator(lambda event, attempt=None: None)


def test_a_fallback_that_is_given_with_the_function_is_used() -> None:
    breaker = CircuitBreaker("prices", store=LocalCircuits(), policy=CircuitPolicy(failure_threshold=1))

    def fail() -> str:
        raise OSError("unreachable")

    protected = breaker(fail, fallback=lambda: "cached")
    with pytest.raises(OSError, match="unreachable"):
        protected()
    assert protected() == "cached"
