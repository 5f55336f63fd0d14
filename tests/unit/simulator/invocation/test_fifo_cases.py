"""FIFO queues, sizes of batches, and queues with several readers, case by case.

DG is https://docs.aws.amazon.com/lambda/latest/dg/, SQSDG is SQS's developer guide.
"""

from __future__ import annotations

from typing import Any

import pytest

from redrive.aws.clients import client
from redrive_simulator import Outcome, Simulation, hours
from tests.support.simulator.simulations import attempt_times, bodies, fails, sqs_stack


def ok(event: Any, context: Any) -> None: ...


# FIFO.


def test_a_group_waits_for_its_failed_message_and_others_go_on() -> None:
    """SQSDG: a group with messages in flight is blocked until they are deleted or visible again."""
    seen: list[tuple[float, str]] = []

    def handler(event: Any, context: Any) -> Any:
        seen.extend((simulation.now, body) for body in bodies(event))
        failed = [record["messageId"] for record in event["Records"] if record["body"].startswith("a")]
        return {"batchItemFailures": [{"itemIdentifier": id} for id in failed]} if simulation.now < 60 else {}

    simulation = Simulation.from_template(sqs_stack(fifo=True), {"Function": handler})
    for number, body in enumerate(("a1", "b1", "a2")):
        simulation.send("Queue", body, group_id=body[0], deduplication_id=str(number))
    simulation.send("Queue", "b2", group_id="b", deduplication_id="9", at=10)
    simulation.send("Queue", "a3", group_id="a", deduplication_id="10", at=10)
    simulation.run()
    assert [body for _, body in seen if body.startswith("b")] == ["b1", "b2"]
    assert [(at, body) for at, body in seen if body == "b2"] == [(10, "b2")]
    assert [body for at, body in seen if at == 60] == ["a1", "a2", "a3"]
    assert [at for at, body in seen if body == "a3"] == [30, 60]


def test_a_message_with_a_known_deduplication_id_is_taken_for_the_same_for_five_minutes() -> None:
    seen: list[str] = []
    simulation = Simulation.from_template(
        sqs_stack(fifo=True), {"Function": lambda event, context: seen.extend(bodies(event))}
    )
    for at, body in ((0, "first"), (299, "again"), (300, "new")):
        simulation.send("Queue", body, group_id="a", deduplication_id="1", at=at)
    simulation.run()
    assert seen == ["first", "new"]
    assert [ended.outcome for ended in simulation.ended][1] is Outcome.DEDUPLICATED


def test_content_based_deduplication_goes_by_the_body() -> None:
    stack = sqs_stack(fifo=True, queue={"ContentBasedDeduplication": True})
    simulation = Simulation.from_template(stack, {"Function": ok})
    for body in ("x", "x", "y"):
        simulation.send("Queue", body, group_id="a")
    simulation.run()
    assert [ended.outcome for ended in simulation.ended] == [
        Outcome.PROCESSED,
        Outcome.DEDUPLICATED,
        Outcome.PROCESSED,
    ]


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [({}, "group_id"), ({"group_id": "a"}, "deduplication_id"), ({"group_id": "a", "delay": 5}, "one delay for all")],
)
def test_a_fifo_queue_refuses_what_sqs_refuses(arguments: dict[str, Any], complaint: str) -> None:
    simulation = Simulation.from_template(sqs_stack(fifo=True), {"Function": ok})
    with pytest.raises(ValueError, match=complaint):
        simulation.send("Queue", "x", **arguments)


# Sizes, and more than one reader.


