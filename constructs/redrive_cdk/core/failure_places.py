"""Creates the queue or the bucket that keeps failed events."""

from __future__ import annotations

from typing import Any, cast

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from redrive_cdk.core import nag as acknowledgements
from redrive_cdk.core.types import AnyKey

#: Longest retention that SQS allows.
LONGEST_RETENTION = Duration.days(14)
#: Keeps failed events when their stack is deleted, but removes the resource if the creation of the stack failed.
KEPT = RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE


def make_queue(
    scope: Construct,
    *,
    retention_period: Duration | None = None,
    removal_policy: RemovalPolicy | None = None,
    encryption_key: AnyKey | None = None,
) -> sqs.Queue:
    """Create the queue `FailureQueue`.

    By default it keeps messages for 14 days and stays when it leaves the stack, unless the creation of the stack
    failed; SQS manages its encryption key.
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
    """Create the bucket `FailureBucket`, in which objects stay until someone deletes them.

    It has no versions: each object has its own key, and an object that is written twice is identical. By default the
    bucket stays when it leaves the stack, unless the creation of the stack failed; S3 manages its encryption key.
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
