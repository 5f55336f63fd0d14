"""The store in memory holds what is valid, and nothing else."""

from __future__ import annotations

import pytest

from redrive import MemoryStore, idempotent
from redrive.idempotency.record import Ending
from tests.support.runtime.idempotency.conformance.records import EXPIRY, LEASE, a_claim, a_completion, a_key, others
from tests.support.runtime.sqs.queue import VirtualTime

pytestmark = pytest.mark.usefixtures("seams")


def test_expired_records_are_dropped(time: VirtualTime) -> None:
    store = MemoryStore()
    charge = idempotent(store=store, expiry=100)(lambda order: order)
    later = idempotent(store=store, expiry=5000, prefix="later/")(lambda order: order + 1)
    for order in range(50):
        charge(order)
        later(order)
    time.advance(101)
    assert len(store.records) == 100
    charge(1000)
    assert len(store.records) == 51
    assert [later(order) for order in range(50)] == list(range(1, 51))
    time.advance(5001)
    charge(2000)
    assert len(store.records) == 1


def test_a_record_counts_by_its_last_writing(time: VirtualTime) -> None:
    """A claim that is completed, taken over or released does not expire as it would have."""
    store = MemoryStore()
    completed, taken_over, released, abandoned = others(time, 4)
    store.claim([completed, taken_over, released, abandoned])
    time.advance(LEASE + 1)
    store.end([Ending(released.key, released.owner)])
    successor = a_claim(time, taken_over.key)
    store.claim([successor])
    store.end([a_completion(time, completed)])
    time.advance(EXPIRY - LEASE)
    store.claim([a_claim(time, a_key())])
    assert {completed.key, taken_over.key} <= set(store.records)
    assert not {released.key, abandoned.key} & set(store.records)
    time.advance(EXPIRY + 2)
    store.claim([last := a_claim(time, a_key())])
    assert set(store.records) == {last.key}


def test_what_is_written_again_and_again_leaves_nothing_behind(time: VirtualTime) -> None:
    store = MemoryStore()
    for _ in range(1000):
        store.claim([claim := a_claim(time, "key")])
        store.end([Ending(claim.key, claim.owner)])
        time.advance(EXPIRY / 100)
    assert store.records == {}
    assert len(store._expirations) <= 110  # pyright: ignore[reportPrivateUsage]
