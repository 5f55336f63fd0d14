"""The payload is compared: another one under the same key is refused."""

from __future__ import annotations

import pytest

from redrive import FailedBefore, PayloadMismatch, Permanent
from tests.support.runtime.idempotency.decorated import decorated, raising
from tests.support.runtime.idempotency.functions import Calls, Kind, Store

pytestmark = pytest.mark.usefixtures("seams")


def test_another_payload_under_the_same_key_is_refused(kind: Kind, store: Store) -> None:
    calls = Calls()
    charge = decorated(kind, store, calls, key="id", payload="amount")
    charge({"id": 1, "amount": 5, "at": "noon"})
    assert charge({"id": 1, "amount": 5, "at": "night"}) == {"done": {"id": 1, "amount": 5, "at": "noon"}}
    with pytest.raises(
        PayloadMismatch, match="used before with another payload: a key stands for one payload"
    ) as raised:
        charge({"id": 1, "amount": 6})
    assert isinstance(raised.value, Permanent)
    assert len(calls.made) == 1
    assert store.statuses == ["COMPLETED"]


def test_another_payload_is_refused_after_a_permanent_failure_as_well(kind: Kind, store: Store) -> None:
    charge = decorated(
        kind, store, Calls(during=raising(Permanent("a"))), key="id", payload=lambda order: order["amount"]
    )
    with pytest.raises(Permanent):
        charge({"id": 1, "amount": 5})
    with pytest.raises(PayloadMismatch):
        charge({"id": 1, "amount": 6})
    with pytest.raises(FailedBefore):
        charge({"id": 1, "amount": 5})


def test_a_payload_is_compared_with_what_the_process_remembers_too(kind: Kind, store: Store) -> None:
    charge = decorated(kind, store, Calls(), key="id", payload="amount", cache=1)
    charge({"id": 1, "amount": 5})
    with pytest.raises(PayloadMismatch):
        charge({"id": 1, "amount": 6})
    assert len(store.named("claim")) == 1
