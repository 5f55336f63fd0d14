"""Renewals leave records in a table that others can read."""

from __future__ import annotations

from typing import Any

import pytest

from redrive import Idempotency
from redrive.idempotency.record import IN_PROGRESS
from redrive.settings.idempotency import OWNER_KEYS
from tests.support.runtime.aws.fake_dynamodb import FakeDynamoDB
from tests.support.runtime.idempotency.renewals import Background
from tests.support.runtime.sqs.queue import Context, VirtualTime


def owner_records(dynamodb: FakeDynamoDB) -> list[str]:
    return [key for key in dynamodb.items if key.startswith(OWNER_KEYS)]


def test_powertools_sees_a_valid_claim_until_the_deadline(
    background: Background, dynamodb: FakeDynamoDB, time: VirtualTime
) -> None:
    """It knows `status`, `expiration` and `in_progress_expiration`, and nothing of owners."""
    idempotency = Idempotency(settings=_settings(dynamodb))
    started = background.begin(idempotency, Context(time, 300))
    background.advance(100)
    (item,) = [item for key, item in dynamodb.items.items() if not key.startswith(OWNER_KEYS)]
    assert item["status"] == {"S": IN_PROGRESS}
    assert int(item["in_progress_expiration"]["N"]) == pytest.approx((time.now + 200 + 1) * 1000, abs=2)
    assert int(item["expiration"]["N"]) > time.now + 300
    background.succeed(idempotency, started)
    assert owner_records(dynamodb) == [item["renewed_by"]["S"]]


def _settings(dynamodb: FakeDynamoDB) -> Any:
    from redrive import IdempotencySettings

    return IdempotencySettings(table=dynamodb.table)


def test_functions_with_one_table_share_the_owner(
    background: Background, dynamodb: FakeDynamoDB, time: VirtualTime
) -> None:
    context = Context(time, 300)
    first = background.begin(Idempotency(settings=_settings(dynamodb)), context, "a")
    second = background.begin(Idempotency(settings=_settings(dynamodb), expiry=100), context, "b")
    background.advance(30)
    assert list(background.active.values()) == [2]
    assert len(owner_records(dynamodb)) == 1
    for each in (first, second):
        background.succeed(Idempotency(settings=_settings(dynamodb)), each)
