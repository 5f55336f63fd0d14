"""Failures of a counter's log group; the rest is shown on a server, in tests/integration."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from redrive import LogsCounter
from redrive.asynchronous.counters.logs import marker, token_in
from tests.support.runtime.asynchronous.attempts import OTHER_ID, REQUEST_ID, stores
from tests.support.runtime.sqs.queue import VirtualTime

GROUP = "/aws/lambda/orders"


@dataclass
class FakeLogs:
    """A client with pages of lines."""

    pages: list[list[str]]
    after: Callable[[], object] = lambda: None
    requests: list[dict[str, Any]] = field(default_factory=list)

    def filter_log_events(self, **request: Any) -> dict[str, Any]:
        self.requests.append(request)
        page = int(request.get("nextToken", "0"))
        self.after()
        more = {"nextToken": str(page + 1)} if page + 1 < len(self.pages) else {}
        return {"events": [{"message": line} for line in self.pages[page]], **more}


def line(token: str, request_id: str = REQUEST_ID) -> str:
    return marker(request_id, token, 1_700_000_000)


def increment(logs: FakeLogs, time: VirtualTime, seconds: float | None = None, **options: Any) -> int:
    with stores({"logs": logs}, time):
        return LogsCounter(GROUP, write=lambda line: None, **options).increment(REQUEST_ID, seconds)


def test_every_page_is_read_and_an_empty_one_is_not_the_end(time: VirtualTime) -> None:
    logs = FakeLogs([[line("a")], [], [line("b"), line("c")], []])
    assert increment(logs, time) == 3
    assert [request.get("nextToken") for request in logs.requests] == [None, "1", "2", "3"]


def test_a_line_that_is_found_twice_counts_once(time: VirtualTime) -> None:
    assert increment(FakeLogs([[line("a"), line("a")], [line("a")]]), time) == 1


FOREIGN = [
    "",
    "redrive.attempt",
    f'"{REQUEST_ID}" "redrive.attempt"',
    line("a", OTHER_ID),
    json.dumps({"event": "redrive.attempt.counter_failed", "request_id": REQUEST_ID, "token": "a"}),
    json.dumps({"message": line("a"), "level": "INFO"}),
    json.dumps([line("a")]),
    json.dumps({"event": "redrive.attempt", "request_id": REQUEST_ID}),
    json.dumps({"event": "redrive.attempt", "request_id": REQUEST_ID, "token": 7}),
    "[" * 100_000,
]


def test_lines_that_only_look_like_a_marker_count_for_nothing(time: VirtualTime) -> None:
    assert increment(FakeLogs([FOREIGN]), time) == 0
    assert token_in(line("a") + "\n", REQUEST_ID) == "a"


def test_the_line_is_written_before_anything_is_asked(time: VirtualTime) -> None:
    """The next attempt finds it even if this one finds nothing."""
    order: list[str] = []
    logs = FakeLogs([[]], after=lambda: order.append("asked"))
    with stores({"logs": logs}, time):
        LogsCounter(GROUP, write=lambda line: order.append("written")).increment(REQUEST_ID)
    assert order == ["written", "asked"]


def test_the_search_is_for_the_event_and_as_far_back_as_attempts_are_remembered(time: VirtualTime) -> None:
    logs = FakeLogs([[]])
    increment(logs, time, expiry=100)
    (request,) = logs.requests
    assert request == {
        "logGroupName": GROUP,
        "startTime": (int(time.now) - 100) * 1000,
        "filterPattern": f'"{REQUEST_ID}" "redrive.attempt"',
    }


def test_a_search_that_takes_too_long_is_no_answer(time: VirtualTime) -> None:
    """A count from an unfinished search may be too low."""
    logs = FakeLogs([[line("a")], [line("b")], []], after=lambda: time.advance(3))
    with pytest.raises(TimeoutError, match="not searched to its end"):
        increment(logs, time, 5)
    assert len(logs.requests) == 2


def test_the_last_page_is_an_answer_even_if_it_came_late(time: VirtualTime) -> None:
    assert increment(FakeLogs([[line("a")]], after=lambda: time.advance(9)), time, 5) == 1


def test_attempts_at_once_wait_for_each_other_but_not_forever(time: VirtualTime) -> None:
    first_asks, go_on = threading.Event(), threading.Event()

    def hang() -> None:
        first_asks.set()
        go_on.wait(30)

    with stores({"logs": FakeLogs([[]], after=hang)}, time):
        counter = LogsCounter(GROUP, write=lambda line: None)
        first = threading.Thread(target=counter.increment, args=(REQUEST_ID,))
        first.start()
        first_asks.wait(30)
        with pytest.raises(TimeoutError):
            LogsCounter(GROUP, write=lambda line: pytest.fail("written")).increment(OTHER_ID, 0.05)
        go_on.set()
        first.join(30)
        assert counter.increment(REQUEST_ID) == 0, "the lock was given back"


def test_the_functions_own_log_group_is_the_default(time: VirtualTime, monkeypatch: pytest.MonkeyPatch) -> None:
    logs = FakeLogs([[]])
    with stores({"logs": logs}, time):
        counter = LogsCounter(write=lambda line: None)
        with pytest.raises(ValueError, match=r"is not known.*LogsCounter\(log_group=…\)"):
            counter.increment(REQUEST_ID)
        monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "invoices")  # with SnapStart this is all there is
        counter.increment(REQUEST_ID)
        monkeypatch.setenv("AWS_LAMBDA_LOG_GROUP_NAME", "/its/own")
        counter.increment(REQUEST_ID)
    assert [request["logGroupName"] for request in logs.requests] == ["/aws/lambda/invoices", "/its/own"]


def test_by_default_the_line_goes_to_standard_output(time: VirtualTime, capsys: pytest.CaptureFixture[str]) -> None:
    with stores({"logs": FakeLogs([[]])}, time):
        LogsCounter(GROUP).increment(REQUEST_ID)
    out = capsys.readouterr().out
    assert out.endswith("}\n")
    assert out.count("\n") == 1
    assert token_in(out, REQUEST_ID)


@pytest.mark.parametrize("level", [None, "INFO", "WARN", "FATAL"])
def test_the_line_passes_the_functions_log_level(monkeypatch: pytest.MonkeyPatch, level: str | None) -> None:
    """Lambda drops lines below it, and takes those without a level and a timestamp for INFO."""
    if level is not None:
        monkeypatch.setenv("AWS_LAMBDA_LOG_LEVEL", level)
    written = json.loads(marker(REQUEST_ID, "a", 1_700_000_000.5))
    assert written["level"] == (level or "INFO")
    assert written["timestamp"] == "2023-11-14T22:13:20.500Z"
