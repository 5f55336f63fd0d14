"""Templates that AWS refuses to set up are an error that names the rule, and are not simulated."""

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


# BOTO and DG: the ranges are those of the API reference; a setting that a source does not have is refused.
def case(stack: Template, sentence: str) -> Any:
    return pytest.param(stack, sentence, id=sentence)


REFUSED = [
    case(sqs_stack(BatchSize=0), "Mapping: BatchSize 0: Lambda takes whole numbers from 1 to 10,000; give one within"),
    case(
        sqs_stack(BatchSize=11),
        "Mapping: batch size 11 with a batching window of 0 s: Lambda wants a window of at least 1 s for more than 10; "
        "give MaximumBatchingWindowInSeconds 1 or BatchSize 10",
    ),
    case(
        sqs_stack(MaximumBatchingWindowInSeconds=301),
        "Mapping: MaximumBatchingWindowInSeconds 301 s: Lambda takes 0–300 s (5 minutes); give one within",
    ),
    case(
        sqs_stack(fifo=True, BatchSize=11),
        "Mapping: batch size 11 on a FIFO queue: its batches hold at most 10; give BatchSize 10 or less",
    ),
    case(
        sqs_stack(fifo=True, MaximumBatchingWindowInSeconds=1),
        "Mapping: batching window 1 s on a FIFO queue: Lambda has none for FIFO; leave "
        "MaximumBatchingWindowInSeconds unset",
    ),
    case(
        sqs_stack(BisectBatchOnFunctionError=True),
        "Mapping: BisectBatchOnFunctionError on the mapping of a queue: Lambda has that for streams only, and the "
        "queue's redrive policy says how often messages are retried and where they end up; leave it out",
    ),
    case(
        sqs_stack(DestinationConfig={"OnFailure": {"Destination": "x"}}),
        "Mapping: DestinationConfig on the mapping of a queue: Lambda has that for streams only, and the queue's "
        "redrive policy says how often messages are retried and where they end up; leave it out",
    ),
    case(
        sqs_stack(ScalingConfig={"MaximumConcurrency": 1}),
        "Mapping: ScalingConfig.MaximumConcurrency 1: Lambda takes whole numbers from 2 to 1,000; give one "
        "within, or reserve "
        "concurrency instead",
    ),
    case(
        sqs_stack(ScalingConfig={"MaximumConcurrency": 2}, ProvisionedPollerConfig=ONE_POLLER),
        "Mapping: ScalingConfig.MaximumConcurrency 2 together with provisioned pollers: a mapping has one or "
        "the other; leave one of "
        "them unset",
    ),
    case(
        sqs_stack(queue={"VisibilityTimeout": 43_201}),
        "Queue: visibility timeout 43,201 s: SQS takes 0–43,200 s (12 hours); give one within",
    ),
    case(
        sqs_stack(queue={"VisibilityTimeout": 9}),
        "Mapping: visibility timeout 9 s is below the function's timeout of 10 s: Lambda rejects the mapping; give the "
        "queue a VisibilityTimeout of 10 or more; AWS recommends 6 × timeout + batching window",
    ),
    case(
        sqs_stack(queue={"MessageRetentionPeriod": 59}),
        "Queue: MessageRetentionPeriod 59 s: SQS takes 60–1,209,600 s (14 days); give one within",
    ),
    case(
        sqs_stack(queue={"DelaySeconds": 901}),
        "Queue: DelaySeconds 901 s: SQS takes 0–900 s (15 minutes); give one within",
    ),
    case(
        changed(sqs_stack(), "Queue", RedrivePolicy=TO_ITSELF),
        "Queue: the queue is its own dead-letter queue: its messages would never leave it; give another "
        "deadLetterTargetArn",
    ),
    case(
        {"Resources": {**sqs_stack(fifo=True)["Resources"], "DeadLetters": STANDARD}},
        "Queue: the queue is FIFO, its dead-letter queue is standard: SQS wants one kind; give FifoQueue to "
        "both, or to neither",
    ),
    case(
        stream_stack(ParallelizationFactor=11),
        "Mapping: ParallelizationFactor 11: Lambda takes whole numbers from 1 to 10; give one within",
    ),
    case(
        stream_stack(MaximumRetryAttempts=10_001),
        "Mapping: MaximumRetryAttempts 10,001: Lambda takes whole numbers from 0 to 10,000; give one within, or "
        "-1 for no limit",
    ),
    case(
        stream_stack(MaximumRecordAgeInSeconds=59),
        "Mapping: MaximumRecordAgeInSeconds 59 s: Lambda takes 60–604,800 s (7 days); give one within, or -1 "
        "for no limit",
    ),
    case(
        stream_stack(TumblingWindowInSeconds=901),
        "Mapping: TumblingWindowInSeconds 901 s: Lambda takes 0–900 s (15 minutes); give one within",
    ),
    case(
        stream_stack(ScalingConfig={"MaximumConcurrency": 2}),
        "Mapping: ScalingConfig on the mapping of a stream: Lambda has that for queues only; leave it out",
    ),
    case(
        changed(stream_stack(), "Mapping", DestinationConfig={"OnSuccess": {"Destination": arn("Failures")}}),
        "Mapping: DestinationConfig.OnSuccess is of the kind 'queue': the mapping of a stream has a destination "
        "on failure only; leave "
        "DestinationConfig.OnSuccess out",
    ),
    case(
        changed(stream_stack(), "Mapping", DestinationConfig={"OnFailure": {"Destination": arn("Function")}}),
        "Mapping: DestinationConfig.OnFailure is of the kind 'function': Lambda has none for a stream; give a "
        "queue, topic or bucket",
    ),
    case(
        sqs_stack(function_={"ReservedConcurrentExecutions": 1001}),
        "the account: the functions reserve 1,001 concurrent invocations and the account has 1,000: Lambda refuses to "
        "reserve what is not there; reserve fewer, or give account_concurrency if the account has more",
    ),
    case(
        changed(table_stack(), "Mapping", StartingPosition="AT_TIMESTAMP"),
        "Mapping: StartingPosition AT_TIMESTAMP on a DynamoDB stream: only Kinesis streams have it; give TRIM_HORIZON "
        "or LATEST, and no time",
    ),
    case(
        async_stack(MaximumRetryAttempts=3),
        "Function: MaximumRetryAttempts 3: Lambda takes whole numbers from 0 to 2; give one within",
    ),
    case(
        async_stack(MaximumEventAgeInSeconds=59),
        "Function: MaximumEventAgeInSeconds 59 s: Lambda takes 60–21,600 s (6 hours); give one within",
    ),
    case(
        async_stack(DestinationConfig={"OnFailure": {"Destination": arn("Function")}}),
        "Function: DestinationConfig.OnFailure is the function itself: Lambda refuses a loop; give another "
        "function, or a queue",
    ),
]


@pytest.mark.parametrize(("stack", "sentence"), REFUSED)
def test_a_template_that_could_not_be_deployed_is_an_error(stack: Template, sentence: str) -> None:
    with pytest.raises(TemplateError) as raised:
        Simulation.from_template(stack, {"Function": fails})
    assert str(raised.value) == sentence


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
        "Blue": resource("AWS::Lambda::Alias", FunctionName={"Ref": "Function"}, FunctionVersion="1", Name="blue"),
        "Consumer": resource("AWS::Kinesis::StreamConsumer", ConsumerName="c", StreamARN=arn("Stream")),
    }
    for number, function in enumerate(({"Ref": "Version"}, {"Ref": "Alias"}, "Function:blue", "Function:$LATEST")):
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
    assert sorted(each.partition(":Function")[2] for each in arns) == ["", ":$LATEST", ":1", ":blue", ":live"]


def test_how_a_function_elsewhere_is_invoked_is_named() -> None:
    stack = changed(async_stack(), "Config", FunctionName="Other")
    assert Simulation.from_template(stack).not_modelled == (
        "AWS::Lambda::EventInvokeConfig of Other, which is not in the template",
    )
