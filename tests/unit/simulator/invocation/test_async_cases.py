"""Asynchronous invocation, case by case. F2 is section 2 of the fact sheet: the schedule, destinations, recursion.

DG is https://docs.aws.amazon.com/lambda/latest/dg/.
"""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import pytest

from redrive import InvocationRecord
from redrive_simulator import Outcome, Parameters, Simulation, hours, minutes
from tests.support.simulator.simulations import async_stack, attempt_times, fails, kinds


def ok(event: Any, context: Any) -> Any:
    return {"done": event}


def only_record(simulation: Simulation, queue: str = "Failures") -> dict[str, Any]:
    (record,) = simulation.queue(queue).bodies
    return record


# (max age, retries, times of the attempts, condition, count)
SCHEDULES = [
    # DG/invocation-async-error-handling: retried twice, after one minute and after two more.
    (21_600, 2, [0, 60, 180], "RetriesExhausted", 3),
    (21_600, 1, [0, 60], "RetriesExhausted", 2),
    (21_600, 0, [0], "RetriesExhausted", 1),
    # Recorded on AWS (test_maxeventage): Lambda looks ahead, and drops at once what would be too old.
    (60, 2, [0], "EventAgeExceeded", 1),
    (90, 2, [0, 60], "EventAgeExceeded", 2),
    (180, 2, [0, 60], "EventAgeExceeded", 2),
    (181, 2, [0, 60, 180], "RetriesExhausted", 3),
]


@pytest.mark.parametrize(("age", "retries", "times", "condition", "count"), SCHEDULES)
def test_a_function_error_is_retried_on_the_schedule(
    age: int, retries: int, times: list[float], condition: str, count: int
) -> None:
    stack = async_stack(MaximumRetryAttempts=retries, MaximumEventAgeInSeconds=age)
    simulation = Simulation.from_template(stack, {"Function": fails})
    simulation.invoke("Function", {"id": 7}, asynchronous=True)
    simulation.run()
    assert attempt_times(simulation) == times
    record = InvocationRecord.parse(json.dumps(only_record(simulation)))
    assert (record.condition, record.approximate_invoke_count) == (condition, count)
    assert (record.payload, record.error_type, record.error_message) == ({"id": 7}, "ValueError", "boom")
    assert simulation.ended[0].outcome is Outcome.DESTINATION
    simulation.assert_ended()


def test_every_attempt_has_the_same_request_id() -> None:
    """Recorded on AWS (test_retries)."""
    seen: list[str] = []

    def handler(event: Any, context: Any) -> None:
        seen.append(context.aws_request_id)
        raise ValueError

    simulation = Simulation.from_template(async_stack(), {"Function": handler})
    request_id = simulation.invoke("Function", asynchronous=True).request_id
    simulation.run()
    assert seen == [request_id] * 3
    assert only_record(simulation)["requestContext"]["requestId"] == request_id


def test_throttling_for_an_hour_uses_no_retries() -> None:
    """DG/invocation-async-error-handling: from 1 s up to 5 min, until the event is too old; not counted."""
    simulation = Simulation.from_template(async_stack(), {"Function": ok})
    simulation.throttle("Function", end=hours(1))
    simulation.invoke("Function", 1, asynchronous=True)
    simulation.run()
    times = attempt_times(simulation)
    waits = [after - before for before, after in pairwise(times)]
    assert waits[:9] == [1, 2, 4, 8, 16, 32, 64, 128, 256]
    assert set(waits[9:]) == {300}
    assert hours(1) <= times[-1] < hours(1) + minutes(5)
    assert simulation.function("Function").calls == 1
    assert only_record(simulation, "Successes")["requestContext"]["approximateInvokeCount"] == 1


@pytest.mark.parametrize("fault", ["throttle", "service_error"])
def test_what_never_ran_is_given_up_when_it_is_too_old(fault: str) -> None:
    stack = async_stack(MaximumEventAgeInSeconds=100)
    simulation = Simulation.from_template(stack, {"Function": ok})
    getattr(simulation, fault)("Function")
    simulation.invoke("Function", 1, asynchronous=True)
    simulation.run()
    assert simulation.now == 100
    record = InvocationRecord.parse(json.dumps(only_record(simulation)))
    assert (record.condition, record.approximate_invoke_count) == ("EventAgeExceeded", 0)
    assert record.status_code is None


def test_errors_and_throttles_are_counted_apart() -> None:
    simulation = Simulation.from_template(async_stack(), {"Function": fails})
    simulation.throttle("Function", start=50, end=70)
    simulation.invoke("Function", 1, asynchronous=True)
    simulation.run()
    # Refused at 60, 61, 63, 67; the error at 75 is the second, so that the third comes 120 s later.
    assert attempt_times(simulation) == [0, 60, 61, 63, 67, 75, 195]
    assert only_record(simulation)["requestContext"]["approximateInvokeCount"] == 3


def test_without_concurrency_an_event_is_given_up_at_once() -> None:
    """DG/lambda-concurrency; recorded on AWS (test_reserved_concurrency): count 0, and no response."""
    stack = async_stack(function_={"ReservedConcurrentExecutions": 0}, dead_letters=True)
    simulation = Simulation.from_template(stack, {"Function": ok})
    simulation.invoke("Function", {"id": 7}, asynchronous=True)
    simulation.run()
    assert simulation.now == 0
    assert simulation.timeline.attempts == []
    record = only_record(simulation)
    assert record["requestContext"]["condition"] == "ZeroReservedConcurrency"
    assert record["requestContext"]["approximateInvokeCount"] == 0
    assert not {"responseContext", "responsePayload"} & set(record)
    assert simulation.queue("DeadLetters").bodies == [{"id": 7}]