@pytest.mark.parametrize("mapping", [{}, {"MaximumBatchingWindowInSeconds": 5, "BatchSize": 100}])
@pytest.mark.parametrize("fifo", [False, True])
def test_a_batch_ends_at_six_megabytes(fifo: bool, mapping: dict[str, Any]) -> None:
    """DG/with-sqs: 6 MB with the metadata of the messages; SQSDG: a message has up to 1 MiB, so six fit at most."""
    if fifo and mapping:
        return  # Lambda refuses it
    sizes: list[int] = []
    seen: list[str] = []

    def handler(event: dict[str, Any], context: Any) -> None:
        sizes.append(len(event["Records"]))
        seen.extend(body[:2] for body in bodies(event))

    simulation = Simulation.from_template(sqs_stack(fifo=fifo, **mapping), {"Function": handler})
    for number in range(12, 22):
        text = f"{number}".ljust(1_000_000, ".")
        simulation.send("Queue", text, group_id="a" if fifo else None, deduplication_id=str(number) if fifo else None)
    simulation.run()
    assert sizes == [6, 4]
    assert seen == [str(number) for number in range(12, 22)]


def test_a_message_of_more_than_a_mebibyte_is_refused() -> None:
    simulation = Simulation.from_template(sqs_stack(), {"Function": ok})
    simulation.send("Queue", "x" * 1_048_576)
    with pytest.raises(ValueError, match="1,048,578 bytes for Queue: SQS takes up to 1 MiB"):
        simulation.send("Queue", "é" * 524_289)


def test_two_functions_on_one_queue_share_its_messages() -> None:
    """Each message goes to one of them: they compete, as any two consumers of a queue do."""
    stack = sqs_stack(BatchSize=1)
    resources = stack["Resources"]
    resources["Other"] = resources["Function"]
    properties = {**resources["Mapping"]["Properties"], "FunctionName": {"Ref": "Other"}}
    resources["OtherMapping"] = {**resources["Mapping"], "Properties": properties}
    seen: dict[str, list[str]] = {"Function": [], "Other": []}
    simulation = Simulation.from_template(
        stack,
        {
            "Function": lambda event, context: seen["Function"].extend(bodies(event)),
            "Other": lambda event, context: seen["Other"].extend(bodies(event)),
        },
    )
    for number in range(10):
        simulation.send("Queue", str(number))
    simulation.run()
    assert sorted(seen["Function"] + seen["Other"]) == [str(number) for number in range(10)]
    assert all(seen.values())
    simulation.assert_ended()


def test_a_dead_letter_queue_of_another_stack_takes_messages_out_of_sight() -> None:
    stack = sqs_stack()
    elsewhere = "arn:aws:sqs:eu-west-1:111111111111:Elsewhere"
    stack["Resources"]["Queue"]["Properties"]["RedrivePolicy"]["deadLetterTargetArn"] = elsewhere
    simulation = Simulation.from_template(stack, {"Function": fails})
    simulation.send("Queue", "x")
    simulation.run()
    assert attempt_times(simulation) == [0, 30, 60]
    (ended,) = simulation.ended
    assert (ended.outcome, ended.place) == (Outcome.DEAD_LETTERED, elsewhere)
    simulation.assert_ended()


def test_no_receipt_begins_the_12_hours_anew() -> None:
    """SQSDG/sqs-visibility-timeout: 12 hours from the first receipt, and extensions do not restart them."""
    answers: dict[float, bool] = {}

    def handler(event: Any, context: Any) -> None:
        (record,) = event["Records"]
        if record["attributes"]["ApproximateReceiveCount"] == "2":  # 11 hours later
            for timeout in (hours(2), hours(1)):
                entry = {"Id": "1", "ReceiptHandle": record["receiptHandle"], "VisibilityTimeout": int(timeout)}
                reply = client("sqs").change_message_visibility_batch(QueueUrl=url, Entries=[entry])
                answers[timeout] = not reply.get("Failed")
        raise ValueError

    template = sqs_stack(receives=2, queue={"VisibilityTimeout": int(hours(11))})
    simulation = Simulation.from_template(template, {"Function": handler})
    url = simulation.queue("Queue").spec.url
    simulation.send("Queue", {"id": 7})
    simulation.run()
    assert answers == {hours(2): False, hours(1): True}
    assert simulation.now == hours(12)
