"""Creates the queue or the bucket that keeps failed events."""

from __future__ import annotations

from functools import cache

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from redrive_cdk.core import encrypted, known, nag
from redrive_cdk.core.durations import of_seconds
from redrive_cdk.core.notes import remember, remembered
from redrive_cdk.core.tree import resource_of
from redrive_cdk.core.types import AnyKey
from redrive_model import limits
from redrive_model.limits import DAY

#: Longest retention that SQS allows.
LONGEST_RETENTION = Duration.days(14)
#: Keeps failed events when their stack is deleted, but removes the resource if the creation of the stack failed.
KEPT = RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE

_KIND = "keeps-failures"
# In seconds. Time for which a deleted object of a failure bucket can be restored.
_RESTORABLE = 30 * DAY


def make_failure_queue(
    scope: Construct,
    *,
    retention_period: Duration | None,
    removal_policy: RemovalPolicy | None,
    encryption_key: AnyKey | None,
) -> sqs.Queue:
    """Create the queue `FailureQueue`.

    By default it keeps messages for 14 days and stays when it leaves the stack, unless the creation of the stack
    failed.
    """
    queue = encrypted.make_queue(
        scope,
        "FailureQueue",
        retention_period=retention_period or LONGEST_RETENTION,
        removal_policy=removal_policy or KEPT,
        encryption_key=encryption_key,
    )
    nag.of_failure_queue(queue)
    note_failure_place(queue)
    return queue


def note_failure_place(queue: sqs.IQueue) -> None:
    """Note that a queue keeps failures, for consumers of it that are created later."""
    if not keeps_failures(queue):
        remember(queue, _KIND, "")


def keeps_failures(queue: sqs.IQueue) -> bool:
    """Return whether a queue is known to keep failures."""
    return bool(remembered(queue, _KIND))


def retention_of(queue: sqs.IQueue) -> float | None:
    """Return the retention of a queue of this app in seconds; `None` if it is not known."""
    resource = resource_of(queue)
    if not isinstance(resource, sqs.CfnQueue):
        return None
    return known.number(resource.message_retention_period, limits.DEFAULT_RETENTION)


@cache
def _restorable() -> s3.LifecycleRule:
    return s3.LifecycleRule(noncurrent_version_expiration=of_seconds(_RESTORABLE), expired_object_delete_marker=True)


def make_failure_bucket(
    scope: Construct, *, removal_policy: RemovalPolicy | None, encryption_key: AnyKey | None
) -> s3.Bucket:
    """Create the bucket `FailureBucket`, in which objects stay until someone deletes them, and 30 days beyond.

    Deleted and overwritten objects can be restored meanwhile. By default the bucket stays when it leaves the stack,
    unless the creation of the stack failed.
    """
    bucket = encrypted.make_bucket(
        scope,
        "FailureBucket",
        removal_policy=removal_policy or KEPT,
        encryption_key=encryption_key,
        versioned=True,
        lifecycle_rules=[_restorable()],
    )
    nag.of_failure_bucket(bucket)
    return bucket
