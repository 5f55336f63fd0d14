"""Records as AWS made them, field by field: of events, of failed events, of dead letters.

What was recorded is known from LocalStack's tests, whose snapshots were made on AWS (LSREC:
https://github.com/localstack/localstack, `tests/aws/services/lambda_`, recorded up to 25 November 2025). A text that
begins with `~` is a pattern for what differs from run to run. A difference has to be named here with its reason.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import pytest

from redrive_simulator import Parameters, Simulation, minutes
from tests.support.simulator.simulations import (
    Template,
    arn,
    async_stack,
    reports,
    resource,
    sqs_stack,
    stream_stack,
    table_stack,
)

UUID = r"~[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
MILLISECONDS = r"~\d{13}"
SEQUENCE = r"~\d{20,}"
TIME = r"~2026-01-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"
SECOND = r"~2026-01-\d\dT\d\d:\d\d:\d\dZ"
FUNCTION = "arn:aws:lambda:eu-west-1:111111111111:function:Function"
QUEUE = "arn:aws:sqs:eu-west-1:111111111111:Queue"
STREAM = "arn:aws:kinesis:eu-west-1:111111111111:stream/Stream"
TABLE = "~arn:aws:dynamodb:eu-west-1:111111111111:table/Table/stream/.+"
ROLE = "~arn:aws:iam::111111111111:role/.+"


class Case(NamedTuple):
    """A record.

    Attributes:
        name: What it is of, and the test that recorded it.
        recorded: As AWS made it.
        simulated: Makes it in a simulation.
        allowed: Reasons for differences, by field.
    """

    name: str
    recorded: Mapping[str, Any]
    simulated: Callable[[], Any]
    allowed: Mapping[str, str] = {}


def heard(
    stack: Template, do: Callable[[Simulation], object], fail: Callable[[Any], bool] = lambda event: False
) -> Any:
    """The last event that a function gets when a test does something."""
    events: list[Any] = []

    def handler(event: Any, context: Any) -> None:
        events.append(event)
        if fail(event):
            raise ValueError("boom")

    simulation = Simulation.from_template(stack, {"Function": handler}, echo=False)
    do(simulation)
    simulation.run()
    return events[-1]


# Queues: test_lambda_integration_sqs.


def message(**options: Any) -> Callable[[], Any]:
    fifo = "group_id" in options

    def made() -> Any:
        event = heard(sqs_stack(fifo=fifo), lambda simulation: simulation.send("Queue", "body", **options))
        return event["Records"][0]

    return made


def received_twice() -> Any:
    def fails_first(event: Any) -> bool:
        return event["Records"][0]["attributes"]["ApproximateReceiveCount"] == "1"

    return heard(sqs_stack(), lambda simulation: simulation.send("Queue", "body"), fails_first)["Records"][0]


def with_attributes() -> Any:
    def send(simulation: Simulation) -> None:
        given = {"Author": ("String", "John Grisham"), "Title": ("String", "The Whistler"), "WeeksOn": ("Number", "6")}
        attributes = {name: {"DataType": kind, "StringValue": text} for name, (kind, text) in given.items()}
        url = simulation.queue("Queue").spec.url
        simulation.client("sqs").send_message(QueueUrl=url, MessageBody="body", MessageAttributes=attributes)

    return heard(sqs_stack(), send)["Records"][0]


def attribute(kind: str, text: str) -> dict[str, Any]:
    return {"binaryListValues": [], "dataType": kind, "stringListValues": [], "stringValue": text}


RECEIVED = {
    "ApproximateFirstReceiveTimestamp": MILLISECONDS,
    "ApproximateReceiveCount": "1",
    "SenderId": "~.+",
    "SentTimestamp": MILLISECONDS,
}
MESSAGE = {
    "attributes": RECEIVED,
    "awsRegion": "eu-west-1",
    "body": "body",
    "eventSource": "aws:sqs",
    "eventSourceARN": QUEUE,
    "md5OfBody": "841a2d689ad86bd1611447453c22c6fc",
    "messageAttributes": {},
    "messageId": UUID,
    "receiptHandle": "~.+",
}
ORDERED = {"MessageDeduplicationId": "dedup-1", "MessageGroupId": "1", "SequenceNumber": r"~\d{20}"}


# Dead letters and destinations: test_lambda_destinations, and test_lambda for the reserved concurrency of 0.


def raises(event: Any, context: Any) -> Any:
    if event.get("raise_error"):
        raise Exception("Test exception (this is intentional)")
    return {"hello": "world"}


def invoked(payload: Any, *, queue: str = "Failures", **config: Any) -> Callable[[], Any]:
    function = config.pop("function", {})

    def made() -> Any:
        stack = async_stack(function_=function, dead_letters=queue == "DeadLetters", **config)
        simulation = Simulation.from_template(stack, {"Function": raises}, echo=False)
        simulation.invoke("Function", payload, asynchronous=True)
        simulation.run()
        (message,) = simulation.queue(queue).messages
        return message if queue == "DeadLetters" else message.json()

    return made


def dead_letter() -> Any:
    """A dead letter as ReceiveMessage gives it."""
    letter = invoked({"raise_error": 1}, queue="DeadLetters", MaximumRetryAttempts=0)()
    found = letter.as_received()
    attributes = {
        name: {"DataType": each["dataType"], "StringValue": each["stringValue"]}
        for name, each in found["messageAttributes"].items()
    }
    return {"Body": letter.body, "MD5OfBody": found["md5OfBody"], "MessageAttributes": attributes}


def system_attributes_of_a_record() -> Any:
    stack = async_stack(MaximumRetryAttempts=0)
    simulation = Simulation.from_template(stack, {"Function": raises}, echo=False)
    simulation.invoke("Function", {"raise_error": 1}, asynchronous=True)
    simulation.run()
    url = simulation.queue("Failures").spec.url
    received = simulation.client("sqs").receive_message(QueueUrl=url, MessageSystemAttributeNames=["All"])
    return received["Messages"][0]["Attributes"]


def moved_by_sqs() -> Any:
    simulation = Simulation.from_template(sqs_stack(receives=1), {"Function": lambda event, context: 1 / 0}, echo=False)
    simulation.send("Queue", "body")
    simulation.run()
    url = simulation.queue("DeadLetters").spec.url
    received = simulation.client("sqs").receive_message(QueueUrl=url, MessageSystemAttributeNames=["All"])
    return received["Messages"][0]["Attributes"]


def context(condition: str, count: int) -> dict[str, Any]:
    requested = {"requestId": UUID, "functionArn": f"{FUNCTION}:$LATEST", "condition": condition}
    return {"version": "1.0", "timestamp": TIME, "requestContext": {**requested, "approximateInvokeCount": count}}


RAN = {"statusCode": 200, "executedVersion": "$LATEST"}
ERROR = {
    "errorMessage": "Test exception (this is intentional)",
    "errorType": "Exception",
    "requestId": UUID,
    "stackTrace": [r'~  File ".+", line \d+, in raises\n    raise Exception\("Test .*"\)\n'],
}
FAILED = {
    "requestPayload": {"raise_error": 1},
    "responseContext": {**RAN, "functionError": "Unhandled"},
    "responsePayload": ERROR,
}


# Streams: test_lambda_integration_kinesis, test_lambda_integration_dynamodbstreams.


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

CASES = [
    Case("message: test_failing_lambda_retries_after_visibility_timeout", MESSAGE, message()),
    Case(
        "message received twice: test_failing_lambda_retries_after_visibility_timeout",
        {**MESSAGE, "attributes": {**RECEIVED, "ApproximateReceiveCount": "2"}},
        received_twice,
    ),
    Case(
        "message of a FIFO queue: test_report_batch_item_failures",
        {**MESSAGE, "attributes": {**RECEIVED, **ORDERED}, "eventSourceARN": f"{QUEUE}.fifo"},
        message(group_id="1", deduplication_id="dedup-1"),
    ),
    Case(
        "message with attributes: test_message_body_and_attributes_passed_correctly",
        {
            **MESSAGE,
            "md5OfMessageAttributes": "d25a6aea97eb8f585bfa92d314504a92",
            "messageAttributes": {
                "Author": attribute("String", "John Grisham"),
                "Title": attribute("String", "The Whistler"),
                "WeeksOn": attribute("Number", "6"),
            },
        },
        with_attributes,
    ),
    Case(
        "message, as other tests recorded it: test_sqs_event_source_mapping",
        {**MESSAGE, "md5OfMessageAttributes": None},
        message(),
        {"md5OfMessageAttributes": "null in some recordings and missing in others, of messages without attributes"},
    ),
    Case(
        "success: test_assess_lambda_destination_invocation",
        {
            **context("Success", 1),
            "requestPayload": {},
            "responseContext": RAN,
            "responsePayload": {"hello": "world"},
        },
        invoked({}, queue="Successes"),
    ),
    Case(
        "failure: test_assess_lambda_destination_invocation",
        {**context("RetriesExhausted", 1), **FAILED},
        invoked({"raise_error": 1}, MaximumRetryAttempts=0),
    ),
    Case("all retries: test_retries", {**context("RetriesExhausted", 3), **FAILED}, invoked({"raise_error": 1})),
    Case(
        "too old for a retry: test_maxeventage",
        {**context("EventAgeExceeded", 1), **FAILED},
        invoked({"raise_error": 1}, MaximumEventAgeInSeconds=60),
    ),
    Case(
        "too old for the second retry: test_maxeventage",
        {**context("EventAgeExceeded", 2), **FAILED},
        invoked({"raise_error": 1}, MaximumEventAgeInSeconds=90),
    ),
    Case(
        "no concurrency: test_reserved_concurrency",
        {**context("ZeroReservedConcurrency", 0), "requestPayload": {}},
        invoked({}, function={"ReservedConcurrentExecutions": 0}),
    ),
    Case(
        "dead letter of a function: test_dead_letter_queue",
        {
            "Body": '{"raise_error": 1}',
            "MD5OfBody": "ba08269cbd0ce515889bfba6593731e1",
            "MessageAttributes": {
                "ErrorCode": {"DataType": "Number", "StringValue": "200"},
                "ErrorMessage": {"DataType": "String", "StringValue": "Test exception (this is intentional)"},
                "RequestID": {"DataType": "String", "StringValue": UUID},
            },
        },
        dead_letter,
    ),
    Case(
        "attributes of a record in a queue: test_retries, of 25 November 2025",
        {**RECEIVED, "AWSTraceHeader": "~Root=1-[0-9a-f]{8}-[0-9a-f]{24}.*"},
        system_attributes_of_a_record,
    ),
    Case(
        "dead letter of a queue: SQSDG/sqs-dead-letter-queues, DeadLetterQueueSourceArn",
        {**RECEIVED, "ApproximateReceiveCount": "1", "DeadLetterQueueSourceArn": QUEUE},
        moved_by_sqs,
    ),
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


def differences(recorded: Any, simulated: Any, where: str = "") -> Iterator[str]:
    """The fields that differ, also by being missing or one too many."""
    if isinstance(recorded, Mapping) and isinstance(simulated, Mapping):
        for name in sorted({*recorded, *simulated}):
            inner = f"{where}.{name}".removeprefix(".")
            if name not in recorded or name not in simulated:
                yield inner
            else:
                yield from differences(recorded[name], simulated[name], inner)
    elif isinstance(recorded, list) and isinstance(simulated, list) and len(recorded) == len(simulated):
        for number, (one, other) in enumerate(zip(recorded, simulated, strict=True)):
            yield from differences(one, other, f"{where}[{number}]")
    elif isinstance(recorded, str) and recorded.startswith("~"):
        if re.fullmatch(recorded[1:], str(simulated), re.DOTALL) is None:
            yield where
    elif recorded != simulated or type(recorded) is not type(simulated):
        yield where


@pytest.mark.parametrize("case", CASES, ids=[each.name for each in CASES])
def test_a_record_is_as_aws_made_it(case: Case) -> None:
    simulated = json.loads(json.dumps(case.simulated()))
    assert set(differences(case.recorded, simulated)) == set(case.allowed), simulated


def test_the_comparison_sees_each_kind_of_difference() -> None:
    one = {"a": 1, "b": {"c": "~\\d+"}, "d": [1], "e": None}
    assert list(differences(one, {"a": 1, "b": {"c": "12"}, "d": [1], "e": None})) == []
    other = {"a": "1", "b": {"c": "x", "f": 1}, "d": [2], "g": 1}
    assert list(differences(one, other)) == ["a", "b.c", "b.f", "d[0]", "e", "g"]
    assert list(differences([1], [1, 2], "h")) == ["h"]


def test_the_times_are_those_of_the_simulation() -> None:
    """Milliseconds since the epoch, as texts; of a stream seconds with three decimals, of a table whole seconds."""
    start = Parameters().start.timestamp()
    found = heard(sqs_stack(), lambda simulation: simulation.send("Queue", "body", at=1.25))["Records"][0]
    assert found["attributes"]["SentTimestamp"] == str(round((start + 1.25) * 1000))
    read = heard(stream_stack(), lambda simulation: simulation.put("Stream", "x", partition_key="a", at=1.2345))
    assert read["Records"][0]["kinesis"]["approximateArrivalTimestamp"] == pytest.approx(start + 1.234, abs=0.0011)
