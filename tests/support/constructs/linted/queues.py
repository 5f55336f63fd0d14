"""Much of what `SqsConsumer` can do."""

from aws_cdk import Acknowledgment, Annotations, Duration, Stack, Validations
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs

from redrive_cdk import Backoff, ProvisionedPollers, SqsConsumer
from tests.support.constructs.linted.parts import FOURTEEN_DAYS, clean_function, safe_queue


def queues(stack: Stack) -> None:
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
