"""Resources of a template as records: what is given, AWS's defaults for the rest, and what is elsewhere."""

from __future__ import annotations

import json
from typing import Any

import pytest

from redrive_model.resources.asynchronous import AsyncSpec
from redrive_model.resources.function import FunctionSpec
from redrive_model.resources.mapping import SqsMappingSpec, StreamMappingSpec
from redrive_model.resources.queue import QueueSpec
from redrive_model.resources.stack import Stack, stack_of
from redrive_model.resources.stream import StreamDefaults, StreamSpec
from redrive_model.resources.table import TableSpec
from redrive_model.resources.topic import Subscription, TopicSpec
from redrive_model.template.template import Place, read_template
from tests.support.simulator.simulations import Template, arn, mapping, resource, template

PLACE = Place("eu-west-1", "111111111111")
LAMBDA = "arn:aws:lambda:eu-west-1:111111111111:function:"
SQS = "arn:aws:sqs:eu-west-1:111111111111:"


def stack(source: Template, defaults: StreamDefaults | None = None) -> Stack:
    return stack_of(read_template(source, PLACE, {}), defaults)


def test_a_queue_has_the_defaults_of_sqs() -> None:
    ((_, queue),) = stack(template(Queue=resource("AWS::SQS::Queue"))).queues
    url = "https://sqs.eu-west-1.amazonaws.com/111111111111/Queue"
    assert queue == QueueSpec("Queue", f"{SQS}Queue", url)
    assert (queue.visibility_timeout, queue.delay, queue.retention, queue.max_receive_count) == (30, 0, 345_600, None)


@pytest.mark.parametrize("as_text", [False, True])
def test_a_queue_has_what_the_template_gives(as_text: bool) -> None:
    policy: Any = {"deadLetterTargetArn": f"{SQS}Failed", "maxReceiveCount": "3"}
    queue = resource(
        "AWS::SQS::Queue",
        FifoQueue="true",
        VisibilityTimeout="60",
        DelaySeconds=5,
        MessageRetentionPeriod=60,
        ContentBasedDeduplication=True,
        DeduplicationScope="messageGroup",
        RedrivePolicy=json.dumps(policy) if as_text else policy,
    )
    ((_, found),) = stack(template(Queue=queue)).queues
    assert found == QueueSpec(
        "Queue",
        f"{SQS}Queue.fifo",
        "https://sqs.eu-west-1.amazonaws.com/111111111111/Queue.fifo",
        fifo=True,
        visibility_timeout=60,
        delay=5,
        retention=60,
        dead_letter_arn=f"{SQS}Failed",
        max_receive_count=3,
        content_based_deduplication=True,
        deduplication_by_group=True,
    )


def test_a_redrive_policy_without_a_count_has_the_default_of_sqs() -> None:
    queue = resource("AWS::SQS::Queue", RedrivePolicy={"deadLetterTargetArn": f"{SQS}Failed"})
    ((_, found),) = stack(template(Queue=queue)).queues
    assert found.max_receive_count == 10


def test_a_function_has_the_defaults_of_lambda_and_its_environment_as_text() -> None:
    plain = resource("AWS::Lambda::Function")
    full = resource(
        "AWS::Lambda::Function",
        Environment={"Variables": {"FLAG": True, "NUMBER": 5}},
        ReservedConcurrentExecutions=0,
        DeadLetterConfig={"TargetArn": f"{SQS}Failed"},
        RecursiveLoop="Allow",
    )
    (_, one), (_, other) = stack(template(Plain=plain, Full=full)).functions
    assert one == FunctionSpec("Plain", "Plain", f"{LAMBDA}Plain")
    assert (one.timeout, one.memory) == (3, 128)
    assert other.environment == {"FLAG": "true", "NUMBER": "5"}
    assert (other.reserved_concurrency, other.dead_letter_arn, other.may_recurse) == (0, f"{SQS}Failed", True)


def test_settings_of_asynchronous_invocation_are_found_by_what_is_invoked() -> None:
    its = {"FunctionName": {"Ref": "Function"}}
    found = stack(
        template(
            Function=resource("AWS::Lambda::Function"),
            Latest=resource("AWS::Lambda::EventInvokeConfig", **its, Qualifier="$LATEST", MaximumRetryAttempts=0),
            Live=resource(
                "AWS::Lambda::EventInvokeConfig",
                **its,
                Qualifier="live",
                MaximumEventAgeInSeconds=60,
                DestinationConfig={"OnFailure": {"Destination": f"{SQS}Failed"}},
            ),
            Empty=resource("AWS::Lambda::EventInvokeConfig", **its, Qualifier="1"),
        )
    ).asynchronous
    assert found == {
        f"{LAMBDA}Function": AsyncSpec(max_retries=0),
        f"{LAMBDA}Function:live": AsyncSpec(max_age=60, on_failure=f"{SQS}Failed"),
        f"{LAMBDA}Function:1": AsyncSpec(is_empty=True),
    }
    assert (AsyncSpec().max_retries, AsyncSpec().max_age) == (2, 21_600)


