"""Messages that a handler sends to its own queue, and SQS's counts of them. SQSDG is SQS's developer guide."""

from __future__ import annotations

from typing import Any

import pytest

from redrive.aws.clients import client
from redrive_simulator import Simulation
from tests.support.simulator.simulations import sqs_stack


def text(value: str) -> dict[str, str]:
    return {"DataType": "String", "StringValue": value}


def rounds(trace: str | None) -> int:
    """Counts the runs of a handler that sends each message to its own queue again, with the given trace header."""

    def handler(event: Any, context: Any) -> None:
        if simulation.function("Function").calls == 40:
            return
        for record in event["Records"]:
            mine = record["attributes"].get("AWSTraceHeader") if trace == "kept" else trace
            header = {} if mine is None else {"MessageSystemAttributes": {"AWSTraceHeader": text(mine)}}
            client("sqs").send_message(
                QueueUrl=simulation.queue("Queue").spec.url, MessageBody=record["body"], **header
            )

    simulation = Simulation.from_template(sqs_stack(receives=2), {"Function": handler})
    simulation.send("Queue", "round")
    simulation.run()
    return simulation.function("Function").calls


def test_lambda_counts_rounds_in_the_trace_header() -> None:
    """X-Ray's developer guide, xray-services-sqs: a trace header of the message's own overrides that of the request."""
    assert rounds(None) == 16
    assert rounds("Root=1-5759e988-bd862e3fe1be46a994272793") == 40
    assert rounds("kept") == 40


@pytest.mark.parametrize(("attributes", "size", "is_taken"), [(10, 1, True), (11, 1, False), (1, 500, False)])
def test_attributes_are_limited_and_count_as_part_of_the_message(attributes: int, size: int, is_taken: bool) -> None:
    """SQSDG/sqs-message-metadata and SQSDG/quotas-messages."""
    outcomes: list[str] = []

    def handler(event: Any, context: Any) -> None:
        body = "x" * (1_048_576 - 300)
        mine = {f"name-{number}": text("y" * size) for number in range(attributes)}
        url = simulation.queue("DeadLetters").spec.url
        try:
            client("sqs").send_message(QueueUrl=url, MessageBody=body, MessageAttributes=mine)
            outcomes.append("taken")
        except Exception as error:
            outcomes.append(type(error).__name__)

    simulation = Simulation.from_template(sqs_stack(), {"Function": handler})
    simulation.send("Queue", "x")
    simulation.run()
    assert outcomes == ["taken" if is_taken else "ClientError"]


@pytest.mark.parametrize("fifo", [False, True], ids=["standard", "fifo"])
def test_a_visibility_timeout_may_be_changed_to_what_it_was(fifo: bool) -> None:
    """The message becomes visible once."""
    counts: list[str] = []

    def handler(event: Any, context: Any) -> Any:
        (record,) = event["Records"]
        counts.append(record["attributes"]["ApproximateReceiveCount"])
        client("sqs").change_message_visibility(
            QueueUrl=simulation.queue("Queue").spec.url, ReceiptHandle=record["receiptHandle"], VisibilityTimeout=30
        )
        return {"batchItemFailures": [{"itemIdentifier": record["messageId"]}]}

    simulation = Simulation.from_template(sqs_stack(receives=3, fifo=fifo), {"Function": handler})
    options: dict[str, Any] = {"group_id": "a", "deduplication_id": "1"} if fifo else {}
    simulation.send("Queue", "x", **options)
    simulation.run()
    assert counts == ["1", "2", "3"]
