"""Reads the properties of a consumer's queues, created or passed by the user."""

from __future__ import annotations

from aws_cdk import Duration, Token
from aws_cdk import aws_sqs as sqs

from redrive_cdk import known


def max_receive_count_of(queue: sqs.IQueue, given: int | None) -> float | None:
    """Return the maximum receive count of a source queue that has its redrive policy, or `None` if it is unknown.

    For an imported queue, `given` is the only source; for another queue, raise ValueError if `given` differs.
    """
    resource = known.made_queue(queue)
    stated = known.number(given)
    if resource is None:
        return stated
    if isinstance(queue, sqs.Queue) and queue.dead_letter_queue:
        actual = known.number(queue.dead_letter_queue.max_receive_count)
    else:
        actual = known.number(known.fields(resource.redrive_policy).get("maxReceiveCount"))
    return _agreed(queue, "max_receive_count", stated, actual)


def visibility_timeout_of(queue: sqs.IQueue, given: Duration | None) -> float | None:
    """Return a queue's visibility timeout in seconds, in the same way as `max_receive_count_of`."""
    resource = known.made_queue(queue)
    stated = known.seconds(given)
    if resource is None:
        return stated
    return _agreed(queue, "visibility_timeout", stated, known.number(resource.visibility_timeout))


def _agreed(queue: sqs.IQueue, name: str, given: float | None, actual: float | None) -> float | None:
    if given is not None and actual is not None and given != actual:
        raise ValueError(
            f"{queue.node.path} has {name} {actual:,}, and {given:,} was given: set it on the queue, or leave {name} "
            "unset here"
        )
    return actual


def retention_of(queue: sqs.IQueue | None) -> float | None:
    """Return a queue's retention period in seconds."""
    resource = known.made_queue(queue)
    return None if resource is None else known.number(resource.message_retention_period, known.DEFAULT_RETENTION)


def delivery_delay_of(queue: sqs.IQueue) -> float:
    """Return a queue's delivery delay in seconds, or 0 if it is unknown."""
    resource = known.made_queue(queue)
    return 0 if resource is None else known.number(resource.delay_seconds, 0) or 0


def is_fifo(queue: sqs.IQueue | None) -> bool | None:
    """Return whether a queue is FIFO according to its resource or name, or `None` if that is unknown."""
    if queue is None:
        return None
    if queue.fifo or known.made_queue(queue) is not None or not Token.is_unresolved(queue.queue_arn):
        return queue.fifo
    return None


def is_same(queue: sqs.IQueue, other: sqs.IQueue | None) -> bool:
    """Return whether both are the same queue."""
    if other is None:
        return False
    return queue.node.path == other.node.path or queue.queue_arn == other.queue_arn
