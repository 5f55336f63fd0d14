"""Messages of queues as functions get them: test_lambda_integration_sqs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from redrive_simulator import Simulation
from tests.support.simulator.recordings.case import QUEUE, RECEIVED, UUID, Case, heard
from tests.support.simulator.simulations import sqs_stack


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
MESSAGES = [
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
]
