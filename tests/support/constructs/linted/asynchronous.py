"""An app with all of `AsyncInvocation`."""

from aws_cdk import Acknowledgment, Annotations, Duration, Stack, Validations
from aws_cdk import aws_events as events
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs

from redrive_cdk import AsyncInvocation, AttemptCounting
from tests.support.constructs.linted.parts import clean_function, safe_queue


def asynchronous(stack: Stack) -> None:
    """Each kind of destination and each store for counting, with keys of their own, for each kind of function."""
    key = kms.Key(stack, "Key", enable_key_rotation=True)
    queue = safe_queue(stack, "Queue", encryption=sqs.QueueEncryption.KMS, encryption_master_key=key)
    topic = sns.Topic(stack, "Topic", master_key=key, enforce_ssl=True)  # pyright: ignore[reportArgumentType]
    bus = events.EventBus(stack, "Bus", kms_key=key)  # pyright: ignore[reportArgumentType]
    bucket = s3.Bucket(
        stack,
        "Bucket",
        encryption_key=key,  # pyright: ignore[reportArgumentType]
        enforce_ssl=True,
        block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
    )
    for made, rule in (
        (queue, "Serverless-SQSRedrivePolicy"),
        (bucket, "AwsSolutions-S1"),
        (bus, "Serverless-EventBusDLQ"),
    ):
        Validations.of(made).acknowledge(Acknowledgment(id=rule, reason="Made by the user for this."))

    AsyncInvocation(stack, "Plain", function=clean_function(stack, "PlainFunction"), retry_attempts=0)
    function = clean_function(stack, "Function")
    AsyncInvocation(
        stack,
        "InTable",
        function=function,
        on_success=bus,
        encryption_key=key,
        count_attempts=AttemptCounting.dynamodb(),
    )
    AsyncInvocation(
        stack,
        "InBucket",
        function=function.current_version,
        on_success=clean_function(stack, "Other"),
        on_failure=bucket,
        encryption_key=key,
        count_attempts=AttemptCounting.s3(),
    )
    AsyncInvocation(
        stack,
        "InLog",
        function=function.add_alias("live"),
        max_event_age=Duration.minutes(30),
        on_failure=queue,
        count_attempts=AttemptCounting.logs(),
    )
    given = clean_function(stack, "Given")
    AsyncInvocation(
        stack,
        "InGivenBucket",
        function=given,
        on_failure=clean_function(stack, "Failed"),
        count_attempts=AttemptCounting.s3(bucket, "tried/"),
    )
    notified = AsyncInvocation(
        stack,
        "Notified",
        function=given.current_version,
        on_failure=topic,
        count_attempts=AttemptCounting.s3(bucket, "tried/"),
    )
    dead_letters = AsyncInvocation(
        stack, "DeadLetters", function=clean_function(stack, "WithDeadLetters"), dead_letter_queue=queue
    )
    Annotations.of(notified).acknowledge_warning("redrive:sns-record-size")
    acknowledge_no_destination(dead_letters.event_invoke_config)


def acknowledge_no_destination(config: lambda_.CfnEventInvokeConfig) -> None:
    """The user's to say: there is a dead-letter queue."""
    Validations.of(config).acknowledge(
        Acknowledgment(id="Serverless-LambdaAsyncFailureDestination", reason="There is a dead-letter queue.")
    )
