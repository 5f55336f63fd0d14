"""A batch that takes long is renewed as one, and starts nothing once its claims may be another's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from redrive import Idempotency, IdempotencyStore, MemoryStore, OwnerLost, idempotent, sqs_handler
from redrive.idempotency.record import COMPLETED
from redrive.settings.idempotency import OWNER_KEYS
from tests.support.runtime.idempotency.functions import Down, Store
from tests.support.runtime.idempotency.renewals import Background
from tests.support.runtime.log import Log
from tests.support.runtime.sqs.queue import Context, VirtualTime, batch, returned


def messages(size: int) -> dict[str, Any]:
    """An event without receipt handles, so that no queue is needed."""
    made = batch(size)
    for record in made["Records"]:
        del record["receiptHandle"]
    return made


def consuming(
    store: IdempotencyStore, effect: Callable[[str], object], errors: list[BaseException] | None = None, **options: Any
) -> Any:
    def handle(message: Any) -> None:
        effect(message.body)

    found = [] if errors is None else errors
    idempotency = Idempotency(store=store, key=lambda message: message.body, like_powertools=True)
    return sqs_handler(idempotency=idempotency, on_failure=lambda failed: found.append(failed.error), **options)(handle)


@pytest.mark.parametrize("concurrency", [1, 3])
def test_the_claims_of_a_batch_are_kept_by_one_owner(
    background: Background, other: Background, time: VirtualTime, concurrency: int
) -> None:
    store, done, elsewhere = Store(), Counter[str](), Counter[str]()
    successor = consuming(store, lambda body: elsewhere.update([body]))

    def effect(body: str) -> None:
        done[body] += 1
        if body == "0":
            background.advance(100)
            with other.process():
                # Workers beside this one may have done others.
                assert "0" in returned(successor(messages(30), Context(time, 300)))

    assert returned(consuming(store, effect, concurrency=concurrency)(messages(30), Context(time, 300))) == []
    assert done == dict.fromkeys(map(str, range(30)), 1)
    assert elsewhere == {}
    owners = [key for key in store.records if key.startswith(OWNER_KEYS)]
    assert len(owners) == 1
    assert all(stored.status == COMPLETED for key, stored in store.records.items() if key not in owners)


def test_a_batch_that_was_frozen_starts_nothing_that_another_one_has(
    store: IdempotencyStore, background: Background, other: Background, time: VirtualTime, log: Log
) -> None:
    done: Counter[str] = Counter()
    errors: list[BaseException] = []
    successor = consuming(store, lambda body: done.update([body]))

    def effect(body: str) -> None:
        done[body] += 1
        if body == "1":
            background.frozen = True
            background.advance(70)
            with other.process():
                assert returned(successor(messages(10), Context(time, 300))) == []
            background.frozen = False

    failed = returned(consuming(store, effect, errors)(messages(10), Context(time, 300)))
    # Results stored before the freeze are done; the message that ran during it is done twice, which nobody can know.
    assert set(failed) >= {str(number) for number in range(1, 10)}
    assert done == {"0": done["0"], "1": 2, **dict.fromkeys("23456789", 1)}
    assert [type(error) for error in errors].count(OwnerLost) == 8


def test_a_batch_goes_on_once_it_could_be_renewed_again(background: Background, time: VirtualTime, log: Log) -> None:
    """As long as nobody has taken its claims over."""
    store, done = Store(), list[str]()
    errors: list[BaseException] = []

    def effect(body: str) -> None:
        done.append(body)
        if body == "1":
            store.refuses = lambda name, keys: Down() if keys[0].startswith(OWNER_KEYS) else None
            background.advance(60)
        if body == "4":
            raise AssertionError("not started")

    def failed(failure: Any) -> None:
        errors.append(failure.error)
        if len(errors) == 3:
            store.refuses = lambda name, keys: None
            background.advance(3)

    idempotency = Idempotency(store=store, key=lambda message: message.body, like_powertools=True)

    @sqs_handler(idempotency=idempotency, on_failure=failed)
    def handler(message: Any) -> None:
        effect(message.body)

    assert returned(handler(messages(8), Context(time, 300))) == ["2", "3", "4"]
    assert done == ["0", "1", "5", "6", "7"]
    assert [type(error) for error in errors] == [OwnerLost] * 3
    assert len(log("redrive.idempotency.owner_lost")) == 1
    # Their claims are released: they are received again soon.
    assert set(returned(handler(messages(8), Context(time, 300)))) == {"4"}


def test_a_batch_and_the_calls_in_it_share_one_owner(background: Background, time: VirtualTime) -> None:
    store = MemoryStore()
    charge = idempotent(store=store, key=lambda order: order)(lambda order: background.advance(25))
    handler = consuming(store, charge)
    assert returned(handler(messages(3), Context(time, 300))) == []
    assert len([key for key in store.records if key.startswith(OWNER_KEYS)]) == 1


def test_a_batch_whose_records_have_no_keys_leaves_no_owner(background: Background, time: VirtualTime) -> None:
    idempotency = Idempotency(store=MemoryStore(), key="nothing.of.it", missing_key="run")
    handler = sqs_handler(idempotency=idempotency)(lambda message: None)
    assert returned(handler(messages(3), Context(time, 300))) == []


@pytest.mark.parametrize("broken", ["key", "store"])
def test_a_batch_that_cannot_be_claimed_leaves_no_owner(background: Background, time: VirtualTime, broken: str) -> None:
    store = Store()

    def interrupt(*_: Any) -> Any:
        raise KeyboardInterrupt

    if broken == "store":
        store.refuses = interrupt
    key = interrupt if broken == "key" else (lambda message: message.body)
    handler = sqs_handler(idempotency=Idempotency(store=store, key=key))(lambda message: None)
    with pytest.raises(KeyboardInterrupt):
        handler(messages(3), Context(time, 300))
