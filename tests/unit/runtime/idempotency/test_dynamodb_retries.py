"""Failures of DynamoDB: the requests that the store sends again, and the point at which it gives up."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from botocore.exceptions import ClientError

from redrive import DynamoDBStore
from redrive.aws.clients import clients
from redrive.idempotency.record import COMPLETED, Ending
from tests.support.runtime.aws.fake_dynamodb import FakeDynamoDB
from tests.support.runtime.idempotency.conformance.records import (
    LEASE,
    a_claim,
    a_completion,
    a_key,
    claimed,
    ended,
    others,
    seen,
)
from tests.support.runtime.idempotency.dynamodb_errors import BROKEN, DENIED, LOST, THROTTLED, in_turn
from tests.support.runtime.idempotency.functions import outside
from tests.support.runtime.idempotency.store_lost_replies import *  # noqa: F403
from tests.support.runtime.idempotency.store_lost_replies import Lose
from tests.support.runtime.sqs.queue import VirtualTime


@pytest.fixture
def store(dynamodb: FakeDynamoDB) -> DynamoDBStore:
    return DynamoDBStore(dynamodb.table)


@pytest.fixture
def lose(dynamodb: FakeDynamoDB) -> Lose:
    def lose(count: int, *, spare: int = 0) -> None:
        dynamodb.after = in_turn([*[None] * spare, *[LOST] * count])

    return lose


@pytest.mark.parametrize("error", [THROTTLED, BROKEN, LOST, ConnectionError()], ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("count", [1, 2])
@pytest.mark.parametrize("spare", [0, 1, 2])
def test_what_passes_is_tried_again(
    store: DynamoDBStore, dynamodb: FakeDynamoDB, time: VirtualTime, error: Exception, count: int, spare: int
) -> None:
    """Whichever request it is: a claim of one key, of several, the look at what is there, the takeover, the ending."""
    one, dead, free = a_claim(time, a_key()), a_claim(time, a_key()), a_claim(time, a_key())
    claimed(store, dead)
    time.advance(LEASE + 1)
    successor = a_claim(time, dead.key)
    dynamodb.before = in_turn([error] * count)
    assert claimed(store, one) == [None]
    dynamodb.before = in_turn([None] * spare + [error] * count)
    assert claimed(store, successor, free) == [None, None]
    dynamodb.before = in_turn([error] * count)
    assert ended(store, a_completion(time, successor), Ending(free.key, free.owner)) == [None, None]
    assert seen(store, time, dead.key).status == COMPLETED


@pytest.mark.parametrize(
    "code",
    ["InternalServerError", "ProvisionedThroughputExceeded", "RequestLimitExceeded", "ThrottlingError"],
)
@pytest.mark.parametrize("took_effect", [False, True])
def test_a_single_statement_that_is_refused_for_a_while_is_tried_again(
    store: DynamoDBStore, dynamodb: FakeDynamoDB, time: VirtualTime, code: str, took_effect: bool
) -> None:
    claimed(store, a_claim(time, a_key()))
    dynamodb.requests.clear()
    claims = others(time, 3)
    left = {claims[1].key: 2}

    def refuse(key: str) -> str | None:
        left[key] = left.get(key, 0) - 1
        return code if left[key] >= 0 else None

    setattr(dynamodb, "forget" if took_effect else "refuse", refuse)
    assert claimed(store, *claims) == [None] * 3
    left[claims[1].key] = 2
    assert ended(store, *(a_completion(time, each) for each in claims)) == [None] * 3
    # The others were not sent again.
    assert sum(len(each["Statements"]) for each in dynamodb.named("batch_execute_statement")) <= 2 * (3 + 2)
    assert [seen(store, time, each.key).owner for each in claims] == [each.owner for each in claims]


def test_what_stays_is_an_error_of_those_keys_alone(
    store: DynamoDBStore, dynamodb: FakeDynamoDB, time: VirtualTime
) -> None:
    throttled, denied, good = others(time, 3)
    codes = {throttled.key: "ThrottlingError", denied.key: "AccessDenied"}
    dynamodb.refuse = codes.get
    first, second, third = claimed(store, throttled, denied, good)
    assert isinstance(first, ClientError)
    assert first.response["Error"]["Code"] == "ThrottlingException"  # type: ignore[typeddict-item]
    assert "AccessDenied" in str(second)
    assert third is None


def test_a_request_that_is_denied_is_not_tried_again(
    store: DynamoDBStore, dynamodb: FakeDynamoDB, time: VirtualTime
) -> None:
    dynamodb.before = in_turn([DENIED] * 3)
    for claims in (others(time, 1), others(time, 2)):
        answers = claimed(store, *claims)
        assert [str(each).partition(";")[0] for each in answers] == [str(DENIED)] * len(claims)
    assert ended(store, Ending("key", "owner")) == [DENIED]
    assert len(dynamodb.requests) == 3


def test_waits_between_tries_grow_and_end(store: DynamoDBStore, dynamodb: FakeDynamoDB, time: VirtualTime) -> None:
    began = time.now
    dynamodb.before = in_turn([THROTTLED] * 100)
    assert claimed(store, a_claim(time, a_key())) == [THROTTLED]
    assert len(dynamodb.requests) == 6
    assert 0 < time.now - began < 5


def test_no_try_is_made_for_which_there_is_no_time(
    store: DynamoDBStore, dynamodb: FakeDynamoDB, time: VirtualTime
) -> None:
    began = time.now
    dynamodb.before = in_turn([THROTTLED] * 100)
    claim, (one, two) = a_claim(time, a_key()), others(time, 2)
    for answers in (store.claim([claim], 0.2), store.claim([one, two], 0.2), store.end([Ending("key", "owner")], 0.2)):
        assert set(answers.values()) == {THROTTLED}
    assert time.now - began < 3 * 0.2
    dynamodb.requests.clear()
    for seconds in (0.0, -1.0):
        for answers in (
            store.claim([claim], seconds),
            store.claim([one, two], seconds),
            store.end([Ending("key", "owner")], seconds),
        ):
            assert all(isinstance(each, TimeoutError) for each in answers.values())
    assert dynamodb.requests == []


def test_a_dynamodb_that_does_not_answer_is_not_waited_for(time: VirtualTime) -> None:
    answer = threading.Event()

    class Silent:
        def __getattr__(self, operation: str) -> Any:
            return lambda **request: answer.wait(30)

    with outside(time), clients.replaced(lambda service, limits: Silent()):
        store = DynamoDBStore("done")
        for claims in (others(time, 1), others(time, 30)):
            answers = store.claim(claims, 0.05)
            assert [type(each) for each in answers.values()] == [TimeoutError] * len(claims)
        assert [type(each) for each in store.end([Ending("key", "owner")], 0.05).values()] == [TimeoutError]
        answer.set()


def test_keys_that_dynamodb_leaves_unread_are_asked_for_again(
    store: DynamoDBStore, dynamodb: FakeDynamoDB, time: VirtualTime
) -> None:
    known = others(time, 5)
    claimed(store, *known)
    asked: list[str] = []

    def unread(key: str) -> bool:
        asked.append(key)
        return asked.count(key) < 3 and key != known[0].key

    dynamodb.unread = unread
    answers = claimed(store, *(a_claim(time, each.key) for each in known))
    assert answers == [each.stored for each in known]


def test_keys_that_dynamodb_never_reads_are_an_error(
    store: DynamoDBStore, dynamodb: FakeDynamoDB, time: VirtualTime
) -> None:
    known, free = others(time, 2), others(time, 1)
    claimed(store, *known)
    dynamodb.unread = lambda key: key == known[1].key
    first, second, third = claimed(store, *(a_claim(time, each.key) for each in known), *free)
    assert first == known[0].stored
    assert isinstance(second, TimeoutError)
    assert third is None


def test_an_item_that_changes_all_the_time_is_an_error(
    store: DynamoDBStore, dynamodb: FakeDynamoDB, time: VirtualTime
) -> None:
    """Others take it over, die and are taken over, each time between the look and the write."""
    dead, (free,) = a_claim(time, a_key()), others(time, 1)
    claimed(store, dead)
    time.advance(LEASE + 1)

    def meanwhile(name: str) -> None:
        if name == "batch_get_item":
            dynamodb.items[dead.key]["owner"] = {"S": f"other-{len(dynamodb.requests)}"}

    dynamodb.after = meanwhile
    first, second = claimed(store, a_claim(time, dead.key), free)
    assert isinstance(first, TimeoutError)
    assert second is None


def test_a_key_that_is_released_between_write_and_look_is_claimed(
    store: DynamoDBStore, dynamodb: FakeDynamoDB, time: VirtualTime
) -> None:
    first, (free,) = a_claim(time, a_key()), others(time, 1)
    claimed(store, first)
    dynamodb.before = lambda name: name == "batch_get_item" and dynamodb.items.pop(first.key, None)
    successor = a_claim(time, first.key)
    assert claimed(store, successor, free) == [None, None]
    dynamodb.before = lambda name: None
    assert seen(store, time, first.key) == successor.stored
