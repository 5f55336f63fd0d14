"""Asynchronous events that are brought back with the docs' replay line: what failed runs, what is done does not."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redrive import (
    Attempt,
    FailedBefore,
    Idempotency,
    InvalidRecord,
    InvocationRecord,
    MemoryStore,
    Permanent,
    async_handler,
)
from redrive.core.system import clock
from redrive.idempotency.stores import IdempotencyStore
from tests.support.runtime.asynchronous.attempts import FUNCTION_ARN, AsyncContext, MemoryCounter
from tests.support.runtime.sqs.queue import VirtualTime, record

EVENTS = [{"order": 7}, [], None, "text", 1.50, {"redrive-replay-1": 1}, {"redrive-replay-1": {"event": {}}}]


class Function:
    """A function of an event, which fails as it is told to."""

    def __init__(self) -> None:
        self.ran: list[tuple[Any, Attempt]] = []
        self.error: Exception | None = None

    def __call__(self, event: Any, attempt: Attempt) -> str:
        self.ran.append((event, attempt))
        if self.error is not None:
            raise self.error
        return "paid"


class Lambda:
    """Invokes a handler asynchronously, with the two retries of Lambda, and keeps the record of each event."""

    def __init__(self, function: Function, store: IdempotencyStore, time: VirtualTime, **options: Any) -> None:
        idempotency = Idempotency(store=store, **options)
        self.handler = async_handler(idempotency=idempotency, counter=MemoryCounter())(function.__call__)
        self.time = time
        self.requests = 0

    def invoke(self, payload: bytes, *, lost: int = 0) -> str:
        """Return the invocation record of an event, as text; some outcomes may be lost, as by a crash."""
        self.requests += 1
        request_id = f"request-{self.requests}"
        failed, response = True, None
        for number in range(3):
            try:
                response = self.handler(json.loads(payload), AsyncContext(self.time, aws_request_id=request_id))
                failed = False
            except Exception as error:
                response, failed = {"errorType": type(error).__name__, "errorMessage": str(error)}, True
            if number < lost:
                failed = True
            if not failed:
                break
        return self._record(payload, request_id, response, failed=failed)

    @staticmethod
    def _record(payload: bytes, request_id: str, response: Any, *, failed: bool) -> str:
        context = {
            "requestId": request_id,
            "functionArn": f"{FUNCTION_ARN}:$LATEST",
            "condition": "RetriesExhausted" if failed else "Success",
            "approximateInvokeCount": 3 if failed else 1,
        }
        answered = {"statusCode": 200, "executedVersion": "$LATEST"} | (
            {"functionError": "Unhandled"} if failed else {}
        )
        fields = {
            "version": "1.0",
            "timestamp": "2026-11-21T08:00:00.123Z",
            "requestContext": context,
            "responseContext": answered,
            "responsePayload": response,
        }
        return f'{json.dumps(fields)[:-1]}, "requestPayload": {payload.decode()}}}'


def arriving(text: str, way: str) -> Any:
    """A record as it arrives from a queue, a topic or a bucket."""
    if way == "sqs":
        return record("m-1", text)
    if way == "sns":
        return {"Type": "Notification", "Message": text, "MessageId": "1", "TopicArn": "arn:aws:sns:eu-west-1:1:t"}
    return text.encode()


@pytest.mark.parametrize("way", ["sqs", "sns", "s3"])
@pytest.mark.parametrize("key", [None, "order"])
@pytest.mark.parametrize("with_identity", [False, True])
@pytest.mark.parametrize("error", [Permanent("no lines"), OSError("disk full")], ids=["permanent", "given up"])
def test_what_failed_runs_each_time_that_it_is_brought_back(
    store: IdempotencyStore, time: VirtualTime, error: Exception, key: str | None, way: str, *, with_identity: bool
) -> None:
    function = Function()
    lambda_ = Lambda(function, store, time, key=key)
    function.error = error
    text = lambda_.invoke(b'{"order": 7}')
    for _ in range(2):
        ran = len(function.ran)
        arrived = InvocationRecord.parse(arriving(text, way))
        text = lambda_.invoke(arrived.invoke_arguments(with_identity=with_identity)["Payload"])
        assert len(function.ran) > ran
    function.error = None
    lambda_.invoke(InvocationRecord.parse(text).invoke_arguments(with_identity=with_identity)["Payload"])
    assert function.ran[-1][0] == {"order": 7}


@pytest.mark.parametrize(("key", "with_identity"), [(None, True), ("order", True), ("order", False)])
def test_what_is_done_does_not_run_again(
    store: IdempotencyStore, time: VirtualTime, key: str | None, *, with_identity: bool
) -> None:
    """It was done, and Lambda did not learn it."""
    function = Function()
    lambda_ = Lambda(function, store, time, key=key)
    text = lambda_.invoke(b'{"order": 7}', lost=3)
    for _ in range(2):
        arrived = InvocationRecord.parse(text)
        assert arrived.condition == "RetriesExhausted"
        text = lambda_.invoke(arrived.invoke_arguments(with_identity=with_identity)["Payload"], lost=3)
    assert len(function.ran) == 1


def test_retries_of_a_permanent_failure_do_not_run(store: IdempotencyStore, time: VirtualTime) -> None:
    function = Function()
    function.error = Permanent("no lines")
    lambda_ = Lambda(function, store, time)
    arrived = InvocationRecord.parse(lambda_.invoke(b'{"order": 7}'))
    assert len(function.ran) == 1
    assert arrived.error_type == FailedBefore.__name__


@pytest.mark.parametrize("event", EVENTS, ids=json.dumps)
def test_the_function_sees_the_event_and_both_ids(store: IdempotencyStore, time: VirtualTime, event: Any) -> None:
    function = Function()
    lambda_ = Lambda(function, store, time, missing_key="run")
    function.error = OSError("disk full")
    arrived = InvocationRecord.parse(lambda_.invoke(json.dumps(event).encode()))
    for expected in ("request-2", "request-3"):
        function.error = OSError("disk full")
        arguments = arrived.invoke_arguments(with_identity=expected == "request-2")  # then kept as it came
        arrived = InvocationRecord.parse(lambda_.invoke(arguments["Payload"]))
        seen, attempt = function.ran[-1]
        assert seen == event
        assert (attempt.request_id, attempt.original_request_id) == (expected, "request-1")
        assert (arrived.payload, arrived.request_id, arrived.original_request_id) == (event, expected, "request-1")


def test_without_an_identity_the_payload_is_the_same_byte_for_byte_and_so_is_the_event_within() -> None:
    text = Lambda._record(b'{"n": 1.50,  "u": "\\u00fc"}', "request-1", None, failed=True)
    arrived = InvocationRecord.parse(text)
    assert arrived.invoke_arguments()["Payload"] == b'{"n": 1.50,  "u": "\\u00fc"}'
    wrapped = arrived.invoke_arguments(with_identity=True)["Payload"]
    assert wrapped == b'{"redrive-replay-1":{"requestId":"request-1","event":{"n": 1.50,  "u": "\\u00fc"}}}'
    again = InvocationRecord.parse(Lambda._record(wrapped, "request-2", None, failed=True))
    assert again.invoke_arguments()["Payload"] == wrapped
    corrected = replace(again, payload={"n": 2})
    assert json.loads(corrected.invoke_arguments()["Payload"]) == {
        "redrive-replay-1": {"requestId": "request-1", "event": {"n": 2}}
    }


def test_text_that_is_no_json_carries_no_identity() -> None:
    attributes = {
        name: {"dataType": "String", "stringValue": value}
        for name, value in {"RequestID": "request-1", "ErrorCode": "200"}.items()
    }
    arrived = InvocationRecord.parse(record("m-1", "no json", message_attributes=attributes))
    assert arrived.invoke_arguments("orders")["Payload"] == b"no json"
    with pytest.raises(InvalidRecord, match="no JSON"):
        arrived.invoke_arguments("orders", with_identity=True)


@pytest.mark.parametrize(
    "event",
    [
        {"redrive-replay-1": {"requestId": "1", "event": 1}, "more": 1},
        {"redrive-replay-1": {"requestId": "1", "event": 1, "more": 1}},
        {"redrive-replay-1": {"requestId": 1, "event": 1}},
        {"redrive-replay-1": {"requestId": "", "event": 1}},
        {"redrive-replay-1": {"requestId": "1"}},
        {"redrive-replay-1": "1"},
        {"redrive-replay-2": {"requestId": "1", "event": 1}},
        {"requestId": "1", "event": 1},
    ],
    ids=json.dumps,
)
def test_an_event_of_the_users_own_is_never_taken_for_one_that_is_brought_back(
    store: IdempotencyStore, time: VirtualTime, event: Any
) -> None:
    function = Function()
    Lambda(function, store, time).invoke(json.dumps(event).encode())
    ((seen, attempt),) = function.ran
    assert seen == event
    assert attempt.original_request_id == attempt.request_id == "request-1"


# Random sequences of events.


@given(
    st.sampled_from([None, "order"]),
    st.lists(st.tuples(st.sampled_from(["done", "permanent", "error"]), st.integers(0, 3)), min_size=1, max_size=8),
)
def test_a_done_event_never_runs_again_and_a_failed_one_always_does(
    key: str | None, steps: list[tuple[str, int]]
) -> None:
    time, function = VirtualTime(), Function()
    errors = {"done": None, "permanent": Permanent("no lines"), "error": OSError("disk full")}
    payload = b'{"order": 7}'
    is_done = False
    with clock.replaced(time):
        lambda_ = Lambda(function, MemoryStore(), time, key=key)
        for outcome, lost in steps:
            function.ran, function.error = [], errors[outcome]
            text = lambda_.invoke(payload, lost=lost)
            assert bool(function.ran) != is_done
            is_done = is_done or outcome == "done"
            assert len(function.ran) <= 1 or outcome == "error"
            payload = InvocationRecord.parse(text).invoke_arguments(with_identity=True)["Payload"]
