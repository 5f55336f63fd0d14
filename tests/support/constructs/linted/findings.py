"""An app with the faults that each linter is there to find."""

from aws_cdk import Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sqs as sqs

from redrive_cdk import AsyncInvocation, AttemptCounting, SqsConsumer
from tests.support.constructs.linted.parts import clean_function


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
