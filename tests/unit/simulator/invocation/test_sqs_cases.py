"""Queues, case by case. DG is https://docs.aws.amazon.com/lambda/latest/dg/, SQSDG is SQS's developer guide."""

from __future__ import annotations

import time
from typing import Any

import pytest

from redrive_simulator import Outcome, Simulation, TemplateError, days, hours
from tests.support.simulator.simulations import attempt_times, bodies, fails, sqs_stack


def ok(event: Any, context: Any) -> None: ...


def test_a_message_is_received_up_to_the_maximum_and_then_moved() -> None:
    """SQSDG/sqs-dead-letter-queues: moved when its receive count would exceed maxReceiveCount."""
    counts: list[str] = []

    def handler(event: Any, context: Any) -> None:
        counts.append(event["Records"][0]["attributes"]["ApproximateReceiveCount"])
        raise ValueError

    simulation = Simulation.from_template(sqs_stack(receives=3), {"Function": handler})
    id = simulation.send("Queue", {"id": 7})
    simulation.run()
    assert counts == ["1", "2", "3"]
    assert attempt_times(simulation) == [0, 30, 60]
    assert simulation.now == 90  # it is moved when it would be received a fourth time
    (message,) = simulation.queue("DeadLetters").messages
    assert (message.id, message.json()) == (id, {"id": 7})
    assert simulation.ended[0].outcome is Outcome.DEAD_LETTERED


def test_visibility_counts_from_the_receipt_not_from_the_failure() -> None:
    """Recorded on AWS (test_failing_lambda_retries_after_visibility_timeout)."""

    def handler(event: Any, context: Any) -> None:
        time.sleep(8)
        raise ValueError

    simulation = Simulation.from_template(sqs_stack(queue={"VisibilityTimeout": 20}), {"Function": handler})
    simulation.send("Queue", "x")
    simulation.run()
    assert attempt_times(simulation) == [0, 20, 40]


def test_a_success_deletes_the_whole_batch_and_nothing_is_left_to_happen() -> None:
    simulation = Simulation.from_template(sqs_stack(), {"Function": ok})
    for number in range(25):
        simulation.send("Queue", str(number))
    simulation.run()
    assert [len(entry.events) for entry in simulation.timeline.attempts] == [10, 10, 5]
    assert len(simulation.queue("Queue")) == 0
    assert simulation.now == 0


# DG/services-sqs-errorhandling, and recorded on AWS. In a batch of a and b: which of them come back.
RESPONSES = [
    (None, ""),
    ({}, ""),
    ({"batchItemFailures": None}, ""),
    ({"batchItemFailures": []}, ""),
    ({"batchItemFailures": [{"itemIdentifier": "b"}]}, "b"),
    ({"batchItemFailures": [{"itemIdentifier": "a"}, {"itemIdentifier": "b"}]}, "ab"),
    ({"batchItemFailures": [{"itemIdentifier": ""}]}, "ab"),
    ({"batchItemFailures": [{"itemIdentifier": None}]}, "ab"),
    ({"batchItemFailures": [{"wrong": "b"}]}, "ab"),
    ({"batchItemFailures": [{"itemIdentifier": "unknown"}]}, "ab"),
    ({"batchItemFailures": [{"itemIdentifier": "b"}, {"itemIdentifier": "unknown"}]}, "ab"),
    ({"batchItemFailures": "b"}, "ab"),
    ({1}, "ab"),  # a set is not valid JSON
]


@pytest.mark.parametrize(("response", "expected"), RESPONSES, ids=[str(each[0])[:60] for each in RESPONSES])
def test_the_response_says_what_comes_back(response: Any, expected: str) -> None:
    simulation = Simulation.from_template(sqs_stack(receives=1), {"Function": lambda event, context: answer(event)})

    def answer(event: dict[str, Any]) -> Any:
        ids = {record["body"]: record["messageId"] for record in event["Records"]}
        if not isinstance(response, dict) or not isinstance(response.get("batchItemFailures"), list):
            return response
        failures = [
            {name: ids.get(value, value) for name, value in failure.items()}
            for failure in response["batchItemFailures"]
        ]
        return {"batchItemFailures": failures}

    simulation.send("Queue", "a")
    simulation.send("Queue", "b")
    simulation.run()
    assert "".join(message.body for message in simulation.queue("DeadLetters").messages) == expected


