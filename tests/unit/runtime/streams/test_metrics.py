"""The metrics of a batch of a stream's records."""

from __future__ import annotations

import asyncio
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from redrive import Idempotency, MemoryStore, MetricName, Permanent, StreamSettings, dynamodb_stream_handler
from redrive.streams.kinesis import kinesis_handler
from tests.support.profiles import examples
from tests.support.runtime.metrics.emf import Published, published
from tests.support.runtime.sqs.queue import Context, VirtualTime
from tests.support.runtime.streams.stream import (
    QUEUE,
    STREAM,
    TABLE_STREAM,
    FakeAws,
    Store,
    batch,
    checkpoint,
    dynamodb_record,
    event,
    in_window,
    keyed,
    kinesis_record,
    outside,
)

KNOWN = StreamSettings(set_aside_queue_url=QUEUE)


class Broken(Exception):
    pass


def store(record: Any) -> None:
    match record.data[:1]:
        case b"f":
            raise Broken
        case b"p":
            raise Permanent("no reading")
        case _:
            pass


def test_no_metrics_are_published_when_every_record_is_processed(
    aws: FakeAws, context: Context, metrics: Published
) -> None:
    assert checkpoint(kinesis_handler(settings=KNOWN)(store)(batch(20), context)) is None
    assert (metrics.lines, metrics.figures) == ([], [])


def test_a_failed_record_is_counted_with_those_held_behind_it(
    aws: FakeAws, context: Context, metrics: Published
) -> None:
    kinesis_handler(settings=KNOWN)(store)(keyed("a", "f", "b", "c"), context)
    assert len(metrics.lines) == 1
    assert metrics.totals() == {"Retried": 1, "Held": 2}
    assert metrics.by_error() == {("Retried", "Broken"): 1}
    (figures,) = metrics.figures
    assert (figures.function, figures.source, figures.request_id) == (
        "orders-function",
        STREAM,
        context.aws_request_id,
    )


def test_records_set_aside_are_counted(aws: FakeAws, context: Context, metrics: Published) -> None:
    kinesis_handler(settings=KNOWN)(store)(keyed("a", "p", "p"), context)
    assert metrics.totals() == {"SetAside": 2, "PermanentFailures": 2}
    assert metrics.by_error() == {("SetAside", "Permanent"): 2, ("PermanentFailures", "Permanent"): 2}


def test_what_could_not_be_set_aside_is_retried(aws: FakeAws, context: Context, metrics: Published) -> None:
    kinesis_handler(settings=StreamSettings())(store)(keyed("p", "a"), context)
    assert metrics.totals() == {"Retried": 1, "NotSetAside": 1, "PermanentFailures": 1, "Held": 1}


def test_what_there_was_no_time_for_is_deferred(
    aws: FakeAws, context: Context, metrics: Published, time: VirtualTime
) -> None:
    kinesis_handler(settings=KNOWN)(lambda record: time.advance(25))(batch(5), context)
    assert metrics.totals() == {"Deferred": 3}


def test_the_stream_of_a_table_publishes_the_same(aws: FakeAws, context: Context, metrics: Published) -> None:
    def refuse(record: Any) -> None:
        raise Broken

    dynamodb_stream_handler(settings=KNOWN)(refuse)(event(dynamodb_record(1), dynamodb_record(2)), context)
    assert metrics.totals() == {"Retried": 1, "Held": 1}
    assert metrics.figures[0].source == TABLE_STREAM


def test_what_a_delivery_before_has_done_is_a_duplicate(aws: FakeAws, context: Context, metrics: Published) -> None:
    """Also where the rest of the batch is done without a failure."""
    remembers = Store()
    handler = kinesis_handler(settings=KNOWN, ordered_by="partition_key", succeeded=remembers)
    incoming = keyed("f", "a", "b")
    handler(store)(incoming, context)
    assert metrics.totals() == {"Retried": 1}
    metrics.lines.clear()
    handler(lambda record: None)(incoming, context)
    assert metrics.totals() == {"Duplicates": 2}


