"""Apps for the linters, run in a process of their own: `python -m tests.support.constructs.linted_app good OUTDIR`.

`good` uses much of what `SqsConsumer` can do, `async` what `AsyncInvocation` can do, `streams` what the consumers of
streams can do, `idempotency` what `IdempotencyTable` can do, `circuits` what `CircuitBreaker` can do, each with a
`FailureDashboard` over it; `shop` is that of app.py. `bad` has what each linter is there to find. The validator of the
CDK is on, with its warnings as errors, and so are cdk-nag's packs. What they find is in
`OUTDIR/validation-report.json`.
"""

import os
import sys
from typing import Any

os.environ.pop("CDK_VALIDATION", None)  # it counts at the first import of aws_cdk, and the tests turn it off

from aws_cdk import Acknowledgment, Annotations, App, Duration, Stack, Validations
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kinesis as kinesis
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from cdk_nag import AwsSolutionsChecks, HIPAASecurityChecks, NIST80053R5Checks, ServerlessChecks
from constructs import Construct

from app import ShopStack
from redrive_cdk import (
    AsyncInvocation,
    AttemptCounting,
    Backoff,
    CircuitBreaker,
    FailureDashboard,
    IdempotencyTable,
    ProvisionedPollers,
    SqsConsumer,
)
from redrive_cdk.streams.dynamodb import DynamoDBStreamConsumer
from redrive_cdk.streams.kinesis import KinesisConsumer
from tests.support.constructs.cdk import CONTEXT, python_function

FOURTEEN_DAYS = Duration.days(14)
MINUTE = Duration.minutes(1)


