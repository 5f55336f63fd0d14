"""Queues that a consumer takes instead of making: what they already have, and what they still need."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from aws_cdk import ArnFormat, Duration, Stack, Token
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from redrive_cdk import known

DEFAULT_MAX_RECEIVE_COUNT = 5


def refuse_options_of_made_queues(path: str, **options: object) -> None:
    """Refuse what only applies to a queue that the consumer makes, where it was given one.

    Raises:
        ValueError: One of the options is set.
    """
    for name, value in options.items():
        if value is not None:
            raise ValueError(
                f"{path}: {name} is for queues that SqsConsumer makes, and it was given one: set it on that queue, or "
                "leave queue unset"
            )


def dead_letter_queue_of(queue: sqs.IQueue, given: sqs.IQueue | None) -> sqs.IQueue | None:
    """The dead-letter queue that a queue already has.

    Args:
        queue: The source queue.
        given: The dead-letter queue that the consumer was given.

    Returns:
        The queue's own, `None` where it has none or it is not known.

    Raises:
        ValueError: It has another one than the one given, or one that cannot be seen.
    """
    resource = known.made_queue(queue)
    if resource is None or resource.redrive_policy is None:
        return None
    own = queue.dead_letter_queue.queue if isinstance(queue, sqs.Queue) and queue.dead_letter_queue else None
    if own is not None and given is not None and own.node.path != given.node.path:
        raise ValueError(
            f"{queue.node.path} has the dead-letter queue {own.node.path} and was given {given.node.path}: a queue has "
            "one; leave dead_letter_queue unset to use its own"
        )
    if own is None and given is None:
        raise ValueError(
            f"{queue.node.path} has a redrive policy that was set on its resource: pass the dead-letter queue it names as "
            "dead_letter_queue"
        )
    return own


def refuse_queue_of_another_stack(consumer: Construct, queue: sqs.IQueue | None) -> None:
    """Refuse to make a dead-letter queue in this stack for a queue of another, which would then depend on this one.

    Raises:
        ValueError: The queue belongs to another stack.
    """
    if queue is not None and Stack.of(queue).node.path != Stack.of(consumer).node.path:
        raise ValueError(
            f"{queue.node.path} has no dead-letter queue and belongs to another stack than {consumer.node.path}: the two "
            "stacks would depend on each other; give the queue a dead_letter_queue in its own stack"
        )


def complete(
    queue: sqs.IQueue,
    dead_letter_queue: sqs.IQueue | None,
    *,
    max_receive_count: int | None,
    visibility_timeout: Duration,
) -> None:
    """Set redrive policy and visibility timeout of a queue that this app makes, where it has none.

    Args:
        queue: The source queue.
        dead_letter_queue: Its dead-letter queue.
        max_receive_count: How often a message is received, `None` for the default.
        visibility_timeout: The visibility timeout.
    """
    resource = known.made_queue(queue)
    if resource is None:
        return
    if resource.redrive_policy is None and dead_letter_queue is not None:
        resource.redrive_policy = {
            "deadLetterTargetArn": dead_letter_queue.queue_arn,
            "maxReceiveCount": DEFAULT_MAX_RECEIVE_COUNT if max_receive_count is None else max_receive_count,
        }
    if resource.visibility_timeout is None:
        resource.visibility_timeout = visibility_timeout.to_seconds()


def max_receive_count_of(queue: sqs.IQueue, given: int | None) -> float | None:
    """How often a message is received before SQS moves it.

    Args:
        queue: The source queue, completed.
        given: What the consumer was given; for an imported queue there is nothing else to know it from.

    Returns:
        The count, `None` where it is not known.

    Raises:
        ValueError: The queue has another count.
    """
    resource = known.made_queue(queue)
    if resource is None:
        return given
    if isinstance(queue, sqs.Queue) and queue.dead_letter_queue:
        actual = known.number(queue.dead_letter_queue.max_receive_count)
    else:
        policy: object = resource.redrive_policy
        actual = (
            known.number(cast("Mapping[str, Any]", policy).get("maxReceiveCount")) if isinstance(policy, Mapping) else None
        )
    return _agreed(queue, "max_receive_count", given, actual)


def visibility_timeout_of(queue: sqs.IQueue, given: Duration | None) -> float | None:
    """A queue's visibility timeout in seconds; see `max_receive_count_of`."""
    resource = known.made_queue(queue)
    stated = known.seconds(given)
    if resource is None:
        return stated
    return _agreed(queue, "visibility_timeout", stated, known.number(resource.visibility_timeout))


def _agreed(queue: sqs.IQueue, name: str, given: float | None, actual: float | None) -> float | None:
    if given is not None and actual is not None and given != actual:
        raise ValueError(
            f"{queue.node.path} has {name} {actual:g}, and {given:g} was given: set it on the queue, or leave {name} unset"
        )
    return actual


def retention_of(queue: sqs.IQueue | None) -> float | None:
    """For how many seconds a queue keeps messages."""
    resource = known.made_queue(queue)
    return None if resource is None else known.number(resource.message_retention_period, known.DEFAULT_RETENTION)


def delivery_delay_of(queue: sqs.IQueue) -> float:
    """For how many seconds a queue holds new messages back; 0 where it is not known."""
    resource = known.made_queue(queue)
    return 0 if resource is None else known.number(resource.delay_seconds, 0) or 0


def is_fifo(queue: sqs.IQueue | None) -> bool | None:
    """Whether a queue is FIFO, as far as its resource or its name tells."""
    if queue is None:
        return None
    if queue.fifo or known.made_queue(queue) is not None or not Token.is_unresolved(queue.queue_arn):
        return queue.fifo
    return None


def is_same(queue: sqs.IQueue, other: sqs.IQueue | None) -> bool:
    """Whether two queues are one."""
    if other is None:
        return False
    return queue.node.path == other.node.path or queue.queue_arn == other.queue_arn


def allow_only(dead_letter_queue: sqs.IQueue | None, source: sqs.IQueue) -> None:
    """Let no queue but the source name this dead-letter queue as its own.

    That takes a source with a name known now (`queue_name`). A source whose name the deployment makes up would need the
    dead-letter queue first, and the other way round: then all queues of the account may name it, as is SQS's default.
    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-sqs-queue.html

    Args:
        dead_letter_queue: A dead-letter queue that this consumer has made.
        source: Its source queue.
    """
    dead_letters, resource = known.made_queue(dead_letter_queue), known.made_queue(source)
    name = None if resource is None else known.text(resource.queue_name)
    if dead_letters is None or name is None or dead_letters.redrive_allow_policy is not None:
        return
    arn = Stack.of(source).format_arn(service="sqs", resource=name, arn_format=ArnFormat.NO_RESOURCE_NAME)
    dead_letters.redrive_allow_policy = {"redrivePermission": "byQueue", "sourceQueueArns": [arn]}
