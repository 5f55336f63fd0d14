"""Creates encrypted queues, buckets and tables: with the user's KMS key, or else with one that AWS owns or manages."""

from __future__ import annotations

from collections.abc import MutableSet
from functools import cache
from typing import Any
from weakref import WeakSet

from aws_cdk import RemovalPolicy
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from redrive_cdk.core.creation import create
from redrive_cdk.core.tree import note_place
from redrive_cdk.core.types import AnyKey
from redrive_model.rules.idempotency import EXPIRATION, KEY


def make_queue(scope: Construct, id: str, *, encryption_key: AnyKey | None, **options: Any) -> sqs.Queue:
    """Create a queue that accepts calls over TLS only; `options` are `sqs.QueueProps`."""
    queue = create(
        sqs.Queue,
        sqs.QueueProps,
        scope,
        id,
        enforce_ssl=True,
        encryption=sqs.QueueEncryption.SQS_MANAGED if encryption_key is None else sqs.QueueEncryption.KMS,
        encryption_master_key=encryption_key,
        **options,
    )
    note_place(queue, scope, id)
    note_key(queue, encryption_key)
    return queue


def make_bucket(
    scope: Construct, id: str, *, encryption_key: AnyKey | None, removal_policy: RemovalPolicy, **options: Any
) -> s3.Bucket:
    """Create a bucket that is not public and accepts calls over TLS only; `options` are `s3.BucketProps`."""
    bucket = create(
        s3.Bucket,
        s3.BucketProps,
        scope,
        id,
        block_public_access=_nothing_public(),
        enforce_ssl=True,
        encryption=s3.BucketEncryption.S3_MANAGED if encryption_key is None else s3.BucketEncryption.KMS,
        encryption_key=encryption_key,
        bucket_key_enabled=None if encryption_key is None else True,
        removal_policy=removal_policy,
        **options,
    )
    note_place(bucket, scope, id)
    note_key(bucket, encryption_key)
    return bucket


@cache
def _nothing_public() -> s3.BlockPublicAccess:
    return s3.BlockPublicAccess.BLOCK_ALL


def make_table(
    scope: Construct, id: str, *, encryption_key: AnyKey | None, removal_policy: RemovalPolicy, **options: Any
) -> dynamodb.Table:
    """Create an on-demand table for the helpers' items, which expire; `options` are `dynamodb.TableProps`."""
    # Not TableV2: in a stack without an explicit Region, it accepts no customer managed key.
    table = create(
        dynamodb.Table,
        dynamodb.TableProps,
        scope,
        id,
        partition_key=dynamodb.Attribute(name=KEY, type=dynamodb.AttributeType.STRING),
        billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
        time_to_live_attribute=EXPIRATION,
        encryption=None if encryption_key is None else dynamodb.TableEncryption.CUSTOMER_MANAGED,
        encryption_key=encryption_key,
        removal_policy=removal_policy,
        **options,
    )
    note_place(table, scope, id)
    return table


_WITHOUT_KEY: MutableSet[object] = WeakSet()


def note_key(resource: object, key: AnyKey | None) -> None:
    """Note whether a resource was created with a KMS key, so that nobody looks for one."""
    if key is None:
        _WITHOUT_KEY.add(resource)


def key_of(resource: Any, attribute: str = "encryption_key") -> kms.IKey | None:
    """Return a resource's own KMS key, or `None` if it has none."""
    return None if resource in _WITHOUT_KEY else getattr(resource, attribute)
