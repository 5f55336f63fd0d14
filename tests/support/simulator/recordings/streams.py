"""Records of streams, and what is said of failed ones: test_lambda_integration_kinesis and _dynamodbstreams."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from redrive_simulator import Simulation, minutes
from tests.support.simulator.recordings.case import (
    FUNCTION,
    RAN,
    ROLE,
    SECOND,
    SEQUENCE,
    STREAM,
    TABLE,
    TIME,
    Case,
    context,
    heard,
)
from tests.support.simulator.simulations import arn, reports, resource, stream_stack, table_stack


def record() -> Any:
    event = heard(stream_stack(), lambda simulation: simulation.put("Stream", "hello", partition_key="test_0"))
    return event["Records"][0]


def change(item: Mapping[str, Any], view: str, key: str) -> Callable[[], Any]:
    stack = table_stack(view=view)
    stack["Resources"]["Table"]["Properties"]["KeySchema"] = [{"AttributeName": key, "KeyType": "HASH"}]
    return lambda: heard(stack, lambda simulation: simulation.change("Table", item))["Records"][0]


def given_up(handler: Any, *, age: int = -1, retries: int = -1, partial: bool = False, late: bool = False) -> Any:
    options: dict[str, Any] = {"MaximumRecordAgeInSeconds": age, "MaximumRetryAttempts": retries, "BatchSize": 1}

    def made() -> Any:
        simulation = Simulation.from_template(
            stream_stack(partial=partial, **options), {"Function": handler}, echo=False
        )
        if late:
            simulation.throttle("Function", end=minutes(5))
        simulation.put("Stream", 1, partition_key="a")
        simulation.run()
        return simulation.queue("Failures").bodies[0]

    return made


def change_given_up() -> Any:
    stack = table_stack(MaximumRetryAttempts=1)
    simulation = Simulation.from_template(stack, {"Function": lambda event, context: 1 / 0}, echo=False)
    simulation.change("Table", {"id": 1})
    simulation.run()
    return simulation.queue("Failures").bodies[0]


def kept_in_a_bucket() -> Any:
    stack = stream_stack(MaximumRetryAttempts=1)
    stack["Resources"]["Bucket"] = resource("AWS::S3::Bucket")
    to = {"OnFailure": {"Destination": arn("Bucket")}}
    stack["Resources"]["Mapping"]["Properties"]["DestinationConfig"] = to
    simulation = Simulation.from_template(stack, {"Function": lambda event, context: 1 / 0}, echo=False)
    simulation.put("Stream", "hello", partition_key="test_0")
    simulation.run()
    (stored,) = simulation.bucket("Bucket").objects.values()
    return stored.json()


def fails(event: Any, context: Any) -> None:
    raise ValueError("boom")


def batch(condition: str, count: int, info: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    made = {**context(condition, count), **info, **more}
    made["requestContext"] = {**made["requestContext"], "functionArn": FUNCTION}
    return made


KINESIS = {
    "KinesisBatchInfo": {
        "approximateArrivalOfFirstRecord": TIME,
        "approximateArrivalOfLastRecord": TIME,
        "batchSize": 1,
        "endSequenceNumber": SEQUENCE,
        "shardId": "shardId-000000000000",
        "startSequenceNumber": SEQUENCE,
        "streamArn": STREAM,
    }
}

CHANGES = {
    "DDBStreamBatchInfo": {
        **KINESIS["KinesisBatchInfo"],
        "approximateArrivalOfFirstRecord": SECOND,
        "approximateArrivalOfLastRecord": SECOND,
        "shardId": "~shardId-.+",
        "streamArn": TABLE,
    }
}

READ = {
    "awsRegion": "eu-west-1",
    "eventID": r"~shardId-000000000000:\d+",
    "eventName": "aws:kinesis:record",
    "eventSource": "aws:kinesis",
    "eventSourceARN": STREAM,
    "eventVersion": "1.0",
    "invokeIdentityArn": ROLE,
    "kinesis": {
        "approximateArrivalTimestamp": r"~\d{10}\.\d+",
        "data": "aGVsbG8=",
        "kinesisSchemaVersion": "1.0",
        "partitionKey": "test_0",
        "sequenceNumber": SEQUENCE,
    },
}


def changed(keys: Any, image: Any, size: int, view: str) -> dict[str, Any]:
    return {
        "awsRegion": "eu-west-1",
        "dynamodb": {
            "ApproximateCreationDateTime": r"~\d{10}(\.0)?",
            "Keys": keys,
            "NewImage": image,
            "SequenceNumber": r"~\d+",
            "SizeBytes": size,
            "StreamViewType": view,
        },
        "eventID": "~.+",
        "eventName": "INSERT",
        "eventSource": "aws:dynamodb",
        "eventSourceARN": TABLE,
        "eventVersion": "1.1",
    }


RAISED = {"responseContext": {**RAN, "functionError": "Unhandled"}}
REPORTED = {"responseContext": {**RAN, "functionError": None}}
HELLO = {"my_partition_key": {"S": "hello world"}}
IDS = {"id": {"S": "id_value"}}
BATCHES = [
    Case("record: test_create_kinesis_event_source_mapping", READ, record),
    Case(
        "record that failed: test_kinesis_event_source_mapping_with_on_failure_destination_config",
        batch("RetryAttemptsExhausted", 2, KINESIS, **RAISED),
        given_up(fails, retries=1),
    ),
    Case(
        "record reported as failed: test_kinesis_report_batch_item_failures",
        batch("RetryAttemptsExhausted", 4, KINESIS, **REPORTED),
        given_up(reports(1), retries=3, partial=True),
    ),
    Case(
        "record too old while retried: test_kinesis_maximum_record_age_exceeded[expire-while-retrying]",
        batch("RecordAgeExceeded", 8, KINESIS),
        given_up(fails, age=60),
        {"requestContext.approximateInvokeCount": "AWS does not publish the waits: 9 tries in 60 s here, 8 recorded"},
    ),
    Case(
        "record too old before it was tried: test_kinesis_maximum_record_age_exceeded",
        batch("RecordAgeExceeded", 1, KINESIS),
        given_up(fails, age=60, late=True),
    ),
    Case(
        "record in a bucket: test_kinesis_event_source_mapping_with_s3_on_failure_destination",
        batch("RetryAttemptsExhausted", 2, KINESIS, **RAISED, payload={"Records": [READ]}),
        kept_in_a_bucket,
        {"payload": "JSON as text, as DG/kinesis-on-failure-destination shows it; the recording may have parsed it"},
    ),
    Case(
        "change with a binary value: test_dynamodb_event_source_mapping",
        changed(HELLO, {**HELLO, "binary_key": {"B": "Zm9vYmFy"}}, 70, "NEW_IMAGE"),
        change({"my_partition_key": "hello world", "binary_key": b"foobar"}, "NEW_IMAGE", "my_partition_key"),
    ),
    Case(
        "change with both images: test_dynamodb_event_filter",
        changed(IDS, {**IDS, "id2": {"S": "id2_value"}}, 32, "NEW_AND_OLD_IMAGES"),
        change({"id": "id_value", "id2": "id2_value"}, "NEW_AND_OLD_IMAGES", "id"),
    ),
    Case(
        "change without another value: test_dynamodb_event_source_mapping_with_s3_on_failure_destination",
        changed(HELLO, HELLO, 54, "NEW_IMAGE"),
        change({"my_partition_key": "hello world"}, "NEW_IMAGE", "my_partition_key"),
    ),
    Case(
        "change that failed: test_dynamodb_event_source_mapping_with_on_failure_destination_config",
        batch("RetryAttemptsExhausted", 2, CHANGES, **RAISED),
        change_given_up,
    ),
]
