"""Results of the options of both consumers of streams: the mapping, settings and layer."""

# The CDK's own classes do not fit its interfaces for a type checker: https://github.com/aws/jsii/issues/4541
# pyright: reportArgumentType=false

import inspect

import pytest
from aws_cdk import Duration, Stack
from aws_cdk import aws_kinesis as kinesis
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3

from redrive.settings.streams import StreamSettings, read_stream
from redrive_cdk.streams.consumer import StreamConsumer
from redrive_cdk.streams.options import StreamKeywords
from tests.support.constructs.cdk import Synthesized, deployed, new_stack, number_parameter, url_of, warnings_of
from tests.support.constructs.streams.consumers import (
    CONSUMERS,
    GIVEN,
    function_of,
    kinesis_consumer,
    made,
    mapping_of,
)

HALF_A_DAY = 12 * 60 * 60
DAY = 2 * HALF_A_DAY
Made = tuple[Synthesized, StreamConsumer]


@pytest.fixture(params=CONSUMERS)
def name(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(scope="module", params=CONSUMERS)
def plain(request: pytest.FixtureRequest) -> Made:
    return made(request.param)


def test_the_mapping_says_all_that_holds(plain: Made) -> None:
    synthesized, consumer = plain
    mapping = dict(mapping_of(synthesized, consumer))
    assert deployed(mapping.pop("EventSourceArn")) == deployed(synthesized.stack.resolve(consumer.source.arn))
    assert mapping == {
        "FunctionName": {"Ref": synthesized.id(consumer.function)},
        "BatchSize": 100,
        "MaximumBatchingWindowInSeconds": 0,
        "ParallelizationFactor": 1,
        "StartingPosition": "TRIM_HORIZON",
        "MaximumRetryAttempts": 129,
        "MaximumRecordAgeInSeconds": HALF_A_DAY,
        "BisectBatchOnFunctionError": True,
        "FunctionResponseTypes": ["ReportBatchItemFailures"],
        "DestinationConfig": {"OnFailure": {"Destination": synthesized.arn(consumer.failure_bucket)}},
        "MetricsConfig": {"Metrics": ["EventCount"]},
        "Enabled": True,
    }


def test_a_bucket_is_made_for_what_fails(plain: Made) -> None:
    synthesized, consumer = plain
    assert consumer.on_failure is consumer.set_aside is consumer.failure_bucket
    assert consumer.failure_queue is consumer.set_aside_queue is None
    bucket = synthesized.resource(consumer.failure_bucket)
    assert bucket["Properties"] == {
        "BucketEncryption": {
            "ServerSideEncryptionConfiguration": [{"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]
        },
        "PublicAccessBlockConfiguration": dict.fromkeys(
            ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"), True
        ),
        # What was deleted or overwritten can be restored for 30 days; nothing expires by itself.
        "VersioningConfiguration": {"Status": "Enabled"},
        "LifecycleConfiguration": {
            "Rules": [
                {
                    "ExpiredObjectDeleteMarker": True,
                    "NoncurrentVersionExpiration": {"NoncurrentDays": 30},
                    "Status": "Enabled",
                }
            ]
        },
    }
    assert (bucket["DeletionPolicy"], bucket["UpdateReplacePolicy"]) == ("RetainExceptOnCreate", "Retain")


def test_the_bucket_refuses_what_is_not_encrypted_on_its_way(plain: Made) -> None:
    synthesized, consumer = plain
    (policy,) = synthesized.of_type("AWS::S3::BucketPolicy").values()
    (statement,) = policy["Properties"]["PolicyDocument"]["Statement"]
    assert policy["Properties"]["Bucket"] == {"Ref": synthesized.id(consumer.failure_bucket)}
    assert (statement["Effect"], statement["Action"]) == ("Deny", "s3:*")
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_the_mapping_waits_for_the_leave_to_read_and_deliver(plain: Made) -> None:
    """Lambda looks for it when the mapping is made."""
    synthesized, consumer = plain
    assert synthesized.resource(consumer.event_source_mapping)["DependsOn"] == [synthesized.id(consumer.access_policy)]


def test_the_function_is_told_where_to_set_records_aside(plain: Made) -> None:
    synthesized, consumer = plain
    function = function_of(consumer)
    source = deployed(synthesized.stack.resolve(consumer.source.arn))
    settings = read_stream(synthesized.environment(function), source)
    prefix = settings.set_aside_prefix
    assert prefix is not None
    assert prefix.startswith("set-aside/Stack-Orders-")
    assert prefix.endswith("/")
    assert settings == StreamSettings(
        source_arn=source,
        set_aside_bucket=url_of(synthesized.id(consumer.failure_bucket)),
        set_aside_prefix=prefix,
        function_timeout=10,
    )
    assert list(synthesized.environment(function)) == ["REDRIVE_STREAM_1"]
    assert len(synthesized.properties(function)["Layers"]) == 1


def test_the_defaults_give_no_warning(plain: Made) -> None:
    assert warnings_of(plain[0].stack) == {}


def test_two_consumers_of_one_bucket_set_aside_under_different_prefixes() -> None:
    """Shards of two streams may have one name."""
    stack = new_stack()
    bucket = s3.Bucket(stack, "Failed")
    consumers = [CONSUMERS[name](stack, name, on_failure=bucket) for name in CONSUMERS]
    synthesized = Synthesized(stack)
    prefixes = {
        read_stream(
            synthesized.environment(function_of(consumer)), deployed(stack.resolve(consumer.source.arn))
        ).set_aside_prefix
        for consumer in consumers
    }
    assert len(prefixes) == 2


def test_the_mapping_can_be_chosen(name: str) -> None:
    pattern = lambda_.FilterCriteria.filter({"eventName": ["INSERT"]})
    mapping = mapping_of(
        *made(
            name,
            batch_size=10_000,
            max_batching_window=Duration.seconds(300),
            parallelization_factor=10,
            starting_position=lambda_.StartingPosition.LATEST,
            retry_attempts=0,
            max_record_age=Duration.seconds(60),
            bisect_batch=False,
            filters=[pattern],
            mapping_metrics=False,
            enabled=False,
        )
    )
    assert mapping["BatchSize"] == 10_000
    assert mapping["MaximumBatchingWindowInSeconds"] == 300
    assert mapping["ParallelizationFactor"] == 10
    assert mapping["StartingPosition"] == "LATEST"
    assert mapping["MaximumRetryAttempts"] == 0
    assert mapping["MaximumRecordAgeInSeconds"] == 60
    assert mapping["BisectBatchOnFunctionError"] is False
    assert mapping["FilterCriteria"] == {"Filters": [{"Pattern": '{"eventName":["INSERT"]}'}]}
    assert mapping["Enabled"] is False
    assert "MetricsConfig" not in mapping


def test_a_tumbling_window_can_be_chosen(name: str) -> None:
    assert mapping_of(*made(name, tumbling_window=Duration.minutes(2)))["TumblingWindowInSeconds"] == 120


def test_infinite_is_what_lambda_calls_minus_one(name: str) -> None:
    mapping = mapping_of(*made(name, retry_attempts="infinite", max_record_age="infinite"))
    assert (mapping["MaximumRetryAttempts"], mapping["MaximumRecordAgeInSeconds"]) == (-1, -1)


def test_batches_of_one_are_not_split_unless_asked_for(name: str) -> None:
    assert mapping_of(*made(name, batch_size=1))["BisectBatchOnFunctionError"] is False
    assert mapping_of(*made(name, batch_size=1, bisect_batch=True))["BisectBatchOnFunctionError"] is True


def test_numbers_may_be_known_only_at_the_deployment(name: str) -> None:
    stack = new_stack()
    parameters = {each: number_parameter(stack, each) for each in ("Size", "Window", "Factor", "Retries", "Age")}
    consumer = CONSUMERS[name](
        stack,
        batch_size=parameters["Size"],
        max_batching_window=Duration.seconds(parameters["Window"]),
        parallelization_factor=parameters["Factor"],
        tumbling_window=Duration.seconds(parameters["Window"]),
        retry_attempts=parameters["Retries"],
        max_record_age=Duration.seconds(parameters["Age"]),
    )
    mapping = mapping_of(Synthesized(stack), consumer)
    assert mapping["BatchSize"] == {"Ref": "Size"}
    assert mapping["MaximumBatchingWindowInSeconds"] == mapping["TumblingWindowInSeconds"] == {"Ref": "Window"}
    assert mapping["ParallelizationFactor"] == {"Ref": "Factor"}
    assert mapping["MaximumRetryAttempts"] == {"Ref": "Retries"}
    assert mapping["MaximumRecordAgeInSeconds"] == {"Ref": "Age"}
    facts = consumer.facts
    assert facts.batch_size is facts.batching_window is facts.parallelization_factor is facts.tumbling_window is None
    assert facts.retry_attempts is facts.max_record_age is None
    assert warnings_of(stack) == {}


@pytest.mark.parametrize(("days", "age"), [(1, HALF_A_DAY), (2, DAY), (6, 3 * DAY), (7, 3 * DAY), (365, 3 * DAY)])
def test_a_record_may_become_half_as_old_as_the_stream_keeps_it_and_three_days_at_most(days: int, age: int) -> None:
    mapping = mapping_of(*made("Kinesis", retention_period=Duration.days(days)))
    assert mapping["MaximumRecordAgeInSeconds"] == age


def test_the_least_retention_is_taken_where_it_is_not_known() -> None:
    stack = new_stack()
    hours = number_parameter(stack, "Hours")
    stream = kinesis.Stream(stack, "Stream", retention_period=Duration.hours(hours))
    consumer = kinesis_consumer(stack, stream=stream)
    assert consumer.facts.retention is None
    assert mapping_of(Synthesized(stack), consumer)["MaximumRecordAgeInSeconds"] == HALF_A_DAY


def test_the_layer_can_be_left_out(name: str) -> None:
    synthesized, consumer = made(name, attach_layer=False)
    assert "Layers" not in synthesized.properties(consumer.function)
    assert synthesized.of_type("AWS::Lambda::LayerVersion") == {}


def test_one_function_may_have_several_streams(name: str) -> None:
    stack = new_stack()
    first = CONSUMERS[name](stack, "First")
    second = CONSUMERS[name](stack, "Second", function=first.function, on_failure=first.failure_bucket)
    synthesized = Synthesized(stack)
    environment = synthesized.environment(function_of(first))
    assert list(environment) == ["REDRIVE_STREAM_1", "REDRIVE_STREAM_2"]
    for consumer in (first, second):
        source = deployed(stack.resolve(consumer.source.arn))
        assert read_stream(environment, source).source_arn == source


@pytest.mark.parametrize("given", [False, True])
def test_nothing_else_is_made(name: str, given: bool) -> None:
    stack = new_stack()
    consumer = CONSUMERS[name](stack, **(GIVEN[name](stack) if given else {}))
    children = {child.node.id for child in consumer.node.children}
    source = set() if given else {{"Kinesis": "Stream", "DynamoDB": "Table"}[name]}
    assert children == source | {
        "FailureBucket",
        "AccessPolicy",
        "EventSourceMapping",
        "IteratorAgeAlarm",
        "UnpolledAlarm",
        "FailedAlarm",
        "SetAsideAlarm",
        "NotSetAsideAlarm",
        "DroppedAlarm",
        "DeliveryAlarm",
        "ThrottleAlarm",
    }


def test_no_name_is_given_to_anything(plain: Made) -> None:
    """So that the stack can be deployed twice, and its resources replaced."""
    for resource in plain[0].resources.values():
        names = {"Name", "QueueName", "TableName", "BucketName", "AlarmName", "ConsumerName"}
        assert not names & set(resource.get("Properties", {}))


def test_the_options_are_those_of_the_base() -> None:
    """They are typed in one place and documented in the other."""
    parameters = inspect.signature(StreamConsumer.__init__).parameters
    apart = {"self", "scope", "id", "function", "starting_position_timestamp"}
    assert set(parameters) - apart == set(StreamKeywords.__annotations__)
    for option in StreamKeywords.__annotations__:
        assert f"\n    {option}: " in (inspect.getdoc(StreamConsumer.__init__) or ""), option


def test_a_misspelt_option_is_refused(name: str) -> None:
    with pytest.raises(TypeError, match="max_retires"):
        CONSUMERS[name](Stack(None, "Stack"), max_retires=3)
