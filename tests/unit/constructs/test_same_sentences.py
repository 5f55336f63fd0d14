"""One rule, two doors: what AWS refuses, a construct and the template of a stack refuse with the same sentence."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import pytest
from aws_cdk import Duration, Environment, Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_kinesis as kinesis
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sqs as sqs

from redrive_cdk import AsyncInvocation, DynamoDBStreamConsumer, KinesisConsumer, ProvisionedPollers, SqsConsumer
from redrive_model.findings import Finding, findings_of
from redrive_model.resources.stack import stack_of
from redrive_model.rules.asynchronous import ASYNC_RULES
from redrive_model.rules.rule import Rules
from redrive_model.rules.sqs import SQS_RULES
from redrive_model.rules.streams import STREAM_RULES
from redrive_model.rules.wording import for_constructs
from redrive_model.template.template import Place, read_template
from tests.support.constructs.cdk import new_stack, python_function
from tests.support.model.rules import NO_PATTERN, pattern
from tests.support.simulator.simulations import Template, arn, async_stack, function, resource, sqs_stack, stream_stack
from tests.support.simulator.simulations import table_stack as dynamodb_stack

Make = Callable[[Stack], object]
#: The timeout of the function on both sides is 10 s.


def consumer(**options: Any) -> Make:
    return lambda stack: SqsConsumer(stack, "Orders", function=python_function(stack), **options)


def taken(**properties: Any) -> Make:
    """A consumer of a queue whose resource has these properties, set behind the CDK's own checks."""

    def make(stack: Stack) -> object:
        queue = sqs.Queue(stack, "Taken")
        for name, value in properties.items():
            setattr(queue.node.default_child, name, value)
        return SqsConsumer(stack, "Orders", function=python_function(stack), queue=queue)

    return make


def own_dead_letters(stack: Stack) -> object:
    queue = sqs.Queue(stack, "Taken")
    return SqsConsumer(stack, "Orders", function=python_function(stack), queue=queue, dead_letter_queue=queue)


def other_dead_letters(stack: Stack) -> object:
    queue = sqs.Queue(stack, "Taken", retention_period=Duration.days(14))
    return SqsConsumer(stack, "Orders", function=python_function(stack), fifo=True, dead_letter_queue=queue)


def stream(**options: Any) -> Make:
    return lambda stack: KinesisConsumer(stack, "Readings", function=python_function(stack), **options)


def to_a_function(stack: Stack) -> object:
    target: Any = python_function(stack, "Target")
    return KinesisConsumer(stack, "Readings", function=python_function(stack), on_failure=target)


def short_stream(stack: Stack) -> object:
    taken = kinesis.Stream(stack, "Taken")
    cast("kinesis.CfnStream", taken.node.default_child).retention_period_hours = 23
    return KinesisConsumer(stack, "Readings", function=python_function(stack), stream=taken)


def table(**options: Any) -> Make:
    def make(stack: Stack) -> object:
        key = dynamodb.Attribute(name="id", type=dynamodb.AttributeType.STRING)
        taken = dynamodb.Table(stack, "Taken", partition_key=key, stream=dynamodb.StreamViewType.NEW_IMAGE)
        return DynamoDBStreamConsumer(stack, "Changes", function=python_function(stack), table=taken, **options)

    return make


def invocation(**options: Any) -> Make:
    return lambda stack: AsyncInvocation(stack, "Invoices", function=python_function(stack), **options)


def to_a_bucket(stack: Stack) -> object:
    its: Any = s3.Bucket(stack, "Results")
    return AsyncInvocation(stack, "Invoices", function=python_function(stack), on_success=its)


def to_itself(stack: Stack) -> object:
    its: Any = python_function(stack)
    return AsyncInvocation(stack, "Invoices", function=its, on_failure=its)


def with_(source: Template, name: str, **properties: Any) -> Template:
    source["Resources"][name].setdefault("Properties", {}).update(properties)
    return source


DATA = '{"data": {"a": [1]}}'


def filters(count: int, text: str = DATA) -> dict[str, Any]:
    return {"FilterCriteria": {"Filters": [{"Pattern": text}] * count}}


def given_filters(count: int, length: int | None = None) -> list[Any]:
    return [{"pattern": DATA if length is None else pattern(length)}] * count


def there(stack: Stack, name: str) -> sqs.IQueue:
    return sqs.Queue.from_queue_arn(stack, name, f"{THERE.format('sqs')}:{name}")


def bound(make: Make) -> Make:
    """The same in a stack that is bound to a Region."""
    here = Environment(account="111111111111", region="eu-west-1")
    return lambda stack: make(Stack(stack, "Bound", env=here))


def queue_there(stack: Stack) -> object:
    return SqsConsumer(stack, "Orders", function=python_function(stack), queue=there(stack, "orders"))


