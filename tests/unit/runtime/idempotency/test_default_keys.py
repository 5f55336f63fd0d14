"""Values that differ at each delivery are no key: raw records, whole events, and objects that contain them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from redrive import KinesisRecord, MemoryStore, SqsMessage, idempotent
from tests.support.runtime.sqs.queue import Context, VirtualTime, event, record

pytestmark = pytest.mark.usefixtures("seams")


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


@dataclass
class Work:
    record: Any


RAW = dict(record("1", "body"))
KINESIS = {"eventSource": "aws:kinesis", "kinesis": {"sequenceNumber": "1", "data": "e30="}}
CHANGE = {"eventSource": "aws:dynamodb", "dynamodb": {"SequenceNumber": "1", "Keys": {"id": {"S": "a"}}}}
KAFKA = {"eventSource": "aws:kafka", "records": {"orders-0": [{"offset": 15, "value": "e30="}]}}
QUEUE = {"eventSource": "aws:rmq", "rmqMessagesByQueue": {"orders::/": [{"data": "e30="}]}}
REQUEST = {"body": "{}", "headers": {"a": "b"}, "requestContext": {"requestId": "1"}}
DELIVERED: list[Any] = [
    RAW,
    event(record("1", "body")),
    {"Records": [KINESIS]},
    {"Records": [CHANGE]},
    KINESIS,
    CHANGE,
    KAFKA,
    {**KAFKA, "eventSource": "SelfManagedKafka"},
    QUEUE,
    REQUEST,
    [RAW],
    (RAW, RAW),
    {"record": RAW},
    Work(RAW),
    [SqsMessage("1", "body")],
    {"record": KinesisRecord(b"data")},
    {"MessageId": "1", "ReceiptHandle": "handle", "Body": "body"},  # as boto3 receives it
]


@pytest.mark.parametrize("delivered", DELIVERED, ids=lambda each: f"{each!r:.60}")
def test_what_differs_at_each_delivery_is_no_default_key(store: MemoryStore, time: VirtualTime, delivered: Any) -> None:
    ran: list[Any] = []

    @idempotent(store=store)
    def handler(event: Any, context: Any = None) -> None:
        ran.append(event)

    @idempotent(store=store)
    def charge(order: Any, *more: Any, **others: Any) -> None:
        ran.append(order)

    calls = [lambda: handler(delivered, Context(time))]
    if delivered is not REQUEST:
        calls += [lambda: charge(1, delivered), lambda: charge(1, source=delivered)]
    for call in calls:
        with pytest.raises(TypeError, match="give key= a path or a function"):
            call()
    assert (ran, store.records) == ([], {})


@pytest.mark.parametrize("delivered", [RAW, event(record("1", "body"))])
def test_with_a_key_or_like_powertools_it_is_taken(store: MemoryStore, delivered: Any) -> None:
    def charge(order: Any) -> str:
        return "charged"

    assert idempotent(store=store, key="messageId || Records[0].messageId")(charge)(delivered) == "charged"
    assert idempotent(store=store, like_powertools=True)(charge)(delivered) == "charged"


@pytest.mark.parametrize(
    "given",
    [
        {"id": 7, "source": "aws.sqs", "detail": {}},
        {"Records": [{"EventSource": "aws:sns", "Sns": {"MessageId": "1"}}]},
        {"Records": [{"eventSource": "aws:s3", "s3": {"object": {"key": "a"}}}]},
        {"note": 'a "receiptHandle": within a text'},
        {"requestContext": {"requestId": "1"}, "requestPayload": {"id": 7}},
    ],
)
def test_what_stays_the_same_is_a_default_key(store: MemoryStore, given: Any) -> None:
    handler = idempotent(store=store)(lambda event: "done")
    assert [handler(given), handler(given)] == ["done", "done"]
    assert len(store.records) == 1
