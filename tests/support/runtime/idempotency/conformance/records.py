"""Claims and endings for the rules of stores, and what a store answers to them."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from redrive.core.system import new_token
from redrive.idempotency.record import COMPLETED, Claim, Ending, Stored
from redrive.idempotency.stores import IdempotencyStore
from tests.support.runtime.sqs.queue import VirtualTime

EXPIRY = 3600
LEASE = 60


def a_key() -> str:
    return f"orders#{uuid4().hex}"


def a_claim(time: VirtualTime, key: str, owner: str | None = None, **more: Any) -> Claim:
    """A claim made now, as `Claims` makes them."""
    fields: dict[str, Any] = {
        "lease_end": round((time.now + LEASE) * 1000),
        "expiration": round(time.now) + EXPIRY,
        **more,
    }
    return Claim(key, owner or new_token(), time.now, **fields)


def a_completion(time: VirtualTime, claim: Claim, data: str | None = '"done"', error: str | None = None) -> Ending:
    return Ending(claim.key, claim.owner, COMPLETED, round(time.now) + EXPIRY, data, error)


def claimed(store: IdempotencyStore, *claims: Claim) -> Any:
    """The answers to claims, in their order."""
    answers = store.claim(claims)
    assert set(answers) == {claim.key for claim in claims}
    return [answers[claim.key] for claim in claims]


def ended(store: IdempotencyStore, *endings: Ending) -> Any:
    """The answers to endings, in their order."""
    answers = store.end(endings)
    assert set(answers) == {ending.key for ending in endings}
    return [answers[ending.key] for ending in endings]


def seen(store: IdempotencyStore, time: VirtualTime, key: str) -> Any:
    """Returns the record that another one finds under a key. The key must not be free."""
    (found,) = claimed(store, a_claim(time, key))
    assert isinstance(found, Stored)
    return found


def others(time: VirtualTime, count: int) -> list[Claim]:
    """Claims of keys that are free. With them a claim is one of several."""
    return [a_claim(time, a_key()) for _ in range(count)]


@pytest.fixture(params=[0, 1, 30], ids=["alone", "with another", "with thirty others"])
def company(request: pytest.FixtureRequest, time: VirtualTime) -> list[Claim]:
    return others(time, request.param)
