"""Keys without a value, or with a part that has none, and what is said of them."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from dataclasses import dataclass
from typing import Any

import pytest

from redrive import (
    Idempotency,
    MemoryStore,
    MissingKey,
    SqsSettings,
    async_handler,
    dynamodb_stream_handler,
    idempotent,
    kinesis_handler,
    sqs_handler,
)
from redrive.aws.clients import clients
from tests.support.runtime.idempotency.functions import decorated
from tests.support.runtime.sqs.queue import FakeSqs, VirtualTime, event, record, returned

pytestmark = pytest.mark.usefixtures("seams")


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


# Composite keys.


@dataclass(frozen=True)
class Key:
    user: Any
    order: Any


def named(key: object) -> str | None:
    """Return a test's id, the same in each process: functions have addresses in their texts."""
    return key if isinstance(key, str) else None


COMPOSITES: list[Any] = [
    "[user, order]",
    "{a: user, b: order}",
    "[user, {b: order}]",
    "[[user], [order]]",
    "payload.[user, order]",
    "lines[*].[sku, order]",
    "lines[0].[sku, order]",
    "payload | [user, order]",
    "missing || [user, order]",
    "[user, order][]",
    "[user, order.id]",
    "[user, powertools_json(body).order]",
    "join('-', [user, order])",
    "to_string(order)",
    "to_string([user, order])",
    "[user, to_string(order)]",
    "lines[*].order",
    "lines[].order",
    "lines[:1].order",
    "by_name.*.order",
    "lines[?sku].order",
    "lines[?sku].[sku, order]",
    "map(&order, lines)",
    "map(&[sku, order], lines)",
    "[user, sort(lines[*].order)]",
    "merge({user: user}, {order: order})",
    "orders[*].lines[*].order",
    lambda event: [event["user"], event.get("order")],
    lambda event: Key(event["user"], event.get("order")),
    lambda event: [Key(event["user"], event.get("order"))],
    lambda event: {event["user"], event.get("order")},
    lambda event: (event["user"], event.get("order")),
    lambda event: {"user": event["user"], "order": event.get("order")},
    lambda event: [event["user"], [event.get("order")]],
    lambda event: [event["user"], event.get("order", "")],
]


@pytest.mark.parametrize("key", COMPOSITES, ids=named)
@pytest.mark.parametrize("missing", [{}, {"order": None}, {"order": ""}])
def test_a_composite_key_without_a_part_is_missing(store: MemoryStore, key: Any, missing: Any) -> None:
    if missing == {"order": ""} and isinstance(key, str) and ("join" in key or "to_string" in key):
        return  # a text made of texts
    lines = [{"sku": "a", **missing}, {"sku": "b", "order": "o"}]
    given: Any = {"user": "u", "body": json.dumps(missing), "lines": lines, **missing}
    given |= {"orders": [{"lines": lines}], "by_name": dict(zip("ab", lines, strict=True))}
    given["payload"] = {**given}
    charge, ran = decorated(store, key)
    with pytest.raises(MissingKey, match="has no value"):
        charge(given)
    run_each_time, ran_each_time = decorated(store, key, missing_key="run")
    run_each_time(given)
    run_each_time(given)
    assert (ran, len(ran_each_time), store.records) == ([], 2, {})


@pytest.mark.parametrize("key", COMPOSITES, ids=named)
def test_a_composite_key_with_all_its_parts_is_a_key(store: MemoryStore, key: Any) -> None:
    order = {"order": "o"} if key != "[user, order.id]" else {"order": {"id": 0}}
    lines = [{"sku": "a", **order}]
    given: Any = {"user": "u", "body": json.dumps(order), "lines": lines, **order}
    given |= {"orders": [{"lines": lines}], "by_name": {"a": lines[0]}}
    given["payload"] = {**given}
    charge, ran = decorated(store, key)
    charge(given)
    charge(given)
    assert len(ran) == 1


@pytest.mark.parametrize(
    "key",
    [
        "order",
        "@",
        "orders",
        "[missing, order] | [1]",
        "[missing, order][1]",
        "[missing, order.id][?@] | [0]",
        "{a: missing, b: order.id}.b",
        "order.id || [missing, order]",
        "not_null(missing, order.id)",
        "orders[?@].id",
        "orders[*].id | [0]",
        "orders[?[id, note]].id",
        lambda event: event,
        lambda event: event["order"],
        lambda event: event["orders"],
        lambda event: json.loads(json.dumps(event["order"])),
    ],
    ids=named,
)
def test_what_is_in_the_payload_as_it_is_may_lack_what_it_likes(store: MemoryStore, key: Any) -> None:
    order = {"id": 7, "note": None, "tags": []}
    charge, ran = decorated(store, key)
    charge({"order": order, "orders": [order, None]})
    charge({"order": order, "orders": [order, None]})
    assert len(ran) == 1


