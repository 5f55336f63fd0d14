"""Counts that come outside of a handler of the helpers: a flood of them costs a line now and then, and none is lost."""

from __future__ import annotations

import gc
import itertools
import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

import redrive.metrics
from redrive import CircuitBreaker, CircuitOpen, CircuitPolicy
from redrive.core.parallel import background, repeater
from redrive.core.system import clock
from redrive.metrics import count
from redrive.metrics.outside import end_all
from tests.support.runtime.asynchronous.attempts import AsyncContext
from tests.support.runtime.metrics.emf import Published
from tests.support.runtime.sqs.queue import VirtualTime

RUNTIME = Path(__file__).parents[4] / "runtime"
Work = Callable[[], float | None]


class Repeater:
    """Keeps what is to be called after a while, and calls it when the test says so."""

    def __init__(self, time: VirtualTime) -> None:
        self.time = time
        self.waiting: dict[int, Work] = {}
        self.numbers = itertools.count()

    def __call__(self, seconds: float, work: Work) -> Callable[[], object]:
        number = next(self.numbers)
        self.waiting[number] = work
        return lambda: self.waiting.pop(number, None)

    def pass_time(self) -> None:
        self.time.advance(1)
        for number, work in list(self.waiting.items()):
            if work() is None:
                self.waiting.pop(number, None)


@pytest.fixture(autouse=True)
def in_lambda(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "orders")


@pytest.fixture
def time_passes(time: VirtualTime) -> Iterator[Repeater]:
    found = Repeater(time)
    with repeater.replaced(found), clock.replaced(lambda: time.now):
        yield found
        end_all()


def open_circuit(**options: Any) -> CircuitBreaker:
    def fail() -> None:
        raise OSError

    breaker = CircuitBreaker("Payments", policy=CircuitPolicy(failure_threshold=1), **options)
    with suppress(OSError):
        breaker.call(fail)
    return breaker


def test_a_flood_of_rejections_costs_a_line_now_and_then(time_passes: Repeater, metrics: Published) -> None:
    breaker = open_circuit()
    assert metrics.totals() == {"CircuitOpened": 1}  # the first count is published at once
    for _ in range(3_000):
        with pytest.raises(CircuitOpen):
            breaker.call(print)
    assert len(metrics.lines) == 1
    time_passes.pass_time()
    assert metrics.totals() == {"CircuitOpened": 1, "CircuitRejections": 3_000}
    assert len(metrics.figures) == 2
    assert {figures.source for figures in metrics.figures} == {"circuit"}


def test_sources_are_counted_apart(time_passes: Repeater, metrics: Published) -> None:
    for source in ("circuit", "invoke", "circuit", "invoke", "circuit"):
        count("InvokeRetries", source=source)
    time_passes.pass_time()
    assert [(each.source, each.counts["InvokeRetries"]) for each in metrics.figures] == [
        ("circuit", 1),
        ("invoke", 1),
        ("circuit", 2),
        ("invoke", 1),
    ]


def test_what_comes_after_that_begins_anew(time_passes: Repeater, metrics: Published) -> None:
    for _ in range(3):
        for _ in range(5):
            count("Duplicates", source="idempotency")
        time_passes.pass_time()
    assert [each.counts["Duplicates"] for each in metrics.figures] == [1, 4] * 3


def test_what_is_rare_is_published_at_once(time_passes: Repeater, metrics: Published) -> None:
    for _ in range(3):
        count("Duplicates", source="idempotency")
        assert time_passes.waiting == {}
        time_passes.time.advance(1)
    assert [each.counts["Duplicates"] for each in metrics.figures] == [1, 1, 1]


def test_a_clock_that_is_set_back_gathers_nothing_for_long(time_passes: Repeater, metrics: Published) -> None:
    count("Duplicates", source="idempotency")
    time_passes.time.advance(-3_600)
    count("Duplicates", source="idempotency")
    assert len(metrics.figures) == 2


def test_the_counts_of_an_invocation_are_published_when_it_ends(
    time: VirtualTime, time_passes: Repeater, metrics: Published
) -> None:
    """Lambda freezes the process then, maybe forever, so that nothing that waits in a thread would be written."""

    def handler(event: Any, context: Any) -> None:
        for _ in range(4):
            count("CircuitRejections", source="circuit")

    def runtime_of_lambda() -> None:
        context = AsyncContext(time)
        handler({}, context)
        assert metrics.totals() == {"CircuitRejections": 1}

    runtime_of_lambda()
    assert metrics.totals() == {"CircuitRejections": 4}
    assert time_passes.waiting == {}


def test_a_context_that_ends_in_the_middle_of_a_count_loses_none(
    time: VirtualTime, time_passes: Repeater, metrics: Published
) -> None:
    def handler(event: Any, context: Any) -> None:
        count("Duplicates", source="idempotency", number=2)
        count("Duplicates", source="idempotency", number=3)

    context = AsyncContext(time)
    context.itself = context  # pyright: ignore[reportAttributeAccessIssue]
    handler({}, context)
    del context
    with redrive.metrics._lock:  # pyright: ignore[reportPrivateUsage]  # as during a count, when garbage collection may begin
        gc.collect()
    assert metrics.totals() == {"Duplicates": 2}
    time_passes.pass_time()
    assert metrics.totals() == {"Duplicates": 5}


def test_threads_lose_none(time_passes: Repeater, metrics: Published) -> None:
    def work() -> None:
        for number in range(500):
            count("Duplicates", source="idempotency")
            if number % 50 == 0:
                time_passes.pass_time()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    end_all()
    assert metrics.totals() == {"Duplicates": 2_000}


def no_more_threads(seconds: float, work: Work) -> Any:
    raise RuntimeError("can't start new thread")


@pytest.mark.parametrize("timer", [None, no_more_threads], ids=["no background", "no more threads"])
def test_without_a_thread_each_count_is_published_at_once(timer: Any, metrics: Published) -> None:
    with repeater.replaced(timer):
        for _ in range(3):
            count("Duplicates", source="idempotency")
    assert [dict(each.counts) for each in metrics.figures] == [{"Duplicates": 1}] * 3


def test_in_a_simulation_each_count_is_published_at_once(time_passes: Repeater, metrics: Published) -> None:
    with background.replaced(None):
        for _ in range(3):
            count("Duplicates", source="idempotency")
    assert len(metrics.figures) == 3


def test_the_end_of_the_process_and_a_fork_lose_none() -> None:
    script = f"""
import os, sys
sys.path.insert(0, {str(RUNTIME)!r})
os.environ["AWS_LAMBDA_FUNCTION_NAME"] = "orders"
from redrive.metrics import count
for number in (1, 10):
    count("Duplicates", None, number, "idempotency")
child = os.fork()
count("Duplicates", None, 1_000 if child else 100, "idempotency")
if child == 0:
    os._exit(0)
os.waitpid(child, 0)
"""
    done = subprocess.run([sys.executable, "-I", "-S", "-c", script], capture_output=True, text=True, check=True)
    written = [json.loads(line)["Duplicates"] for line in done.stdout.splitlines()]
    assert sorted(written) == [1, 100, 1_010]
