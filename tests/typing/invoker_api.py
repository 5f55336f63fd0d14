"""Calling a function as users write it. Nothing here runs: `pyright` reads it, in strict mode."""

# pyright: strict, reportUnusedFunction=false, reportUnnecessaryTypeIgnoreComment=true

from __future__ import annotations

from typing import Any, assert_type

from redrive import (
    Backoff,
    FailureClass,
    FunctionError,
    InvalidPayload,
    InvokeError,
    Invoker,
    InvokerSettings,
    NotInvoked,
    OutcomeUnknown,
    Permanent,
    Retry,
    SqsMessage,
    classify,
    sqs_handler,
)

# The function that a construct has named, the only one there is, and one that no construct knows.

prices = Invoker("Prices")
only = Invoker()
stock = Invoker(
    settings=InvokerSettings(function="stock:live", function_timeout=10, backoff=Backoff(0.5, jitter="equal")),
    backoff=Backoff(cap=10),
    idempotent=True,
    retry_function_errors=True,
    also_retry={"ResourceNotFoundException"},
    never_retry=["TooManyRequestsException"],
    max_attempts=3,
)


def handler(event: dict[str, Any], context: object) -> float:
    price = prices.invoke({"sku": event["sku"]}, context=context)
    assert_type(price, Any)
    assert_type(stock.send([1, "two", None], context=context), str)
    assert_type(only.send("an event"), str)
    return price["amount"]


# Outcome of a call.


def asking(sku: str, context: object) -> str:
    try:
        return prices.invoke(sku, context=context)
    except FunctionError as error:
        assert_type(error.error_type, str)
        assert_type(error.message, str)
        assert_type(error.stack_trace, list[str])
        assert_type(error.log_tail, str)
        assert_type(error.request_id, str)
        assert_type(error.payload, Any)
        assert_type(error.executed_version, str)
        return error.message
    except NotInvoked as error:
        assert_type(error.retry_after, float | None)
        raise Retry(after=error.retry_after) from error
    except OutcomeUnknown as error:
        raise Permanent(f"{error.function} may have run") from error
    except InvokeError as error:
        assert_type(error.function, str)
        assert_type(error.attempts, int)
        assert_type(error.code, str)
        assert_type(classify(error), FailureClass)
        raise
    except InvalidPayload as error:
        raise Permanent(str(error)) from error


# In a handler of a queue's messages.


@sqs_handler
def message_handler(message: SqsMessage[str], context: object) -> None:
    prices.invoke(message.json(), context=context)


# Mistakes are found before they run.


Invoker(7)  # type: ignore[arg-type]
Invoker("Prices", InvokerSettings())  # type: ignore[call-arg]
Invoker(backoff=2)  # type: ignore[arg-type]
Invoker(also_retry=[500])  # type: ignore[list-item]
Invoker(max_attempts="3")  # type: ignore[arg-type]
prices.invoke()  # type: ignore[call-arg]
prices.invoke({}, None)  # type: ignore[call-arg]
