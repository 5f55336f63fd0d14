"""The promise: whatever fails, and how often, each record ends as processed, as set aside, or as given up by Lambda.

Batches are delivered again as Lambda does it, from the checkpoint of the answer, until nothing is left.
"""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from redrive.core import Permanent, Retry
from redrive.settings.streams import StreamSettings
from redrive.streams.dynamodb import dynamodb_stream_handler
from redrive.streams.kinesis import kinesis_handler
from tests.support.profiles import examples
from tests.support.runtime.sqs.queue import Context, VirtualTime
from tests.support.runtime.streams.stream import (
    BUCKET,
    QUEUE,
    Delivery,
    FakeAws,
    Record,
    Store,
    dynamodb_record,
    kinesis_record,
    outside,
)

ERRORS: list[Callable[[], BaseException]] = [ValueError, lambda: Retry(after=7), SystemExit, asyncio.CancelledError]


@dataclass
class Plan:
    """One record, and what will come of it at each try."""

    key: str
    failures: int
    error: int
    permanent: bool
    not_set_aside: int
    seconds: float


plans = st.builds(
    Plan,
    key=st.sampled_from("abc"),
    failures=st.sampled_from([0, 0, 0, 1, 3]),
    error=st.integers(0, len(ERRORS) - 1),
    permanent=st.sampled_from([False, False, True]),
    not_set_aside=st.sampled_from([0, 0, 1, 2]),
    seconds=st.sampled_from([0, 0, 0.5, 20]),
)


def numbers_of(identifiers: set[str]) -> set[int]:
    return {int(identifier.rpartition("/")[2]) for identifier in identifiers}


@dataclass
class World:
    """A stream's batch, the function that handles it, and an account of all that happens."""

    plans: list[Plan]
    kinesis: bool = True
    by_key: bool = False
    concurrency: int = 1
    is_async: bool = False
    bisect: bool = False
    attempts: int | None = None
    seconds: float | None = None
    bucket: bool = False
    store: Store | None = None
    time: VirtualTime = field(default_factory=VirtualTime)
    aws: FakeAws = field(default_factory=FakeAws)
    tries: Counter[int] = field(default_factory=Counter)
    asked_aside: Counter[int] = field(default_factory=Counter)
    running: set[int] = field(default_factory=set)
    succeeded: Counter[int] = field(default_factory=Counter)
    overtaken: list[tuple[int, int]] = field(default_factory=list)
    now_done: set[int] = field(default_factory=set)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def records(self) -> list[Record]:
        made = kinesis_record if self.kinesis else dynamodb_record
        return [made(number, key=plan.key) for number, plan in enumerate(self.plans)]

    def done(self) -> set[int]:
        return set(self.succeeded) | self.set_aside()

    def set_aside(self) -> set[int]:
        return {int(each["sequenceNumber"]) for each in self.aws.set_aside()}

    def before(self, name: str, arguments: dict[str, Any]) -> None:
        body = arguments.get("MessageBody") or arguments["Body"].decode()
        number = next(n for n in range(len(self.plans)) if f'"sequenceNumber": "{n}"' in body)
        self.asked_aside[number] += 1
        if self.asked_aside[number] <= self.plans[number].not_set_aside:
            raise OSError
        self.now_done.add(number)

    def begin(self, number: int) -> Plan:
        plan = self.plans[number]
        with self.lock:
            self.tries[number] += 1
            lane = [n for n, each in enumerate(self.plans) if not self.by_key or each.key == plan.key]
            done = self.done()
            self.overtaken += [(n, number) for n in lane if n < number and n not in done]
            assert self.running.isdisjoint(lane), "one of a lane at a time"
            self.running.add(number)
            self.time.advance(plan.seconds / self.concurrency)  # the others run meanwhile
        return plan

    def end(self, number: int, plan: Plan) -> None:
        with self.lock:
            self.running.discard(number)
            if self.tries[number] <= plan.failures:
                raise ERRORS[plan.error]()
            if plan.permanent:
                raise Permanent("no lines")
            self.succeeded[number] += 1
            self.now_done.add(number)

    def handler(self) -> Callable[[dict[str, Any], Any], Any]:
        options: dict[str, Any] = {
            "concurrency": self.concurrency if self.by_key else 1,
            "succeeded": self.store if self.by_key else None,
            "settings": StreamSettings(
                set_aside_queue_url=None if self.bucket else QUEUE, set_aside_bucket=BUCKET if self.bucket else None
            ),
        }

        def plain(record: Any) -> None:
            number = int(record.sequence_number)
            self.end(number, self.begin(number))

        async def in_task(record: Any) -> None:
            number = int(record.sequence_number)
            plan = self.begin(number)
            await asyncio.sleep(0)
            self.end(number, plan)

        function: Any = in_task if self.is_async else plain
        if self.kinesis:
            return kinesis_handler(ordered_by="partition_key" if self.by_key else "shard", **options)(function)
        return dynamodb_stream_handler(ordered_by="item_key" if self.by_key else "shard", **options)(function)

    def run(self, *parts: list[Record]) -> Delivery:
        self.aws.before = self.before
        handler = self.handler()

        def checked(incoming: dict[str, Any], context: Any) -> Any:
            self.now_done = set()
            answer = handler(incoming, context)
            numbers = [self.number(record) for record in incoming["Records"]]
            if self.store is not None:
                self.now_done |= numbers_of(self.store.recalled)
            undone = [number for number in numbers if number not in self.now_done]
            named = [int(failure["itemIdentifier"]) for failure in answer["batchItemFailures"]]
            assert named == undone[:1], "the checkpoint is the earliest record that is not done"
            return answer

        delivery = Delivery(
            checked,
            sequence_number=lambda record: str(self.number(record)),
            bisect=self.bisect,
            attempts=self.attempts,
            context=lambda: None if self.seconds is None else Context(self.time, self.seconds),
        )
        with outside(self.aws, self.time):
            for part in parts or (self.records(),):
                delivery.deliver(part)
        return delivery

    def number(self, record: Record) -> int:
        return int(record["kinesis"]["sequenceNumber"] if self.kinesis else record["dynamodb"]["SequenceNumber"])


