"""Creates a consumer's queues, reads those that the user passed, and connects both by their redrive policies."""

from __future__ import annotations

from aws_cdk import Annotations, ArnFormat, Duration, Stack, Token
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from redrive_cdk.core import encrypted, known, nag
from redrive_cdk.core.failure_places import KEPT, LONGEST_RETENTION
from redrive_cdk.core.names import queue_name
from redrive_cdk.core.placement import refuse_circle
from redrive_cdk.sqs.options import SqsOptions
from redrive_model import limits

DEFAULT_MAX_RECEIVE_COUNT = 5
_MOST_SOURCES = 10


def make_dead_letter_queue(scope: Construct, options: SqsOptions) -> sqs.Queue:
    """Create the dead-letter queue, of the same type as the source queue."""
    fifo = options.fifo if options.queue is None else is_fifo(options.queue)
    queue = encrypted.make_queue(
        scope,
        "DeadLetterQueue",
        fifo=fifo or None,
        retention_period=options.dead_letter_retention_period or LONGEST_RETENTION,
        removal_policy=options.dead_letter_removal_policy or KEPT,
        encryption_key=options.encryption_key,
    )
    nag.of_dead_letter_queue(queue)
    return queue


def make_queue(scope: Construct, options: SqsOptions) -> sqs.Queue:
    """Create the source queue."""
    return encrypted.make_queue(
        scope,
        "Queue",
        queue_name=queue_name(scope, fifo=bool(options.fifo)),
        fifo=options.fifo or None,
        retention_period=options.retention_period,
        delivery_delay=options.delivery_delay,
        content_based_deduplication=options.content_based_deduplication,
        deduplication_scope=sqs.DeduplicationScope.MESSAGE_GROUP if options.high_throughput else None,
        fifo_throughput_limit=sqs.FifoThroughputLimit.PER_MESSAGE_GROUP_ID if options.high_throughput else None,
        encryption_key=options.encryption_key,
    )


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
    return None if resource is None else known.number(resource.message_retention_period, limits.DEFAULT_RETENTION)


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


def dead_letter_queue_of(queue: sqs.IQueue, given: sqs.IQueue | None) -> sqs.IQueue | None:
    """Return a queue's existing dead-letter queue, or `None` if it has none or it is unknown.

    Raises ValueError if it differs from `given`, or if only the resource's redrive policy names it and `given` is
    `None`.
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
    function: lambda_.IFunction,
    queue: sqs.IQueue,
    dead_letter_queue: sqs.IQueue | None,
    options: SqsOptions,
) -> None:
    """Set redrive policy and visibility timeout of a queue that this app creates, if they are unset.

    Raises ValueError if the stacks of queue and dead-letter queue would depend on each other.
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
            "maxReceiveCount": (
                DEFAULT_MAX_RECEIVE_COUNT if options.max_receive_count is None else options.max_receive_count
            ),
        }
    if resource.visibility_timeout is None:
        given = options.visibility_timeout
        resource.visibility_timeout = (
            _default_visibility_timeout(function, options.max_batching_window) if given is None else given.to_seconds()
        )


def _default_visibility_timeout(function: lambda_.IFunction, window: Duration | None) -> float:
    """Return 6 × the function's timeout + the batching window in seconds, and the longest of each if unknown.

    https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
    """
    timeout, gathering = known.function_timeout(function), known.seconds(window)
    longest_window = 0 if window is None else limits.BATCHING_WINDOW.most
    return 6 * (limits.LONGEST_FUNCTION_TIMEOUT if timeout is None else timeout) + (
        longest_window if gathering is None else gathering
    )


def warn_if_imported(consumer: Construct, queue: sqs.IQueue) -> None:
    """Warn that the properties of an imported queue are not checked."""
    if known.made_queue(queue) is None:
        Annotations.of(consumer).add_warning_v2(
            "redrive:imported-queue",
            f"{queue.node.path} is imported: its redrive policy, visibility timeout, retention and key cannot "
            "be seen or set here. See to it that it has a redrive policy, and a visibility timeout of 6 × the "
            "function's timeout; pass dead_letter_queue, max_receive_count and visibility_timeout as it has them, "
            "and import it with key_arn if it has a KMS key of its own.",
        )


def allow_source(dead_letter_queue: sqs.IQueue | None, source: sqs.IQueue, *, alone: bool) -> None:
    """Add a source queue to the dead-letter queue's redrive-allow policy, or raise ValueError if that is impossible.

    The policy needs a source with a name that is known at synthesis (`queue_name`). With a generated name, each queue
    would need the other one first; a dead-letter queue created for such a source therefore accepts all queues of the
    account, which is SQS's default. With `alone`, it accepts only this source, and the sources of other consumers that
    receive it.
    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-sqs-queue.html
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
    # Built from the name, because the resource's ARN attribute would make the dead-letter queue depend on the source.
    # The dead-letter queue's stack is right, because SQS requires both queues in one account and Region.
    resource = known.made_queue(source)
    name = None if resource is None else known.text(resource.queue_name)
    if name is None:
        return None
    return Stack.of(dead_letter_queue).format_arn(service="sqs", resource=name, arn_format=ArnFormat.NO_RESOURCE_NAME)
