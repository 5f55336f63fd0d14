"""Refusals of both consumers of streams: each with a neighbour that is allowed, and values, rule and remedy."""

# The CDK's own classes do not fit its interfaces for a type checker: https://github.com/aws/jsii/issues/4541
# pyright: reportArgumentType=false

from functools import cache
from typing import Any

import pytest
from aws_cdk import CfnParameter, Duration, Environment, RemovalPolicy, Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_kinesis as kinesis
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs

from redrive_cdk.streams.consumer import StreamConsumer
from tests.support.constructs.asynchronous.destinations import MADE
from tests.support.constructs.cases import Options, Refused, just
from tests.support.constructs.cdk import Synthesized, new_stack
from tests.support.constructs.streams.consumers import (
    CONSUMERS,
    GIVEN,
    STREAM_ARN,
    TABLE_ARN,
    TABLE_STREAM_ARN,
    dynamodb_consumer,
    kinesis_consumer,
)
from tests.support.model.rules import pattern

POSITION = lambda_.StartingPosition


def patterns(count: int, length: int = 20) -> Options:
    return just(filters=[{"pattern": pattern(length)}] * count)


def place(role: str, kind: str) -> Options:
    return lambda stack: {"on_failure": "none", role: MADE[kind](stack, "Given", None)}


def queue(role: str, **options: Any) -> Options:
    return lambda stack: {"on_failure": "none", role: sqs.Queue(stack, "Given", **options)}


def referred_queue(role: str, **options: Any) -> Options:
    """By the ARN of a queue of this app, of which the imported object says nothing."""
    return lambda stack: {
        "on_failure": "none",
        role: sqs.Queue.from_queue_arn(stack, "Referred", sqs.Queue(stack, "Given", **options).queue_arn),
    }


def referred_topic(**options: Any) -> Options:
    return lambda stack: {
        "on_failure": sns.Topic.from_topic_arn(stack, "Referred", sns.Topic(stack, "Given", **options).topic_arn)
    }


def imported_queue(role: str, name: str) -> Options:
    arn = f"arn:aws:sqs:eu-west-1:111111111111:{name}"
    return lambda stack: {"on_failure": "none", role: sqs.Queue.from_queue_arn(stack, "Imported", arn)}


def key(**options: Any) -> Options:
    return lambda stack: {"encryption_key": kms.Key(stack, "Key"), **options}