def test_a_success_goes_to_its_destination() -> None:
    simulation = Simulation.from_template(async_stack(), {"Function": ok})
    simulation.invoke("Function", {"id": 7}, asynchronous=True)
    simulation.run()
    record = only_record(simulation, "Successes")
    assert record["requestContext"]["condition"] == "Success"
    assert record["responseContext"] == {"statusCode": 200, "executedVersion": "$LATEST"}
    assert record["responsePayload"] == {"done": {"id": 7}}
    assert simulation.ended[0].outcome is Outcome.PROCESSED
    assert len(simulation.queue("Failures")) == 0


def test_the_dead_letter_queue_gets_the_event_as_it_was_and_the_reason_as_attributes() -> None:
    """DG/invocation-async-retain-records; recorded on AWS: the code is 200 for a function error."""
    simulation = Simulation.from_template(async_stack(dead_letters=True), {"Function": fails})
    request_id = simulation.invoke("Function", {"id": 7}, asynchronous=True).request_id
    simulation.run()
    (message,) = simulation.queue("DeadLetters").messages
    record = InvocationRecord.parse(message.record(0, "arn:aws:sqs:eu-west-1:111111111111:q", "eu-west-1"))
    assert (record.source, record.request_id, record.payload) == ("dead_letter_queue", request_id, {"id": 7})
    assert (record.error_code, record.error_message) == (200, "boom")
    assert len(simulation.queue("Failures")) == 1  # both, where there are both


@pytest.mark.parametrize("how", ["time_out_once", "crash_once"])
def test_a_timeout_and_a_crash_are_function_errors(how: str) -> None:
    """DG/invocation-async-error-handling: the function errors that are retried."""
    simulation = Simulation.from_template(async_stack(), {"Function": ok})
    getattr(simulation, how)("Function", at_call=1)
    simulation.invoke("Function", 1, asynchronous=True)
    simulation.run()
    lost = 10 if how == "time_out_once" else 0
    assert attempt_times(simulation) == [0, 60 + lost]
    assert len(simulation.queue("Successes")) == 1


def test_an_event_without_a_place_to_go_to_is_lost_and_said_to_be() -> None:
    stack = async_stack(DestinationConfig={})
    simulation = Simulation.from_template(stack, {"Function": fails})
    simulation.invoke("Function", 1, asynchronous=True)
    simulation.run()
    assert [ended.outcome for ended in simulation.lost] == [Outcome.DROPPED]
    assert kinds(simulation.timeline)[-1] == "dropped"
    with pytest.raises(AssertionError, match="1 of 1 events were lost"):
        simulation.assert_nothing_lost()


def test_a_destination_that_cannot_take_the_record_loses_it() -> None:
    """DG/invocation-async-retain-records: SNS takes 256 KB."""
    stack = async_stack(DestinationConfig={"OnFailure": {"Destination": {"Ref": "Topic"}}})
    stack["Resources"]["Topic"] = {"Type": "AWS::SNS::Topic"}
    simulation = Simulation.from_template(stack, {"Function": fails})
    simulation.invoke("Function", "x" * 300_000, asynchronous=True)
    simulation.run()
    assert [ended.outcome for ended in simulation.lost] == [Outcome.UNDELIVERED]
    assert kinds(simulation.timeline)[-1] == "destination failed"


def test_the_waits_can_be_made_to_vary() -> None:
    """Observed: up to 15 s more or less."""
    parameters = Parameters(async_error_jitter=15)
    simulation = Simulation.from_template(async_stack(), {"Function": fails}, parameters=parameters, seed=3)
    for _ in range(50):
        simulation.invoke("Function", 1, asynchronous=True)
    simulation.run()
    second = sorted(entry.time for entry in simulation.timeline.attempts if entry.attempt == 2)
    assert 45 <= second[0] < 50
    assert 70 < second[-1] <= 75


def test_a_qualifier_has_a_configuration_of_its_own() -> None:
    """BOTO: per function, version or alias."""
    stack = async_stack(MaximumRetryAttempts=0, Qualifier="live")
    stack["Resources"] |= {
        "Version": {"Type": "AWS::Lambda::Version", "Properties": {"FunctionName": {"Ref": "Function"}}},
        "Alias": {
            "Type": "AWS::Lambda::Alias",
            "Properties": {"FunctionName": {"Ref": "Function"}, "FunctionVersion": "1", "Name": "live"},
        },
    }
    simulation = Simulation.from_template(stack, {"Function": fails})
    simulation.invoke("Function:live", 1, asynchronous=True)
    simulation.run()
    assert len(simulation.timeline.attempts) == 1
    assert only_record(simulation)["requestContext"]["functionArn"].endswith(":function:Function:live")
    simulation.invoke("Function", 1, asynchronous=True)  # without it: the defaults, and no destination
    simulation.run()
    assert len(simulation.timeline.attempts) == 4
    assert len(simulation.queue("Failures")) == 1