def test_without_partial_responses_what_a_response_reports_is_lost() -> None:
    """BOTO: FunctionResponseTypes; otherwise the response is ignored, and the batch deleted."""
    answer = {"batchItemFailures": [{"itemIdentifier": "unknown"}]}
    simulation = Simulation.from_template(sqs_stack(partial=False), {"Function": lambda event, context: answer})
    simulation.send("Queue", "x")
    simulation.run()
    assert simulation.ended[0].outcome is Outcome.DROPPED
    assert len(simulation.queue("Queue")) == 0


def test_a_throttled_batch_is_tried_again_until_its_visibility_is_over_and_has_spent_a_receive() -> None:
    """DG/with-sqs: the message reappears with its count raised although the code never ran."""
    simulation = Simulation.from_template(sqs_stack(receives=2), {"Function": ok})
    simulation.throttle("Function", end=hours(1))
    simulation.send("Queue", "x")
    simulation.run()
    assert attempt_times(simulation) == [0, 1, 3, 7, 15, 30, 31, 33, 37, 45]
    assert simulation.function("Function").calls == 0
    assert [message.receives for message in simulation.queue("DeadLetters").messages] == [0]
    assert simulation.ended[0].reason == "received 2 times"


def test_reserved_concurrency_below_the_pollers_spends_receives() -> None:
    """DG/services-sqs-scaling: reserved concurrency should be 5 or more, or messages are throttled."""

    def slow(event: Any, context: Any) -> None:
        time.sleep(9)

    stack = sqs_stack(
        receives=2, function_={"ReservedConcurrentExecutions": 1}, queue={"VisibilityTimeout": 10}, BatchSize=1
    )
    simulation = Simulation.from_template(stack, {"Function": slow})
    for number in range(5):
        simulation.send("Queue", str(number))
    simulation.run()
    assert len(simulation.queue("DeadLetters")) > 0
    assert any(entry.reason == "reserved concurrency of 1" for entry in simulation.timeline.attempts)


def test_maximum_concurrency_keeps_batches_in_the_queue_and_spends_no_receives() -> None:
    at_once: list[int] = []

    def slow(event: Any, context: Any) -> None:
        at_once.append(simulation.function("Function").running)
        time.sleep(9)

    stack = sqs_stack(BatchSize=1, ScalingConfig={"MaximumConcurrency": 2})
    simulation = Simulation.from_template(stack, {"Function": slow})
    for number in range(6):
        simulation.send("Queue", str(number))
    simulation.run()
    assert max(at_once) == 2
    assert attempt_times(simulation) == [0, 0, 9, 9, 18, 18]
    assert [entry.attempt for entry in simulation.timeline.attempts] == [1] * 6


def test_the_queue_is_read_by_five_at_a_time_at_first() -> None:
    """DG/services-sqs-scaling: five concurrent batches, 300 more a minute."""

    def slow(event: Any, context: Any) -> None:
        time.sleep(9)

    simulation = Simulation.from_template(sqs_stack(BatchSize=1), {"Function": slow})
    for number in range(12):
        simulation.send("Queue", str(number))
    simulation.run()
    assert attempt_times(simulation)[:6] == [0, 0, 0, 0, 0, 9]


def test_a_batching_window_gathers_until_it_is_full_or_over() -> None:
    sizes: list[int] = []
    stack = sqs_stack(BatchSize=3, MaximumBatchingWindowInSeconds=5)
    simulation = Simulation.from_template(
        stack, {"Function": lambda event, context: sizes.append(len(event["Records"]))}
    )
    for at in (0, 1, 2, 10, 14, 30):
        simulation.send("Queue", str(at), at=at)
    simulation.run()
    assert sizes == [3, 2, 1]
    assert attempt_times(simulation) == [2, 15, 35]


