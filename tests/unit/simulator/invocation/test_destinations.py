"""What becomes of records that destinations of asynchronous invocations cannot take, and of chains of destinations.

DG is https://docs.aws.amazon.com/lambda/latest/dg/.
"""

from __future__ import annotations

from typing import Any

import pytest

from redrive_simulator import Outcome, Simulation
from tests.support.simulator.simulations import Template, arn, async_stack, fails, function, resource, template

BUS = resource("AWS::Events::EventBus", Name="bus")
FUNCTION = "arn:aws:lambda:eu-west-1:111111111111:function:"


def to(destination: Any, condition: str = "OnSuccess", **resources: Any) -> Template:
    stack = async_stack(MaximumRetryAttempts=0, DestinationConfig={condition: {"Destination": destination}})
    stack["Resources"] |= resources
    return stack


def outcome_of(stack: Template, handler: Any) -> tuple[Outcome, str]:
    simulation = Simulation.from_template(stack, {"Function": handler}, default_handler=lambda event, context: None)
    simulation.invoke("Function", {"id": 7}, asynchronous=True)
    simulation.run()
    (ended,) = [each for each in simulation.ended if each.source == "Function"]
    said = [entry.reason for entry in simulation.timeline if str(entry.kind) == "destination failed"]
    return ended.outcome, said[0] if said else ""


def large(event: Any, context: Any) -> str:
    return "x" * 1_100_000


@pytest.mark.parametrize(
    ("destination", "resources"),
    [
        (arn("Successes"), {}),
        ({"Ref": "Topic"}, {"Topic": resource("AWS::SNS::Topic")}),
        (arn("Bus"), {"Bus": BUS}),
        (arn("Other"), {"Other": function()}),
    ],
    ids=["queue", "topic", "bus", "function"],
)
def test_a_result_that_its_destination_does_not_take_is_lost(destination: Any, resources: Any) -> None:
    """DG/invocation-async-retain-records: DestinationDeliveryFailures, also for sizes. Entries of a bus have 1 MB."""
    outcome, reason = outcome_of(to(destination, **resources), large)
    assert outcome is Outcome.UNDELIVERED
    assert "bytes are more than" in reason
    assert outcome_of(to(destination, **resources), lambda event, context: "small") == (Outcome.PROCESSED, "")


@pytest.mark.parametrize(
    ("destination", "reason"),
    [
        (f"{FUNCTION}Other:live", "it has no version or alias live"),
        (f"{FUNCTION}Other:2", "it has no version or alias 2"),
        ("arn:aws:kinesis:eu-west-1:111111111111:stream/s", "Lambda delivers to no resource of kinesis"),
    ],
    ids=["alias", "version", "service"],
)
def test_a_destination_that_there_cannot_be_loses_the_event(destination: str, reason: str) -> None:
    stack = to(destination, "OnFailure", Other=function(FunctionName="Other"))
    assert outcome_of(stack, fails) == (Outcome.UNDELIVERED, reason)


@pytest.mark.parametrize(
    "destination",
    [f"{FUNCTION}Elsewhere", f"{FUNCTION}Other", f"{FUNCTION}Other:$LATEST", {"Fn::ImportValue": "queue"}],
    ids=["elsewhere", "function", "latest", "import"],
)
def test_a_destination_that_there_may_be_takes_the_event(destination: Any) -> None:
    stack = to(destination, "OnFailure", Other=function(FunctionName="Other"))
    assert outcome_of(stack, fails)[0] is Outcome.DESTINATION


def test_a_chain_of_destinations_ends_in_a_queue_with_all_records() -> None:
    """DG/invocation-async-retain-records: a function gets the record as its event."""

    def config(name: str, retries: int, **destinations: Any) -> dict[str, Any]:
        return resource(
            "AWS::Lambda::EventInvokeConfig",
            FunctionName={"Ref": name},
            Qualifier="$LATEST",
            MaximumRetryAttempts=retries,
            DestinationConfig={condition: {"Destination": to} for condition, to in destinations.items()},
        )

    stack = template(
        First=function(),
        Second=function(),
        Failures=resource("AWS::SQS::Queue"),
        Config=config("First", 2, OnSuccess=arn("Second")),
        Config2=config("Second", 1, OnFailure=arn("Failures")),
    )
    simulation = Simulation.from_template(stack, {"First": lambda event, context: {"done": 1}, "Second": fails})
    simulation.invoke("First", {"id": 7}, asynchronous=True)
    simulation.run()
    (record,) = simulation.queue("Failures").bodies
    assert record["requestContext"]["approximateInvokeCount"] == 2
    inner = record["requestPayload"]
    assert (inner["requestContext"]["condition"], inner["requestPayload"], inner["responsePayload"]) == (
        *("Success", {"id": 7}, {"done": 1}),
    )
    assert simulation.now == 60
    assert [ended.outcome for ended in simulation.ended] == [Outcome.PROCESSED, Outcome.DESTINATION, Outcome.KEPT]
