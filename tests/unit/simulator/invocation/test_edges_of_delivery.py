"""Edges of delivery: answers that nobody reads, windows, moves out of dead-letter queues, sizes, Managed Instances."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Literal

import pytest
from botocore.exceptions import ClientError

from redrive_simulator import Outcome, Parameters, Simulation, hours
from tests.support.simulator.simulations import (
    arn,
    attempt_times,
    bodies,
    fails,
    function,
    mapping,
    resource,
    sqs_stack,
    stream_stack,
    template,
)

PROVIDER = {"CapacityProviderArn": "arn:aws:lambda:eu-west-1:111111111111:capacity-provider:p"}


def reports_second(event: dict[str, Any], context: Any) -> dict[str, Any]:
    record = event["Records"][1]
    return {"batchItemFailures": [{"itemIdentifier": record.get("messageId") or record["kinesis"]["sequenceNumber"]}]}


def test_messages_reported_to_a_mapping_that_does_not_read_it_are_lost() -> None:
    simulation = Simulation.from_template(sqs_stack(partial=False), {"Function": reports_second})
    for body in "abc":
        simulation.send("Queue", body)
    simulation.run()
    assert [ended.outcome for ended in simulation.ended] == [Outcome.PROCESSED, Outcome.DROPPED, Outcome.PROCESSED]
    assert "no ReportBatchItemFailures" in simulation.lost[0].reason
    with pytest.raises(AssertionError, match="1 of 3 events were lost"):
        simulation.assert_nothing_lost()


def test_records_behind_one_that_was_reported_to_nobody_are_lost_too() -> None:
    simulation = Simulation.from_template(stream_stack(partial=False), {"Function": reports_second})
    for value in range(3):
        simulation.put("Stream", value, partition_key="a")
    simulation.run()
    assert [ended.outcome for ended in simulation.ended] == [Outcome.PROCESSED, Outcome.DROPPED, Outcome.DROPPED]


@pytest.mark.parametrize("answer", [None, {}, {"batchItemFailures": []}, "done", {"other": [1]}])
def test_an_answer_without_failures_loses_nothing(answer: Any) -> None:
    simulation = Simulation.from_template(sqs_stack(partial=False), {"Function": lambda event, context: answer})
    simulation.send("Queue", "x")
    simulation.run()
    assert [ended.outcome for ended in simulation.ended] == [Outcome.PROCESSED]


def test_a_message_that_comes_back_within_the_batching_window_is_once_in_the_batch() -> None:
    seen: list[list[str]] = []
    stack = sqs_stack(
        queue={"VisibilityTimeout": 10},
        function_={"Timeout": 3},
        MaximumBatchingWindowInSeconds=25,
        BatchSize=100,
    )
    simulation = Simulation.from_template(stack, {"Function": lambda event, context: seen.append(bodies(event))})
    simulation.send("Queue", "a")
    simulation.send("Queue", "b", at=2)
    simulation.run()
    assert seen == [["a", "b"]]


def moved(simulation: Simulation, **more: Any) -> dict[str, Any]:
    """Start a task on `DeadLetters`, run it, and return how it ended."""
    sqs = simulation.client("sqs")
    source = simulation.queue("DeadLetters").spec.arn
    sqs.start_message_move_task(SourceArn=source, **more)
    simulation.run()
    return sqs.list_message_move_tasks(SourceArn=source)["Results"][0]


def failed_once(**options: Any) -> Simulation:
    """One message in the dead-letter queue, and a function that takes everything from now on."""
    simulation = Simulation.from_template(sqs_stack(receives=1, **options), {"Function": once_failing()})
    group: dict[str, Any] = {"group_id": "g", "deduplication_id": "d"} if options.get("fifo") else {}
    simulation.send("Queue", "x", attributes={"tenant": "acme"}, **group)
    simulation.run()
    return simulation


def once_failing() -> Callable[[Any, Any], None]:
    calls: list[Any] = []

    def handler(event: Any, context: Any) -> None:
        calls.append(event["Records"][0])
        if len(calls) == 1:
            raise ValueError
        seen.append(event["Records"][0])

    return handler


seen: list[Any] = []


@pytest.mark.parametrize("fifo", [False, True])
def test_a_move_task_brings_messages_back_to_their_queue_as_new_messages(fifo: bool) -> None:
    seen.clear()
    simulation = failed_once(fifo=fifo)
    (letter,) = simulation.queue("DeadLetters").messages
    assert letter.deduplication_id == (letter.id if fifo else None)
    simulation.run_until(hours(1))
    task = moved(simulation)
    assert (task["Status"], task["ApproximateNumberOfMessagesMoved"]) == ("COMPLETED", 1)
    (record,) = seen
    assert record["messageId"] != letter.id
    assert record["attributes"]["ApproximateReceiveCount"] == "1"
    assert "DeadLetterQueueSourceArn" not in record["attributes"]
    assert record["messageAttributes"]["tenant"]["stringValue"] == "acme"
    assert [ended.outcome for ended in simulation.ended] == [Outcome.REPLAYED, Outcome.PROCESSED]
    assert simulation.timeline.events[record["messageId"]].cause == letter.id
    simulation.assert_ended()


def test_a_move_task_does_not_know_where_a_message_came_from_that_was_sent_there() -> None:
    simulation = failed_once()
    (letter,) = simulation.queue("DeadLetters").messages
    letter.source_arn = None
    task = moved(simulation)
    assert (task["Status"], task["FailureReason"]) == ("FAILED", "CouldNotDetermineMessageSource")
    assert len(simulation.queue("DeadLetters")) == 1
    again = moved(simulation, DestinationArn=simulation.queue("Queue").spec.arn)
    assert again["Status"] == "COMPLETED"
    assert len(simulation.queue("DeadLetters")) == 0


def test_a_move_task_is_refused_for_a_queue_that_is_no_dead_letter_queue_and_moves_at_its_pace() -> None:
    simulation = Simulation.from_template(sqs_stack(receives=1), {"Function": fails})
    sqs = simulation.client("sqs")
    with pytest.raises(ClientError, match="must be configured as a Dead Letter Queue"):
        sqs.start_message_move_task(SourceArn=simulation.queue("Queue").spec.arn)
    for body in "abc":
        simulation.send("Queue", body)
    simulation.run()
    source = simulation.queue("DeadLetters").spec.arn
    assert sqs.list_dead_letter_source_queues(QueueUrl=simulation.queue("DeadLetters").spec.url)["queueUrls"] == [
        simulation.queue("Queue").spec.url
    ]
    start = simulation.now
    handle = sqs.start_message_move_task(SourceArn=source, MaxNumberOfMessagesPerSecond=1)["TaskHandle"]
    with pytest.raises(ClientError, match="already a task running"):
        sqs.start_message_move_task(SourceArn=source)
    simulation.run_until(start + 0.5)
    assert sqs.cancel_message_move_task(TaskHandle=handle)["ApproximateNumberOfMessagesMoved"] == 1
    assert sqs.list_message_move_tasks(SourceArn=source)["Results"][0]["Status"] == "CANCELLED"


@pytest.mark.parametrize(
    ("item", "old", "size"),
    [
        ({"Id": 101, "Message": "New item!"}, None, 26),
        ({"Id": 101, "Message": "This item has changed"}, {"Id": 101, "Message": "New item!"}, 59),
    ],
    ids=["insert", "modify"],
)
def test_a_change_has_the_size_of_the_documented_examples(item: Any, old: Any, size: int) -> None:
    """DG/with-ddb: the example event."""
    simulation = Simulation.from_template(
        template(
            Table=resource(
                "AWS::DynamoDB::Table",
                KeySchema=[{"AttributeName": "Id", "KeyType": "HASH"}],
                StreamSpecification={"StreamViewType": "NEW_AND_OLD_IMAGES"},
            )
        )
    )
    if old is not None:
        simulation.change("Table", old)
    simulation.change("Table", item)
    assert simulation.stream("Table").records[-1].size == size


@pytest.mark.parametrize(
    ("setting", "outcome"), [("refused", "undelivered"), ("without payloads", "at its destination")]
)
def test_a_record_that_is_too_large_for_a_topic(setting: Literal["refused", "without payloads"], outcome: str) -> None:
    stack = template(
        Function=function(),
        Topic=resource("AWS::SNS::Topic"),
        Config=resource(
            "AWS::Lambda::EventInvokeConfig",
            FunctionName={"Ref": "Function"},
            Qualifier="$LATEST",
            MaximumRetryAttempts=0,
            DestinationConfig={"OnFailure": {"Destination": {"Ref": "Topic"}}},
        ),
    )
    parameters = Parameters(large_sns_records=setting)
    simulation = Simulation.from_template(stack, {"Function": fails}, parameters=parameters)
    simulation.invoke("Function", "x" * 300_000, asynchronous=True)
    simulation.run()
    assert simulation.ended[0].outcome == outcome
    for record in simulation.topic("Topic").messages:
        assert "requestPayload" not in record
        assert record["requestContext"]["condition"] == "RetriesExhausted"


def test_on_managed_instances_the_code_runs_on_after_the_timeout() -> None:
    """DG/lambda-managed-instances-*."""
    left: list[float] = []

    def handler(event: Any, context: Any) -> None:
        time.sleep(15)
        left.append(context.get_remaining_time_in_millis())
        simulation.queue("Other").send("late")  # it still has an effect

    stack = template(
        Function=function(CapacityProviderConfig={"LambdaManagedInstancesCapacityProviderConfig": PROVIDER}),
        Queue=resource("AWS::SQS::Queue", RedrivePolicy={"deadLetterTargetArn": arn("Other"), "maxReceiveCount": 1}),
        Other=resource("AWS::SQS::Queue"),
        Mapping=mapping(arn("Queue")),
    )
    simulation = Simulation.from_template(stack, {"Function": handler})
    simulation.send("Queue", "x")
    simulation.run()
    assert attempt_times(simulation) == [0]
    (attempt,) = simulation.timeline.attempts
    assert (str(attempt.kind), attempt.duration) == ("timed out", 10)
    assert left == [-5000]
    assert simulation.queue("Other").bodies == ["late", "x"]