def test_with_idempotency_duplicates_are_counted(aws: FakeAws, context: Context, metrics: Published) -> None:
    handler = kinesis_handler(settings=KNOWN, idempotency=Idempotency(store=MemoryStore()))(store)
    handler(keyed("a", "b"), context)
    assert metrics.lines == []
    handler(keyed("a", "b", "c"), context)
    assert metrics.totals() == {"Duplicates": 2}


def test_a_window_counts_its_records(aws: FakeAws, context: Context, metrics: Published) -> None:
    def add(record: Any, window: Any) -> None:
        store(record)

    handler = kinesis_handler(settings=KNOWN, window_end=lambda window: None)(add)
    handler(in_window(keyed("a", "f", "b")), context)
    assert metrics.totals() == {"Retried": 1, "Held": 1}
    assert metrics.figures[0].source == STREAM


batches = st.lists(
    st.tuples(st.sampled_from("xyz"), st.sampled_from(["ok", "ok", "f", "p"]), st.sampled_from([0, 0, 1, 20])),
    max_size=12,
)


@settings(max_examples=examples(40))
@given(
    rows=batches,
    by_key=st.booleans(),
    concurrency=st.integers(1, 3),
    is_async=st.booleans(),
    seconds=st.sampled_from([0.2, 30, 1e9]),
    is_down=st.booleans(),
    known=st.sets(st.integers(0, 11), max_size=3),
)
def test_the_figures_add_up_to_the_records_of_the_batch(
    rows: list[tuple[str, str, float]],
    by_key: bool,
    concurrency: int,
    is_async: bool,
    seconds: float,
    is_down: bool,
    known: set[int],
) -> None:
    time = VirtualTime()
    done: list[int] = []

    def act(record: Any) -> None:
        number = int(record.sequence_number)
        time.advance(rows[number][2])
        store(record)
        done.append(number)

    async def act_in_task(record: Any) -> None:
        await asyncio.sleep(0)
        act(record)

    def before(name: str, arguments: Any) -> None:
        if is_down:
            raise OSError

    remembers = Store(known={f"orders-function/{STREAM}/shardId-000000000006/{number}" for number in known})
    options: dict[str, Any] = {"settings": KNOWN}
    if by_key:
        options |= {"ordered_by": "partition_key", "concurrency": concurrency, "succeeded": remembers}
    records = [kinesis_record(number, outcome.encode(), key=key) for number, (key, outcome, _) in enumerate(rows)]
    aws = FakeAws(before=before)
    with published() as metrics, outside(aws, time):
        kinesis_handler(**options)(act_in_task if is_async else act)(event(*records), Context(time, seconds))

    totals, by_error = metrics.totals(), metrics.by_error()
    count = {name: int(totals.get(name, 0)) for name in vars(MetricName).values() if isinstance(name, str)}
    assert len(metrics.figures) <= 1
    outcomes = [MetricName.RETRIED, MetricName.HELD, MetricName.DEFERRED, MetricName.SET_ASIDE, MetricName.DUPLICATES]
    assert sum(count[name] for name in outcomes) + len(done) == len(records)
    assert count[MetricName.SET_ASIDE] == len(aws.set_aside())
    assert count[MetricName.DUPLICATES] == len(remembers.recalled)  # none where there was no time to ask
    assert count[MetricName.PERMANENT_FAILURES] == count[MetricName.SET_ASIDE] + count[MetricName.NOT_SET_ASIDE]
    for name in (MetricName.RETRIED, MetricName.SET_ASIDE, MetricName.PERMANENT_FAILURES, MetricName.NOT_SET_ASIDE):
        assert sum(number for (each, _), number in by_error.items() if each == name) == count[name]
    assert bool(metrics.lines) == (len(done) < len(records))
