"""Apps for the linters, run in a process of their own: `python -m tests.support.linted_app good OUTDIR`.

`good` uses much of what `SqsConsumer` can do, `shop` is app.py's. `bad` has what each linter is there to find. The
validator of the CDK is on, with its warnings as errors, and so are cdk-nag's packs. What they find is in
`OUTDIR/validation-report.json`.
"""

import os
import sys

os.environ.pop("CDK_VALIDATION", None)  # it counts at the first import of aws_cdk, and the tests turn it off

from aws_cdk import Acknowledgment, Annotations, App, Duration, Stack, Validations
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sqs as sqs
from cdk_nag import AwsSolutionsChecks, ServerlessChecks
from constructs import Construct

from app import ShopStack
from redrive_cdk import Backoff, ProvisionedPollers, SqsConsumer
from tests.support.cdk import CONTEXT, python_function

FOURTEEN_DAYS = Duration.days(14)


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
        backoff=Backoff(cap=90),
    )
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


def safe_queue(scope: Construct, id: str, **options: object) -> sqs.Queue:
    return sqs.Queue(scope, id, enforce_ssl=True, encryption=sqs.QueueEncryption.SQS_MANAGED, **options)  # pyright: ignore[reportArgumentType]


def bad(stack: Stack) -> None:
    """Each is found by one of the linters at least; the mapping and the queue are what the constructs acknowledge."""
    function = clean_function(stack, "Function")
    queue = sqs.Queue(stack, "Unsafe", encryption=sqs.QueueEncryption.UNENCRYPTED)
    lambda_.EventSourceMapping(
        stack,
        "Mapping",
        target=function,  # pyright: ignore[reportArgumentType]
        event_source_arn=queue.queue_arn,
    )
    function.add_to_role_policy(iam.PolicyStatement(actions=["sqs:*"], resources=["*"]))
    consumer = SqsConsumer(stack, "Consumer", function=function)
    for made, name, value in (
        (consumer.queue, "VisibilityTimeout", 5),
        (consumer.dead_letter_queue, "MessageRetentionPeriod", 1),
    ):
        assert made is not None
        resource = made.node.default_child
        assert isinstance(resource, sqs.CfnQueue)
        resource.add_property_override(name, value)


def main(which: str, outdir: str) -> None:
    context = {**CONTEXT, "@aws-cdk/core:validateAgainstDefaultRules": True}
    app = App(context=context, outdir=outdir)
    if which == "shop":
        ShopStack(app, "Stack")
    else:
        {"good": good, "bad": bad}[which](Stack(app, "Stack"))
    Validations.of(app).add_plugins(AwsSolutionsChecks(app), ServerlessChecks(app))
    app.synth()


if __name__ == "__main__":
    main(*sys.argv[1:])
