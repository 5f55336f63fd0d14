"""States that a tumbling window cannot keep, and events that are none of it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from redrive import InvalidEvent
from redrive.streams.kinesis import KinesisRecord, kinesis_handler
from redrive.streams.window import LARGEST_STATE, TumblingWindow
from tests.support.runtime.log import Log
from tests.support.runtime.streams.stream import (
    batch,
    checkpoint,
    in_window,
)
from tests.support.runtime.streams.windows import DOCUMENTED, count, ignore


def test_another_state_may_be_put_in_place() -> None:
    @kinesis_handler(window_end=ignore)
    def handler(record: KinesisRecord[bytes], window: TumblingWindow) -> None:
        window.state = {"last": record.data.decode()}

    assert handler(in_window(batch(2)))["state"] == {"last": "2"}  # pyright: ignore[reportTypedDictNotRequiredAccess]


def test_the_record_that_makes_the_state_too_large_fails(log: Log) -> None:
    @kinesis_handler(window_end=ignore)
    def handler(record: KinesisRecord[bytes], window: TumblingWindow) -> None:
        window.state[record.data.decode()] = "ü" * 200_000  # two bytes each, in UTF-8

    answer = handler(in_window(batch(4)))
    assert checkpoint(answer) == "3"
    assert list(answer["state"]) == ["1", "2"]  # pyright: ignore[reportTypedDictNotRequiredAccess]
    (line,) = log("redrive.stream.failure")
    assert line["error"] == (
        "window.state is 1,200,027 bytes of JSON with this record: Lambda keeps 1,048,576 per shard and ends the "
        "window early beyond that; keep less, or keep it in a table, or make the window shorter"
    )


@pytest.mark.parametrize(("size", "fits"), [(LARGEST_STATE, True), (LARGEST_STATE + 1, False)])
def test_the_largest_state_is_one_mebibyte_of_json(size: int, fits: bool) -> None:
    def fill(record: Any, window: TumblingWindow) -> None:
        window.state["x"] = "x" * (size - len('{"x": ""}'))

    handler = kinesis_handler(window_end=ignore)(fill)
    assert checkpoint(handler(in_window(batch(1)))) == (None if fits else "1")


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ({7: 1}, "has the key 7: JSON has text keys alone"),
        ({None: 1}, "has the key None: JSON has text keys alone"),
        ({"a": [{"b": {(1,): 2}}]}, "cannot be written as JSON"),
        ({"a": [{"b": {1.5: 2}}]}, "has the key 1.5: JSON has text keys alone"),
        ({"a": datetime(2026, 1, 1, tzinfo=UTC)}, "cannot be written as JSON, in which Lambda keeps it"),
        ({"a": float("nan")}, "cannot be written as JSON"),
        ({"a": "\ud83d"}, "cannot be written as JSON"),
        (["a"], "window.state is list: Lambda keeps an object; put it in a dict"),
    ],
)
def test_a_state_that_would_come_back_as_something_else_fails_its_record(log: Log, state: Any, said: str) -> None:
    def spoil(record: Any, window: TumblingWindow) -> None:
        if record.data == b"2":
            window.state = state
        else:
            count(record, window)

    answer = kinesis_handler(window_end=ignore)(spoil)(in_window(batch(3)))
    assert answer == {"state": {"1": 1}, "batchItemFailures": [{"itemIdentifier": "2"}]}
    assert said in log("redrive.stream.failure")[0]["error"]


def test_a_state_that_contains_itself_fails_its_record() -> None:
    def tie(record: Any, window: TumblingWindow) -> None:
        window.state["self"] = window.state

    assert kinesis_handler(window_end=ignore)(tie)(in_window(batch(2), {"a": 1})) == {
        "state": {"a": 1},
        "batchItemFailures": [{"itemIdentifier": "1"}],
    }


def test_an_event_with_a_window_asks_for_a_handler_with_one() -> None:
    with pytest.raises(InvalidEvent, match=r"give @kinesis_handler a window_end=, or take TumblingWindowInSeconds off"):
        kinesis_handler(lambda record: None)(DOCUMENTED)


def test_a_handler_with_a_window_asks_for_an_event_with_one() -> None:
    with pytest.raises(InvalidEvent, match="give the event source mapping TumblingWindowInSeconds"):
        kinesis_handler(window_end=ignore)(count)(batch(1))


@pytest.mark.parametrize("wrong", [{"window": None}, {"window": {"start": "noon", "end": "one"}}, {"state": ["a"]}])
def test_an_event_that_is_not_as_lambda_writes_it_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidEvent, match="is no event of a tumbling window as Lambda writes it"):
        kinesis_handler(window_end=ignore)(count)({**DOCUMENTED, **wrong})


@pytest.mark.parametrize("wrong", [7, None, [], {"Records": {}}])
def test_what_is_no_event_at_all_is_refused(wrong: Any) -> None:
    with pytest.raises(InvalidEvent):
        kinesis_handler(window_end=ignore)(count)(wrong)
