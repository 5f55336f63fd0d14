"""`describe=` decides what text of an error leaves the function, wherever it goes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from redrive import (
    Idempotency,
    Permanent,
    Retry,
    SqsSettings,
    StreamSettings,
    async_handler,
    describe,
    dynamodb_stream_handler,
    idempotent,
    kinesis_handler,
    meters,
    sqs_handler,
)
from redrive.testing import (
    AwsCalls,
    LambdaContext,
    dynamodb_stream_event,
    kinesis_event,
    recorded_calls,
    sqs_event,
)
from tests.support.runtime.idempotency.functions import Store

SECRET = "4111-1111-1111-1111"
DLQ = "https://sqs.us-east-1.amazonaws.com/123456789012/dead"
ASIDE = "https://sqs.us-east-1.amazonaws.com/123456789012/aside"
QUEUE = SqsSettings(dead_letter_queue_url=DLQ)


@pytest.fixture
def calls() -> Iterator[AwsCalls]:
    with recorded_calls() as found:
        yield found


def by_type(error: BaseException) -> str:
    return f"a {type(error).__name__}"


def written(calls: AwsCalls, caplog: pytest.LogCaptureFixture, *more: object) -> str:
    """Everything that left the function except the events themselves."""
    logged = [(each.getMessage(), vars(each)) for each in caplog.records]
    sent = [entry.get("MessageAttributes") for entry in calls.sent_to(DLQ)]
    reasons = [json.loads(entry["MessageBody"]).get("reason") for entry in calls.sent_to(ASIDE)]
    reasons += [json.loads(body)["reason"] for body in calls.objects.values()]
    return repr((logged, sent, reasons, more))


ERRORS: list[Callable[[], BaseException]] = [
    lambda: Permanent(SECRET),
    lambda: ValueError(SECRET),
    lambda: KeyError(SECRET),
    lambda: Retry(reason=SECRET),
    lambda: ExceptionGroup("several", [ValueError(SECRET), Permanent(SECRET)]),
    lambda: SystemExit(SECRET),
]


@pytest.mark.parametrize("make", ERRORS)
@pytest.mark.parametrize("options", [{}, {"concurrency": 3}])
def test_of_a_queue(
    calls: AwsCalls, caplog: pytest.LogCaptureFixture, make: Callable[[], BaseException], options: dict[str, Any]
) -> None:
    failures: list[Any] = []

    def fail(message: object) -> None:
        raise make()

    def hook(failure: Any) -> None:
        failures.append(failure.reason)
        raise ValueError(SECRET)

    handler = sqs_handler(describe=by_type, settings=QUEUE, on_failure=hook, **options)(fail)
    handler(sqs_event("1", "2"), LambdaContext())
    text = written(calls, caplog, failures)
    assert SECRET not in text
    assert "a ValueError" in text


def test_of_async_functions_and_of_parsers(calls: AwsCalls, caplog: pytest.LogCaptureFixture) -> None:
    async def fail(message: object) -> None:
        raise Permanent(SECRET)

    sqs_handler(describe=by_type, settings=QUEUE)(fail)(sqs_event("1"), LambdaContext())
    sqs_handler(describe=by_type, settings=QUEUE, parse=int)(lambda message: None)(sqs_event(SECRET), LambdaContext())
    assert len(calls.sent_to(DLQ)) == 2
    assert SECRET not in written(calls, caplog)


@pytest.mark.parametrize("place", [{"set_aside_queue_url": ASIDE}, {"set_aside_bucket": "aside"}, {}])
@pytest.mark.parametrize(
    ("decorate", "event"),
    [(kinesis_handler, kinesis_event("1")), (dynamodb_stream_handler, dynamodb_stream_event({"id": 1}))],
)
def test_of_a_stream(
    calls: AwsCalls, caplog: pytest.LogCaptureFixture, decorate: Any, event: Any, place: dict[str, Any]
) -> None:
    def fail(record: object) -> None:
        raise Permanent(SECRET)

    decorate(describe=by_type, settings=StreamSettings(**place))(fail)(event, LambdaContext())
    text = written(calls, caplog)
    assert SECRET not in text
    assert "a Permanent" in text


def test_of_the_table_of_idempotency(calls: AwsCalls, caplog: pytest.LogCaptureFixture) -> None:
    batches, single, event = Store(), Store(), Store()

    @idempotent(key="id", store=single)
    def charge(order: Any) -> None:
        raise Permanent(SECRET)

    options: dict[str, Any] = {"describe": by_type, "settings": QUEUE}
    sqs_handler(**options)(lambda message: charge(message.json()))(sqs_event({"id": 1}), LambdaContext())

    def fail(_: object) -> None:
        raise Permanent(SECRET)

    sqs_handler(**options, idempotency=Idempotency(store=batches))(fail)(sqs_event("1"), LambdaContext())
    handler = async_handler(describe=by_type, idempotency=Idempotency(store=event))(lambda e, attempt: fail(e))
    with pytest.raises(Permanent):
        handler({}, LambdaContext())
    for store in (batches, single, event):
        assert "a Permanent" in repr(store.records)
        assert SECRET not in repr(store.records)
    assert SECRET not in written(calls, caplog)


def test_of_a_counter_and_a_hook_for_metrics(calls: AwsCalls, caplog: pytest.LogCaptureFixture) -> None:
    class Counter:
        def increment(self, request_id: str, seconds: float | None = None) -> int:
            raise ValueError(SECRET)

        def forget(self, request_id: str) -> None: ...

    def hook(figures: object) -> None:
        raise ValueError(SECRET)

    handler = async_handler(describe=by_type, counter=Counter())(lambda event, attempt: attempt.number)
    handler({}, LambdaContext())
    with meters.replaced(hook):
        sqs_handler(describe=by_type, settings=QUEUE)(lambda message: 1 / 0)(sqs_event("1"), LambdaContext())
    text = written(calls, caplog)
    assert "redrive.metrics_hook_failed" in text
    assert SECRET not in text


def test_one_function_for_everything(calls: AwsCalls, caplog: pytest.LogCaptureFixture) -> None:
    store = Store()

    @idempotent(store=store)
    def plain(order: Any) -> None:
        raise Permanent(SECRET)

    def fail(message: object) -> None:
        raise Permanent(SECRET)

    with describe.replaced(by_type):
        with pytest.raises(Permanent):
            plain({"id": 1})
        sqs_handler(settings=QUEUE)(fail)(sqs_event("1"), LambdaContext())
        other = sqs_handler(describe=lambda error: "other", settings=QUEUE)(fail)
        other(sqs_event("1"), LambdaContext())
    assert SECRET not in written(calls, caplog, store.records)
    reasons = [each["MessageAttributes"]["RedriveReason"]["StringValue"] for each in calls.sent_to(DLQ)]
    assert reasons == ["a Permanent", "other"]


def broken(error: BaseException) -> str:
    raise ValueError(SECRET)


def leaves(error: BaseException) -> str:
    raise SystemExit(SECRET)


@pytest.mark.parametrize("hook", [broken, leaves, lambda error: None, lambda error: 7, lambda error: "", bytes])
def test_a_hook_that_fails_leaves_the_type(calls: AwsCalls, caplog: pytest.LogCaptureFixture, hook: Any) -> None:
    def fail(message: object) -> None:
        raise Permanent(SECRET)

    sqs_handler(describe=hook, settings=QUEUE)(fail)(sqs_event("1"), LambdaContext())
    (entry,) = calls.sent_to(DLQ)
    assert entry["MessageAttributes"]["RedriveReason"]["StringValue"] == "Permanent"
    assert SECRET not in written(calls, caplog)


def test_a_long_text_is_cut(calls: AwsCalls, caplog: pytest.LogCaptureFixture) -> None:
    def fail(message: object) -> None:
        raise Permanent("no")

    sqs_handler(describe=lambda error: "x" * 5000, settings=QUEUE)(fail)(sqs_event("1"), LambdaContext())
    (entry,) = calls.sent_to(DLQ)
    assert len(entry["MessageAttributes"]["RedriveReason"]["StringValue"]) == 1024


async def later(error: BaseException) -> str:
    return ""


@pytest.mark.parametrize("decorate", [sqs_handler, kinesis_handler, dynamodb_stream_handler, async_handler])
def test_it_cannot_be_async(decorate: Any) -> None:
    with pytest.raises(TypeError, match="describe="):
        decorate(describe=later)(lambda event, attempt: None)


def test_by_default_it_is_the_errors_own_text(calls: AwsCalls) -> None:
    def fail(message: object) -> None:
        raise Permanent("no lines")

    sqs_handler(settings=QUEUE)(fail)(sqs_event("1"), LambdaContext())
    (entry,) = calls.sent_to(DLQ)
    assert entry["MessageAttributes"]["RedriveReason"]["StringValue"] == "no lines"