def dead_letters_there(stack: Stack) -> object:
    return SqsConsumer(stack, "Orders", function=python_function(stack), dead_letter_queue=there(stack, "failures"))


def stream_there(stack: Stack) -> object:
    its = kinesis.Stream.from_stream_arn(stack, "Taken", f"{THERE.format('kinesis')}:stream/readings")
    return KinesisConsumer(stack, "Readings", function=python_function(stack), stream=its)


THERE = "arn:aws:{}:eu-west-2:111111111111"
ITSELF = {"deadLetterTargetArn": "arn:aws:sqs:eu-west-1:111111111111:Queue", "maxReceiveCount": 5}
KEPT_FIFO = sqs_stack(fifo=True, receives=5, queue={"VisibilityTimeout": 60})
#: Rule, construct, template.
DOORS: list[tuple[str, Make, Template]] = [
    (
        "sqs-visibility-within-12-hours",
        consumer(visibility_timeout=Duration.seconds(43_201)),
        sqs_stack(queue={"VisibilityTimeout": 43_201}),
    ),
    ("sqs-delay-in-range", taken(delay_seconds=901), sqs_stack(queue={"DelaySeconds": 901})),
    (
        "sqs-retention-in-range",
        taken(message_retention_period=59),
        sqs_stack(queue={"MessageRetentionPeriod": 59}),
    ),
    ("sqs-receives-at-least-once", consumer(max_receive_count=1_001), sqs_stack(receives=1_001)),
    ("sqs-receives-at-least-once", consumer(max_receive_count=0), sqs_stack(receives=0)),
    ("sqs-dead-letter-queue-is-another", own_dead_letters, with_(sqs_stack(), "Queue", RedrivePolicy=ITSELF)),
    (
        "sqs-dead-letter-queue-of-same-kind",
        other_dead_letters,
        {"Resources": {**KEPT_FIFO["Resources"], "DeadLetters": resource("AWS::SQS::Queue")}},
    ),
    (
        "sqs-dead-letter-queue-is-near",
        bound(dead_letters_there),
        with_(sqs_stack(), "Queue", RedrivePolicy={**ITSELF, "deadLetterTargetArn": f"{THERE.format('sqs')}:failures"}),
    ),
    (
        "sqs-same-region",
        bound(queue_there),
        with_(sqs_stack(), "Mapping", EventSourceArn=f"{THERE.format('sqs')}:orders"),
    ),
    (
        "stream-same-region",
        bound(stream_there),
        with_(stream_stack(), "Mapping", EventSourceArn=f"{THERE.format('kinesis')}:stream/readings"),
    ),
    (
        "sqs-visibility-covers-function",
        consumer(visibility_timeout=Duration.seconds(9)),
        sqs_stack(queue={"VisibilityTimeout": 9}),
    ),
    ("sqs-fifo-batches", consumer(fifo=True, batch_size=11), sqs_stack(fifo=True, BatchSize=11)),
    (
        "sqs-fifo-batches",
        consumer(fifo=True, max_batching_window=Duration.seconds(1)),
        sqs_stack(fifo=True, MaximumBatchingWindowInSeconds=1),
    ),
    ("sqs-batch-size-in-range", consumer(batch_size=0), sqs_stack(BatchSize=0)),
    ("sqs-large-batches-have-a-window", consumer(batch_size=11), sqs_stack(BatchSize=11)),
    (
        "sqs-window-in-range",
        consumer(max_batching_window=Duration.seconds(301)),
        sqs_stack(MaximumBatchingWindowInSeconds=301),
    ),
    ("sqs-concurrency-in-range", consumer(max_concurrency=1), sqs_stack(ScalingConfig={"MaximumConcurrency": 1})),
    (
        "sqs-pollers-in-range",
        consumer(provisioned_pollers=ProvisionedPollers(minimum=201)),
        sqs_stack(ProvisionedPollerConfig={"MinimumPollers": 201}),
    ),
    (
        "sqs-pollers-in-range",
        consumer(provisioned_pollers=ProvisionedPollers(minimum=2), max_concurrency=2),
        sqs_stack(ProvisionedPollerConfig={"MinimumPollers": 2}, ScalingConfig={"MaximumConcurrency": 2}),
    ),
    ("sqs-filters-fit", consumer(filters=given_filters(11)), sqs_stack(**filters(11))),
    ("sqs-filters-fit", consumer(filters=given_filters(1, 4_097)), sqs_stack(**filters(1, pattern(4_097)))),
    (
        "sqs-filters-are-valid",
        consumer(filters=[{"pattern": NO_PATTERN}]),
        sqs_stack(**filters(1, NO_PATTERN)),
    ),
    ("stream-retention-in-range", short_stream, with_(stream_stack(), "Stream", RetentionPeriodHours=23)),
    ("stream-batch-size-in-range", stream(batch_size=10_001), stream_stack(BatchSize=10_001)),
    (
        "stream-window-in-range",
        stream(max_batching_window=Duration.seconds(301)),
        stream_stack(MaximumBatchingWindowInSeconds=301),
    ),
    ("stream-parallelization-in-range", stream(parallelization_factor=11), stream_stack(ParallelizationFactor=11)),
    (
        "stream-tumbling-window-in-range",
        stream(tumbling_window=Duration.seconds(901)),
        stream_stack(TumblingWindowInSeconds=901),
    ),
    ("stream-retries-in-range", stream(retry_attempts=10_001), stream_stack(MaximumRetryAttempts=10_001)),
    (
        "stream-age-in-range",
        stream(max_record_age=Duration.seconds(59)),
        stream_stack(MaximumRecordAgeInSeconds=59),
    ),
    (
        "stream-starting-position-exists",
        table(starting_position=lambda_.StartingPosition.AT_TIMESTAMP, starting_position_timestamp=1_795_305_600),
        with_(dynamodb_stack(), "Mapping", StartingPosition="AT_TIMESTAMP", StartingPositionTimestamp=1_795_305_600),
    ),
    (
        "stream-timestamp-goes-with-its-position",
        stream(starting_position=lambda_.StartingPosition.AT_TIMESTAMP),
        with_(stream_stack(), "Mapping", StartingPosition="AT_TIMESTAMP"),
    ),
    ("stream-filters-fit", stream(filters=given_filters(11)), stream_stack(**filters(11))),
    ("stream-filters-fit", stream(filters=given_filters(1, 4_097)), stream_stack(**filters(1, pattern(4_097)))),
    (
        "stream-filters-are-valid",
        stream(filters=[{"pattern": '{"data": ["a"]}'}]),
        stream_stack(**filters(1, '{"data": ["a"]}')),
    ),
    (
        "stream-destination-is-queue-topic-or-bucket",
        to_a_function,
        with_(stream_stack(), "Mapping", DestinationConfig={"OnFailure": {"Destination": arn("Function")}}),
    ),
    (
        "async-something-is-set",
        invocation(make_failure_queue=False),
        {
            "Resources": {
                "Function": function(),
                "Config": resource("AWS::Lambda::EventInvokeConfig", FunctionName={"Ref": "Function"}),
            }
        },
    ),
    ("async-retries-in-range", invocation(retry_attempts=3), async_stack(MaximumRetryAttempts=3)),
    (
        "async-age-in-range",
        invocation(max_event_age=Duration.seconds(59)),
        async_stack(MaximumEventAgeInSeconds=59),
    ),
    (
        "async-destination-is-another",
        to_itself,
        async_stack(DestinationConfig={"OnFailure": {"Destination": arn("Function")}}),
    ),
    (
        "async-no-bucket-on-success",
        to_a_bucket,
        async_stack(DestinationConfig={"OnSuccess": {"Destination": "arn:aws:s3:::results"}}),
    ),
]
#: The constructs have no option that breaks these, or a template has one Region only.
ONE_DOOR = {
    "redrive:sqs-settings-are-for-queues",
    "redrive:sqs-dead-letter-retention-in-range",
    "redrive:stream-settings-are-for-streams",
    "redrive:stream-no-destination-on-success",
    "redrive:stream-starting-position-is-given",
    "redrive:async-same-region",
}


def undeployable(source: Template) -> list[Finding]:
    stack = stack_of(read_template(source, Place("eu-west-1", "111111111111"), {}))
    return [each for each in findings_of(stack, wording=for_constructs) if each.severity == "undeployable"]


@pytest.mark.parametrize(
    ("rule", "make", "source"), DOORS, ids=[f"{number} {door[0]}" for number, door in enumerate(DOORS)]
)
def test_both_doors_refuse_with_the_same_sentence(rule: str, make: Make, source: Template) -> None:
    with pytest.raises(ValueError, match="Stack/") as raised:
        make(new_stack())
    path, _, said = str(raised.value).partition(": ")
    assert path.startswith("Stack/")
    assert [(each.rule, each.sentence) for each in undeployable(source)] == [(f"redrive:{rule}", said)]


def test_every_rule_of_aws_has_both_doors() -> None:
    kinds = cast("tuple[Rules[Any], ...]", (SQS_RULES, STREAM_RULES, ASYNC_RULES))
    known = {rules.id_of(rule) for rules in kinds for rule in rules.undeployable}
    assert {f"redrive:{rule}" for rule, _, _ in DOORS} | ONE_DOOR == known
