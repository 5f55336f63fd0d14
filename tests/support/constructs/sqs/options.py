"""Options of `SqsConsumer` that take a stack, for the tests of what it refuses."""

# The CDK's own classes do not fit its interfaces for a type checker: https://github.com/aws/jsii/issues/4541
# pyright: reportArgumentType=false

from typing import Any

from aws_cdk import Duration, Stack
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sqs as sqs

from tests.support.constructs.cases import Options
from tests.support.constructs.cdk import python_function

QUEUE_ARN = "arn:aws:sqs:eu-west-1:111111111111:orders"


def function(timeout: int = 10, **options: Any) -> Options:
    return lambda stack: {"function": python_function(stack, timeout=Duration.seconds(timeout), **options)}


def both(*parts: Options) -> Options:
    return lambda stack: {name: value for part in parts for name, value in part(stack).items()}


def dead_letters(**options: Any) -> Options:
    return lambda stack: {"dead_letter_queue": sqs.Queue(stack, "Given", retention_period=Duration.days(14), **options)}


def queue(**options: Any) -> Options:
    return lambda stack: {"queue": sqs.Queue(stack, "Taken", **options)}


def queue_with_own_dead_letters(**options: Any) -> Options:
    def make(stack: Stack) -> dict[str, Any]:
        own = sqs.DeadLetterQueue(
            queue=sqs.Queue(stack, "Own", retention_period=Duration.days(14)), max_receive_count=6
        )
        return {"queue": sqs.Queue(stack, "Taken", dead_letter_queue=own, **options)}

    return make


def its_own_dead_letter_queue(stack: Stack) -> dict[str, Any]:
    taken = sqs.Queue(stack, "Taken")
    return {"queue": taken, "dead_letter_queue": taken}


def imported_as_its_own_dead_letter_queue(stack: Stack) -> dict[str, Any]:
    """The same queue under two ids."""
    return {
        "queue": sqs.Queue.from_queue_arn(stack, "Imported", QUEUE_ARN),
        "dead_letter_queue": sqs.Queue.from_queue_arn(stack, "Again", QUEUE_ARN),
    }


def imported(dead_letter_queue: str) -> Options:
    return lambda stack: {
        "queue": sqs.Queue.from_queue_arn(stack, "Imported", QUEUE_ARN),
        "dead_letter_queue": sqs.Queue.from_queue_arn(stack, "ImportedDeadLetters", dead_letter_queue),
    }


def encryption_key(stack: Stack) -> dict[str, Any]:
    return {"encryption_key": kms.Key(stack, "Key")}