def test_a_delay_holds_a_message_back() -> None:
    simulation = Simulation.from_template(sqs_stack(queue={"DelaySeconds": 20}), {"Function": ok})
    simulation.send("Queue", "of the queue")
    simulation.send("Queue", "its own", delay=100)
    simulation.run()
    assert attempt_times(simulation) == [20, 100]


def test_retention_is_the_end_of_a_message_that_nothing_else_ends() -> None:
    stack = sqs_stack(receives=None, queue={"MessageRetentionPeriod": 100})
    simulation = Simulation.from_template(stack, {"Function": fails})
    simulation.send("Queue", "x")
    simulation.run()
    assert attempt_times(simulation) == [0, 30, 60, 90]
    assert [ended.outcome for ended in simulation.lost] == [Outcome.EXPIRED]
    assert [entry.time for entry in simulation.timeline if entry.kind == "expired"] == [100]


def test_a_standard_dead_letter_queue_keeps_the_age_a_fifo_one_begins_anew() -> None:
    """SQSDG/sqs-dead-letter-queues."""
    for fifo, expires in ((False, days(4)), (True, days(4) + 30)):
        simulation = Simulation.from_template(sqs_stack(receives=1, fifo=fifo), {"Function": fails})
        simulation.send("Queue", "x", group_id="a", deduplication_id="1" if fifo else None)
        simulation.run()
        assert len(simulation.queue("DeadLetters")) == 1
        simulation.run_until(expires - 1)
        assert len(simulation.queue("DeadLetters")) == 1
        simulation.run_until(expires)
        assert len(simulation.queue("DeadLetters")) == 0


def test_a_filter_deletes_what_does_not_match() -> None:
    """DG/invocation-eventfiltering: messages that do not match are deleted; text against a JSON pattern is dropped."""
    pattern = '{"body": {"kind": ["good"]}}'
    seen: list[str] = []
    stack = sqs_stack(FilterCriteria={"Filters": [{"Pattern": pattern}]})
    simulation = Simulation.from_template(stack, {"Function": lambda event, context: seen.extend(bodies(event))})
    for body in ({"kind": "good"}, {"kind": "bad"}, "plain"):
        simulation.send("Queue", body)
    simulation.run()
    assert seen == ['{"kind": "good"}']
    assert [ended.outcome for ended in simulation.ended] == [Outcome.PROCESSED, Outcome.FILTERED, Outcome.FILTERED]
    assert len(simulation.queue("Queue")) == 0


def test_a_function_that_takes_longer_than_the_visibility_runs_a_message_twice() -> None:
    """The reason for which Lambda wants a visibility timeout above the function's; here another one shortens it."""
    runs: list[float] = []

    def handler(event: Any, context: Any) -> None:
        from redrive.aws.clients import client

        runs.append(simulation.now)
        record = event["Records"][0]
        if len(runs) == 1:
            client("sqs").change_message_visibility(
                QueueUrl=simulation.queue("Queue").spec.url, ReceiptHandle=record["receiptHandle"], VisibilityTimeout=2
            )
            time.sleep(5)

    simulation = Simulation.from_template(sqs_stack(), {"Function": handler})
    id = simulation.send("Queue", "x")
    simulation.run()
    assert runs == [0, 2]
    assert [(entry.time, entry.events) for entry in simulation.timeline if entry.kind == "reset"] == [(2, (id,))]
    assert simulation.ended[0].outcome is Outcome.PROCESSED


def test_lambda_refuses_a_visibility_timeout_below_the_functions() -> None:
    with pytest.raises(TemplateError, match=r"visibility timeout 5 s is below the function.s timeout of 10 s"):
        Simulation.from_template(sqs_stack(queue={"VisibilityTimeout": 5}))
