"""Creates a consumer's queues, and connects them by their redrive policies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aws_cdk import Annotations, ArnFormat, Duration, Stack
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from redrive_cdk.core import encrypted, known
from redrive_cdk.core.durations import of_seconds
from redrive_cdk.core.failure_places import KEPT, LONGEST_RETENTION
from redrive_cdk.core.notes import remember, remembered
from redrive_cdk.core.placement import refuse_circle
from redrive_cdk.core.tree import once, path_of, stack_of
from redrive_cdk.sqs.known_queue import KnownQueue
from redrive_cdk.sqs.options import SqsOptions
from redrive_model import limits
from redrive_model.facts.sqs import SqsFacts
from redrive_model.schedules.sqs_plan import Plan

_MOST_SOURCES = 10
# What is noted about a dead-letter queue with a redrive-allow policy that a consumer has set.
_RESTRICTED = "restricted"


def make_dead_letter_queue(scope: Construct, options: SqsOptions) -> KnownQueue:
    """Create the dead-letter queue, of the same type as the source queue."""
    fifo = options.fifo if options.queue is None else KnownQueue(options.queue).fifo
    retention = options.dead_letter_retention_period or LONGEST_RETENTION
    queue = encrypted.make_queue(
        scope,
        "DeadLetterQueue",
        fifo=fifo or None,
        retention_period=retention,
        removal_policy=options.dead_letter_removal_policy or KEPT,
        encryption_key=options.encryption_key,
    )
    return _created(queue, {"fifoQueue": fifo, "messageRetentionPeriod": _seconds(retention)})


def make_queue(scope: Construct, options: SqsOptions, dead_letters: KnownQueue | None, plan: Plan) -> KnownQueue:
    """Create the source queue, with the receives and the visibility timeout of the plan.

    Values for redrive policy and visibility timeout that the CDK would refuse are left to `complete` and the rules.
    """
    receives, timeout = _max_receive_count(options, plan), _visibility_timeout(options, plan)
    given: dict[str, Any] = {}
    properties: dict[str, Any] = {
        "fifoQueue": options.fifo,
        "messageRetentionPeriod": _seconds(options.retention_period),
        "delaySeconds": _seconds(options.delivery_delay),
    }
    if dead_letters is not None and receives is not None and (known.number(receives) or 0) >= 1:
        given["dead_letter_queue"] = sqs.DeadLetterQueue(queue=dead_letters.queue, max_receive_count=receives)
        properties["redrivePolicy"] = {"deadLetterTargetArn": dead_letters.arn, "maxReceiveCount": receives}
    if timeout is not None and known.number(timeout) is not None and limits.VISIBILITY_TIMEOUT.allows(timeout):
        given["visibility_timeout"] = of_seconds(timeout)
        properties["visibilityTimeout"] = timeout
    queue = encrypted.make_queue(
        scope,
        "Queue",
        fifo=options.fifo or None,
        retention_period=options.retention_period,
        delivery_delay=options.delivery_delay,
        content_based_deduplication=options.content_based_deduplication,
        deduplication_scope=sqs.DeduplicationScope.MESSAGE_GROUP if options.high_throughput else None,
        fifo_throughput_limit=sqs.FifoThroughputLimit.PER_MESSAGE_GROUP_ID if options.high_throughput else None,
        encryption_key=options.encryption_key,
        removal_policy=options.removal_policy or KEPT,
        **given,
    )
    return _created(queue, properties)


def _created(queue: sqs.IQueue, properties: Mapping[str, Any]) -> KnownQueue:
    return KnownQueue(queue, {name: value for name, value in properties.items() if value is not None})


def _seconds(duration: Duration | None) -> float | Duration | None:
    """Return a duration in seconds, or the duration itself if only the deployment knows it."""
    seconds = known.seconds(duration)
    return duration if seconds is None else seconds


def _max_receive_count(options: SqsOptions, plan: Plan) -> int | None:
    # A number that only the deployment knows is in the options, not in the plan.
    return plan.receives if options.max_receive_count is None else options.max_receive_count


def _visibility_timeout(options: SqsOptions, plan: Plan) -> float | None:
    given = options.visibility_timeout
    return plan.visibility_timeout if given is None else given.to_seconds()


def dead_letter_queue_of(source: KnownQueue, given: KnownQueue | None) -> sqs.IQueue | None:
    """Return a queue's existing dead-letter queue, or `None` if it has none or it is unknown.

    Raises ValueError if it differs from `given`, or if only the resource's redrive policy names it and `given` is
    `None`.
    """
    if source.is_new or source.redrive_policy is None:
        return None
    queue = source.queue
    own = queue.dead_letter_queue.queue if isinstance(queue, sqs.Queue) and queue.dead_letter_queue else None
    if own is not None and given is not None and not KnownQueue(own).is_same(given):
        raise ValueError(
            f"{source.path} has the dead-letter queue {path_of(own)}, and {given.path} was to be it: a queue "
            "has one; leave dead_letter_queue unset to use its own"
        )
    if own is None and given is not None:
        _refuse_other_target(source, given)
    if own is None and given is None:
        raise ValueError(
            f"{source.path} has a redrive policy that was set on its resource: pass the dead-letter queue it names "
            "as dead_letter_queue"
        )
    return own


def _refuse_other_target(source: KnownQueue, given: KnownQueue) -> None:
    stack = stack_of(source.queue)
    target = stack.resolve(known.fields(source.redrive_policy).get("deadLetterTargetArn"))
    if target is not None and target != stack.resolve(given.arn):
        raise ValueError(
            f"{source.path} has a redrive policy to {target}, and {given.path} was to be its dead-letter "
            "queue: a queue has one; pass the dead_letter_queue that the policy names"
        )


def complete(
    consumer: Construct,
    plan: Plan,
    source: KnownQueue,
    dead_letters: KnownQueue | None,
    options: SqsOptions,
) -> None:
    """Set redrive policy and visibility timeout of a queue that this app creates as planned, if they are unset.

    Raises ValueError if the stacks of queue and dead-letter queue would depend on each other.
    """
    if not source.is_made:
        return
    if source.redrive_policy is None and dead_letters is not None:
        if dead_letters.is_made:
            refuse_circle(
                consumer,
                source.queue,
                dead_letters.queue,
                "give the queue a dead_letter_queue in its own stack, where it is made",
            )
        source.set_redrive_policy(
            {
                "deadLetterTargetArn": dead_letters.arn,
                "maxReceiveCount": _max_receive_count(options, plan),
            }
        )
    timeout = _visibility_timeout(options, plan)
    if source.properties.get("visibilityTimeout") is None and timeout is not None:
        source.set_visibility_timeout(timeout)


def derived_properties(source: KnownQueue, options: SqsOptions) -> frozenset[str]:
    """Return the properties of a queue of this app that are set as planned; call this before `complete`."""
    given = {"redrivePolicy": options.max_receive_count, "visibilityTimeout": options.visibility_timeout}
    if not source.is_made:
        return frozenset()
    return frozenset(
        name
        for name, value in given.items()
        if value is None and (source.is_new or source.properties.get(name) is None)
    )


def changed_properties(source: KnownQueue, facts: SqsFacts) -> frozenset[str]:
    """Return the properties with a planned value in which a queue of this app differs from the facts."""
    if not source.is_made:
        return frozenset()
    receives = known.number(known.fields(source.redrive_policy).get("maxReceiveCount"))
    differs = {
        "redrivePolicy": receives != facts.max_receive_count,
        "visibilityTimeout": known.number(source.properties.get("visibilityTimeout")) != facts.visibility_timeout,
    }
    return frozenset(name for name, changed in differs.items() if changed)


def has_changed(source: KnownQueue, facts: SqsFacts) -> bool:
    """Return whether a queue of this app has other values than the facts, from which settings were derived."""
    return source.is_made and (facts.retention != source.retention or bool(changed_properties(source, facts)))


def without(source: KnownQueue, names: frozenset[str]) -> KnownQueue:
    """Return what would be known about a queue if properties of it were unset."""
    if not names:
        return source
    return KnownQueue(source.queue, {name: value for name, value in source.properties.items() if name not in names})


def derive(source: KnownQueue, fixed: KnownQueue, plan: Plan) -> None:
    """Set the properties that `fixed` lacks again, as in a new plan."""
    if not source.is_made:
        return
    policy = known.fields(source.redrive_policy)
    if fixed.redrive_policy is None and policy and policy.get("maxReceiveCount") != plan.receives:
        source.set_redrive_policy({**policy, "maxReceiveCount": plan.receives})
    timeout = plan.visibility_timeout
    if (
        fixed.properties.get("visibilityTimeout") is None
        and timeout is not None
        and timeout != source.properties.get("visibilityTimeout")
    ):
        source.set_visibility_timeout(timeout)


def warn_if_imported(consumer: Construct, source: KnownQueue) -> None:
    """Warn that the properties of an imported queue are not checked."""
    if not source.is_made:
        Annotations.of(consumer).add_warning_v2(
            "redrive:imported-queue",
            f"{source.path} is imported: its redrive policy, visibility timeout, retention and key cannot "
            "be seen or set here. See to it that it has a redrive policy, and a visibility timeout of 6 × the "
            "function's timeout; pass dead_letter_queue, max_receive_count and visibility_timeout as it has them, "
            "and import it with key_arn if it has a KMS key of its own.",
        )


def allow_source(dead_letters: KnownQueue | None, source: KnownQueue, *, alone: bool) -> None:
    """Add a source queue to the dead-letter queue's redrive-allow policy, or raise ValueError if that is impossible.

    With `alone`, the dead-letter queue accepts only this source, and those of other consumers that receive it, if the
    source has a `queue_name`. With a generated name, each queue would need the other one first; the dead-letter queue
    then accepts all queues of the account and Region, which is SQS's default.
    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-sqs-queue.html
    """
    if dead_letters is None or not dead_letters.is_made or not source.is_made:
        return
    arn = _arn_known_now(dead_letters, source)
    policy = dead_letters.redrive_allow_policy
    if dead_letters.properties.get("redriveAllowPolicy") is None:
        if alone and arn is not None:
            dead_letters.set_redrive_allow_policy({"redrivePermission": "byQueue", "sourceQueueArns": [arn]})
            remember(dead_letters.queue, _RESTRICTED, "")
        return
    if policy.get("redrivePermission") not in ("byQueue", "denyAll"):
        return
    sources = list(policy.get("sourceQueueArns") or [])
    if arn in sources or source.arn in sources:
        return
    if arn is None or policy["redrivePermission"] == "denyAll" or len(sources) >= _MOST_SOURCES:
        if remembered(dead_letters.queue, _RESTRICTED):  # by a consumer, and not by the user
            dead_letters.set_redrive_allow_policy(None)
            return
        raise ValueError(
            f"{dead_letters.path} has a redrive-allow policy ({policy['redrivePermission']}, {len(sources)} "
            f"queues) without {source.path}: SQS would refuse it as that queue's dead-letter queue; give another "
            f"dead_letter_queue, or add the queue to the policy (at most {_MOST_SOURCES}, each with a queue_name)"
        )
    dead_letters.set_redrive_allow_policy({**policy, "sourceQueueArns": [*sources, arn]})


def _arn_known_now(dead_letters: KnownQueue, source: KnownQueue) -> str | None:
    # Built from the name, because the resource's ARN attribute would make the dead-letter queue depend on the source.
    # The dead-letter queue's stack is right, because SQS requires both queues in one account and Region.
    if source.name is None:
        return None
    return _arn_prefix(stack_of(dead_letters.queue)) + source.name


@once
def _arn_prefix(stack: Stack) -> str:
    return stack.format_arn(service="sqs", resource="", arn_format=ArnFormat.NO_RESOURCE_NAME)
