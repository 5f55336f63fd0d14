"""Tumbling windows: state in, state out, and nothing lost or counted twice."""

from __future__ import annotations

import asyncio
import functools
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redrive.core import Permanent
from redrive.settings.streams import StreamSettings
from redrive.streams.dynamodb import dynamodb_stream_handler
from redrive.streams.kinesis import KinesisRecord, kinesis_handler
from redrive.streams.window import TumblingWindow
from tests.support.runtime.sqs.queue import Context, VirtualTime
from tests.support.runtime.streams.stream import (
    QUEUE,
    SHARD,
    FakeAws,
    batch,
    checkpoint,
    dynamodb_record,
    event,
    in_window,
    outside,
)
from tests.support.runtime.streams.windows import DOCUMENTED, count, ignore


def test_the_documented_event_is_aggregated() -> None:
    seen: list[TumblingWindow] = []

    @kinesis_handler(window_end=ignore)
    def handler(record: KinesisRecord[bytes], window: TumblingWindow) -> None:
        seen.append(window)
        count(record, window)

    assert handler(DOCUMENTED) == {"state": {"1": 283, "2": 715}, "batchItemFailures": []}
    (window,) = seen
    assert window.start == datetime(2020, 12, 9, 7, 4, tzinfo=UTC)
    assert window.end == datetime(2020, 12, 9, 7, 6, tzinfo=UTC)
    assert window.shard_id == "shardId-000000000006"
    assert (window.is_final, window.is_terminated_early) == (False, False)


@pytest.mark.parametrize("state", [None, {}])
def test_a_window_begins_with_an_empty_state(state: Any) -> None:
    handler = kinesis_handler(window_end=ignore)(count)
    assert handler({**in_window(batch(2)), "state": state})["state"] == {"1": 2}  # pyright: ignore[reportTypedDictNotRequiredAccess]


def test_the_function_at_the_end_gets_the_state_with_the_last_records() -> None:
    ended: list[Any] = []

    @kinesis_handler(window_end=lambda window: ended.append((dict(window.state), window.is_final)))
    def handler(record: KinesisRecord[bytes], window: TumblingWindow) -> None:
        count(record, window)

    assert checkpoint(handler(in_window(batch(2), {"1": 5}))) is None
    assert ended == []
    assert checkpoint(handler(in_window(batch(2), {"1": 7}, final=True))) is None
    assert ended == [({"1": 9}, True)]


@pytest.mark.parametrize("records", [[], None])
def test_a_window_ends_without_records_too(records: Any) -> None:
    ended: list[Any] = []
    handler = kinesis_handler(window_end=lambda window: ended.append(window.state))(count)
    incoming = in_window({"Records": records}, {"1": 5}, final=True)
    assert handler(incoming) == {"state": {"1": 5}, "batchItemFailures": []}
    del incoming["Records"]
    assert handler(incoming) == {"state": {"1": 5}, "batchItemFailures": []}
    assert ended == [{"1": 5}] * 2


def test_a_window_that_lambda_ends_early_is_ended() -> None:
    """The next invocation begins with a fresh state, so this one's would be lost."""
    ended: list[bool] = []
    handler = kinesis_handler(window_end=lambda window: ended.append(window.is_terminated_early))(count)
    assert handler(in_window(batch(1), {"1": 5}, early=True)) == {"state": {"1": 6}, "batchItemFailures": []}
    assert ended == [True]


def test_a_checkpoint_has_the_state_of_the_records_before_it() -> None:
    """AWS's own types for it, as in aws-lambda-java-events, have both: a new state, and from where to retry."""

    @kinesis_handler(window_end=ignore)
    def handler(record: KinesisRecord[bytes], window: TumblingWindow) -> None:
        window.state.setdefault("seen", []).append(record.data.decode())
        if record.data == b"3":
            window.state["broken"] = True
            raise ValueError

    answer = handler(in_window(batch(5), {"seen": ["0"]}))
    assert answer == {"state": {"seen": ["0", "1", "2"]}, "batchItemFailures": [{"itemIdentifier": "3"}]}


def test_a_failure_at_the_first_record_gives_the_state_back_as_it_came() -> None:
    @kinesis_handler(window_end=ignore)
    def handler(record: KinesisRecord[bytes], window: TumblingWindow) -> None:
        window.state.clear()
        raise ValueError

    answer = handler(in_window(batch(2), {"1": [1, {"2": 3}]}))
    assert answer == {"state": {"1": [1, {"2": 3}]}, "batchItemFailures": [{"itemIdentifier": "1"}]}


def test_a_window_is_not_ended_before_all_of_its_records_are_done() -> None:
    ended: list[Any] = []

    @kinesis_handler(window_end=ended.append)
    def handler(record: KinesisRecord[bytes], window: TumblingWindow) -> None:
        if record.data == b"2":
            raise ValueError

    assert checkpoint(handler(in_window(batch(3), final=True))) == "2"
    assert ended == []


def test_a_record_that_is_set_aside_does_not_change_the_state(time: VirtualTime) -> None:
    aws = FakeAws()

    @kinesis_handler(window_end=ignore, settings=StreamSettings(set_aside_queue_url=QUEUE))
    def handler(record: KinesisRecord[bytes], window: TumblingWindow) -> None:
        count(record, window)
        if record.data == b"2":
            raise Permanent("no lines")

    with outside(aws, time):
        assert handler(in_window(batch(3))) == {"state": {"1": 2}, "batchItemFailures": []}
    assert aws.set_aside()[0]["sequenceNumber"] == "2"
    assert "state" not in aws.set_aside()[0]["record"]


