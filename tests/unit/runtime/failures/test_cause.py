"""Causes of a failure are in its reason: in the log, in the dead letter, in the record."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import pytest
from botocore.exceptions import ClientError

from redrive import (
    CircuitOpen,
    DynamoDBStore,
    FailureClass,
    Idempotency,
    InProgress,
    MissingKey,
    NotClaimed,
    NotRecorded,
    Permanent,
    Retry,
    SqsSettings,
    async_handler,
    classify,
    idempotent,
    kinesis_handler,
    sqs_handler,
)
from redrive.aws.clients import clients
from redrive.failures.diagnosis import diagnose
from tests.support.runtime.idempotency.functions import Store
from tests.support.runtime.sqs import queue
from tests.support.runtime.sqs.queue import Context, FakeSqs
from tests.support.runtime.streams import stream

E = TypeVar("E", bound=BaseException)
Log = Callable[[str], list[dict[str, Any]]]


class NoSuchOrder(Permanent): ...


class Busy(Retry): ...


def from_cause(error: E, *causes: BaseException) -> E:
    link: BaseException = error
    for cause in causes:
        link.__cause__ = cause
        link = cause
    return error


THROTTLED = ClientError({"Error": {"Code": "SlowDown", "Message": "later"}}, "PutItem")

REASONS = [
    (from_cause(NoSuchOrder("order 7"), KeyError("7")), "order 7: KeyError: '7'", "NoSuchOrder"),
    (from_cause(Busy(30), OSError("disk full")), "retry after 30 s: OSError: disk full", "Busy"),
    (from_cause(Retry(30), OSError("disk full")), "retry after 30 s: disk full", "OSError"),
    (
        from_cause(Busy(30), Retry(20), OSError("disk full")),
        "retry after 30 s: Retry: retry after 20 s: disk full",
        "Busy",
    ),
    (from_cause(MissingKey("no id"), ValueError()), "no id: ValueError", "MissingKey"),
    (
        from_cause(InProgress("7", 3), OSError("x")),
        "7 is in progress elsewhere; its claim expires in 3.0 s: OSError: x",
        "InProgress",
    ),
    (
        from_cause(CircuitOpen("a", 3), OSError("x")),
        "circuit 'a' is open: a call may be let through again in 3 s: OSError: x",
        "CircuitOpen",
    ),
    (
        NotRecorded("7", 3, THROTTLED),
        "7 was done, but could not be recorded as done: ClientError: An error occurred (SlowDown)",
        "NotRecorded",
    ),
    (from_cause(Permanent("the user's own reason"), KeyError("7")), "the user's own reason", "KeyError"),
    (from_cause(NoSuchOrder("order 7: '7'"), KeyError("7")), "order 7: '7'", "NoSuchOrder"),
    (
        ExceptionGroup("two", [from_cause(Busy(1), OSError("a")), NoSuchOrder("b")]),
        "retry after 1 s: OSError: a; b",
        "ExceptionGroup",
    ),
]


@pytest.mark.parametrize(("error", "reason", "error_type"), REASONS, ids=lambda value: str(value)[:30])
def test_the_reason_has_the_cause(error: BaseException, reason: str, error_type: str) -> None:
    found = diagnose(error)
    assert found.reason.startswith(reason)
    assert found.error_type == error_type
    if not isinstance(error, NotRecorded):
        assert found.reason == reason


def test_a_long_cause_is_cut() -> None:
    assert len(diagnose(from_cause(Busy(30), OSError("x" * 10_000))).reason) == 1024


def raises(error: BaseException) -> Callable[..., None]:
    def function(*_: Any) -> None:
        raise error

    return function


def test_the_cause_is_in_log_and_dead_letter(sqs: FakeSqs, context: Context, log: Log) -> None:
    error = from_cause(NoSuchOrder("order 7"), KeyError("7"))
    handler = sqs_handler(settings=SqsSettings(dead_letter_queue_url=queue.DEAD_LETTERS))(raises(error))
    assert queue.returned(handler(queue.batch(1), context)) == []
    assert sqs.sent[0]["MessageAttributes"]["RedriveReason"]["StringValue"] == "order 7: KeyError: '7'"
    assert [line["error"] for line in log("redrive.sqs.failure")] == ["order 7: KeyError: '7'"]


def test_the_cause_is_in_the_idempotency_record() -> None:
    store = Store()
    charge = idempotent(store=store)(raises(from_cause(NoSuchOrder("order 7"), KeyError("7"))))
    with pytest.raises(NoSuchOrder):
        charge(7)
    (stored,) = store.records.values()
    assert json.loads(stored.error or "")["reason"] == "order 7: KeyError: '7'"


def test_lambda_sees_why_nothing_was_recorded() -> None:
    store = Store()
    store.fails = lambda name, key: THROTTLED if name == "end" else None
    handler = async_handler(idempotency=Idempotency(key="id", store=store))(lambda event, attempt: None)
    with pytest.raises(NotRecorded, match=r"ClientError: An error occurred \(SlowDown\)"):
        handler({"id": 7})


class Down:
    """A client of DynamoDB that refuses each call."""

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def refuse(**_: Any) -> Any:
            raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": "not allowed"}}, name)

        return refuse


@pytest.mark.parametrize("messages", [1, 3])
def test_a_failed_batch_claim_names_the_table_and_says_that_nothing_ran(
    context: Context, log: Log, messages: int
) -> None:
    ran: list[str] = []
    errors: list[BaseException] = []
    idempotency = Idempotency(store=DynamoDBStore("orders-done"))

    @sqs_handler(idempotency=idempotency, on_failure=lambda failure: errors.append(failure.error))
    def handler(message: Any) -> None:
        ran.append(message.id)

    with clients.replaced(lambda service, limits: Down()):
        assert len(queue.returned(handler(queue.batch(messages), context))) == messages
    assert ran == []
    for line in log("redrive.sqs.failure"):
        assert "nothing ran, because DynamoDBStore('orders-done') could not claim the record" in line["error"]
        assert "AccessDeniedException" in line["error"]
        assert line["error_type"] == "NotClaimed"
    assert all(isinstance(error, NotClaimed) and isinstance(error.__cause__, ClientError) for error in errors)


def refusing(error: Exception) -> Store:
    def fails(name: str, keys: Sequence[str]) -> Exception | None:
        return error if name == "claim" else None

    return Store(refuses=fails)


def test_an_error_of_the_store_keeps_its_class() -> None:
    errors: list[BaseException] = []
    handler = kinesis_handler(
        idempotency=Idempotency(store=refusing(THROTTLED)), on_failure=lambda failure: errors.append(failure.error)
    )(raises(AssertionError()))
    handler(stream.batch(1))
    assert [classify(error) for error in errors] == [FailureClass.THROTTLING]


@pytest.mark.parametrize("error", [Retry(after=7), Permanent("no such table")], ids=repr)
def test_a_store_of_ones_own_can_decide(sqs: FakeSqs, context: Context, error: Exception) -> None:
    errors: list[BaseException] = []
    handler = sqs_handler(
        idempotency=Idempotency(store=refusing(error)), on_failure=lambda failure: errors.append(failure.error)
    )(raises(AssertionError()))
    handler(queue.batch(1), context)
    assert errors == [error]


def test_a_message_with_the_key_of_a_failed_one_has_its_error_as_cause(sqs: FakeSqs, context: Context) -> None:
    errors: list[BaseException] = []
    error = OSError("disk full")
    handler = sqs_handler(
        idempotency=Idempotency(store=Store()), on_failure=lambda failure: errors.append(failure.error)
    )(raises(error))
    handler(queue.event(queue.record("1", "same"), queue.record("2", "same")), context)
    assert errors[0] is error
    assert errors[1].__cause__ is error
