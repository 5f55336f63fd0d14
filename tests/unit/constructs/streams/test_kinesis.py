"""The stream of `KinesisConsumer`: made or taken, polled or with enhanced fan-out."""

# The CDK's own classes do not fit its interfaces for a type checker: https://github.com/aws/jsii/issues/4541
# pyright: reportArgumentType=false

from typing import Any

import pytest
from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_kinesis as kinesis
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_

from redrive.settings.streams import read_stream
from redrive_cdk.streams.kinesis import KinesisConsumer
from tests.support.constructs.cdk import Synthesized, deployed, new_stack, warnings_of
from tests.support.constructs.streams.consumers import STREAM_ARN, a_stream, kinesis_consumer, mapping_of

CONSUMER_ARN = f"{STREAM_ARN}/consumer/orders:1540591608"
OTHER_ARN = "arn:aws:kinesis:eu-west-1:111111111111:stream/mails"
HOUR = 60 * 60


def settings_of(synthesized: Synthesized, consumer: KinesisConsumer, arn: str) -> str | None:
    assert isinstance(consumer.function, lambda_.Function)
    return read_stream(synthesized.environment(consumer.function), arn).source_arn


def test_a_stream_is_made_on_demand_and_encrypted() -> None:
    stack = new_stack()
    consumer = kinesis_consumer(stack)
    stream = Synthesized(stack).resource(consumer.stream)
    assert stream["Properties"] == {
        "RetentionPeriodHours": 24,
        "StreamEncryption": {"EncryptionType": "KMS", "KeyId": "alias/aws/kinesis"},
        "StreamModeDetails": {"StreamMode": "ON_DEMAND"},
    }
    assert stream["DeletionPolicy"] == "Retain"
    assert consumer.facts.retention == 24 * HOUR
    assert consumer.source.is_made


def test_retention_removal_and_key_of_the_stream_can_be_chosen() -> None:
    stack = new_stack()
    key = kms.Key(stack, "Key")
    consumer = kinesis_consumer(
        stack,
        retention_period=Duration.days(365),
        stream_removal_policy=RemovalPolicy.DESTROY,
        encryption_key=key,
        on_failure="none",
    )
    synthesized = Synthesized(stack)
    stream = synthesized.resource(consumer.stream)
    assert stream["Properties"]["RetentionPeriodHours"] == 8_760
    assert stream["Properties"]["StreamEncryption"] == {"EncryptionType": "KMS", "KeyId": synthesized.arn(key)}
    assert stream["DeletionPolicy"] == "Delete"
    assert consumer.facts.retention == 8_760 * HOUR


@pytest.mark.parametrize("hours", [24, 48])
def test_a_stream_of_this_app_is_taken_with_its_retention(hours: int) -> None:
    stack = new_stack()
    stream = a_stream(stack, retention_period=Duration.hours(hours))
    consumer = kinesis_consumer(stack, stream=stream)
    assert consumer.stream is stream
    assert consumer.facts.retention == hours * HOUR
    synthesized = Synthesized(stack)
    mapping = mapping_of(synthesized, consumer)
    assert mapping["EventSourceArn"] == synthesized.arn(stream)
    assert mapping["MaximumRecordAgeInSeconds"] == hours * HOUR / 2
    assert len(synthesized.of_type("AWS::Kinesis::Stream")) == 1
    assert not consumer.source.is_made


def test_the_retention_is_that_of_the_resource() -> None:
    """An escape hatch may have changed the retention, or nobody has set it."""
    stack = new_stack()
    changed, unset = a_stream(stack, "Changed"), kinesis.Stream(stack, "Unset")
    for stream, hours in ((changed, 100), (unset, None)):
        resource = stream.node.default_child
        assert isinstance(resource, kinesis.CfnStream)
        resource.retention_period_hours = hours
    consumers = [kinesis_consumer(stack, each.node.id + "Consumer", stream=each) for each in (changed, unset)]
    assert [consumer.facts.retention for consumer in consumers] == [100 * HOUR, 24 * HOUR]


def test_an_imported_stream_is_taken_without_a_warning() -> None:
    stack = new_stack()
    stream = kinesis.Stream.from_stream_arn(stack, "Imported", STREAM_ARN)
    consumer = kinesis_consumer(stack, stream=stream)
    assert consumer.facts.retention is None
    synthesized = Synthesized(stack)
    assert mapping_of(synthesized, consumer)["EventSourceArn"] == STREAM_ARN
    assert settings_of(synthesized, consumer, STREAM_ARN) == STREAM_ARN
    assert warnings_of(stack) == {}


def test_reading_may_start_at_a_time() -> None:
    stack = new_stack()
    consumer = kinesis_consumer(
        stack, starting_position=lambda_.StartingPosition.AT_TIMESTAMP, starting_position_timestamp=1_795_305_600
    )
    mapping = mapping_of(Synthesized(stack), consumer)
    assert (mapping["StartingPosition"], mapping["StartingPositionTimestamp"]) == ("AT_TIMESTAMP", 1_795_305_600)
    assert warnings_of(stack) == {}


def test_without_enhanced_fan_out_there_is_no_consumer() -> None:
    stack = new_stack()
    assert kinesis_consumer(stack).stream_consumer is None
    assert Synthesized(stack).of_type("AWS::Kinesis::StreamConsumer") == {}