FIFO = "is FIFO: Lambda delivers to standard queues and topics only"
CASES: dict[str, Refused] = {
    "no records": Refused(
        just(batch_size=0), just(batch_size=1), ("batch_size 0", "whole numbers from 1 to 10,000", "give one within")
    ),
    "too many records": Refused(just(batch_size=10_001), just(batch_size=10_000), ("batch_size 10,001", "1 to 10,000")),
    "a long batching window": Refused(
        just(max_batching_window=Duration.seconds(301)),
        just(max_batching_window=Duration.seconds(300)),
        ("max_batching_window 301 s: Lambda takes 0–300 s (5 minutes)", "give one within"),
    ),
    "no parallel batches": Refused(
        just(parallelization_factor=0), just(parallelization_factor=1), ("parallelization_factor 0", "from 1 to 10")
    ),
    "too many parallel batches": Refused(
        just(parallelization_factor=11), just(parallelization_factor=10), ("parallelization_factor 11", "from 1 to 10")
    ),
    "a long tumbling window": Refused(
        just(tumbling_window=Duration.seconds(901)),
        just(tumbling_window=Duration.seconds(900)),
        ("tumbling_window 901 s: Lambda takes 0–900 s (15 minutes)", "give one within"),
    ),
    "retries below 0": Refused(
        just(retry_attempts=-1),
        just(retry_attempts="infinite"),
        ("retry_attempts -1", "from 0 to 10,000", 'give one within, or "infinite"'),
    ),
    "too many retries": Refused(
        just(retry_attempts=10_001), just(retry_attempts=10_000), ("retry_attempts 10,001", "from 0 to 10,000")
    ),
    "retries by another word": Refused(
        just(retry_attempts="forever"),
        just(retry_attempts="infinite"),
        ("retry_attempts 'forever'", 'the only word for it is "infinite"'),
    ),
    "a short age": Refused(
        just(max_record_age=Duration.seconds(59)),
        just(max_record_age=Duration.seconds(60)),
        ("max_record_age 59 s: Lambda takes 60–604,800 s (7 days)", 'give one within, or "infinite"'),
    ),
    "a long age": Refused(
        just(max_record_age=Duration.seconds(604_801)),
        just(max_record_age=Duration.days(7)),
        ("max_record_age 604,801 s", "60–604,800 s (7 days)"),
    ),
    "an age by another word": Refused(
        just(max_record_age="never"), just(max_record_age="infinite"), ("max_record_age 'never'", '"infinite"')
    ),
    "too many filters": Refused(patterns(11), patterns(10), ("11 filters: a mapping has at most 10", "give fewer")),
    "a long pattern": Refused(
        patterns(1, 4_097), patterns(1, 4_096), ("a filter's pattern has 4,097 characters: Lambda takes 4,096",)
    ),
    "a function as destination": Refused(
        place("on_failure", "function"),
        place("on_failure", "topic"),
        ("on_failure is of the kind 'function'", "give a queue"),
    ),
    "an event bus as destination": Refused(
        place("on_failure", "event bus"),
        place("on_failure", "bucket"),
        ("on_failure is of the kind 'event bus'", "give a queue"),
    ),
    "another word for a destination": Refused(
        just(on_failure="topic"), just(on_failure="queue"), ("on_failure 'topic'", 'give "bucket" or "queue"')
    ),
    "what is no destination": Refused(
        lambda stack: {"on_failure": kms.Key(stack, "Key")},
        place("on_failure", "queue"),
        ("on_failure <aws_cdk.aws_kms.Key object", "is no destination", "give an SQS queue"),
    ),
    "what is no place to set aside": Refused(
        lambda stack: {"set_aside": kms.Key(stack, "Key")},
        place("set_aside", "queue"),
        ("set_aside <aws_cdk.aws_kms.Key object", "is no destination"),
    ),
    "a topic to set aside": Refused(
        place("set_aside", "topic"),
        place("set_aside", "bucket"),
        ("set_aside is of the kind 'topic'", "give one of these"),
    ),
    "a FIFO queue": Refused(
        queue("on_failure", fifo=True), queue("on_failure"), (f"on_failure Stack/Given {FIFO}", "give a standard one")
    ),
    "a FIFO queue of this app by its ARN": Refused(
        referred_queue("on_failure", fifo=True), referred_queue("on_failure"), (f"on_failure Stack/Referred {FIFO}",)
    ),
    "an imported FIFO queue": Refused(
        imported_queue("on_failure", "failed.fifo"),
        imported_queue("on_failure", "failed"),
        (f"on_failure Stack/Imported {FIFO}",),
    ),
    "a FIFO topic": Refused(
        lambda stack: {"on_failure": sns.Topic(stack, "Given", fifo=True)},
        lambda stack: {"on_failure": sns.Topic(stack, "Given")},
        (f"on_failure Stack/Given {FIFO}",),
    ),
    "a FIFO topic of this app by its ARN": Refused(
        referred_topic(fifo=True), referred_topic(), (f"on_failure Stack/Referred {FIFO}",)
    ),
    "a FIFO queue to set aside": Refused(
        queue("set_aside", fifo=True), queue("set_aside"), (f"set_aside Stack/Given {FIFO}",)
    ),
    "a FIFO queue of this app to set aside": Refused(
        referred_queue("set_aside", fifo=True), referred_queue("set_aside"), (f"set_aside Stack/Referred {FIFO}",)
    ),
    "an imported FIFO queue to set aside": Refused(
        imported_queue("set_aside", "failed.fifo"),
        imported_queue("set_aside", "failed"),
        (f"set_aside Stack/Imported {FIFO}",),
    ),
    "a retention without a queue": Refused(
        just(failure_queue_retention_period=Duration.days(4)),
        just(failure_queue_retention_period=Duration.days(4), on_failure="queue"),
        ("failure_queue_retention_period is for a queue that the consumer makes", "leave"),
    ),
    "a removal policy without a place": Refused(
        just(failure_removal_policy=RemovalPolicy.DESTROY, on_failure="none"),
        just(failure_removal_policy=RemovalPolicy.DESTROY),
        ("failure_removal_policy is for a bucket or queue that the consumer makes", "leave"),
    ),
}


def refusal(name: str, stack: Stack, **options: Any) -> str:
    with pytest.raises(ValueError) as raised:  # noqa: PT011 (what it says is for the caller to judge)
        CONSUMERS[name](stack, **options)
    return str(raised.value)


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("name", CONSUMERS)
def test_it_is_refused_with_values_rule_and_remedy(name: str, case: str) -> None:
    stack = new_stack()
    text = refusal(name, stack, **CASES[case].refused(stack))
    assert text.startswith("Stack/Orders: ")
    for part in CASES[case].says:
        assert part in text


@cache
def neighbours(case: str) -> tuple[Synthesized, dict[str, StreamConsumer]]:
    """Make both consumers with what is allowed, in one stack."""
    stack = new_stack()
    options = CASES[case].allowed(stack)
    made = {name: make(stack, name, **options) for name, make in CONSUMERS.items()}
    return Synthesized(stack), made


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("name", CONSUMERS)
def test_its_neighbour_is_allowed(name: str, case: str) -> None:
    synthesized, made = neighbours(case)
    assert synthesized.resource(made[name].event_source_mapping)


