"""Records of a stream under idempotency: none runs twice, whichever checkpoint they are delivered again from."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redrive import Idempotency, Permanent, StreamSettings, dynamodb_stream_handler, kinesis_handler
from redrive.idempotency.record import COMPLETED
from tests.support.runtime.idempotency.functions import Down, Store
from tests.support.runtime.sqs.queue import Context, VirtualTime
from tests.support.runtime.streams.stream import (
    QUEUE,
    Delivery,
    FakeAws,
    batch,
    checkpoint,
    dynamodb_record,
    event,
    keyed,
    kinesis_record,
    outside,
)
from tests.support.runtime.streams.stream import Store as Succeeded


@pytest.fixture(autouse=True)
def aws(time: VirtualTime) -> Iterator[FakeAws]:
    aws = FakeAws()
    with outside(aws, time):
        yield aws


class Function:
    """A function of one record, which keeps account of the data it was called with."""

    def __init__(self, *failing: str, error: Exception | None = None) -> None:
        self.ran: list[str] = []
        self.failing = set(failing)
        self.error = error or OSError("disk full")
        self.during: Callable[[Any], object] = lambda record: None

    def plain(self, record: Any) -> None:
        data = record.data.decode()
        self.ran.append(data)
        self.during(record)
        if data in self.failing:
            raise self.error

    async def in_task(self, record: Any) -> None:
        await asyncio.sleep(0)
        self.plain(record)


Make = Callable[..., Any]
KINDS = ["plain", "in_task"]


@pytest.fixture(params=KINDS)
def make(request: pytest.FixtureRequest, store: Store) -> Make:
    def make(function: Function, options: dict[str, Any] | None = None, **more: Any) -> Any:
        idempotency = Idempotency(**{"store": store, **(options or {})})
        return kinesis_handler(idempotency=idempotency, **more)(getattr(function, request.param))

    return make


# In the order of the shard.


def test_records_are_handled_once_however_often_they_are_delivered(make: Make, store: Store) -> None:
    function = Function()
    handler = make(function)
    assert [checkpoint(handler(batch(4))) for _ in range(3)] == [None] * 3
    assert function.ran == ["1", "2", "3", "4"]
    assert store.statuses == [COMPLETED] * 4


def test_what_stands_behind_a_failure_has_its_keys_given_back(make: Make, store: Store) -> None:
    function = Function("3")
    handler = make(function)
    assert checkpoint(handler(batch(5))) == "3"
    assert store.statuses == [COMPLETED] * 2
    function.failing.clear()
    assert checkpoint(handler(batch(5))) is None  # the answer was lost, and all of it comes again
    assert function.ran == ["1", "2", "3", "3", "4", "5"]


def test_a_record_that_is_under_way_elsewhere_is_the_checkpoint(make: Make, store: Store) -> None:
    function = Function()
    handler = make(function)
    handler(event(kinesis_record(2, b"2")))
    ((key, stored),) = store.records.items()
    store.memory.records[key] = stored._replace(status="INPROGRESS", owner="another")
    assert checkpoint(handler(batch(3))) == "2"
    assert function.ran == ["2", "1"]
    assert len(store.records) == 2


@pytest.mark.parametrize("how", ["fails", "forgets"])
def test_a_record_that_cannot_be_recorded_is_the_checkpoint(make: Make, store: Store, how: str) -> None:
    function = Function()
    handler = make(function)
    handler(event(kinesis_record(2, b"2")))
    (key,) = store.records
    store.memory.records.clear()
    setattr(store, how, lambda name, each: Down() if (name, each) == ("end", key) else None)
    assert checkpoint(handler(batch(4))) == "2"
    assert function.ran == ["2", "1", "2", "3", "4"]


def test_where_nothing_can_be_claimed_the_first_is_the_checkpoint(make: Make, store: Store) -> None:
    function = Function()
    store.refuses = lambda name, keys: Down()
    assert checkpoint(make(function)(batch(3))) == "1"
    assert function.ran == []


def test_what_was_not_started_for_lack_of_time_is_given_back(make: Make, store: Store, time: VirtualTime) -> None:
    function = Function()
    function.during = lambda record: time.advance(25)
    assert checkpoint(make(function)(batch(5), Context(time))) == "3"
    assert store.statuses == [COMPLETED] * 2
    function.during = lambda record: None
    assert checkpoint(make(function)(batch(5), Context(time))) is None
    assert function.ran == ["1", "2", "3", "4", "5"]


def test_a_permanent_failure_is_set_aside_and_does_not_run_again(make: Make, store: Store, aws: FakeAws) -> None:
    function = Function("2", error=Permanent("no lines"))
    handler = make(function, settings=StreamSettings(set_aside_queue_url=QUEUE))
    assert [checkpoint(handler(batch(3))) for _ in range(2)] == [None, None]
    assert function.ran == ["1", "2", "3"]
    assert sorted(store.statuses) == ["COMPLETED", "COMPLETED", "FAILED"]
    assert aws.set_aside()


def test_one_that_could_not_be_set_aside_does_not_run_again_either(make: Make, store: Store) -> None:
    """There is nowhere to set it aside to, so it comes again until Lambda gives it up."""
    function = Function("2", error=Permanent("no lines"))
    handler = make(function)
    assert [checkpoint(handler(batch(3))) for _ in range(3)] == ["2"] * 3
    assert function.ran == ["1", "2"]


# In the order of keys.


@pytest.mark.parametrize("concurrency", [1, 3])
@pytest.mark.parametrize("kind", KINDS)
def test_what_has_succeeded_behind_the_checkpoint_does_not_run_again(store: Store, kind: str, concurrency: int) -> None:
    function = Function("a2")
    handler = kinesis_handler(
        ordered_by="partition_key", concurrency=concurrency, idempotency=Idempotency(store=store)
    )(getattr(function, kind))
    records = keyed("a1", "a2", "b3", "a4", "b5")
    assert checkpoint(handler(records)) == "2"
    assert sorted(function.ran) == ["a1", "a2", "b3", "b5"]
    assert store.statuses == [COMPLETED] * 3
    function.failing.clear()
    assert checkpoint(handler(event(*records["Records"][1:]))) is None
    assert sorted(function.ran) == ["a1", "a2", "a2", "a4", "b3", "b5"]


@given(
    names=st.lists(st.sampled_from("abc"), min_size=1, max_size=8),
    failing=st.sets(st.integers(0, 7), max_size=3),
    by_key=st.booleans(),
    kind=st.sampled_from(KINDS),
)
def test_whatever_fails_each_record_succeeds_once_and_in_order(
    names: list[str], failing: set[int], by_key: bool, kind: str
) -> None:
    """Each record that fails does so once, and Lambda delivers again from each checkpoint."""
    data = [f"{name}{number}" for number, name in enumerate(names)]
    left = {data[number] for number in failing if number < len(data)}
    succeeded: list[str] = []

    def handle(record: Any) -> None:
        name = record.data.decode()
        if name in left:
            left.remove(name)
            raise OSError("disk full")
        succeeded.append(name)

    async def in_task(record: Any) -> None:
        handle(record)

    order: dict[str, Any] = {"ordered_by": "partition_key", "concurrency": 2} if by_key else {}
    handler = kinesis_handler(idempotency=Idempotency(store=Store()), **order)(handle if kind == "plain" else in_task)
    with outside(FakeAws(), VirtualTime()):
        Delivery(handler).deliver(keyed(*data)["Records"])
        Delivery(handler).deliver(keyed(*data)["Records"])  # and once more, for the last answer was lost
    assert sorted(succeeded) == sorted(data)
    for name in set(names) if by_key else {""}:
        assert [each for each in succeeded if each.startswith(name)] == [each for each in data if each.startswith(name)]


# Records that have the same key.


def test_records_have_keys_by_their_place_not_their_data(store: Store) -> None:
    function = Function()
    handler = kinesis_handler(idempotency=Idempotency(store=store))(function.plain)
    for each in (
        kinesis_record(1, b"a"),
        kinesis_record(2, b"a"),
        kinesis_record(1, b"a", shard="shardId-000000000007"),
        kinesis_record(1, b"a", arn="arn:aws:kinesis:eu-west-1:111122223333:stream/other"),
        kinesis_record(1, b"a", arrived_at=1_700_000_009.0),
    ):
        handler(event(each))
    assert len(function.ran) == 4


def test_records_that_share_a_place_have_no_key(store: Store, aws: FakeAws) -> None:
    """As those do that were taken out of one aggregated record."""
    records = event(kinesis_record(1, b"a"), kinesis_record(1, b"b"), kinesis_record(2, b"c"))
    function = Function()
    settings = StreamSettings(set_aside_queue_url=QUEUE)
    strict = kinesis_handler(idempotency=Idempotency(store=store), settings=settings)(function.plain)
    assert checkpoint(strict(records)) is None
    assert function.ran == ["c"]
    assert len(aws.set_aside()) == 2
    lenient = kinesis_handler(idempotency=Idempotency(store=store, missing_key="run"))(function.plain)
    assert checkpoint(lenient(records)) is None
    assert function.ran == ["c", "a", "b"]
    by_data = kinesis_handler(idempotency=Idempotency(store=store, key=lambda record: record.data))(function.plain)
    assert [checkpoint(by_data(records)), checkpoint(by_data(records))] == [None, None]
    assert function.ran == ["c", "a", "b", "a", "b", "c"]


def test_a_path_is_looked_up_in_the_json_of_the_data(store: Store) -> None:
    function = Function()
    handler = kinesis_handler(idempotency=Idempotency(store=store, key="id"))(function.plain)
    datas = [b'{"id": 1, "n": 1}', b'{"id": 1, "n": 2}', b'{"id": 2}']
    assert checkpoint(handler(event(*(kinesis_record(n, data) for n, data in enumerate(datas, start=1))))) is None
    assert function.ran == [datas[0].decode(), datas[2].decode()]


def dynamodb(store: Store, **options: Any) -> tuple[list[str], Any]:
    ran: list[str] = []

    @dynamodb_stream_handler(idempotency=Idempotency(store=store, **options))
    def handler(record: Any) -> None:
        ran.append(record.sequence_number)

    return ran, handler


def image(id: str, version: int) -> dict[str, Any]:
    return {"id": {"S": id}, "version": {"N": str(version)}}


def test_changes_of_a_table_have_keys_by_their_place(store: Store) -> None:
    ran, handler = dynamodb(store)
    changes = event(*(dynamodb_record(number, NewImage=image("a", 1)) for number in (1, 2, 3)))
    assert [checkpoint(handler(changes)) for _ in range(2)] == [None, None]
    assert ran == ["1", "2", "3"]


@pytest.mark.parametrize("path", ["new_image.version", "[keys.id, new_image.version]"])
def test_a_path_is_looked_up_in_a_change(store: Store, path: str) -> None:
    ran, handler = dynamodb(store, key=path)
    changes = [dynamodb_record(number, NewImage=image("a", version)) for number, version in ((1, 1), (2, 1), (3, 2))]
    assert checkpoint(handler(event(*changes))) is None
    assert ran == ["1", "3"]


def test_a_path_leads_to_what_a_change_was_and_how(store: Store) -> None:
    ran, handler = dynamodb(store, key="[event_name, old_image.id, old_image.version]")
    changes = [
        dynamodb_record(1, event_name="REMOVE", OldImage=image("a", 1)),
        dynamodb_record(2, event_name="MODIFY", OldImage=image("a", 1), NewImage=image("a", 2)),
        dynamodb_record(3, event_name="REMOVE", OldImage=image("a", 1)),
    ]
    assert checkpoint(handler(event(*changes))) is None
    assert ran == ["1", "2"]


# Options.


def test_what_remembers_successes_by_itself_is_refused_with_it() -> None:
    options: dict[str, Any] = {"ordered_by": "partition_key", "succeeded": Succeeded()}
    with pytest.raises(ValueError, match=r"succeeded= with idempotency=: .*; leave succeeded out"):
        kinesis_handler(idempotency=Idempotency(store=Store()), **options)(lambda record: None)


def test_a_tumbling_window_is_refused_with_it() -> None:
    options: dict[str, Any] = {"window_end": lambda window: None}
    with pytest.raises(ValueError, match=r"window_end= with idempotency=: .*its part in the window's state"):
        kinesis_handler(idempotency=Idempotency(store=Store()), **options)(lambda record, window: None)


@pytest.mark.parametrize("decorate", [kinesis_handler, dynamodb_stream_handler])
def test_only_an_idempotency_is_taken(decorate: Any) -> None:
    with pytest.raises(TypeError, match=r"idempotency='orders': give an Idempotency\(\)"):
        decorate(idempotency="orders")(lambda record: None)