def clean_function(scope: Construct, id: str) -> lambda_.Function:
    """A function in which nothing is left to find, so that what is found is the consumer's."""
    role = iam.Role(scope, f"{id}Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))  # pyright: ignore[reportArgumentType]
    log_group = logs.LogGroup(scope, f"{id}Logs", retention=logs.RetentionDays.ONE_MONTH)
    function = python_function(scope, id, memory_size=256, role=role, log_group=log_group)
    Validations.of(function).acknowledge(
        Acknowledgment(id="Serverless-LambdaDLQ", reason="Nothing invokes it asynchronously."),
        Acknowledgment(id="Serverless-LambdaTracing", reason="It does nothing."),
    )
    return function


def good(stack: Stack) -> None:
    function = clean_function(stack, "Shared")
    key = kms.Key(stack, "Key", enable_key_rotation=True)
    consumer = SqsConsumer(
        stack,
        "Standard",
        function=function,
        batch_size=100,
        max_batching_window=Duration.seconds(5),
        max_concurrency=5,
        max_receive_count=8,
        delivery_delay=Duration.seconds(10),
        filters=[lambda_.FilterCriteria.filter({"body": {"kind": ["order"]}})],
        backoff=Backoff(base=10, cap=90, jitter="equal"),
    )
    Annotations.of(consumer).acknowledge_warning("redrive:filtered-messages")
    SqsConsumer(
        stack,
        "Fifo",
        function=clean_function(stack, "Versioned").current_version,
        fifo=True,
        content_based_deduplication=True,
        high_throughput=True,
        provisioned_pollers=ProvisionedPollers(minimum=2, maximum=100),
    )
    SqsConsumer(stack, "OwnKey", function=clean_function(stack, "Aliased").add_alias("live"), encryption_key=key)
    SqsConsumer(stack, "SharedDeadLetters", function=function, dead_letter_queue=consumer.dead_letter_queue)
    SqsConsumer(stack, "Taken", function=function, queue=safe_queue(stack, "Taken1"))
    dead_letters = safe_queue(stack, "Given", retention_period=FOURTEEN_DAYS)
    Validations.of(dead_letters).acknowledge(
        Acknowledgment(id="Serverless-SQSRedrivePolicy", reason="A dead-letter queue, made by the user.")
    )
    given = sqs.DeadLetterQueue(queue=dead_letters, max_receive_count=5)
    SqsConsumer(stack, "TakenWhole", function=function, queue=safe_queue(stack, "Taken2", dead_letter_queue=given))
    imported = sqs.Queue.from_queue_arn(stack, "Imported", "arn:aws:sqs:eu-west-1:111111111111:orders")
    elsewhere = SqsConsumer(stack, "Elsewhere", function=function, queue=imported)
    Annotations.of(elsewhere).acknowledge_warning("redrive:imported-queue")
    consumer.grant_send_messages(clean_function(stack, "Producer"))


def good_async(stack: Stack) -> None:
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


def good_streams(stack: Stack) -> None:
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


def good_idempotency(stack: Stack) -> None:
    """Tables made and taken, with a key and without, for functions, versions and aliases."""
    key = kms.Key(stack, "Key", enable_key_rotation=True)
    id_ = dynamodb.Attribute(name="id", type=dynamodb.AttributeType.STRING)
    recovery = dynamodb.PointInTimeRecoverySpecification(point_in_time_recovery_enabled=True)
    function = clean_function(stack, "Function")
    plain = IdempotencyTable(stack, "Plain")
    plain.protects(SqsConsumer(stack, "Messages", function=function))
    plain.grant(clean_function(stack, "Other").add_alias("live"))
    plain.grant_powertools(clean_function(stack, "Powertools"))
    own_key = IdempotencyTable(stack, "OwnKey", encryption_key=key, deletion_protection=True)
    own_key.grant(function.current_version)
    for name, kind in (("Taken", dynamodb.Table), ("TakenV2", dynamodb.TableV2)):
        table = kind(stack, f"{name}Table", partition_key=id_, point_in_time_recovery_specification=recovery)
        IdempotencyTable(stack, name, table=table).grant(function)


def good_circuits(stack: Stack) -> None:
    """Tables made and taken, with a key and without, with consumers of each kind that are paused and without."""
    key = kms.Key(stack, "Key", enable_key_rotation=True)
    id_ = dynamodb.Attribute(name="id", type=dynamodb.AttributeType.STRING)
    CircuitBreaker(stack, "Plain").grant(clean_function(stack, "Function").add_alias("live"))
    CircuitBreaker(
        stack,
        "Pausing",
        failure_rate=0.5,
        minimum_calls=20,
        pauses=[
            SqsConsumer(stack, "Messages", function=clean_function(stack, "ForMessages")),
            KinesisConsumer(stack, "Records", function=clean_function(stack, "ForRecords")),
        ],
    )
    items = DynamoDBStreamConsumer(stack, "Items", function=clean_function(stack, "ForItems"), partition_key=id_)
    CircuitBreaker(stack, "OwnKey", encryption_key=key, pauses=[items])
    done = IdempotencyTable(stack, "Done")
    function = clean_function(stack, "ForOrders")
    done.grant(function)
    CircuitBreaker(stack, "Taken", table=done.table, pauses=[SqsConsumer(stack, "Orders", function=function)])


def safe_queue(scope: Construct, id: str, **options: object) -> sqs.Queue:
    chosen = {"enforce_ssl": True, "encryption": sqs.QueueEncryption.SQS_MANAGED, **options}
    return sqs.Queue(scope, id, **chosen)  # pyright: ignore[reportArgumentType]


def bad(stack: Stack) -> None:
    """Each is found by one of the linters at least; beside it is what the constructs acknowledge for theirs."""
    function = clean_function(stack, "Function")
    queue = sqs.Queue(stack, "Unsafe", encryption=sqs.QueueEncryption.UNENCRYPTED)
    lambda_.EventSourceMapping(
        stack,
        "Mapping",
        target=function,  # pyright: ignore[reportArgumentType]
        event_source_arn=queue.queue_arn,
    )
    function.add_to_role_policy(iam.PolicyStatement(actions=["sqs:*"], resources=["*"]))
    invoked = clean_function(stack, "Invoked")
    invocation = AsyncInvocation(stack, "Invocation", function=invoked, count_attempts=AttemptCounting.s3())
    AsyncInvocation(stack, "Live", function=invoked.add_alias("live"), count_attempts=AttemptCounting.dynamodb())
    invocation.delivery_policy.add_statements(
        iam.PolicyStatement(actions=["s3:GetObject"], resources=["arn:aws:s3:::orders/*"])
    )
    lambda_.CfnEventInvokeConfig(stack, "Config", function_name=function.function_name, qualifier="$LATEST")
    id_ = dynamodb.Attribute(name="id", type=dynamodb.AttributeType.STRING)
    dynamodb.Table(stack, "Table", partition_key=id_)
    s3.Bucket(stack, "Bucket")
    consumer = SqsConsumer(stack, "Consumer", function=function)
    for made, name, value in (
        (consumer.queue, "VisibilityTimeout", 5),
        (consumer.dead_letter_queue, "MessageRetentionPeriod", 1),
    ):
        assert made is not None
        resource = made.node.default_child
        assert isinstance(resource, sqs.CfnQueue)
        resource.add_property_override(name, value)


#: Stacks that are synthesized together, by name.
GOOD = {
    "Queues": good,
    "Async": good_async,
    "Streams": good_streams,
    "Idempotency": good_idempotency,
    "Circuits": good_circuits,
}


#: What the packs for compliance find that no other pack does: each is for who deploys an app to decide.
FOR_USERS = (
    "CloudWatchAlarmAction",
    "CloudWatchLogGroupEncrypted",
    "DynamoDBAutoScalingEnabled",
    "IAMNoInlinePolicy",
    "LambdaConcurrency",
    "LambdaInsideVPC",
    "S3BucketReplicationEnabled",
    "S3DefaultEncryptionKMS",
)
#: What is found in functions, tables and buckets that these apps make, and in tables that are worth a backup.
OF_THESE_APPS = {
    "DynamoDBInBackupPlan": (dynamodb.Table, dynamodb.TableV2),
    "LambdaDLQ": (lambda_.Function,),
    "S3BucketLoggingEnabled": (s3.Bucket,),
    "S3BucketVersioningEnabled": (s3.Bucket,),
}
#: Tables of constructs that keep what nobody needs to restore: these are the constructs' to acknowledge.
WORTHLESS = (CircuitBreaker, AsyncInvocation)


def leave_to_users(app: App) -> None:
    """Acknowledges what the packs for compliance find and the constructs do not acknowledge."""
    for pack in ("HIPAA.Security", "NIST.800.53.R5"):
        for rule in FOR_USERS:
            Validations.of(app).acknowledge(Acknowledgment(id=f"{pack}-{rule}", reason="It is for users to decide."))
        for construct in app.node.find_all():
            for rule, kinds in OF_THESE_APPS.items():
                if isinstance(construct, kinds) and is_of_user(construct, rule):
                    acknowledgment = Acknowledgment(id=f"{pack}-{rule}", reason="It is the app's.")
                    Validations.of(construct).acknowledge(acknowledgment)


def is_of_user(construct: Any, rule: str) -> bool:
    """Whether a resource is the app's own, or one whose backup its users have to decide about."""
    around = construct.node.scope
    return isinstance(around, Stack) or (rule == "DynamoDBInBackupPlan" and not isinstance(around, WORTHLESS))


def main(which: str, outdir: str) -> None:
    context = {**CONTEXT, "@aws-cdk/core:validateAgainstDefaultRules": True}
    app = App(context=context, outdir=outdir)
    if which == "bad":
        bad(Stack(app, "Stack"))
    else:
        ShopStack(app, "Shop")
        for name, fill in GOOD.items():
            stack = Stack(app, name)
            fill(stack)
            watch: list[Any] = [each for each in stack.node.children if hasattr(each, "dashboard_section")]
            FailureDashboard(stack, "Failures", watch=watch)
        leave_to_users(app)
        Validations.of(app).add_plugins(HIPAASecurityChecks(app), NIST80053R5Checks(app))
    Validations.of(app).add_plugins(AwsSolutionsChecks(app), ServerlessChecks(app))
    app.synth()


if __name__ == "__main__":
    main(*sys.argv[1:])