@pytest.mark.parametrize("name", CONSUMERS)
def test_a_key_for_nothing_that_is_made_is_refused(name: str) -> None:
    stack = new_stack()
    encryption_key = kms.Key(stack, "Key")
    source = GIVEN[name](stack)
    text = refusal(name, stack, encryption_key=encryption_key, on_failure="none", **source)
    assert "encryption_key is for streams, tables, buckets and queues that the consumer makes" in text
    CONSUMERS[name](stack, "WithPlace", encryption_key=encryption_key, **source)
    CONSUMERS[name](stack, "WithSource", encryption_key=encryption_key, on_failure="none")


TIMES: dict[str, tuple[dict[str, Any], tuple[str, ...]]] = {
    "a position without its time": (
        {"starting_position": POSITION.AT_TIMESTAMP},
        ("starting_position AT_TIMESTAMP without a time", "give starting_position_timestamp in Unix time seconds"),
    ),
    "a time without its position": (
        {"starting_position_timestamp": 1_795_305_600},
        ("starting_position_timestamp with starting_position TRIM_HORIZON", "or leave the timestamp unset"),
    ),
    "a time with another position": (
        {"starting_position": POSITION.LATEST, "starting_position_timestamp": 1_795_305_600},
        ("starting_position_timestamp with starting_position LATEST", "only AT_TIMESTAMP starts from a time"),
    ),
}


@pytest.mark.parametrize("case", TIMES)
def test_a_time_to_start_from_goes_with_its_position(case: str) -> None:
    options, says = TIMES[case]
    text = refusal("Kinesis", new_stack(), **options)
    for part in says:
        assert part in text


def test_the_time_to_start_from_may_be_known_only_at_the_deployment() -> None:
    stack = new_stack()
    time = CfnParameter(stack, "Time", type="Number").value_as_number
    kinesis_consumer(stack, starting_position=POSITION.AT_TIMESTAMP, starting_position_timestamp=time)
    assert Synthesized(stack).template


@pytest.mark.parametrize(
    ("options", "what"),
    [
        ({"starting_position": POSITION.AT_TIMESTAMP}, "starting_position AT_TIMESTAMP"),
        (
            {"starting_position": POSITION.AT_TIMESTAMP, "starting_position_timestamp": 1_795_305_600},
            "starting_position AT_TIMESTAMP",
        ),
        ({"starting_position_timestamp": 1_795_305_600}, "starting_position_timestamp"),
    ],
)
def test_a_dynamodb_stream_is_not_read_from_a_time(options: dict[str, Any], what: str) -> None:
    text = refusal("DynamoDB", new_stack(), **options)
    assert f"{what} on a DynamoDB stream: only Kinesis streams have it; give TRIM_HORIZON or LATEST" in text


@pytest.mark.parametrize("position", [POSITION.TRIM_HORIZON, POSITION.LATEST])
@pytest.mark.parametrize("name", CONSUMERS)
def test_it_is_read_from_its_oldest_record_or_from_now(name: str, position: lambda_.StartingPosition) -> None:
    stack = new_stack()
    CONSUMERS[name](stack, starting_position=position)
    assert Synthesized(stack).template


def imported(name: str, stack: Stack, region: str) -> dict[str, Any]:
    def there(arn: str) -> str:
        return arn.replace("eu-west-1", region)

    if name == "Kinesis":
        return {"stream": kinesis.Stream.from_stream_arn(stack, "Imported", there(STREAM_ARN))}
    return {
        "table": dynamodb.Table.from_table_attributes(
            stack, "Imported", table_arn=there(TABLE_ARN), table_stream_arn=there(TABLE_STREAM_ARN)
        )
    }


@pytest.mark.parametrize("name", CONSUMERS)
def test_a_stream_of_another_region_is_refused(name: str) -> None:
    stack = new_stack(env=Environment(account="111111111111", region="eu-west-1"))
    text = refusal(name, stack, **imported(name, stack, "eu-west-3"))
    assert "the stream is in eu-west-3 and the mapping in eu-west-1" in text
    assert text.endswith("make function and consumer in a stack of eu-west-3")


@pytest.mark.parametrize("region", [None, "eu-west-1"])
@pytest.mark.parametrize("name", CONSUMERS)
def test_a_stream_of_the_same_region_or_one_that_is_not_known_is_allowed(name: str, region: str | None) -> None:
    stack = new_stack(**({} if region is None else {"env": Environment(account="111111111111", region=region)}))
    CONSUMERS[name](stack, **imported(name, stack, "eu-west-1"))
    assert Synthesized(stack).template


def test_the_base_itself_reads_nothing() -> None:
    """The base leaves the differences between streams to its subclasses."""
    stack = new_stack()
    consumer = dynamodb_consumer(stack)
    for call in (
        lambda: StreamConsumer.metric_read_throttled(consumer),
        lambda: StreamConsumer._grant_reading(consumer, consumer.access_policy),
    ):
        with pytest.raises(NotImplementedError):
            call()
