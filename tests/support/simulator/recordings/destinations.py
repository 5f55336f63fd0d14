"""Dead letters and records in destinations: test_lambda_destinations, and test_lambda for a reserve of 0."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from redrive_simulator import Simulation
from tests.support.simulator.recordings.case import QUEUE, RAN, RECEIVED, UUID, Case, context
from tests.support.simulator.simulations import async_stack, sqs_stack


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

RECORDS = [
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
]
