"""Queues to give to an `SqsConsumer`."""

from typing import Any

from aws_cdk import Duration, Stack
from aws_cdk import aws_sqs as sqs

QUEUE_ARN = "arn:aws:sqs:eu-west-1:111111111111:orders"
DEAD_LETTERS_ARN = "arn:aws:sqs:eu-west-1:111111111111:orders-dead-letters"
FOURTEEN_DAYS = Duration.days(14)


def dead_letter_queue(stack: Stack, id: str = "DeadLetters", **options: Any) -> sqs.Queue:
    return sqs.Queue(stack, id, retention_period=FOURTEEN_DAYS, **options)


def named(stack: Stack, name: str) -> sqs.Queue:
    """A queue whose name is known at synthesis."""
    return sqs.Queue(stack, f"Named-{name}", queue_name=name)


def with_dead_letters(stack: Stack, id: str = "Given", *, count: int = 6, **options: Any) -> sqs.Queue:
    dead_letters = sqs.DeadLetterQueue(queue=dead_letter_queue(stack, f"{id}DeadLetters"), max_receive_count=count)
    return sqs.Queue(stack, id, dead_letter_queue=dead_letters, **options)
