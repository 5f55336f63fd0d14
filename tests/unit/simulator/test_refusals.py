"""What AWS refuses to set up: a template with it is an error that names the rule, and is not simulated."""

from __future__ import annotations

from typing import Any

import pytest

from redrive_simulator import NotModelledError, Simulation, TemplateError
from tests.support.simulator.simulations import (
    Template,
    arn,
    async_stack,
    fails,
    mapping,
    resource,
    sqs_stack,
    stream_stack,
    table_stack,
)


def changed(stack: Template, resource_: str, **properties: Any) -> Template:
    stack["Resources"][resource_]["Properties"] |= properties
    return stack


STANDARD = resource("AWS::SQS::Queue")
TO_ITSELF = {"deadLetterTargetArn": "arn:aws:sqs:eu-west-1:111111111111:Queue", "maxReceiveCount": 5}
ONE_POLLER = {"MinimumPollers": 2, "MaximumPollers": 2}
# BOTO and DG: the ranges are those of the API reference; what a source does not have is refused.
REFUSED = [
    (sqs_stack(BatchSize=0), "batch_size=0: AWS takes 1 to 10,000"),
    (sqs_stack(BatchSize=11), "needs a batching window"),
    (sqs_stack(MaximumBatchingWindowInSeconds=301), "window=301: AWS takes 0 to 300"),
    (sqs_stack(fifo=True, BatchSize=11), "FIFO queue has batches of up to 10"),
    (sqs_stack(fifo=True, MaximumBatchingWindowInSeconds=1), "no batching window"),
    (sqs_stack(BisectBatchOnFunctionError=True), "BisectBatchOnFunctionError is not for a source of sqs"),
    (sqs_stack(DestinationConfig={"OnFailure": {"Destination": "x"}}), "redrive policy does that"),
    (sqs_stack(ScalingConfig={"MaximumConcurrency": 1}), "2 to 1,000"),
    (sqs_stack(ScalingConfig={"MaximumConcurrency": 2}, ProvisionedPollerConfig=ONE_POLLER), "give either"),
    (sqs_stack(queue={"VisibilityTimeout": 43_201}), "visibility_timeout=43201"),
    (sqs_stack(queue={"MessageRetentionPeriod": 59}), "retention=59"),
    (sqs_stack(queue={"DelaySeconds": 901}), "delay=901"),
    (changed(sqs_stack(), "Queue", RedrivePolicy=TO_ITSELF), "its own dead-letter queue"),
    ({"Resources": {**sqs_stack(fifo=True)["Resources"], "DeadLetters": STANDARD}}, "both to be of one kind"),
    (stream_stack(ParallelizationFactor=11), "parallelization=11"),
    (stream_stack(MaximumRetryAttempts=10_001), "max_retries=10001"),
    (stream_stack(MaximumRecordAgeInSeconds=59), "max_age=59: AWS takes 60 to 604,800"),
    (stream_stack(TumblingWindowInSeconds=901), "tumbling_window=901"),
    (stream_stack(ScalingConfig={"MaximumConcurrency": 2}), "ScalingConfig is not for a source of kinesis"),
    (
        changed(stream_stack(), "Mapping", DestinationConfig={"OnSuccess": {"Destination": arn("Failures")}}),
        "on failure only",
    ),
    (
        changed(stream_stack(), "Mapping", DestinationConfig={"OnFailure": {"Destination": arn("Function")}}),
        "a queue, a topic or a bucket",
    ),
    (sqs_stack(function_={"ReservedConcurrentExecutions": 1001}), "reserve 1,001 concurrent invocations"),
    (changed(table_stack(), "Mapping", StartingPosition="AT_TIMESTAMP"), "for Kinesis only"),
    (async_stack(MaximumRetryAttempts=3), "max_retries=3: AWS takes 0 to 2"),
    (async_stack(MaximumEventAgeInSeconds=59), "max_age=59"),
    (async_stack(DestinationConfig={"OnFailure": {"Destination": arn("Function")}}), "its own destination"),
]


@pytest.mark.parametrize(("stack", "rule"), REFUSED, ids=[rule for _, rule in REFUSED])
def test_a_template_that_could_not_be_deployed_is_an_error(stack: Template, rule: str) -> None:
    with pytest.raises(TemplateError, match=rule):
        Simulation.from_template(stack, {"Function": fails})


ELSEWHERE = "arn:aws:{}:eu-west-1:111111111111:{}"


@pytest.mark.parametrize(
    ("stack", "properties", "missing"),
    [
        (sqs_stack(), {"EventSourceArn": ELSEWHERE.format("sqs", "Other")}, "source arn:aws:sqs"),
        (stream_stack(), {"EventSourceArn": ELSEWHERE.format("kinesis", "stream/Other")}, "source arn:aws:kinesis"),
        (sqs_stack(), {"FunctionName": ELSEWHERE.format("lambda", "function:Other")}, "function arn:aws:lambda"),
        (sqs_stack(), {"FunctionName": "Function:unknown-alias"}, "function arn:aws:lambda.*:unknown-alias"),
    ],
)
def test_a_mapping_with_an_end_that_the_template_does_not_have_is_named(
    stack: Template, properties: dict[str, Any], missing: str
) -> None:
    changed(stack, "Mapping", **properties)
    with pytest.raises(NotModelledError, match=f"Mapping .*: {missing}.* is not in the template"):
        Simulation.from_template(stack, {"Function": fails})
    assert len(Simulation.from_template(stack, {"Function": fails}, strict=False).not_modelled) == 1


def test_a_mapping_to_an_alias_a_version_or_a_consumer_is_complete() -> None:
    stack = stream_stack()
    stack["Resources"] |= {
        "Version": resource("AWS::Lambda::Version", FunctionName={"Ref": "Function"}),
        "Alias": resource("AWS::Lambda::Alias", FunctionName={"Ref": "Function"}, FunctionVersion="1", Name="live"),
        "Consumer": resource("AWS::Kinesis::StreamConsumer", ConsumerName="c", StreamARN=arn("Stream")),
    }
    for number, function in enumerate(({"Ref": "Version"}, {"Ref": "Alias"}, "Function:live", "Function:$LATEST")):
        each = mapping(arn("Stream"), StartingPosition="LATEST", MaximumRetryAttempts=0)
        each["Properties"] |= {"FunctionName": function}
        stack["Resources"][f"Mapping{number}"] = each
    stack["Resources"]["Mapping0"]["Properties"]["EventSourceArn"] = {"Ref": "Consumer"}
    arns: list[str] = []
    simulation = Simulation.from_template(
        stack, {"Function": lambda event, context: arns.append(context.invoked_function_arn)}
    )
    assert simulation.not_modelled == ()
    simulation.put("Stream", "x", partition_key="a")
    simulation.run()
    assert sorted(each.partition(":Function")[2] for each in arns) == ["", ":$LATEST", ":1", ":live", ":live"]


def test_how_a_function_elsewhere_is_invoked_is_named() -> None:
    stack = changed(async_stack(), "Config", FunctionName="Other")
    assert Simulation.from_template(stack).not_modelled == (
        "AWS::Lambda::EventInvokeConfig of Other, which is not in the template",
    )
