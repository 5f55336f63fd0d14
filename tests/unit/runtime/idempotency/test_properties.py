"""Rules for any order of events: no two live processes do the same work, and finished work stays finished."""

from __future__ import annotations

from collections import Counter
from contextlib import ExitStack
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from redrive import Idempotency, MemoryStore, sqs_handler
from redrive.aws.clients import clients
from redrive.core.parallel import background
from redrive.core.system import clock
from redrive.idempotency.call import Call
from redrive.idempotency.keys import CallKeys
from redrive.idempotency.record import COMPLETED, Stored
from redrive.idempotency.scope import scope_of
from redrive.idempotency.stores import IdempotencyStore
from tests.support.profiles import examples
from tests.support.runtime.idempotency.functions import Down, Store
from tests.support.runtime.idempotency.machine import OwnersMachine
from tests.support.runtime.sqs.queue import FIFO, STANDARD, FakeSqs, VirtualTime, event, record, returned


class MemoryOwners(OwnersMachine):
    def make_store(self) -> IdempotencyStore:
        self.memory = MemoryStore()
        return self.memory

    def peek(self, key: str) -> Stored | None:
        return self.memory.records.get(key)


TestOwners = MemoryOwners.TestCase
TestOwners.settings = settings(max_examples=examples(40), stateful_step_count=25)

_BODIES = st.sampled_from("abcde")
_TROUBLE = st.fixed_dictionaries(
    {
        "failing": st.sets(_BODIES, max_size=2),
        "claims": st.dictionaries(_BODIES, st.sampled_from(["refused", "lost"]), max_size=2),
        "ends": st.dictionaries(_BODIES, st.sampled_from(["refused", "lost"]), max_size=2),
    }
)


@given(
    bodies=st.lists(_BODIES, min_size=1, max_size=8),
    deliveries=st.lists(_TROUBLE, max_size=4),
    concurrency=st.sampled_from([1, 3]),
    fifo=st.booleans(),
    beside=st.booleans(),
)
@settings(max_examples=examples(30))
def test_a_message_runs_again_only_where_it_could_not_be_recorded(
    bodies: list[str], deliveries: list[Any], concurrency: int, fifo: bool, beside: bool
) -> None:
    """And each is done in the end. Replies are lost both ways, and all of a batch may be delivered again."""
    store, time = Store(), VirtualTime()
    succeeded: Counter[str] = Counter()
    may_run_again: Counter[str] = Counter()
    trouble: dict[str, Any] = {}
    body_of: dict[str, str] = {}

    idempotency = Idempotency(store=store, key=lambda message: message.body, lease=50, expiry=100_000)

    @sqs_handler(idempotency=idempotency, concurrency=concurrency)
    def handler(message: Any) -> None:
        if message.body in trouble.get("failing", ()):
            raise OSError("disk full")
        succeeded[message.body] += 1

    def outcome(how: str) -> Any:
        def of(name: str, key: str) -> Exception | None:
            planned = trouble.get("claims" if name == "claim" else "ends", {}).get(body_of[key])
            if planned == "refused" and how == "refused" and name == "end":
                may_run_again[body_of[key]] += 1
            return (TimeoutError() if name == "claim" else Down()) if planned == how else None

        return of

    queue = FIFO if fifo else STANDARD
    messages = [
        record(str(number), body, arn=queue, group=body if fifo else None) for number, body in enumerate(bodies)
    ]
    with ExitStack() as stack:
        stack.enter_context(clients.replaced(lambda service, limits: FakeSqs()))
        stack.enter_context(clock.replaced(time))
        stack.enter_context(background.replaced(background.get() if beside else None))
        keys = CallKeys(idempotency, scope_of(handler.function))
        for body in bodies:
            body_of[keys.key(Call((_Body(body),), dict, None, None)) or ""] = body
        store.fails, store.forgets = outcome("refused"), outcome("lost")
        for planned in deliveries:
            trouble = planned
            back = returned(handler(event(*messages)))  # the answer is lost: all of them come again
            done = {store_key for store_key, stored in store.records.items() if stored.status == COMPLETED}
            deleted = [body for number, body in enumerate(bodies) if str(number) not in back]
            assert {body_of[store_key] for store_key in done} >= set(deleted), "taken for done, and not recorded"
            time.advance(10)
        trouble = {}
        waiting = messages
        for _ in range(20):
            back = returned(handler(event(*waiting)))
            waiting = [each for each in messages if each["messageId"] in back]
            if not waiting:
                break
            time.advance(60)
        assert waiting == [], "never done"
    assert set(succeeded) == set(bodies)
    for body, times in succeeded.items():
        assert times <= 1 + may_run_again[body]
    assert store.statuses == [COMPLETED] * len(set(bodies))


class _Body:
    """As much of a message as makes its key."""

    def __init__(self, body: str) -> None:
        self.body = body
