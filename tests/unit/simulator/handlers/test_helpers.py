"""Handlers with this package's helpers, and the calls to AWS that these make."""

from __future__ import annotations

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
    function,
    put_all,
    resource,
    sqs_stack,
    stream_stack,
    template,
)


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


def test_the_invoker_calls_another_function_and_distinguishes_its_errors() -> None:
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
    with pytest.raises(NotSimulatedError, match=r"sqs\.CreateQueue is not answered inside the simulation"):
        simulation.run()
