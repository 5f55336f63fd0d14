"""Records of streams that are brought back with the docs' replay line: what failed runs, what is done does not."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redrive import (
    Idempotency,
    MemoryStore,
    Permanent,
    StreamFailure,
    StreamSettings,
    dynamodb_stream_handler,
    kinesis_handler,
)
from redrive.idempotency.stores import IdempotencyStore
from tests.support.runtime.destinations.stream_failures import failure
from tests.support.runtime.sqs.queue import Context, VirtualTime
from tests.support.runtime.streams.stream import (
    BUCKET,
    QUEUE,
    FakeAws,
    checkpoint,
    dynamodb_record,
    event,
    kinesis_record,
    outside,
)
from tests.support.runtime.streams.stream import (
    Store as Succeeded,
)

DECORATORS: dict[str, Any] = {"kinesis": kinesis_handler, "dynamodb": dynamodb_stream_handler}
FUNCTION = Context(VirtualTime()).function_name
PLACES = {
    "queue": StreamSettings(set_aside_queue_url=QUEUE),
    "bucket": StreamSettings(set_aside_bucket=BUCKET),
    "nowhere": StreamSettings(),
}


class Function:
    """A function of one record, which fails for some sequence numbers and keeps account."""

    def __init__(self) -> None:
        self.ran: list[str] = []
        self.errors: dict[str, Exception] = {}

    def __call__(self, record: Any) -> None:
        self.ran.append(record.sequence_number)
        if record.sequence_number in self.errors:
            raise self.errors[record.sequence_number]


def record_of(kind: str, number: int) -> dict[str, Any]:
    return kinesis_record(number) if kind == "kinesis" else dynamodb_record(number)


def failures_in(aws: FakeAws) -> list[StreamFailure]:
    """Returns the records set aside so far, each read from its written form."""
    written = [each["MessageBody"] for each in aws.messages] + list(aws.objects.values())
    return [StreamFailure.parse(each) for each in written]


def given_up(kind: str, *records: dict[str, Any]) -> StreamFailure:
    """A report of Lambda to a bucket, of a batch that it has given up."""
    report = failure(1, len(records), len(records), dynamodb=kind == "dynamodb")
    context = {**report["requestContext"], "functionArn": f"arn:aws:lambda:eu-west-1:111122223333:function:{FUNCTION}"}
    return StreamFailure.parse({**report, "requestContext": context, "payload": json.dumps(event(*records))})


@pytest.mark.parametrize("place", ["queue", "bucket"])
@pytest.mark.parametrize("kind", DECORATORS)
def test_what_was_set_aside_runs_each_time_that_it_is_brought_back(
    store: IdempotencyStore,
    time: VirtualTime,
    aws: FakeAws,
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
    place: str,
) -> None:
    function = Function()
    handler = DECORATORS[kind](idempotency=Idempotency(store=store), settings=PLACES[place])(function.__call__)
    function.errors = {"2": Permanent("no lines")}
    batch = event(*(record_of(kind, number) for number in (1, 2, 3)))
    for _ in range(2):  # the answer is lost once
        assert checkpoint(handler(batch, Context(time))) is None
    assert function.ran == ["1", "2", "3"]
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "replay-function")
    for _ in range(2):
        assert checkpoint(handler({"Records": failures_in(aws)[-1].records().records})) is None
        time.advance(1)
    assert function.ran == ["1", "2", "3", "2", "2"]
    function.errors = {}
    last = failures_in(aws)[-1]
    for _ in range(2):
        handler({"Records": last.records().records})
    assert function.ran == ["1", "2", "3", "2", "2", "2"], "it is done now"
    assert checkpoint(handler(batch, Context(time))) is None
    assert function.ran == ["1", "2", "3", "2", "2", "2"]


@pytest.mark.parametrize("kind", DECORATORS)
def test_the_event_that_was_set_aside_runs_as_it_is(store: IdempotencyStore, aws: FakeAws, kind: str) -> None:
    """`payload` is an event, too."""
    function = Function()
    handler = DECORATORS[kind](idempotency=Idempotency(store=store), settings=PLACES["queue"])(function.__call__)
    function.errors = {"1": Permanent("no lines")}
    handler(event(record_of(kind, 1)))
    function.errors = {}
    handler(failures_in(aws)[0].payload)
    handler(failures_in(aws)[0].payload)
    assert function.ran == ["1", "1"]


@pytest.mark.parametrize("error", [Permanent("no lines"), OSError("disk full")], ids=["permanent", "given up"])
@pytest.mark.parametrize("kind", DECORATORS)
def test_of_a_batch_that_lambda_gave_up_only_what_failed_runs(
    store: IdempotencyStore, time: VirtualTime, kind: str, error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also in another function. A permanent failure without a place to set it aside is given up like any other."""
    function = Function()
    handler = DECORATORS[kind](idempotency=Idempotency(store=store), settings=PLACES["nowhere"])(function.__call__)
    function.errors = {"2": error}
    records = [record_of(kind, number) for number in (1, 2, 3)]
    for _ in range(3):
        assert checkpoint(handler(event(*records), Context(time))) == "2"
    report = given_up(kind, *records)
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "replay-function")
    function.ran, function.errors = [], {}
    for _ in range(2):
        assert checkpoint(handler({"Records": report.records().records})) is None
    assert function.ran == ["2", "3"]


