"""Requests of the store to DynamoDB, and its behaviour when items are full or written by others."""

from __future__ import annotations

import pytest

from redrive import DynamoDBStore, LateCompletion
from redrive.idempotency.dynamodb_items import LARGEST_DATA
from redrive.idempotency.record import COMPLETED, FAILED, IN_PROGRESS, Claim, Ending, Stored
from tests.support.runtime.aws.fake_dynamodb import LARGEST_ITEM, LONGEST_KEY, FakeDynamoDB, size_of
from tests.support.runtime.idempotency.conformance.records import (
    EXPIRY,
    LEASE,
    a_claim,
    a_completion,
    a_key,
    claimed,
    ended,
    others,
    seen,
)
from tests.support.runtime.idempotency.dynamodb_errors import methods
from tests.support.runtime.sqs.queue import VirtualTime


@pytest.fixture
def store(dynamodb: FakeDynamoDB) -> DynamoDBStore:
    return DynamoDBStore(dynamodb.table)


def test_a_table_without_a_name_is_refused() -> None:
    with pytest.raises(ValueError, match=r"table='': .*give the name of the DynamoDB table"):
        DynamoDBStore("")


# Cost of the requests.


def test_a_hundred_keys_take_four_requests_to_claim_and_four_to_complete(
    store: DynamoDBStore, dynamodb: FakeDynamoDB, time: VirtualTime
) -> None:
    claimed(store, a_claim(time, a_key()))  # only the first request asks for permissions
    dynamodb.requests.clear()
    claims = others(time, 100)
    assert claimed(store, *claims) == [None] * 100
    assert ended(store, *(a_completion(time, each) for each in claims)) == [None] * 100
    assert methods(dynamodb) == ["batch_execute_statement"] * 8
    assert [len(each["Statements"]) for each in dynamodb.named("batch_execute_statement")] == [25] * 8


def test_keys_that_are_known_are_looked_up_by_the_hundred(
    store: DynamoDBStore, dynamodb: FakeDynamoDB, time: VirtualTime
) -> None:
    done = others(time, 120)
    claimed(store, *done)
    dynamodb.requests.clear()
    answers = claimed(store, *(a_claim(time, each.key) for each in done))
    assert [each.owner for each in answers] == [each.owner for each in done]
    assert methods(dynamodb) == ["batch_execute_statement"] * 5 + ["batch_get_item"] * 2


def test_keys_that_are_expected_cost_reads_and_no_writes(
    store: DynamoDBStore, dynamodb: FakeDynamoDB, time: VirtualTime
) -> None:
    done, new = others(time, 2), others(time, 2)
    claimed(store, *done)
    dynamodb.requests.clear()
    again = [a_claim(time, each.key, is_expected=True) for each in [*done, *new]]
    answers = claimed(store, *again)
    assert answers == [done[0].stored, done[1].stored, None, None]
    assert methods(dynamodb) == ["batch_get_item", "batch_execute_statement"]
    (writes,) = dynamodb.named("batch_execute_statement")
    assert len(writes["Statements"]) == 2


def test_one_key_takes_one_request_if_it_is_new(
    store: DynamoDBStore, dynamodb: FakeDynamoDB, time: VirtualTime
) -> None:
    first = a_claim(time, a_key())
    claimed(store, first)
    assert methods(dynamodb) == ["batch_execute_statement"]
    claimed(store, a_claim(time, first.key))
    assert methods(dynamodb)[1:] == ["batch_execute_statement", "batch_get_item"]
    time.advance(LEASE + 1)
    claimed(store, a_claim(time, first.key))
    assert methods(dynamodb)[3:] == ["batch_execute_statement", "batch_get_item", "batch_execute_statement"]


# Results that do not fit.


def test_a_result_that_does_not_fit_is_left_out(
    store: DynamoDBStore, dynamodb: FakeDynamoDB, time: VirtualTime
) -> None:
    claims = others(time, 3)
    claimed(store, *claims)
    large = '"' + "é" * 210_000 + '"'  # in characters it would fit
    assert (
        ended(store, *(a_completion(time, each, large) for each in claims[:2]), a_completion(time, claims[2]))
        == [None] * 3
    )
    found = [seen(store, time, each.key) for each in claims]
    assert [each.status for each in found] == [COMPLETED] * 3
    assert [each.data for each in found] == [None, None, '"done"']
    assert found[0].error is not None
    assert "400 KB" in found[0].error


@pytest.mark.parametrize("key_size", [80, 2048])
def test_the_largest_result_that_is_sent_fits(store: DynamoDBStore, time: VirtualTime, key_size: int) -> None:
    """With all else that an item may hold."""
    key = a_key().ljust(key_size, "k")
    claim = a_claim(time, key, validation="h" * 64)
    claimed(store, claim)
    assert ended(store, a_completion(time, claim, "x" * LARGEST_DATA)) == [None]
    assert len(seen(store, time, key).data) == LARGEST_DATA


