"""The replay lines of the docs, on handlers under idempotency: what failed runs, what is done does not."""

from __future__ import annotations

import json
from typing import Any

import pytest

from redrive import (
    Idempotency,
    InvocationRecord,
    MemoryStore,
    Permanent,
    StreamSettings,
    async_handler,
    clients,
    kinesis_handler,
)
from tests.support.runtime.asynchronous.attempts import AsyncContext, MemoryCounter
from tests.support.runtime.destinations.invocation_records import RETRIES_EXHAUSTED
from tests.support.runtime.sqs.queue import Context, VirtualTime
from tests.support.runtime.streams.stream import QUEUE, FakeAws, batch, outside
from tests.unit.docs.test_docs import LOOK, REPLAY, event, run


@pytest.fixture
def time() -> VirtualTime:
    return VirtualTime()


@pytest.fixture
def aws(time: VirtualTime) -> Any:
    aws = FakeAws()
    with outside(aws, time):
        yield aws


@pytest.mark.parametrize("error", [None, Permanent("no lines"), OSError("disk full")], ids=["done", "no", "error"])
def test_streams(aws: FakeAws, time: VirtualTime, monkeypatch: pytest.MonkeyPatch, error: Exception | None) -> None:
    """In a function of its own, which reads what was set aside; the message stays until all is processed."""
    ran: list[str] = []
    errors: list[Exception | None] = [Permanent("no lines")]

    @kinesis_handler(idempotency=Idempotency(store=MemoryStore()), settings=StreamSettings(set_aside_queue_url=QUEUE))
    def handler(record: Any) -> None:
        ran.append(record.sequence_number)
        if errors[-1] is not None:
            raise errors[-1]

    handler(batch(1), Context(time))
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "look")
    look = run(LOOK, handler=handler)["look"]
    errors.append(error)
    received = event(aws.messages[0]["MessageBody"])
    left = [{"itemIdentifier": "0"}] if isinstance(error, OSError) else []
    assert look(received) == {"batchItemFailures": left}
    assert ran == ["1", "1"]
    assert len(aws.messages) == (2 if isinstance(error, Permanent) else 1)
    look(received)
    assert ran == ["1", "1"] + ([] if error is None else ["1"])


def test_asynchronous_events(time: VirtualTime) -> None:
    """With a key of the content, as the line stands; with the default key, once it brings the identity back."""
    invoked: list[dict[str, Any]] = []

    class Lambda:
        def invoke(self, **request: Any) -> None:
            invoked.append(request)

    for code, key in ((REPLAY, "orderId"), (REPLAY.replace("arguments()", "arguments(with_identity=True)"), None)):
        ran: list[Any] = []
        errors: list[Exception | None] = [Permanent("no lines")]
        store = MemoryStore()

        @async_handler(idempotency=Idempotency(store=store, key=key), counter=MemoryCounter())
        def handler(event: Any, attempt: Any, ran: list[Any] = ran, errors: list[Exception | None] = errors) -> None:
            ran.append(event)
            if errors[-1] is not None:
                raise errors[-1]

        record = {**RETRIES_EXHAUSTED, "requestPayload": {"orderId": 7}}
        first = InvocationRecord.parse(record).request_id
        with pytest.raises(Permanent):
            handler({"orderId": 7}, AsyncContext(time, aws_request_id=first))
        errors.append(None)
        with clients.replaced(lambda service, limits: Lambda()), pytest.MonkeyPatch.context() as patch:
            patch.setattr("boto3.client", lambda service: Lambda())
            for _ in range(2):
                assert run(code)["replay"](event(json.dumps(record))) == {"batchItemFailures": []}
        for number, request in enumerate(invoked[-2:]):
            handler(json.loads(request["Payload"]), AsyncContext(time, aws_request_id=f"new-{number}"))
        assert ran == [{"orderId": 7}] * 2