@pytest.mark.parametrize("key", [lambda work: work, lambda work: work.customer, lambda work: [work.customer][0]])
def test_so_may_what_is_in_a_dataclass(store: MemoryStore, key: Any) -> None:
    @dataclass
    class Work:
        customer: Key

    charge, ran = decorated(store, key)
    charge(Work(Key("u", None)))
    charge(Work(Key("u", None)))
    assert len(ran) == 1


def test_a_record_that_is_not_json_has_no_value_at_a_path(store: MemoryStore) -> None:
    reasons: list[str] = []
    ran: list[str] = []

    def handle(message: Any) -> None:
        ran.append(message.body)

    for missing_key in ("fail", "run"):
        options: Any = {"idempotency": Idempotency(store=store, key="id").replace(missing_key=missing_key)}
        handler = sqs_handler(**options, on_failure=lambda failure: reasons.append(failure.reason))(handle)
        handler(event(record("1", "no JSON")))
    (reason,) = reasons
    assert "it was looked up in the message's body: the body is not JSON" in reason
    assert ran == ["no JSON"]


def test_default_arguments_are_no_missing_parts(store: MemoryStore) -> None:
    @idempotent(store=store)
    def charge(order: Any, amount: Any = None) -> str:
        return "charged"

    assert charge(7) == "charged"


def test_a_composite_key_of_a_source_names_its_missing_part(store: MemoryStore, time: VirtualTime) -> None:
    sqs = FakeSqs()
    handler = sqs_handler(
        idempotency=Idempotency(store=store, key="[user, order.id]"),
        settings=SqsSettings(dead_letter_queue_url="https://sqs/1/dead"),
    )(lambda message: None)
    with clients.replaced(lambda service, limits: sqs):
        assert returned(handler(event(record("1", '{"user": "u", "order": {"x": 1}}')))) == []
    (sent,) = sqs.sent
    reason = sent["MessageAttributes"]["RedriveReason"]["StringValue"]
    assert "looked up in the message's body, which is an object with order, user" in reason
    assert "its part order.id has no value" in reason


# Place where the part was looked up.


def test_a_missing_key_says_where_it_was_looked_up(store: MemoryStore) -> None:
    charge, _ = decorated(store, "order.id")
    for given, says in [
        ({"id": 7, "lines": []}, "in the only argument (event), which is an object with id, lines"),
        ({}, "in the only argument (event), which is an empty object"),
        ([1], "in the only argument (event), which is of the type list"),
        (None, "in the only argument (event), which is nothing"),
    ]:
        with pytest.raises(MissingKey, match=rf"idempotency key 'order\.id' has no value.*looked up {re.escape(says)}"):
            charge(given)

    @idempotent(store=store, key="id")
    def pay(order: Any, amount: int, context: Any = None) -> None: ...

    with pytest.raises(MissingKey, match=r"looked up in the arguments by name, which is an object with amount, order"):
        pay({"id": 7}, 5)
    async_one = async_handler(idempotency=Idempotency(store=store, key="id"))(lambda event, attempt: None)
    with pytest.raises(MissingKey, match="looked up in the event, which is an object with number"):
        async_one({"number": 7})


def test_of_records_it_says_their_content(store: MemoryStore) -> None:
    errors: list[Any] = []

    def kept(failure: Any) -> None:
        errors.append(failure.reason)

    def handle(record: Any) -> None: ...

    options: Any = {"idempotency": Idempotency(store=store, key="id"), "on_failure": kept}
    kinesis = {"sequenceNumber": "1", "data": b64encode(b'{"number": 7}').decode(), "partitionKey": "a"}
    kinesis_handler(**options)(handle)({"Records": [{"kinesis": kinesis}]})
    change = {"SequenceNumber": "1", "Keys": {"number": {"N": "7"}}}
    dynamodb_stream_handler(**options)(handle)({"Records": [{"dynamodb": change, "eventName": "INSERT"}]})
    assert "looked up in the record's data, which is an object with number" in errors[0]
    assert "looked up in the record's keys and images, which is an object with event_name, keys" in errors[1]
