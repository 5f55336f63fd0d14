"""Where what has failed for good is kept: a queue or a bucket that a construct makes for it."""

from __future__ import annotations

from typing import Any, cast

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from redrive_cdk import acknowledgements
from redrive_cdk.accepted import AnyKey

#: The most that SQS keeps messages.
LONGEST_RETENTION = Duration.days(14)
#: What has failed is kept when its stack goes, but not when the stack could not be made at all.
KEPT = RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE


def make_queue(
    scope: Construct,
    *,
    retention_period: Duration | None = None,
    removal_policy: RemovalPolicy | None = None,
    encryption_key: AnyKey | None = None,
) -> sqs.Queue:
    """Make the queue `FailureQueue`.

    Args:
        scope: The construct whose it is.
        retention_period: For how long it keeps messages. Default: 14 days, the most there is.
        removal_policy: What becomes of it when it leaves the stack. Default: it is kept, unless its stack failed to be
            created.
        encryption_key: A key of one's own. Default: SQS manages one.

    Returns:
        The queue.
    """
    queue = sqs.Queue(
        scope,
        "FailureQueue",
        retention_period=retention_period or LONGEST_RETENTION,
        removal_policy=removal_policy or KEPT,
        enforce_ssl=True,
        encryption=sqs.QueueEncryption.SQS_MANAGED if encryption_key is None else sqs.QueueEncryption.KMS,
        encryption_master_key=cast("kms.IKey | None", encryption_key),
    )
    acknowledgements.of_failure_queue(queue)
    return queue


def make_bucket(
    scope: Construct, *, removal_policy: RemovalPolicy | None = None, encryption_key: AnyKey | None = None
) -> s3.Bucket:
    """Make the bucket `FailureBucket`.

    It has no versions: each object is written under a name of its own, and one that is written twice is the same.
    Objects stay until someone deletes them.

    Args:
        scope: The construct whose it is.
        removal_policy: What becomes of it when it leaves the stack. Default: it is kept, unless its stack failed to be
            created.
        encryption_key: A key of one's own. Default: S3 manages one.

    Returns:
        The bucket.
    """
    options: dict[str, Any] = {"encryption": s3.BucketEncryption.S3_MANAGED}
    if encryption_key is not None:
        options = {
            "encryption": s3.BucketEncryption.KMS,
            "encryption_key": encryption_key,
            "bucket_key_enabled": True,
        }
    bucket = s3.Bucket(
        scope,
        "FailureBucket",
        block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
        enforce_ssl=True,
        removal_policy=removal_policy or KEPT,
        **options,
    )
    acknowledgements.of_failure_bucket(bucket)
    return bucket
