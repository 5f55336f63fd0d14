"""AWS as handlers see it in a simulation: conditions, limits and errors as AWS has them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from redrive.aws.clients import client
from redrive_simulator import Simulation
from redrive_simulator.services.condition_evaluation import holds
from redrive_simulator.services.conditions import read_condition
from redrive_simulator.services.placeholders import Placeholders
from redrive_simulator.services.refusals import Refused
from redrive_simulator.services.updates import read_update, updated
from redrive_simulator.services.values import Item
from tests.support.simulator.simulations import function, resource, template

STACK = template(
    Function=function(),
    Queue=resource("AWS::SQS::Queue"),
    Fifo=resource("AWS::SQS::Queue", FifoQueue=True),
    Bucket=resource("AWS::S3::Bucket", BucketName="bucket"),
    Topic=resource("AWS::SNS::Topic"),
    Stream=resource("AWS::Kinesis::Stream", ShardCount=1, Name="stream"),
    Bus=resource("AWS::Events::EventBus", Name="bus"),
    Table=resource("AWS::DynamoDB::Table", TableName="table", KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}]),
)


def inside(work: Callable[[Simulation], Any]) -> Any:
    """Runs some work in a handler and returns its result."""
    results: list[Any] = []
    simulation = Simulation.from_template(STACK, {"Function": lambda event, context: results.append(work(simulation))})
    answer = simulation.invoke("Function")
    assert answer.function_error is None, answer.payload
    return results[0]


def code_of(work: Callable[[], Any]) -> str:
    with pytest.raises(ClientError) as raised:
        work()
    return raised.value.response["Error"]["Code"]  # pyright: ignore[reportTypedDictNotRequiredAccess]


def test_objects_are_written_under_conditions() -> None:
    def work(simulation: Simulation) -> list[Any]:
        s3 = client("s3")
        first = s3.put_object(Bucket="bucket", Key="k", Body=b"1", IfNoneMatch="*")
        return [
            code_of(lambda: s3.put_object(Bucket="bucket", Key="k", Body=b"2", IfNoneMatch="*")),
            code_of(lambda: s3.put_object(Bucket="bucket", Key="k", Body=b"2", IfMatch='"other"')),
            code_of(lambda: s3.put_object(Bucket="bucket", Key="new", Body=b"2", IfMatch='"other"')),
            code_of(lambda: s3.get_object(Bucket="bucket", Key="none")),
            code_of(lambda: s3.get_object(Bucket="none", Key="k")),
            s3.put_object(Bucket="bucket", Key="k", Body=b"2", IfMatch=first["ETag"])["ETag"] == first["ETag"],
            s3.get_object(Bucket="bucket", Key="k")["Body"].read(),
        ]

    assert inside(work) == [
        "PreconditionFailed",
        "PreconditionFailed",
        "NoSuchKey",
        "NoSuchKey",
        "NoSuchBucket",
        False,
        b"2",
    ]


def test_items_are_written_under_conditions() -> None:
    def work(simulation: Simulation) -> list[Any]:
        dynamodb = client("dynamodb")
        key = {"id": {"S": "a"}}
        new = {"ConditionExpression": "attribute_not_exists(id)"}
        dynamodb.put_item(TableName="table", Item={**key, "n": {"N": "1"}}, **new)
        with pytest.raises(ClientError) as refused:
            dynamodb.put_item(TableName="table", Item=key, ReturnValuesOnConditionCheckFailure="ALL_OLD", **new)
        after = dynamodb.update_item(
            TableName="table",
            Key=key,
            UpdateExpression="SET n = n + :one",
            ExpressionAttributeValues={":one": {"N": "1"}},
            ReturnValues="UPDATED_NEW",
        )
        gone = dynamodb.delete_item(TableName="table", Key=key, ReturnValues="ALL_OLD")
        return [
            refused.value.response["Error"]["Code"],  # pyright: ignore[reportTypedDictNotRequiredAccess]
            refused.value.response.get("Item"),
            after["Attributes"],
            gone["Attributes"]["n"],
            dynamodb.get_item(TableName="table", Key=key).get("Item"),
            code_of(lambda: dynamodb.get_item(TableName="none", Key=key)),
        ]

    assert inside(work) == [
        "ConditionalCheckFailedException",
        {"id": {"S": "a"}, "n": {"N": "1"}},
        {"n": {"N": "2"}},
        {"N": "2"},
        None,
        "ResourceNotFoundException",
    ]


def test_messages_are_sent_received_and_deleted() -> None:
    def work(simulation: Simulation) -> Any:
        sqs = client("sqs")
        url = sqs.get_queue_url(QueueName="Queue")["QueueUrl"]
        entries = [{"Id": str(number), "MessageBody": str(number)} for number in range(3)]
        sent = sqs.send_message_batch(QueueUrl=url, Entries=entries)
        received = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=2)["Messages"]
        sqs.delete_message(QueueUrl=url, ReceiptHandle=received[0]["ReceiptHandle"])
        changed = sqs.change_message_visibility_batch(
            QueueUrl=url,
            Entries=[
                {"Id": str(number), "ReceiptHandle": each["ReceiptHandle"], "VisibilityTimeout": 0}
                for number, each in enumerate(received)
            ],
        )
        return (
            [entry["Id"] for entry in sent["Successful"]],
            [entry["Id"] for entry in changed["Successful"]],
            [(entry["Id"], entry["Code"]) for entry in changed["Failed"]],
            simulation.queue("Queue").bodies,
        )

    assert inside(work) == (["0", "1", "2"], ["1"], [("0", "InvalidParameterValue")], [1, 2])


def test_sqs_refuses_what_it_refuses() -> None:
    def work(simulation: Simulation) -> list[str]:
        sqs = client("sqs")
        url, fifo = simulation.queue("Queue").spec.url, simulation.queue("Fifo").spec.url
        eleven = [{"Id": str(number), "MessageBody": "x"} for number in range(11)]
        large = "x" * 1_048_577
        return [
            code_of(lambda: sqs.send_message(QueueUrl="https://none", MessageBody="x")),
            code_of(lambda: sqs.send_message(QueueUrl=url, MessageBody="")),
            code_of(lambda: sqs.send_message(QueueUrl=url, MessageBody=large)),
            code_of(lambda: sqs.send_message(QueueUrl=url, MessageBody="x", DelaySeconds=901)),
            code_of(lambda: sqs.send_message(QueueUrl=fifo, MessageBody="x")),
            code_of(lambda: sqs.send_message_batch(QueueUrl=url, Entries=eleven)),
            code_of(lambda: sqs.send_message_batch(QueueUrl=url, Entries=[{"Id": "1", "MessageBody": large}])),
        ]

    assert inside(work) == [
        "AWS.SimpleQueueService.NonExistentQueue",
        "MissingParameter",
        "InvalidParameterValue",
        "InvalidParameterValue",
        "MissingParameter",
        "AWS.SimpleQueueService.TooManyEntriesInBatchRequest",
        "AWS.SimpleQueueService.BatchRequestTooLong",
    ]


def test_what_a_handler_sends_on_arrives() -> None:
    def work(simulation: Simulation) -> None:
        client("sns").publish(TopicArn=simulation.topic("Topic").spec.arn, Message='{"id": 1}')
        client("kinesis").put_records(
            StreamName="stream", Records=[{"Data": b"2", "PartitionKey": "a"}, {"Data": "3", "PartitionKey": "a"}]
        )
        client("events").put_events(
            Entries=[{"EventBusName": "bus", "Source": "shop", "DetailType": "sold", "Detail": '{"id": 4}'}]
        )
        found.append(simulation)

    found: list[Simulation] = []
    inside(work)
    (simulation,) = found
    assert simulation.topic("Topic").messages == [{"id": 1}]
    assert [record.content for record in simulation.stream("Stream").records] == [b"2", b"3"]
    assert [(event["detail-type"], event["detail"]) for event in simulation.bus("Bus").events] == [("sold", {"id": 4})]
    request = next(iter(simulation.timeline.events.values()))
    assert all(event.cause in (None, request.id) for event in simulation.timeline.events.values())


# DynamoDB's expressions.

ITEM: Item = {"id": {"S": "a"}, "n": {"N": "5"}, "many": {"L": [{"S": "x"}]}, "few": {"SS": ["x", "y"]}}
NAMES = {"#n": "n", "#no": "no"}
VALUES = {
    ":4": {"N": "4"},
    ":5": {"N": "5.0"},
    ":6": {"N": "6"},
    ":a": {"S": "a"},
    ":x": {"S": "x"},
    ":l": {"L": [{"S": "z"}]},
    ":e": {"L": []},
    ":s": {"SS": ["y", "z"]},
}
CONDITIONS = [
    ("attribute_exists(#n)", True),
    ("attribute_exists(#no)", False),
    ("attribute_not_exists(nothing) AND #n = :5", True),
    ("#n <> :5 OR #n > :4", True),
    ("NOT (#n >= :6)", True),
    ("#n BETWEEN :4 AND :6 AND id = :a", True),
    ("#n IN (:4, :6)", False),
    ("contains(many, :x) AND contains(few, :x)", True),
    ("begins_with(id, :x)", False),
    ("#n = :a", False),  # of another type
    ("#no = :a", False),
    ("size(many) < :4", True),
]


@pytest.mark.parametrize(("condition", "expected"), CONDITIONS)
def test_a_condition_holds_or_not(condition: str, expected: bool) -> None:
    assert holds(read_condition("ConditionExpression", condition, Placeholders(NAMES, VALUES)), ITEM) is expected


UPDATES: list[tuple[str, dict[str, Any], set[str]]] = [
    ("SET #n = #n + :4, m = :a", {"n": {"N": "9"}, "m": {"S": "a"}}, set()),
    ("SET #n = #n - :6", {"n": {"N": "-1"}}, set()),
    ("SET many = list_append(many, :l)", {"many": {"L": [{"S": "x"}, {"S": "z"}]}}, set()),
    ("SET #no = list_append(if_not_exists(#no, :e), :l)", {"no": {"L": [{"S": "z"}]}}, set()),
    ("SET #n = if_not_exists(#n, :4) REMOVE many", {}, {"many"}),
    ("ADD #n :4, #no :6", {"n": {"N": "9"}, "no": {"N": "6"}}, set()),
    ("ADD few :s", {"few": {"SS": ["x", "y", "z"]}}, set()),
    ("DELETE few :s", {"few": {"SS": ["x"]}}, set()),
]


@pytest.mark.parametrize(("expression", "changed", "removed"), UPDATES)
def test_an_update_changes_what_it_says(expression: str, changed: dict[str, Any], removed: set[str]) -> None:
    expected = {name: value for name, value in {**ITEM, **changed}.items() if name not in removed}
    assert updated(read_update(expression, Placeholders(NAMES, VALUES)), ITEM) == expected


@pytest.mark.parametrize("condition", ["a. = :a", "unknown(#n)", "#n ! :a", "#unknown = :a", "#n ="])
def test_an_expression_that_is_not_known_is_an_error(condition: str) -> None:
    with pytest.raises(Refused, match="Invalid ConditionExpression"):
        read_condition("ConditionExpression", condition, Placeholders(NAMES, VALUES))
