"""A policy that allows only some keys, and not those of owner records, shows before a call that is to be renewed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from redrive import DynamoDBStore, Idempotency, idempotent, sqs_handler
from redrive.core.parallel import repeater
from redrive.settings.idempotency import OWNER_KEYS
from tests.support.runtime.aws.fake_dynamodb import FakeDynamoDB
from tests.support.runtime.idempotency.functions import outside
from tests.support.runtime.sqs.queue import Context, VirtualTime, batch, returned

LONG, SHORT = 300, 30


def never(seconds: float, work: Callable[[], float | None]) -> Callable[[], object]:
    """A background in which the time for a renewal does not come."""
    return lambda: None


@pytest.fixture(params=["AccessDenied", "AccessDeniedException"])
def dynamodb(time: VirtualTime, request: pytest.FixtureRequest) -> Iterator[FakeDynamoDB]:
    dynamodb = FakeDynamoDB(refuse=lambda key: request.param if key.startswith(OWNER_KEYS) else None)
    with outside(time, dynamodb), repeater.replaced(never):
        yield dynamodb


def charged(ran: list[Any], store: DynamoDBStore, context: Context) -> None:
    @idempotent(store=store)
    def charge(order: int, context: Any) -> None:
        ran.append(order)

    charge(7, context)


def test_a_long_call_does_not_run(dynamodb: FakeDynamoDB, time: VirtualTime) -> None:
    ran: list[Any] = []
    with pytest.raises(ClientError, match=OWNER_KEYS):
        charged(ran, DynamoDBStore("done"), Context(time, LONG))
    assert (ran, dynamodb.items) == ([], {})


@pytest.mark.parametrize("size", [1, 30])
def test_no_message_of_a_long_batch_runs(dynamodb: FakeDynamoDB, time: VirtualTime, size: int) -> None:
    ran: list[Any] = []
    handler = sqs_handler(idempotency=Idempotency(store=DynamoDBStore("done")))(ran.append)
    assert len(returned(handler(batch(size), Context(time, LONG)))) == size
    assert (ran, dynamodb.items) == ([], {})


def test_a_call_that_needs_no_renewal_runs(dynamodb: FakeDynamoDB, time: VirtualTime) -> None:
    ran: list[Any] = []
    store = DynamoDBStore("done")
    charged(ran, store, Context(time, SHORT))
    assert ran == [7]


def test_a_long_call_after_a_short_one_does_not_run_either(dynamodb: FakeDynamoDB, time: VirtualTime) -> None:
    ran: list[Any] = []
    store = DynamoDBStore("done")
    charged(ran, store, Context(time, SHORT))
    dynamodb.items.clear()
    with pytest.raises(ClientError):
        charged(ran, store, Context(time, LONG))
    assert ran == [7]


def test_with_permission_it_is_asked_once(dynamodb: FakeDynamoDB, time: VirtualTime) -> None:
    dynamodb.refuse = lambda key: None
    ran: list[Any] = []
    store = DynamoDBStore("done")
    for _ in range(3):
        charged(ran, store, Context(time, LONG))
        dynamodb.items.clear()
    written = [len(each["Statements"]) for each in dynamodb.named("batch_execute_statement")]
    assert written == [3, 1, 1, 1, 1, 1]  # the claim with both questions, and the completion