def test_a_dynamodb_record_is_set_aside_with_the_shard_of_its_window(time: VirtualTime) -> None:
    aws = FakeAws()

    @dynamodb_stream_handler(window_end=ignore, settings=StreamSettings(set_aside_queue_url=QUEUE))
    def handler(record: Any, window: TumblingWindow) -> None:
        raise Permanent("no lines")

    with outside(aws, time):
        assert checkpoint(handler(in_window(event(dynamodb_record())))) is None
    assert aws.set_aside()[0]["shardId"] == SHARD


def test_an_end_that_fails_fails_the_invocation() -> None:
    """Lambda delivers it again, with the state it had."""

    def publish(window: TumblingWindow) -> None:
        raise ConnectionError("no route to host")

    with pytest.raises(ConnectionError, match="no route"):
        kinesis_handler(window_end=publish)(count)(in_window(batch(1), final=True))


def test_the_end_may_do_with_the_state_what_it_likes() -> None:
    def publish(window: TumblingWindow) -> None:
        window.state = None  # pyright: ignore[reportAttributeAccessIssue]

    handler = kinesis_handler(window_end=publish)(count)
    assert handler(in_window(batch(1), final=True)) == {"state": {"1": 1}, "batchItemFailures": []}


def test_functions_may_be_tasks_and_may_take_the_context(context: Context) -> None:
    seen: list[Any] = []

    async def end(window: TumblingWindow, context: Any) -> None:
        await asyncio.sleep(0)
        seen.append((window.state, context))

    @kinesis_handler(window_end=end, parse=json.loads)
    async def handler(record: KinesisRecord[int], window: TumblingWindow, context: Any) -> None:
        await asyncio.sleep(0)
        window.state["sum"] = window.state.get("sum", 0) + record.parsed
        seen.append(context)
        if record.parsed == 3:
            raise ValueError

    assert checkpoint(handler(in_window(batch(2), final=True), context)) is None
    assert seen == [context, context, ({"sum": 3}, context)]
    assert handler(in_window(batch(4)), context) == {
        "state": {"sum": 3},
        "batchItemFailures": [{"itemIdentifier": "3"}],
    }


def test_a_plain_function_around_an_async_one_is_waited_for() -> None:
    async def later(window: TumblingWindow) -> None:
        await asyncio.sleep(0)
        window.state["done"] = window.state.get("done", 0) + 1

    handler = kinesis_handler(window_end=functools.partial(later))(lambda record, window: later(window))
    assert handler(in_window(batch(2), final=True))["state"] == {"done": 2}  # pyright: ignore[reportTypedDictNotRequiredAccess]


def test_time_runs_out_in_a_window_as_anywhere(time: VirtualTime) -> None:
    ended: list[Any] = []

    @kinesis_handler(window_end=ended.append)
    def handler(record: KinesisRecord[bytes], window: TumblingWindow) -> None:
        count(record, window)
        time.advance(20)

    assert handler(in_window(batch(5), final=True), Context(time, 60)) == {
        "state": {"1": 2},
        "batchItemFailures": [{"itemIdentifier": "3"}],
    }
    assert ended == []


@given(st.lists(st.sampled_from(["ok", "fails once", "fails twice", "permanent"]), max_size=10), st.data())
def test_each_record_is_counted_once_however_the_window_is_delivered(outcomes: list[str], data: st.DataObject) -> None:
    """Delivered again from each checkpoint, with the state of the answer, and the rest of the window in any batches."""
    tries: dict[int, int] = {}
    ended: list[dict[str, int]] = []

    @kinesis_handler(
        window_end=lambda window: ended.append(window.state), settings=StreamSettings(set_aside_queue_url=QUEUE)
    )
    def handler(record: KinesisRecord[bytes], window: TumblingWindow) -> None:
        number = int(record.data)
        window.state[str(number)] = window.state.get(str(number), 0) + 1
        tries[number] = tries.get(number, 0) + 1
        match outcomes[number - 1]:
            case "permanent":
                raise Permanent("x")
            case outcome if tries[number] <= {"ok": 0, "fails once": 1, "fails twice": 2}[outcome]:
                raise ValueError
            case _:
                pass

    waiting = batch(len(outcomes))["Records"]
    state: dict[str, Any] = {}
    aws, time = FakeAws(), VirtualTime()
    smallest = 0
    with outside(aws, time):
        while not ended:
            size = data.draw(st.integers(min(smallest, len(waiting)), len(waiting)))
            smallest = int(size == 0)  # empty batches without end would be thousands of calls, and end no window
            part = waiting[:size]
            answer = handler(in_window({"Records": part}, state, final=size == len(waiting)))
            state = json.loads(json.dumps(answer["state"]))  # pyright: ignore[reportTypedDictNotRequiredAccess]
            again = checkpoint(answer)
            waiting = waiting[
                size if again is None else [each["kinesis"]["sequenceNumber"] for each in part].index(again) :
            ]
    kept = [str(number) for number, outcome in enumerate(outcomes, start=1) if outcome != "permanent"]
    assert ended == [dict.fromkeys(kept, 1)]
    assert len(aws.messages) == len(outcomes) - len(kept)