worlds = st.builds(
    World,
    plans=st.lists(plans, max_size=12),
    kinesis=st.booleans(),
    by_key=st.booleans(),
    concurrency=st.integers(1, 4),
    is_async=st.booleans(),
    bisect=st.booleans(),
    seconds=st.sampled_from([None, None, 60]),
    bucket=st.booleans(),
)


@settings(max_examples=examples(75))
@given(worlds)
def test_every_record_ends_as_processed_or_set_aside_and_none_overtakes(world: World) -> None:
    world.run()
    permanent = {number for number, plan in enumerate(world.plans) if plan.permanent}
    assert world.set_aside() == permanent
    assert set(world.succeeded) == set(range(len(world.plans))) - permanent
    assert world.overtaken == []
    if not world.by_key:  # nothing behind a checkpoint has run
        assert set(world.succeeded.values()) <= {1}
        assert world.tries == {
            number: plan.failures + 1 + (plan.not_set_aside if plan.permanent else 0)
            for number, plan in enumerate(world.plans)
        }


@settings(max_examples=examples(50))
@given(worlds, st.integers(1, 3))
def test_what_lambda_gives_up_is_all_that_is_not_done(world: World, attempts: int) -> None:
    """Its retries are limited; what is left then goes to the on-failure destination."""
    world.attempts = attempts
    delivery = world.run()
    given_up = {world.number(record) for record in delivery.given_up}
    assert world.done() | given_up == set(range(len(world.plans)))
    if not world.by_key:
        assert world.done().isdisjoint(given_up)
    if not given_up:
        assert world.overtaken == []


@settings(max_examples=examples(75))
@given(worlds)
def test_with_a_store_nothing_succeeds_twice(world: World) -> None:
    world.by_key, world.store = True, Store()
    world.run()
    assert set(world.succeeded.values()) <= {1}
    assert len(world.aws.set_aside()) == len(world.set_aside())
    assert world.done() == set(range(len(world.plans)))
    assert world.overtaken == []


@settings(max_examples=examples(40))
@given(worlds, st.lists(st.booleans(), min_size=1, max_size=6))
def test_a_store_that_fails_loses_nothing(world: World, troubles: list[bool]) -> None:
    calls = 0

    def trouble(name: str) -> None:
        nonlocal calls
        calls += 1
        if troubles[calls % len(troubles)]:
            raise OSError

    world.by_key, world.store = True, Store(trouble)
    world.run()
    assert world.done() == set(range(len(world.plans)))
    assert world.overtaken == []


@settings(max_examples=examples(40))
@given(worlds, st.data())
def test_the_parts_of_a_batch_come_to_the_same_as_the_whole(world: World, data: st.DataObject) -> None:
    """However it is split: Lambda halves a batch that fails, and closes one that is full."""
    parts = World(
        world.plans,
        world.kinesis,
        world.by_key,
        world.concurrency,
        world.is_async,
        world.bisect,
        None,
        world.seconds,
        world.bucket,
    )
    world.run()
    records = parts.records()
    cuts = sorted(data.draw(st.sets(st.integers(0, len(records)), max_size=4)))
    parts.run(*(records[start:end] for start, end in zip([0, *cuts], [*cuts, len(records)], strict=True)))
    assert parts.set_aside() == world.set_aside()
    assert set(parts.succeeded) == set(world.succeeded)
    assert parts.overtaken == []


@settings(max_examples=examples(40))
@given(worlds)
def test_an_answer_that_is_lost_makes_no_record_overtake(world: World) -> None:
    """The whole batch is delivered again then, and what a store remembers must not leave a gap in a key's order."""
    world.by_key, world.store = True, Store()
    world.seconds = None
    handler = world.handler()
    world.aws.before = world.before
    with outside(world.aws, world.time):
        handler({"Records": world.records()}, None)  # and nobody hears the answer
        first, remembered = world.tries.copy(), numbers_of(world.store.known)
        handler({"Records": world.records()}, None)
    for number in world.tries - first:
        assert not [n for n in remembered if n > number and world.plans[n].key == world.plans[number].key]
