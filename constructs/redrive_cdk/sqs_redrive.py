"""The redrive policy of a queue and the redrive-allow policy of its dead-letter queue.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html
"""

from __future__ import annotations

from aws_cdk import ArnFormat, Duration, Stack
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from redrive_cdk import known
from redrive_cdk.placement import refuse_circle
from redrive_cdk.sqs_queues import is_same

DEFAULT_MAX_RECEIVE_COUNT = 5
_MOST_SOURCES = 10


def dead_letter_queue_of(queue: sqs.IQueue, given: sqs.IQueue | None) -> sqs.IQueue | None:
    """The dead-letter queue that a queue already has.

    Args:
        queue: The source queue.
        given: The dead-letter queue that the consumer has for it.

    Returns:
        The queue's own, `None` where it has none or it is not known.

    Raises:
        ValueError: It has another one than the one given, or one that cannot be seen.
    """
    resource = known.made_queue(queue)
    if resource is None or resource.redrive_policy is None:
        return None
    own = queue.dead_letter_queue.queue if isinstance(queue, sqs.Queue) and queue.dead_letter_queue else None
    if own is not None and given is not None and not is_same(own, given):
        raise ValueError(
            f"{queue.node.path} has the dead-letter queue {own.node.path}, and {given.node.path} was to be it: a queue "
            "has one; leave dead_letter_queue unset to use its own"
        )
    if own is None and given is not None:
        _refuse_other_target(queue, resource, given)
    if own is None and given is None:
        raise ValueError(
            f"{queue.node.path} has a redrive policy that was set on its resource: pass the dead-letter queue it names "
            "as dead_letter_queue"
        )
    return own


def _refuse_other_target(queue: sqs.IQueue, resource: sqs.CfnQueue, given: sqs.IQueue) -> None:
    stack = Stack.of(queue)
    target = stack.resolve(known.fields(resource.redrive_policy).get("deadLetterTargetArn"))
    if target is not None and target != stack.resolve(given.queue_arn):
        raise ValueError(
            f"{queue.node.path} has a redrive policy to {target}, and {given.node.path} was to be its dead-letter "
            "queue: a queue has one; pass the dead_letter_queue that the policy names"
        )


def complete(
    consumer: Construct,
    queue: sqs.IQueue,
    dead_letter_queue: sqs.IQueue | None,
    *,
    max_receive_count: int | None,
    visibility_timeout: Duration,
) -> None:
    """Set redrive policy and visibility timeout of a queue that this app makes, where it has none.

    Args:
        consumer: The consumer.
        queue: Its source queue.
        dead_letter_queue: Its dead-letter queue.
        max_receive_count: How often a message is received, `None` for the default.
        visibility_timeout: The visibility timeout.

    Raises:
        ValueError: Queue and dead-letter queue are in stacks that would depend on each other.
    """
    resource = known.made_queue(queue)
    if resource is None:
        return
    if resource.redrive_policy is None and dead_letter_queue is not None:
        if known.made_queue(dead_letter_queue) is not None:
            refuse_circle(
                consumer,
                queue,
                dead_letter_queue,
                "give the queue a dead_letter_queue in its own stack, where it is made",
            )
        resource.redrive_policy = {
            "deadLetterTargetArn": dead_letter_queue.queue_arn,
            "maxReceiveCount": DEFAULT_MAX_RECEIVE_COUNT if max_receive_count is None else max_receive_count,
        }
    if resource.visibility_timeout is None:
        resource.visibility_timeout = visibility_timeout.to_seconds()


def allow_source(dead_letter_queue: sqs.IQueue | None, source: sqs.IQueue, *, alone: bool) -> None:
    """Let a queue name this dead-letter queue as its own.

    To name the source takes a name known now (`queue_name`). A source whose name the deployment makes up would need the
    dead-letter queue first, and the other way round: a dead-letter queue made for it stays open to all queues of the
    account, as is SQS's default. https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-sqs-queue.html

    Args:
        dead_letter_queue: A dead-letter queue.
        source: Its source queue.
        alone: Whether it was made for this source, so that no other queue may name it, unless another consumer is given
            it too.

    Raises:
        ValueError: The dead-letter queue allows some sources or none, and this one cannot be added to them.
    """
    resource = known.made_queue(dead_letter_queue)
    if dead_letter_queue is None or resource is None or known.made_queue(source) is None:
        return
    arn = _arn_known_now(dead_letter_queue, source)
    if resource.redrive_allow_policy is None:
        if alone and arn is not None:
            resource.redrive_allow_policy = {"redrivePermission": "byQueue", "sourceQueueArns": [arn]}
        return
    policy = known.fields(resource.redrive_allow_policy)
    if policy.get("redrivePermission") not in ("byQueue", "denyAll"):
        return
    sources = list(policy.get("sourceQueueArns") or [])
    if arn in sources or source.queue_arn in sources:
        return
    if arn is None or policy["redrivePermission"] == "denyAll" or len(sources) >= _MOST_SOURCES:
        raise ValueError(
            f"{dead_letter_queue.node.path} has a redrive-allow policy ({policy['redrivePermission']}, {len(sources)} "
            f"queues) without {source.node.path}: SQS would refuse it as that queue's dead-letter queue; give another "
            f"dead_letter_queue, or add the queue to the policy (at most {_MOST_SOURCES}, each with a queue_name)"
        )
    resource.redrive_allow_policy = {**policy, "sourceQueueArns": [*sources, arn]}


def _arn_known_now(dead_letter_queue: sqs.IQueue, source: sqs.IQueue) -> str | None:
    # Written out, since the resource's own attribute would make the dead-letter queue depend on it; in terms of the
    # dead-letter queue's stack, since SQS wants both queues in one account and Region.
    resource = known.made_queue(source)
    name = None if resource is None else known.text(resource.queue_name)
    if name is None:
        return None
    return Stack.of(dead_letter_queue).format_arn(service="sqs", resource=name, arn_format=ArnFormat.NO_RESOURCE_NAME)