@pytest.mark.parametrize("letter", ["x", "é", "€", "🦊"])
def test_the_largest_result_fits_beside_the_longest_key_and_one_byte_more_is_not_sent(
    store: DynamoDBStore, dynamodb: FakeDynamoDB, time: VirtualTime, letter: str
) -> None:
    count, rest = divmod(LARGEST_DATA, len(letter.encode()))
    largest = letter * count + "x" * rest
    keys = [a_key().ljust(LONGEST_KEY, "k") for _ in range(2)]
    # With all attributes that an item has: each call has failed before, and a person has replayed it.
    failed = [a_claim(time, key, validation="h" * 64, delivery="m" * 200) for key in keys]
    claimed(store, *failed)
    ended(store, *(Ending(each.key, each.owner, FAILED, each.expiration, None, '{"reason": "no"}') for each in failed))
    claims = [a_claim(time, key, validation="h" * 64, delivery="n" * 200) for key in keys]
    assert claimed(store, *claims) == [None, None]
    dynamodb.requests.clear()
    endings = [a_completion(time, claim, data) for claim, data in zip(claims, (largest, largest + "x"), strict=True)]
    assert ended(store, *endings) == [None, None]
    assert methods(dynamodb) == ["batch_execute_statement"], "nothing is sent that DynamoDB would refuse"
    fits, more = (seen(store, time, key) for key in keys)
    assert (fits.status, fits.data, fits.error) == (COMPLETED, largest, None)
    assert (more.status, more.data) == (COMPLETED, None)
    assert "400 KB" in more.error
    assert len(dynamodb.items[keys[0]]) == 9
    assert LARGEST_ITEM - 2048 < size_of(dynamodb.items[keys[0]]) <= LARGEST_ITEM


def test_an_item_that_dynamodb_finds_too_large_is_completed_without_its_result(
    store: DynamoDBStore, dynamodb: FakeDynamoDB, time: VirtualTime
) -> None:
    """Somebody has put more into it than we know of."""
    claim = a_claim(time, a_key())
    claimed(store, claim)
    dynamodb.items[claim.key]["note"] = {"S": "x" * (LARGEST_ITEM // 2)}
    assert ended(store, a_completion(time, claim, "x" * (LARGEST_ITEM // 2))) == [None]
    found = seen(store, time, claim.key)
    assert (found.status, found.data) == (COMPLETED, None)
    assert "400 KB" in found.error


def item(**attributes: str | int) -> dict[str, dict[str, str]]:
    return {name: {"N": str(value)} if isinstance(value, int) else {"S": value} for name, value in attributes.items()}


# Items that others have written.


@pytest.mark.parametrize("company", [0, 1])
def test_a_claim_of_powertools_is_one_of_another(
    store: DynamoDBStore, dynamodb: FakeDynamoDB, time: VirtualTime, company: int
) -> None:
    """It has no owner, and may have no end of its own."""
    now = int(time.now)
    with_end = item(id="a", status=IN_PROGRESS, expiration=now + 100, in_progress_expiration=now * 1000 + 5000)
    without = item(id="b", status=IN_PROGRESS, expiration=now + 100)
    dynamodb.items |= {"a": with_end, "b": without}
    for key in ("a", "b"):
        assert claimed(store, a_claim(time, key), *others(time, company))[0].owner is None
        assert isinstance(ended(store, Ending(key, "mine", COMPLETED, now))[0], LateCompletion)
    time.advance(6)
    assert claimed(store, a_claim(time, "b"), *others(time, company))[0].owner is None
    assert claimed(store, a_claim(time, "a"), *others(time, company))[0] is None
    time.advance(95)
    assert claimed(store, a_claim(time, "b"), *others(time, company))[0] is None


@pytest.mark.parametrize("company", [0, 1])
def test_a_result_of_powertools_is_found(
    store: DynamoDBStore, dynamodb: FakeDynamoDB, time: VirtualTime, company: int
) -> None:
    now = int(time.now)
    done = item(
        id="a", status=COMPLETED, expiration=now + 100, in_progress_expiration=now * 1000, data="7", validation=""
    )
    dynamodb.items["a"] = done
    found = claimed(store, a_claim(time, "a"), *others(time, company))[0]
    assert found == Stored("a", COMPLETED, now + 100, now * 1000, None, "7")


@pytest.mark.parametrize("company", [0, 1])
def test_a_dead_claim_without_an_expiration_is_taken_over(
    store: DynamoDBStore, dynamodb: FakeDynamoDB, time: VirtualTime, company: int
) -> None:
    dynamodb.items["a"] = item(id="a", status=IN_PROGRESS, in_progress_expiration=int(time.now) * 1000 - 1)
    assert claimed(store, a_claim(time, "a"), *others(time, company))[0] is None


@pytest.mark.parametrize("company", [0, 1])
def test_an_item_of_something_else_is_an_error_and_stays(
    store: DynamoDBStore, dynamodb: FakeDynamoDB, time: VirtualTime, company: int
) -> None:
    dynamodb.items["a"] = item(id="a", status="SHIPPED", expiration=int(time.now) + 100)
    answer = claimed(store, a_claim(time, "a"), *others(time, company))[0]
    assert isinstance(answer, ValueError)
    assert "status 'SHIPPED'" in str(answer)
    assert "table of its own" in str(answer)
    assert dynamodb.items["a"]["status"] == {"S": "SHIPPED"}


def test_texts_in_statements_cannot_become_more_than_texts(store: DynamoDBStore, time: VirtualTime) -> None:
    odd = Claim("k'\"; --?", "o'wner", time.now, int(time.now * 1000) + 1, int(time.now) + EXPIRY, "' OR '1'='1")
    (free,) = others(time, 1)
    assert claimed(store, odd, free) == [None, None]
    assert seen(store, time, odd.key) == odd.stored
    time.advance(LEASE)
    successor = odd._replace(owner="o''wner", moment=time.now, lease_end=int(time.now * 1000) + 1000)
    assert claimed(store, successor, *others(time, 1))[0] is None
    text = 'it\'s "told"'
    assert ended(store, Ending(odd.key, "o''wner", FAILED, odd.expiration, None, text)) == [None]
    assert seen(store, time, odd.key).error == text
