"""Handlers run unmodified, helpers included: what they see of time, of their environment and of AWS."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import logging
import os
import time
from typing import Any

import pytest

from redrive import (
    Attempt,
    Backoff,
    DynamoDBCounter,
    FunctionError,
    Invoker,
    KinesisRecord,
    LogsCounter,
    NotInvoked,
    OutcomeUnknown,
    Permanent,
    Retry,
    S3Counter,
    SqsMessage,
    SqsSettings,
    StreamSettings,
    async_handler,
    kinesis_handler,
    sqs_handler,
)
from redrive.settings.invoker import InvokerSettings
from redrive_simulator import NotSimulatedError, Outcome, Simulation
from tests.support.simulator.simulations import (
    async_stack,
    attempt_times,
    bodies,
    function,
    put_all,
    resource,
    sqs_stack,
    stream_stack,
    template,
)

START = dt.datetime(2026, 1, 1, 12, tzinfo=dt.UTC)


def test_a_handler_sees_virtual_time_and_nobody_else_does() -> None:
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


def test_the_sqs_helper_backs_off_and_sends_permanent_failures_to_the_dead_letter_queue() -> None:
    seen: list[tuple[float, str]] = []

    @sqs_handler(settings=SqsSettings(backoff=Backoff(base=4, factor=2, jitter="none")))
    def handler(message: SqsMessage) -> None:
        seen.append((simulation.now, message.body))
        if message.body == "permanent":
            raise Permanent("no good")
        if message.body == "later" and message.receive_count == 1:
            raise Retry(after=100)
        if message.body == "twice" and message.receive_count < 3:
            raise RuntimeError

    stack = sqs_stack(receives=5)
    settings = {"Fn::Join": ["", ['{"dead_letter_queue_url": "', {"Ref": "DeadLetters"}, '"}']]}
    stack["Resources"]["Function"]["Properties"]["Environment"] = {"Variables": {"REDRIVE_SQS_1": settings}}
    simulation = Simulation.from_template(stack, {"Function": handler})
    for body in ("permanent", "later", "twice", "good"):
        simulation.send("Queue", body)
    simulation.run()
    assert [at for at, body in seen if body == "twice"] == [0, 4, 12]
    assert [at for at, body in seen if body == "later"] == [0, 100]
    (dead,) = simulation.queue("DeadLetters").messages
    assert dead.attributes is not None
    assert (dead.body, dead.attributes["RedriveReason"]["stringValue"]) == ("permanent", "no good")
    waits = [entry.until for entry in simulation.timeline if entry.kind == "visibility"]
    assert waits == [100, 4, 12]
    # The message in the dead-letter queue came from the one that failed.
    causes = {event.payload: event.cause for event in simulation.timeline.events.values() if event.cause}
    assert causes == {"permanent": next(e.id for e in simulation.timeline.events.values() if e.payload == "permanent")}


def test_the_stream_helper_sets_a_record_aside_and_the_shard_moves_on() -> None:
    @kinesis_handler(settings=StreamSettings(set_aside_bucket="bucket"))
    def handler(record: KinesisRecord[bytes]) -> None:
        if record.json() == 2:
            raise Permanent("two")

    stack = stream_stack(partial=True)
    stack["Resources"]["Bucket"] = resource("AWS::S3::Bucket", BucketName="bucket")
    simulation = Simulation.from_template(stack, {"Function": handler})
    put_all(simulation, (1, 2, 3))
    simulation.run()
    (aside,) = simulation.bucket("bucket").objects.values()
    assert aside.json()["reason"] == "two"
    assert len(simulation.timeline.attempts) == 1
    simulation.assert_ended()


COUNTERS = {"dynamodb": DynamoDBCounter("table"), "s3": S3Counter("bucket"), "logs": LogsCounter(), "tmp": None}


@pytest.mark.parametrize("name", COUNTERS)
def test_attempts_are_counted_wherever_they_are_kept(name: str) -> None:
    numbers: list[tuple[int, bool | None]] = []

    @async_handler(counter=COUNTERS[name])
    def handler(event: Any, attempt: Attempt) -> None:
        numbers.append((attempt.number, attempt.is_counted))
        raise ValueError

    stack = async_stack()
    stack["Resources"] |= {
        "Bucket": resource("AWS::S3::Bucket", BucketName="bucket"),
        "Table": resource(
            "AWS::DynamoDB::Table", TableName="table", KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}]
        ),
    }
    for _ in range(2):  # the ids are the same at the second time, and what was counted before is forgotten
        simulation = Simulation.from_template(stack, {"Function": handler})
        simulation.invoke("Function", 1, asynchronous=True)
        simulation.run()
        assert numbers == [(0, True), (1, True), (2, True)]
        numbers.clear()


def calling(handler: Any, callee: Any, **callee_properties: Any) -> Simulation:
    stack = template(Function=function(), Callee=function(**callee_properties), Queue=resource("AWS::SQS::Queue"))
    return Simulation.from_template(stack, {"Function": handler, "Callee": callee})


def test_the_invoker_calls_another_function_and_tells_its_errors_apart() -> None:
    invoker = Invoker(settings=InvokerSettings(function="Callee", function_timeout=10))

    def callee(event: Any, context: Any) -> Any:
        time.sleep(1)
        if event == "bad":
            raise KeyError("bad")
        return {"doubled": event * 2}

    def handler(event: Any, context: Any) -> Any:
        try:
            return invoker.invoke(event, context=context)
        except FunctionError as error:
            return f"{error.error_type}: {error.message}"

    simulation = calling(handler, callee)
    answer = simulation.invoke("Function", 21)
    assert (answer.status, answer.payload) == (200, {"doubled": 42})
    assert simulation.now == 1
    assert simulation.invoke("Function", "bad").payload == "KeyError: 'bad'"


def test_the_invoker_retries_a_throttled_call_and_gives_up_before_its_own_deadline() -> None:
    invoker = Invoker(settings=InvokerSettings(function="Callee", function_timeout=10))

    def handler(event: Any, context: Any) -> Any:
        try:
            return invoker.invoke(event, context=context)
        except NotInvoked:
            return "not invoked"

    simulation = calling(handler, lambda event, context: "ok")
    simulation.throttle("Callee", end=2)
    simulation.throttle("Callee", start=100, end=200)
    assert simulation.invoke("Function").payload == "ok"
    assert 2 <= simulation.now < 10
    simulation.run_until(100)
    assert simulation.invoke("Function").payload == "not invoked"
    assert 100 < simulation.now < 110


def test_a_callee_that_takes_longer_than_its_caller_has_left_goes_on_without_it() -> None:
    invoker = Invoker(settings=InvokerSettings(function="Callee", function_timeout=60))
    done: list[float] = []

    def callee(event: Any, context: Any) -> None:
        time.sleep(30)
        done.append(simulation.now)

    def handler(event: Any, context: Any) -> Any:
        try:
            return invoker.invoke(event, context=context)
        except OutcomeUnknown:
            return "unknown"

    simulation = calling(handler, callee, Timeout=60)
    assert simulation.invoke("Function").payload == "unknown"
    assert simulation.now < 10
    simulation.run()
    assert done == [30]


def test_a_function_error_is_an_answer_like_any_other() -> None:
    """F1: a function error is still 200."""
    simulation = calling(lambda event, context: 1 / 0, lambda event, context: None)
    answer = simulation.invoke("Function")
    assert (answer.status, answer.function_error) == (200, "Unhandled")
    assert answer.payload["errorType"] == "ZeroDivisionError"
    assert simulation.ended[0].outcome is Outcome.RETURNED


def test_what_is_not_simulated_is_an_error_even_where_the_handler_catches_it() -> None:
    from redrive.aws.clients import client

    def handler(event: Any, context: Any) -> None:
        try:
            client("sqs").create_queue(QueueName="x")
        except Exception:
            return

    simulation = Simulation.from_template(sqs_stack(), {"Function": handler})
    simulation.send("Queue", "x")
    with pytest.raises(NotSimulatedError, match=r"sqs\.create_queue is not answered inside the simulation"):
        simulation.run()


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


def test_an_error_that_cannot_be_told_is_a_function_error_all_the_same() -> None:
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