def test_streams_have_their_shards_and_retention_and_defaults_for_the_rest() -> None:
    source = template(
        Wide=resource("AWS::Kinesis::Stream", ShardCount=2, RetentionPeriodHours=48),
        OnDemand=resource("AWS::Kinesis::Stream"),
        Table=resource(
            "AWS::DynamoDB::Table",
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            StreamSpecification={"StreamViewType": "NEW_IMAGE"},
            TimeToLiveSpecification={"Enabled": True, "AttributeName": "ends"},
        ),
        Plain=resource("AWS::DynamoDB::Table"),
    )
    its = "arn:aws:dynamodb:eu-west-1:111111111111:table/Table"
    of_table = f"{its}/stream/2026-01-01T00:00:00.000"
    found = stack(source)
    assert [(spec.name, spec.shards, spec.retention) for _, spec in found.streams] == [
        ("Wide", 2, 172_800),
        ("OnDemand", 4, 86_400),
        ("Table", 1, 86_400),
    ]
    assert found.streams[2][1] == StreamSpec("Table", "dynamodb", of_table, 1, 86_400, "NEW_IMAGE", ("id",))
    assert [spec for _, spec in found.tables] == [
        TableSpec("Table", "Table", its, ("id",), "ends", of_table),
        TableSpec("Plain", "Plain", its.replace("Table", "Plain"), ()),
    ]
    other = stack(source, StreamDefaults(on_demand_shards=7, dynamodb_shards=3, dynamodb_retention=60))
    assert [(spec.shards, spec.retention) for _, spec in other.streams] == [(2, 172_800), (7, 86_400), (3, 60)]


def test_a_topic_has_the_subscriptions_of_the_template_and_its_own() -> None:
    found = stack(
        template(
            Topic=resource("AWS::SNS::Topic", Subscription=[{"Endpoint": "me@example.com", "Protocol": "email"}]),
            Other=resource("AWS::SNS::Topic"),
            Subscription=resource(
                "AWS::SNS::Subscription",
                TopicArn={"Ref": "Topic"},
                Endpoint=f"{SQS}Queue",
                Protocol="sqs",
                RawMessageDelivery=True,
                RedrivePolicy={"deadLetterTargetArn": f"{SQS}Failed"},
            ),
        )
    ).topics
    assert [spec for _, spec in found] == [
        TopicSpec(
            "Topic",
            "arn:aws:sns:eu-west-1:111111111111:Topic",
            (Subscription(f"{SQS}Queue", "sqs", True, f"{SQS}Failed"), Subscription("me@example.com", "email")),
        ),
        TopicSpec("Other", "arn:aws:sns:eu-west-1:111111111111:Other"),
    ]


def mapped(**properties: Any) -> Stack:
    return stack(
        template(
            Queue=resource("AWS::SQS::Queue"),
            Stream=resource("AWS::Kinesis::Stream"),
            Function=resource("AWS::Lambda::Function"),
            Mapping=mapping(arn(properties.pop("source")), **properties),
        )
    )


def test_the_mapping_of_a_queue_has_the_defaults_of_lambda() -> None:
    found = mapped(source="Queue")
    (its,) = found.sqs_mappings
    assert its == SqsMappingSpec("Mapping", its.uuid, f"{SQS}Queue", f"{LAMBDA}Function")
    assert (its.batch_size, its.window, its.maximum_concurrency) == (10, 0, None)
    assert found.not_modelled == []


@pytest.mark.parametrize(
    ("properties", "most"),
    [
        ({"ScalingConfig": {"MaximumConcurrency": 7}}, 7),
        ({"ProvisionedPollerConfig": {"MaximumPollers": 7}}, 70),
        ({"ProvisionedPollerConfig": {"MinimumPollers": 7}}, None),
    ],
)
def test_a_queue_s_mapping_is_limited_by_its_concurrency_or_by_its_pollers(
    properties: dict[str, Any], most: int | None
) -> None:
    (its,) = mapped(source="Queue", **properties).sqs_mappings
    assert its.maximum_concurrency == most


def test_the_mapping_of_a_stream_has_the_defaults_of_lambda() -> None:
    (its,) = mapped(source="Stream").stream_mappings
    stream = "arn:aws:kinesis:eu-west-1:111111111111:stream/Stream"
    assert its == StreamMappingSpec("Mapping", its.uuid, stream, f"{LAMBDA}Function")
    assert (its.batch_size, its.parallelization, its.max_retries, its.max_age) == (100, 1, None, None)


@pytest.mark.parametrize(("given", "limit"), [(-1, None), (0, 0), (60, 60), ("60", 60)])
def test_minus_one_is_no_limit(given: Any, limit: int | None) -> None:
    (its,) = mapped(source="Stream", MaximumRetryAttempts=given, MaximumRecordAgeInSeconds=given).stream_mappings
    assert (its.max_retries, its.max_age) == (limit, limit)


def test_settings_that_the_source_does_not_have_are_kept_by_name() -> None:
    (queues,) = mapped(source="Queue", TumblingWindowInSeconds=0, DestinationConfig={}).sqs_mappings
    (streams,) = mapped(source="Stream", ScalingConfig={"MaximumConcurrency": 2}).stream_mappings
    assert queues.unsupported == ("DestinationConfig", "TumblingWindowInSeconds")
    assert streams.unsupported == ("ScalingConfig",)
