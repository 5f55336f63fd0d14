"""Keys without a value, or with a part that has none, and what is said of them."""

from __future__ import annotations

import gzip
import json
import zlib
from base64 import b64encode
from collections.abc import Iterator
from itertools import count
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
from redrive.idempotency import paths
from tests.support.runtime.idempotency.functions import outside
from tests.support.runtime.sqs.queue import FakeSqs, VirtualTime, event, record, returned


@pytest.fixture(autouse=True)
def seams(time: VirtualTime) -> Iterator[None]:
    with outside(time):
        yield


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


_numbers = count()


def decorated(store: MemoryStore, key: Any, **options: Any) -> tuple[Any, list[Any]]:
    ran: list[Any] = []

    @idempotent(store=store, key=key, prefix=f"{next(_numbers)}/", **options)
    def charge(event: Any) -> None:
        ran.append(event)

    return charge, ran


# Composite keys.

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
    lambda event: [event["user"], event.get("order")],
    lambda event: (event["user"], event.get("order")),
    lambda event: {"user": event["user"], "order": event.get("order")},
    lambda event: [event["user"], [event.get("order")]],
    lambda event: [event["user"], event.get("order", "")],
]


@pytest.mark.parametrize("key", COMPOSITES, ids=str)
@pytest.mark.parametrize("missing", [{}, {"order": None}, {"order": ""}])
def test_a_composite_key_without_a_part_is_missing(store: MemoryStore, key: Any, missing: Any) -> None:
    if missing == {"order": ""} and isinstance(key, str) and ("join" in key or "to_string" in key):
        return  # a text made of texts
    given = {"user": "u", "body": json.dumps(missing), "lines": [{"sku": "a", **missing}], **missing}
    given["payload"] = {**given}
    charge, ran = decorated(store, key)
    with pytest.raises(MissingKey, match="has no value"):
        charge(given)
    run_each_time, ran_each_time = decorated(store, key, missing_key="run")
    run_each_time(given)
    run_each_time(given)
    assert (ran, len(ran_each_time), store.records) == ([], 2, {})


@pytest.mark.parametrize("key", COMPOSITES, ids=str)
def test_a_composite_key_with_all_its_parts_is_a_key(store: MemoryStore, key: Any) -> None:
    order = {"order": "o"} if key != "[user, order.id]" else {"order": {"id": 0}}
    given: Any = {"user": "u", "body": json.dumps(order), "lines": [{"sku": "a", **order}], **order}
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
        lambda event: event,
        lambda event: event["order"],
        lambda event: event["orders"],
        lambda event: json.loads(json.dumps(event["order"])),
    ],
    ids=str,
)
def test_what_is_in_the_payload_as_it_is_may_lack_what_it_likes(store: MemoryStore, key: Any) -> None:
    order = {"id": 7, "note": None, "tags": []}
    charge, ran = decorated(store, key)
    charge({"order": order, "orders": [order, None]})
    charge({"order": order, "orders": [order, None]})
    assert len(ran) == 1


def test_default_arguments_are_no_missing_parts(store: MemoryStore) -> None:
    @idempotent(store=store)
    def charge(order: Any, amount: Any = None) -> str:
        return "charged"

    assert charge(7) == "charged"


def test_a_composite_key_of_a_source_names_its_missing_part(store: MemoryStore, time: VirtualTime) -> None:
    sqs = FakeSqs()
    handler = sqs_handler(
        idempotency=Idempotency(store=store, key="[user, order.id]"),
        settings=SqsSettings(dead_letter_queue_url="https://dead"),
    )(lambda message: None)
    with clients.replaced(lambda service, limits: sqs):
        assert returned(handler(event(record("1", '{"user": "u", "order": {"x": 1}}')))) == []
    (sent,) = sqs.sent
    reason = sent["MessageAttributes"]["RedriveReason"]["StringValue"]
    assert "looked up in the message's body, which is an object with order, user" in reason
    assert "its part order.id has no value" in reason


# Where it was looked up.


def test_a_missing_key_says_where_it_was_looked_up(store: MemoryStore) -> None:
    charge, _ = decorated(store, "order.id")
    for given, says in [
        ({"id": 7, "lines": []}, "in the only argument, which is an object with id, lines"),
        ({}, "in the only argument, which is an empty object"),
        ([1], "in the only argument, which is of the type list"),
        (None, "in the only argument, which is nothing"),
    ]:
        with pytest.raises(MissingKey, match=rf"idempotency key 'order\.id' has no value.*looked up {says}"):
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


