"""Places where both consumers of streams keep failures: the on-failure destination, and records set aside."""

# The CDK's own classes do not fit its interfaces for a type checker: https://github.com/aws/jsii/issues/4541
# pyright: reportArgumentType=false

from typing import Any

import pytest
from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs

from redrive.settings.streams import StreamSettings
from redrive_cdk.streams.consumer import StreamConsumer
from tests.support.constructs.cdk import Synthesized, deployed, new_stack, url_of, warnings_of
from tests.support.constructs.streams.consumers import CONSUMERS, made, mapping_of, settings_of

HALF_A_DAY = 12 * 60 * 60
DAY = 2 * HALF_A_DAY
Made = tuple[Synthesized, StreamConsumer]


@pytest.fixture(params=CONSUMERS)
def name(request: pytest.FixtureRequest) -> str:
    return request.param


def test_a_queue_can_be_made_instead(name: str) -> None:
    synthesized, consumer = made(name, on_failure="queue")
    assert consumer.on_failure is consumer.set_aside is consumer.failure_queue
    assert consumer.failure_bucket is consumer.set_aside_queue is None
    assert synthesized.of_type("AWS::S3::Bucket") == {}
    queue = synthesized.resource(consumer.failure_queue)
    assert queue["Properties"] == {"MessageRetentionPeriod": 14 * DAY, "SqsManagedSseEnabled": True}
    assert queue["DeletionPolicy"] == "RetainExceptOnCreate"
    destination = mapping_of(synthesized, consumer)["DestinationConfig"]
    assert destination == {"OnFailure": {"Destination": synthesized.arn(consumer.failure_queue)}}
    assert settings_of(synthesized, consumer) == StreamSettings(
        source_arn=deployed(synthesized.stack.resolve(consumer.source.arn)),
        set_aside_queue_url=url_of(synthesized.id(consumer.failure_queue)),
        function_timeout=10,
    )
    assert warnings_of(synthesized.stack) == {}


def test_there_may_be_no_destination(name: str) -> None:
    synthesized, consumer = made(name, on_failure="none")
    assert consumer.on_failure is consumer.set_aside is consumer.failure_bucket is consumer.failure_queue is None
    assert "DestinationConfig" not in mapping_of(synthesized, consumer)
    assert synthesized.of_type("AWS::S3::Bucket") == synthesized.of_type("AWS::SQS::Queue") == {}
    assert settings_of(synthesized, consumer).set_aside_bucket is None


PLACES = {
    "queue": lambda stack: sqs.Queue(stack, "Given"),
    "bucket": lambda stack: s3.Bucket(stack, "Given"),
    "topic": lambda stack: sns.Topic(stack, "Given"),
}


@pytest.mark.parametrize("place", PLACES)
def test_what_is_given_is_taken(name: str, place: str) -> None:
    stack = new_stack()
    given: Any = PLACES[place](stack)
    consumer = CONSUMERS[name](stack, on_failure=given)
    assert consumer.on_failure is given
    assert consumer.set_aside is (None if place == "topic" else given)
    assert consumer.failure_bucket is None
    assert consumer.failure_queue is (given if place == "queue" else None)
    assert consumer.set_aside_queue is None
    synthesized = Synthesized(stack)
    destination = mapping_of(synthesized, consumer)["DestinationConfig"]["OnFailure"]["Destination"]
    assert destination in (synthesized.arn(given), {"Ref": synthesized.id(given)})
    settings = settings_of(synthesized, consumer)
    assert (settings.set_aside_queue_url is not None) == (place == "queue")
    assert (settings.set_aside_bucket is not None) == (place == "bucket")


@pytest.mark.parametrize("place", ["queue", "bucket"])
@pytest.mark.parametrize("on_failure", ["topic", "none", "bucket", "queue"])
def test_records_can_be_set_aside_elsewhere(name: str, on_failure: str, place: str) -> None:
    stack = new_stack()
    given: Any = PLACES[place](stack)
    destination = sns.Topic(stack, "Topic") if on_failure == "topic" else on_failure
    consumer = CONSUMERS[name](stack, on_failure=destination, set_aside=given)
    assert consumer.set_aside is given
    assert consumer.set_aside_queue is (given if place == "queue" else None)
    synthesized = Synthesized(stack)
    settings = settings_of(synthesized, consumer)
    address = url_of(synthesized.id(given))
    assert settings.set_aside_queue_url == (address if place == "queue" else None)
    # Beside a queue, the bucket of the destination takes what does not fit into a message; delivery may write there.
    overflow = consumer.failure_bucket and url_of(synthesized.id(consumer.failure_bucket))
    assert settings.set_aside_bucket == (address if place == "bucket" else overflow)
    assert (overflow is not None) == (on_failure == "bucket")
    assert (settings.set_aside_prefix is None) == (settings.set_aside_bucket is None)
    assert "redrive:nothing-set-aside" not in warnings_of(stack)


def test_a_destination_given_twice_is_one(name: str) -> None:
    stack = new_stack()
    queue = sqs.Queue(stack, "Given")
    consumer = CONSUMERS[name](stack, on_failure=queue, set_aside=queue)
    assert consumer.set_aside_queue is None
    assert consumer.set_aside_alarm is None
    statements = Synthesized(stack).properties(consumer.access_policy)["PolicyDocument"]["Statement"]
    assert sum(statement["Action"] == "sqs:SendMessage" for statement in statements) == 1


@pytest.mark.parametrize("on_failure", ["bucket", "queue"])
def test_removal_and_key_of_what_is_made_can_be_chosen(name: str, on_failure: str) -> None:
    stack = new_stack()
    key = kms.Key(stack, "Key")
    consumer = CONSUMERS[name](
        stack, on_failure=on_failure, failure_removal_policy=RemovalPolicy.DESTROY, encryption_key=key
    )
    synthesized = Synthesized(stack)
    place = synthesized.resource(consumer.failure_bucket or consumer.failure_queue)
    assert place["DeletionPolicy"] == "Delete"
    if on_failure == "queue":
        assert place["Properties"]["KmsMasterKeyId"] == synthesized.arn(key)
        return
    (rule,) = place["Properties"]["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule == {
        "BucketKeyEnabled": True,
        "ServerSideEncryptionByDefault": {"KMSMasterKeyID": synthesized.arn(key), "SSEAlgorithm": "aws:kms"},
    }


def test_the_retention_of_a_queue_that_is_made_can_be_chosen(name: str) -> None:
    synthesized, consumer = made(name, on_failure="queue", failure_queue_retention_period=Duration.days(4))
    assert synthesized.properties(consumer.failure_queue)["MessageRetentionPeriod"] == 4 * DAY
