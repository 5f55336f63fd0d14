"""What a helper does with a record that fails for good is in the history, with the reason of this record."""

from __future__ import annotations

import json
from typing import Any

from redrive import DeadLetter, InvocationRecord, Permanent, SqsMessage, StreamFailure, kinesis_handler, sqs_handler
from redrive_simulator import Outcome, Simulation
from redrive_simulator.timeline.page_data import _reasons  # pyright: ignore[reportPrivateUsage]
from tests.support.simulator.simulations import arn, async_stack, fails, kinds, mapping, resource, sqs_stack, template
from tests.support.simulator.simulations import function as function_of

SQS = "arn:aws:sqs:eu-west-1:111111111111"
URL = "https://sqs.eu-west-1.amazonaws.com/111111111111"


@sqs_handler
def orders(message: SqsMessage) -> None:
    order = message.json()
    if order == "no lines":
        raise Permanent("an order needs a line")
    if order == "slow":
        raise TimeoutError("the warehouse is slow")


def after_orders(*bodies: str) -> Simulation:
    settings = {"source_arn": f"{SQS}:Queue", "dead_letter_queue_url": f"{URL}/DeadLetters", "max_receive_count": 2}
    variables = {"REDRIVE_SQS_1": json.dumps(settings)}
    stack = sqs_stack(receives=2, BatchSize=10, function_={"Environment": {"Variables": variables}})
    simulation = Simulation.from_template(stack, {"Function": orders})
    for body in bodies:
        simulation.send("Queue", json.dumps(body))
    simulation.run()
    return simulation


def test_a_message_that_the_helper_dead_letters_ends_there_with_its_reason() -> None:
    simulation = after_orders("fine", "no lines", "slow")
    ends = {simulation.timeline.events[each.event].payload: each for each in simulation.ended if each.source == "Queue"}
    assert [ends[json.dumps(body)].outcome for body in ("fine", "no lines", "slow")] == [
        Outcome.PROCESSED,
        Outcome.DEAD_LETTERED,
        Outcome.DEAD_LETTERED,
    ]
    dead = ends['"no lines"']
    assert (dead.place, dead.function, dead.reason) == ("DeadLetters", "Function", "an order needs a line")
    (entry,) = (entry for entry in simulation.timeline if entry.kind == "dead-lettered" and entry.function)
    assert (entry.events, entry.place, entry.reason) == ((dead.event,), "DeadLetters", "an order needs a line")
    assert simulation.timeline[entry.parent].is_attempt
    assert "an order needs a line" in str(simulation.timeline)


def test_a_message_that_is_retried_has_its_own_reason_and_the_page_counts_it() -> None:
    simulation = after_orders("slow", "slow", "no lines")
    retries = [entry for entry in simulation.timeline if entry.kind == "retry"]
    assert {entry.reason for entry in retries} == {"the warehouse is slow"}
    assert [reason[1:] for reason in _reasons(simulation.timeline)] == [
        ["retry", "the warehouse is slow", 4],
        ["dead-lettered", "an order needs a line", 1],
    ]


def test_a_message_that_could_not_be_dead_lettered_is_not_said_to_be() -> None:
    """Its queue has no dead-letter queue, so the helper leaves it in its queue."""
    simulation = Simulation.from_template(sqs_stack(receives=None), {"Function": orders})
    simulation.send("Queue", '"no lines"')
    simulation.run_until(60)
    assert [ended.outcome for ended in simulation.ended] == [Outcome.WAITING]


def readings_stack(destination: str) -> dict[str, Any]:
    settings = {"source_arn": "arn:aws:kinesis:eu-west-1:111111111111:stream/Stream", "function_timeout": 10}
    aside = {"set_aside_bucket": "aside"} if destination == "Bucket" else {"set_aside_queue_url": f"{URL}/aside"}
    variables = {"REDRIVE_STREAM_1": json.dumps({**settings, **aside})}
    return template(
        Stream=resource("AWS::Kinesis::Stream", ShardCount=1),
        Bucket=resource("AWS::S3::Bucket", BucketName="aside"),
        Queue=resource("AWS::SQS::Queue", QueueName="aside"),
        Function=function_of(Environment={"Variables": variables}),
        Mapping=mapping(
            arn("Stream"), StartingPosition="TRIM_HORIZON", FunctionResponseTypes=["ReportBatchItemFailures"]
        ),
    )


@kinesis_handler
def readings(record: Any) -> None:
    if record.json()["is"] == "bad":
        raise Permanent("colder than anything can be")


def test_a_record_that_the_helper_sets_aside_ends_there_with_its_reason() -> None:
    for destination in ("Bucket", "Queue"):
        simulation = Simulation.from_template(readings_stack(destination), {"Function": readings})
        for value in ("good", "bad"):
            simulation.put("Stream", {"is": value}, partition_key="a")
        simulation.run()
        good, bad = (each for each in simulation.ended if each.source == "Stream")
        assert good.outcome is Outcome.PROCESSED
        assert (bad.outcome, bad.place, bad.reason) == (
            Outcome.SET_ASIDE,
            destination,
            "colder than anything can be",
        )
        assert "set aside" in kinds(simulation.timeline.of_events(bad.event))
        simulation.assert_ended()
        assert "set aside" in simulation.timeline.html()


def test_readers_take_messages_and_objects_of_the_simulator() -> None:
    simulation = Simulation.from_template(readings_stack("Bucket"), {"Function": readings})
    simulation.put("Stream", {"is": "bad"}, partition_key="a")
    simulation.run()
    (stored,) = simulation.bucket("Bucket").objects.values()
    assert StreamFailure.parse(stored).reason == "colder than anything can be"
    (letter,) = (after_orders("no lines")).queue("DeadLetters").messages
    assert DeadLetter.parse(letter).reason == "an order needs a line"
    calls = Simulation.from_template(async_stack(dead_letters=True), {"Function": fails})
    calls.invoke("Function", {"id": 7}, asynchronous=True)
    calls.run()
    for queue in ("Failures", "DeadLetters"):
        (message,) = calls.queue(queue).messages
        assert InvocationRecord.parse(message).payload == {"id": 7}


def test_a_message_is_brought_back_with_its_attributes() -> None:
    simulation = Simulation.from_template(sqs_stack(receives=1), {"Function": fails})
    simulation.send("Queue", "x", attributes={"tenant": "acme"})
    simulation.run()
    (message,) = simulation.queue("DeadLetters").messages
    seen: list[Any] = []
    simulation = Simulation.from_template(
        sqs_stack(), {"Function": lambda event, context: seen.extend(event["Records"])}
    )
    simulation.send("Queue", message.body, attributes=message.attributes)
    simulation.run()
    assert seen[0]["messageAttributes"] == message.attributes
