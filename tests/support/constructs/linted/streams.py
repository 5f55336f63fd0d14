"""An app with all of the consumers of streams."""

from aws_cdk import Acknowledgment, Duration, Stack, Validations
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_kinesis as kinesis
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs

from redrive_cdk.streams.dynamodb import DynamoDBStreamConsumer
from redrive_cdk.streams.kinesis import KinesisConsumer
from tests.support.constructs.linted.parts import MINUTE, clean_function, safe_queue


def streams(stack: Stack) -> None:
    """Streams and tables made and taken, with keys and without, each kind of destination, each kind of function."""
    key = kms.Key(stack, "Key", enable_key_rotation=True)
    queue = safe_queue(stack, "Queue", encryption=sqs.QueueEncryption.KMS, encryption_master_key=key)
    topic = sns.Topic(stack, "Topic", master_key=key, enforce_ssl=True)  # pyright: ignore[reportArgumentType]
    Validations.of(queue).acknowledge(
        Acknowledgment(id="Serverless-SQSRedrivePolicy", reason="Made by the user for this."),
        Acknowledgment(id="AwsSolutions-SQS3", reason="Made by the user for this."),
    )
    id_ = dynamodb.Attribute(name="id", type=dynamodb.AttributeType.STRING)

    function = clean_function(stack, "Function")
    plain = KinesisConsumer(stack, "Plain", function=function)
    KinesisConsumer(stack, "FannedOut", function=function, stream=plain.stream, enhanced_fan_out=True)
    DynamoDBStreamConsumer(stack, "Items", function=function, partition_key=id_, on_failure="queue")
    own_key = KinesisConsumer(
        stack, "OwnKey", function=function.current_version, encryption_key=key, set_aside=queue, tumbling_window=MINUTE
    )
    Validations.of(own_key.stream).acknowledge(
        Acknowledgment(id="AwsSolutions-KDS3", reason="The key is the user's to choose.")
    )
    other = clean_function(stack, "Other").add_alias("live")
    DynamoDBStreamConsumer(
        stack, "OwnKeyItems", function=other, partition_key=id_, encryption_key=key, on_failure=queue, batch_size=1
    )
    table = dynamodb.Table(
        stack,
        "Table",
        partition_key=id_,
        point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
            point_in_time_recovery_enabled=True
        ),
    )
    DynamoDBStreamConsumer(
        stack, "Notified", function=other, table=table, on_failure=topic, set_aside=plain.failure_bucket
    )
    imported = kinesis.Stream.from_stream_arn(stack, "Imported", "arn:aws:kinesis:eu-west-1:111111111111:stream/orders")
    KinesisConsumer(
        stack,
        "Everything",
        function=clean_function(stack, "Third"),
        stream=imported,
        parallelization_factor=10,
        max_batching_window=Duration.seconds(5),
        filters=[lambda_.FilterCriteria.filter({"partitionKey": ["orders"]})],
        on_failure=plain.failure_bucket or "none",
        starting_position=lambda_.StartingPosition.AT_TIMESTAMP,
        starting_position_timestamp=1_795_305_600,
        retry_attempts="infinite",
    )
    plain.grant_put_records(clean_function(stack, "Producer"))  # pyright: ignore[reportArgumentType]