@pytest.mark.parametrize("kind", DECORATORS)
def test_a_key_of_the_content_runs_too(store: IdempotencyStore, aws: FakeAws, kind: str) -> None:
    function = Function()
    idempotency = Idempotency(store=store, key=lambda record: "order 7")
    handler = DECORATORS[kind](idempotency=idempotency, settings=PLACES["queue"])(function.__call__)
    function.errors = {"1": Permanent("no lines")}
    handler(event(record_of(kind, 1)))
    handler(event(record_of(kind, 1)))
    handler({"Records": failures_in(aws)[0].records().records})
    assert function.ran == ["1", "1"]


@pytest.mark.parametrize("kind", DECORATORS)
def test_the_mark_changes_nothing_that_the_function_sees(store: IdempotencyStore, kind: str) -> None:
    seen: list[Any] = []
    handler = DECORATORS[kind]()(seen.append)
    report = given_up(kind, record_of(kind, 1))
    handler(event(record_of(kind, 1)))
    handler({"Records": report.records().records})
    first, second = seen
    names = [name for name in dir(first) if not name.startswith("_") and name not in ("delivery", "index", "count")]
    for name in names:
        if not callable(getattr(first, name)):
            assert getattr(first, name) == getattr(second, name), name
    assert first[1] == second[1]
    assert (first.delivery, second.delivery.startswith("1-")) == ("1", True)


@pytest.mark.parametrize("mark", [None, "yes", {}, {"id": 7}, {"id": ""}, []], ids=str)
def test_a_mark_of_another_form_is_none(mark: Any) -> None:
    seen: list[Any] = []
    kinesis_handler(seen.append)({"Records": [{**kinesis_record(1), "redriveReplay": mark}]})
    assert seen[0].delivery == "1"


# Without idempotency, with a store of what succeeded.


@pytest.mark.parametrize("kind", DECORATORS)
def test_what_was_set_aside_is_not_recalled_as_succeeded(
    store: IdempotencyStore, time: VirtualTime, aws: FakeAws, kind: str
) -> None:
    function = Function()
    order = {"kinesis": "partition_key", "dynamodb": "item_key"}[kind]
    handler = DECORATORS[kind](succeeded=Succeeded(), ordered_by=order, settings=PLACES["queue"])(function.__call__)
    function.errors = {"1": OSError("disk full"), "2": Permanent("no lines")}
    records = (
        [kinesis_record(number, key=str(number)) for number in (1, 2, 3)]
        if kind == "kinesis"
        else [dynamodb_record(number, key=str(number)) for number in (1, 2, 3)]
    )
    assert checkpoint(handler(event(*records), Context(time))) == "1"
    function.ran, function.errors = [], {"1": OSError("disk full")}
    assert checkpoint(handler(event(*records), Context(time))) == "1"
    assert function.ran == ["1"], "the others are remembered"
    function.ran, function.errors = [], {}
    handler({"Records": failures_in(aws)[0].records().records})
    assert function.ran == ["2"]
    handler({"Records": given_up(kind, *records).records().records})
    assert function.ran == ["2", "1"], "of the batch, what is not remembered; what was set aside is brought back alone"


# Random sequences of events.

OUTCOMES = st.lists(st.sampled_from(["done", "permanent", "error"]), min_size=3, max_size=3)
STEPS = st.one_of(
    st.tuples(st.just("deliver"), OUTCOMES),
    st.tuples(st.just("bring back what was set aside"), OUTCOMES),
    st.tuples(st.just("bring back the batch"), OUTCOMES),
)


@given(st.sampled_from(list(DECORATORS)), st.sampled_from(list(PLACES)), st.lists(STEPS, max_size=15))
def test_a_done_record_never_runs_again_and_a_failed_one_always_does(
    kind: str, place: str, steps: list[tuple[str, list[str]]]
) -> None:
    time, aws, function = VirtualTime(), FakeAws(), Function()
    records = [record_of(kind, number) for number in (1, 2, 3)]
    errors: dict[str, Exception] = {"permanent": Permanent("no lines"), "error": OSError("disk full")}
    done: set[str] = set()
    with outside(aws, time):
        store = MemoryStore()
        handler = DECORATORS[kind](idempotency=Idempotency(store=store), settings=PLACES[place])(function.__call__)
        for step, outcomes in steps:
            function.ran = []
            function.errors = {
                str(number): errors[outcome] for number, outcome in enumerate(outcomes, 1) if outcome != "done"
            }
            brought: list[list[str]] = []
            if step == "deliver":
                handler(event(*records), Context(time))
            else:
                batch = step.endswith("the batch")
                for each in [given_up(kind, *records)] if batch else failures_in(aws):
                    before = set(done) | {number for number in function.ran if number not in function.errors}
                    start = len(function.ran)
                    found = each.records().records
                    stop = checkpoint(handler({"Records": found}))
                    ran = function.ran[start:]
                    numbers = [str(number) for number in (1, 2, 3)] if batch else [each.start_sequence_number]
                    through = numbers if stop is None else numbers[: numbers.index(stop) + 1]
                    brought.append([number for number in through if number not in before and number not in ran])
            assert not done & set(function.ran), "a done record has run again"
            assert not any(brought), "a failed record was brought back, and did not run"
            done |= {number for number in function.ran if number not in function.errors}
