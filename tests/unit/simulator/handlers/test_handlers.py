"""Handlers run unmodified: what they see of time and of their environment."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import logging
import os
import time
from typing import Any

import pytest

from redrive import SqsMessage, sqs_handler
from redrive_simulator import NotSimulatedError, Outcome, Simulation
from tests.support.simulator.simulations import async_stack, attempt_times, bodies, function, sqs_stack, template

START = dt.datetime(2026, 1, 1, 12, tzinfo=dt.UTC)


def test_a_handler_sees_virtual_time_and_no_other_code_does() -> None:
    seen: list[Any] = []

    def handler(event: Any, context: Any) -> None:
        seen.append(
            (
                dt.datetime.now(dt.UTC) - START,
                time.time() - START.timestamp(),
                time.time_ns() - int(START.timestamp()) * 10**9,
                dt.date.today(),  # noqa: DTZ011
                context.get_remaining_time_in_millis(),
            )
        )
        before = time.monotonic()
        time.sleep(2.5)
        seen.append(
            (time.time() - START.timestamp(), time.monotonic() - before, context.get_remaining_time_in_millis())
        )

    real = time.time
    before, sleep, monotonic = real(), time.sleep, time.monotonic
    simulation = Simulation.from_template(sqs_stack(), {"Function": handler})
    simulation.send("Queue", "x", at=86_400)
    simulation.run()
    assert seen[0] == (dt.timedelta(days=1), 86_400, 86_400 * 10**9, dt.date(2026, 1, 2), 10_000)
    assert seen[1] == (86_402.5, 2.5, 7_500)
    assert simulation.now == 86_402.5
    assert 0 <= time.time() - before < 60
    assert (time.sleep, time.monotonic) == (sleep, monotonic)


def test_handlers_that_take_time_run_at_the_same_time() -> None:
    """Each goes on when its time has come, whatever the others do."""
    trace: list[tuple[float, str]] = []

    def handler(event: Any, context: Any) -> None:
        (body,) = bodies(event)
        trace.append((simulation.now, f"{body} starts"))
        simulation.take(float(body))
        trace.append((simulation.now, f"{body} ends"))

    simulation = Simulation.from_template(sqs_stack(BatchSize=1), {"Function": handler})
    for body in ("5", "3", "4"):
        simulation.send("Queue", body)
    simulation.send("Queue", "1", at=3.5)
    simulation.run()
    assert trace == [
        (0, "5 starts"),
        (0, "3 starts"),
        (0, "4 starts"),
        (3, "3 ends"),
        (3.5, "1 starts"),
        (4, "4 ends"),
        (4.5, "1 ends"),
        (5, "5 ends"),
    ]


def test_a_simulation_can_stop_in_the_middle_of_a_handler_and_go_on() -> None:
    done: list[float] = []

    def handler(event: Any, context: Any) -> None:
        simulation.take(6)
        done.append(simulation.now)

    simulation = Simulation.from_template(sqs_stack(), {"Function": handler})
    simulation.send("Queue", "x")
    simulation.run_until(4)
    assert (done, simulation.now) == ([], 4)
    simulation.run()
    assert (done, simulation.now) == ([6], 6)


def test_lambda_ends_a_handler_at_its_timeout_and_nothing_it_does_later_counts() -> None:
    from redrive.aws.clients import client

    def handler(event: Any, context: Any) -> None:
        try:
            time.sleep(60)
        finally:
            client("sqs").send_message(QueueUrl=simulation.queue("DeadLetters").spec.url, MessageBody="too late")

    simulation = Simulation.from_template(sqs_stack(receives=1), {"Function": handler})
    simulation.send("Queue", "x")
    simulation.run()
    (attempt,) = simulation.timeline.attempts
    assert (str(attempt.kind), attempt.duration) == ("timed out", 10)
    assert attempt.reason == "Task timed out after 10.00 seconds"
    assert simulation.queue("DeadLetters").bodies == ["x"]


def test_asyncio_waits_in_virtual_time() -> None:
    @sqs_handler(concurrency=3)
    async def handler(message: SqsMessage) -> None:
        await asyncio.sleep(float(message.body))

    simulation = Simulation.from_template(sqs_stack(), {"Function": handler})
    for body in ("2", "3", "1"):
        simulation.send("Queue", body)
    before = time.perf_counter()
    simulation.run()
    assert time.perf_counter() - before < 2
    assert simulation.timeline.attempts[0].duration == pytest.approx(3, abs=0.01)
    assert [ended.outcome for ended in simulation.ended] == [Outcome.PROCESSED] * 3


def test_threads_of_a_handler_count_as_long_as_the_longest() -> None:
    @sqs_handler(concurrency=3)
    def handler(message: SqsMessage) -> None:
        time.sleep(float(message.body))

    simulation = Simulation.from_template(sqs_stack(), {"Function": handler})
    for body in ("2", "3", "1"):
        simulation.send("Queue", body)
    simulation.run()
    assert simulation.timeline.attempts[0].duration in (3, 4, 5, 6)  # as the machine gives the messages to the threads


def test_each_function_finds_its_own_environment_and_the_process_its_own_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STAGE", "of the test")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "real")
    seen: dict[str, Any] = {}

    def handler(event: Any, context: Any) -> None:
        names = ("STAGE", "MODE", "AWS_LAMBDA_FUNCTION_NAME", "AWS_ACCESS_KEY_ID")
        seen[context.function_name] = [os.environ.get(name) for name in names]
        if context.function_name == "One":
            time.sleep(2)
            seen["One, later"] = [os.environ.get(name) for name in names]

    stack = template(
        One=function(Environment={"Variables": {"STAGE": "one"}}),
        Two=function(Environment={"Variables": {"MODE": "two"}}),
    )
    simulation = Simulation.from_template(stack, {"One": handler, "Two": handler})
    simulation.invoke("One", asynchronous=True)
    simulation.invoke("Two", asynchronous=True, at=1)
    simulation.run()
    assert seen["One"] == ["one", None, "One", "simulated"]
    assert seen["One, later"] == seen["One"]
    assert seen["Two"] == ["of the test", "two", "Two", "simulated"]
    assert (os.environ["STAGE"], os.environ["AWS_ACCESS_KEY_ID"], "MODE" in os.environ) == (
        "of the test",
        "real",
        False,
    )


def test_what_a_handler_writes_is_in_its_log(capsys: pytest.CaptureFixture[str]) -> None:
    def handler(event: Any, context: Any) -> None:
        print("one")
        time.sleep(1)
        logging.getLogger("shop").warning("two")

    simulation = Simulation.from_template(sqs_stack(), {"Function": handler})
    simulation.send("Queue", "x")
    simulation.run()
    assert simulation.function("Function").log == [(0, "one"), (1, "[WARNING] two")]
    assert capsys.readouterr().out == "one\n"


def test_a_function_without_a_handler_says_so_when_it_is_invoked() -> None:
    simulation = Simulation.from_template(sqs_stack())
    simulation.send("Queue", "x")
    with pytest.raises(NotSimulatedError, match=r"handlers=\{'Function': handler\}"):
        simulation.run()


def test_an_error_of_whoever_runs_the_test_is_not_taken_for_a_failure() -> None:
    def handler(event: Any, context: Any) -> None:
        raise KeyboardInterrupt

    simulation = Simulation.from_template(sqs_stack(), {"Function": handler})
    simulation.send("Queue", "x")
    with pytest.raises(KeyboardInterrupt):
        simulation.run()


def test_events_are_json_and_a_handler_gets_a_copy_of_its_own() -> None:
    seen: list[Any] = []

    def handler(event: Any, context: Any) -> None:
        seen.append(json.loads(json.dumps(event)))
        event["Records"][0]["body"] = "changed"
        raise ValueError

    simulation = Simulation.from_template(sqs_stack(receives=2), {"Function": handler})
    simulation.send("Queue", {"id": 7})
    simulation.run()
    assert [event["Records"][0]["body"] for event in seen] == ['{"id": 7}'] * 2
    assert attempt_times(simulation) == [0, 30]
    assert seen[0]["Records"][0]["eventSourceARN"] == "arn:aws:sqs:eu-west-1:111111111111:Queue"


def test_an_error_that_cannot_be_described_is_a_function_error_all_the_same() -> None:
    class Untellable(Exception):
        def __str__(self) -> str:
            raise RuntimeError

    def handler(event: Any, context: Any) -> None:
        raise Untellable

    simulation = Simulation.from_template(async_stack(), {"Function": handler})
    simulation.invoke("Function", None, asynchronous=True)
    simulation.run()
    (record,) = simulation.queue("Failures").bodies
    assert record["responsePayload"]["errorType"] == "Untellable"
    assert record["requestContext"]["approximateInvokeCount"] == 3


@pytest.mark.parametrize(("asynchronous", "most"), [(True, 1_048_576), (False, 6 * 1_048_576)])
def test_an_event_that_lambda_would_not_take_is_refused(asynchronous: bool, most: int) -> None:
    """DG/gettingstarted-limits."""
    simulation = Simulation.from_template(async_stack(), {"Function": lambda event, context: None})
    simulation.invoke("Function", "x" * (most - 2), asynchronous=asynchronous)
    with pytest.raises(ValueError, match=f"Lambda takes up to {most:,} bytes"):
        simulation.invoke("Function", "x" * (most - 1), asynchronous=asynchronous)