# Content that a path does not fit.


def packed(content: bytes) -> str:
    return b64encode(content).decode()


UNFIT = [
    ("join('-', parts)", {"parts": [1, 2]}),
    ("length(number)", {"number": 7}),
    ("sort_by(lines, &n)", {"lines": [{"n": 1}, {"n": "a"}]}),
    ("powertools_json(body).id", {"body": {"id": 7}}),
    ("powertools_json(body).id", {"body": "no json"}),
    ("powertools_json(body).id", {}),
    ("powertools_json(body).id", {"body": "[" * 100_000}),
    ("powertools_base64(body)", {"body": "a"}),
    ("powertools_base64(body)", {"body": packed(b"\xff")}),
    ("powertools_base64_gzip(body)", {"body": packed(b"no gzip")}),
    ("powertools_base64_gzip(body)", {"body": packed(gzip.compress(b"cut off")[:-9])}),
    ("powertools_base64_gzip(body)", {"body": packed(zlib.compress(b"not gzip but zlib"))}),
]


@pytest.mark.parametrize(("path", "given"), UNFIT, ids=[f"{path} {given!r:.30}" for path, given in UNFIT])
@pytest.mark.parametrize("like_powertools", [False, True])
def test_content_that_a_path_does_not_fit_is_as_permanent_as_none(
    store: MemoryStore, path: str, given: Any, like_powertools: bool
) -> None:
    charge, ran = decorated(store, path, like_powertools=like_powertools)
    with pytest.raises(MissingKey, match=r"looked up in the only argument, which is .*: (\w*Error|the text of powertools_json is not JSON): "):
        charge(given)
    compared, _ = decorated(store, lambda order: 1, payload=path)
    with pytest.raises(MissingKey, match=r"the payload .* cannot be compared"):
        compared(given)
    each_time, ran_each_time = decorated(store, path, missing_key="run")
    each_time(given)
    assert (ran, len(ran_each_time)) == ([], 1)


def test_what_is_nested_too_deeply_is_permanent(store: MemoryStore) -> None:
    deep: Any = []
    for _ in range(100_000):
        deep = [deep]
    for key in (None, "@", lambda order: order):
        charge, ran = decorated(store, key)
        with pytest.raises(MissingKey, match=r"the only argument is nested too deeply"):
            charge(deep)
        assert ran == []


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("nothing(id)", r"there is no function nothing\(\)"),
        ("[user, lower(id)]", "there is no function"),
        ("a || length(b, c)", "takes 1 arguments, not 2"),
        ("sort_by(lines, &nothing(n))", "there is no function"),
        ("not_null()", "takes 1 arguments, not 0"),
    ],
)
def test_a_call_that_can_never_work_is_refused_at_once(store: MemoryStore, path: str, says: str) -> None:
    for option in ("key", "payload"):
        options: Any = {option: path}
        with pytest.raises(ValueError, match=says):
            idempotent(store=store, **options)(print)


# Compressed content.


def test_compressed_content_is_bounded(store: MemoryStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paths, "LARGEST_DECOMPRESSED", 1000)
    charge, ran = decorated(store, "powertools_base64_gzip(body)")
    charge({"body": packed(gzip.compress(b"a" * 1000))})
    charge({"body": packed(gzip.compress(b"a" * 500) + gzip.compress(b"b" * 500))})
    charge({"body": packed(gzip.compress(b"padded") + b"\0" * 5)})
    for content in (gzip.compress(b"a" * 1001), gzip.compress(b"a" * 500) + gzip.compress(b"b" * 501)):
        with pytest.raises(MissingKey, match="more than 1,000 bytes when it is decompressed"):
            charge({"body": packed(content)})
    assert len(ran) == 3


def test_a_bomb_takes_no_memory(store: MemoryStore) -> None:
    import tracemalloc

    compressor = zlib.compressobj(wbits=31)
    bomb = b"".join(compressor.compress(b"\0" * 10_000_000) for _ in range(50)) + compressor.flush()
    charge, _ = decorated(store, "powertools_base64_gzip(body)")
    tracemalloc.start()
    with pytest.raises(MissingKey, match="more than 10,485,760 bytes"):
        charge({"body": packed(bomb)})
    assert tracemalloc.get_traced_memory()[1] < 50_000_000
    tracemalloc.stop()