@pytest.mark.parametrize("taken", [False, True])
def test_enhanced_fan_out_registers_a_consumer_and_maps_it(taken: bool) -> None:
    stack = new_stack()
    consumer = kinesis_consumer(stack, enhanced_fan_out=True, **({"stream": a_stream(stack)} if taken else {}))
    synthesized = Synthesized(stack)
    registered = synthesized.properties(consumer.stream_consumer)
    assert registered["StreamARN"] == synthesized.arn(consumer.stream)
    assert registered["ConsumerName"].startswith("Stack-Orders-")
    arn = {"Fn::GetAtt": [synthesized.id(consumer.stream_consumer), "ConsumerARN"]}
    assert mapping_of(synthesized, consumer)["EventSourceArn"] == arn


def test_consumers_of_one_stream_have_names_of_their_own() -> None:
    stack = new_stack()
    stream = a_stream(stack)
    for id in ("Orders", "Mails"):
        kinesis_consumer(stack, id, stream=stream, enhanced_fan_out=True)
    registered = Synthesized(stack).of_type("AWS::Kinesis::StreamConsumer").values()
    assert len({each["Properties"]["ConsumerName"] for each in registered}) == 2


def test_a_registered_consumer_is_taken_with_its_stream() -> None:
    stack = new_stack()
    registered = kinesis.StreamConsumer.from_stream_consumer_arn(stack, "Registered", CONSUMER_ARN)
    consumer = kinesis_consumer(stack, enhanced_fan_out=registered)
    assert consumer.stream_consumer is registered
    synthesized = Synthesized(stack)
    assert deployed(stack.resolve(consumer.stream.stream_arn)) == STREAM_ARN
    assert mapping_of(synthesized, consumer)["EventSourceArn"] == CONSUMER_ARN
    assert synthesized.of_type("AWS::Kinesis::Stream") == {}
    assert synthesized.of_type("AWS::Kinesis::StreamConsumer") == {}


@pytest.mark.parametrize("given", [False, True])
def test_a_consumer_of_this_app_is_taken_with_its_stream(given: bool) -> None:
    stack = new_stack()
    stream = a_stream(stack, retention_period=Duration.hours(36))
    registered = kinesis.StreamConsumer(stack, "Registered", stream=stream, stream_consumer_name="orders")
    options: dict[str, Any] = {"stream": stream} if given else {}
    consumer = kinesis_consumer(stack, enhanced_fan_out=registered, **options)
    assert consumer.facts.retention == 36 * HOUR
    assert deployed(stack.resolve(consumer.source.arn)) == deployed(stack.resolve(stream.stream_arn))


def test_with_enhanced_fan_out_the_settings_are_the_streams() -> None:
    """The helper finds them by the stream's ARN, also where records name the consumer's, which begins with it."""
    stack = new_stack()
    registered = kinesis.StreamConsumer.from_stream_consumer_arn(stack, "Registered", CONSUMER_ARN)
    consumer = kinesis_consumer(stack, enhanced_fan_out=registered)
    assert settings_of(Synthesized(stack), consumer, STREAM_ARN) == STREAM_ARN


def refusal(**options: Any) -> str:
    stack = options.pop("stack", None) or new_stack()
    with pytest.raises(ValueError) as raised:  # noqa: PT011 (what it says is for the caller to judge)
        kinesis_consumer(stack, **options)
    return str(raised.value)


@pytest.mark.parametrize("imported", [False, True])
def test_a_consumer_of_another_stream_is_refused(imported: bool) -> None:
    stack = new_stack()
    if imported:
        stream = kinesis.Stream.from_stream_arn(stack, "Stream", OTHER_ARN)
        registered = kinesis.StreamConsumer.from_stream_consumer_arn(stack, "Registered", CONSUMER_ARN)
    else:
        stream = a_stream(stack)
        registered = kinesis.StreamConsumer(
            stack, "Registered", stream=a_stream(stack, "Other"), stream_consumer_name="orders"
        )
    text = refusal(stack=stack, stream=stream, enhanced_fan_out=registered)
    assert "stream is Stack/Stream, and the enhanced_fan_out consumer is registered with Stack/" in text
    assert text.endswith("leave stream unset, or give a consumer of it")


def test_what_is_no_consumer_is_refused() -> None:
    text = refusal(enhanced_fan_out=CONSUMER_ARN)
    assert f"enhanced_fan_out {CONSUMER_ARN!r} is no consumer" in text
    assert "give True to have one registered, or kinesis.StreamConsumer.from_stream_consumer_arn(…)" in text


@pytest.mark.parametrize(
    "period",
    [Duration.hours(23), Duration.hours(8_761), Duration.minutes(24 * 60 + 1)],
    ids=["23 h", "8761 h", "1 min"],
)
def test_a_retention_that_kinesis_does_not_have_is_refused(period: Duration) -> None:
    text = refusal(retention_period=period)
    assert f"Stack/Orders: retention_period {period.to_seconds():,} s: Kinesis keeps records for whole hours" in text


@pytest.mark.parametrize(
    "option", [{"retention_period": Duration.days(2)}, {"stream_removal_policy": RemovalPolicy.RETAIN}]
)
@pytest.mark.parametrize("by", ["stream", "consumer"])
def test_options_of_a_stream_that_is_not_made_are_refused(option: dict[str, Any], by: str) -> None:
    stack = new_stack()
    given: dict[str, Any] = {"stream": a_stream(stack)}
    if by == "consumer":
        given = {"enhanced_fan_out": kinesis.StreamConsumer.from_stream_consumer_arn(stack, "Registered", CONSUMER_ARN)}
    (name,) = option
    text = refusal(stack=stack, **given, **option)
    assert f"{name} is for a stream that the consumer makes, and here it makes none" in text
    assert f"or leave {name} unset" in text
