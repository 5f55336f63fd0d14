"""Counts the attempts of asynchronous events: chooses, creates and grants the store for the count."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aws_cdk import Annotations, ArnFormat, Duration, RemovalPolicy, Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from constructs import Construct, IConstruct

from redrive_cdk.core import known
from redrive_cdk.core import nag as acknowledgements
from redrive_cdk.core.grants import allow, allow_on_table
from redrive_cdk.core.known import log_group_of
from redrive_cdk.core.notes import note, notes
from redrive_cdk.core.qualifiers import qualified
from redrive_cdk.core.types import AnyBucket, AnyTable

if TYPE_CHECKING:
    from redrive.settings.asynchronous import CounterKind


DEFAULT_PREFIX = "redrive-attempts/"


@dataclass(frozen=True, slots=True)
class AttemptCounting:
    """Chooses the store in which `@async_handler` counts an event's attempts. Create it by one of the class methods.

    Attributes:
        kind: The kind of store: `"tmp"`, `"dynamodb"`, `"s3"` or `"logs"`.
        table: For DynamoDB: an existing table; `None` to have one created.
        bucket: For S3: an existing bucket; `None` to have one created.
        prefix: For S3: the prefix of the objects' keys.
    """

    kind: CounterKind
    table: AnyTable | None = None
    bucket: AnyBucket | None = None
    prefix: str = DEFAULT_PREFIX

    @property
    def makes_store(self) -> bool:
        """True if the construct creates a table or a bucket for the count."""
        return (self.kind, self.table, self.bucket) in (("dynamodb", None, None), ("s3", None, None))

    @classmethod
    def tmp(cls) -> AttemptCounting:
        """Count in `/tmp` of the execution environment: no resources, no permissions, no calls.

        The count is right only while retries run in the same execution environment. Another one starts at 0 again.
        """
        return cls("tmp")

    @classmethod
    def dynamodb(cls, table: AnyTable | None = None) -> AttemptCounting:
        """Count in a DynamoDB table: exact, one write for each attempt.

        Args:
            table: A table with the partition key `id` (a string) and TTL on `expiration`, such as the table of an
                `IdempotencyTable`. Default: the construct creates one.
        """
        return cls("dynamodb", table=table)

    @classmethod
    def s3(cls, bucket: AnyBucket | None = None, prefix: str = DEFAULT_PREFIX) -> AttemptCounting:
        """Count in objects of an S3 bucket: exact, one write for a first attempt.

        Args:
            bucket: A bucket. Its lifecycle should remove the objects under the prefix after a day; the construct adds
                that rule if this app creates the bucket. Default: the construct creates one.
            prefix: The prefix of the objects' keys. Default: `redrive-attempts/`.

        Raises:
            ValueError: The prefix is empty. The function could then read and write every object of the bucket.
        """
        if not prefix:
            raise ValueError(
                "prefix '': counting would reach, and its lifecycle rule would remove, every object of the bucket; "
                f"give one such as {DEFAULT_PREFIX!r}"
            )
        return cls("s3", bucket=bucket, prefix=prefix)

    @classmethod
    def logs(cls) -> AttemptCounting:
        """Count by searching the function's own log group: no resources, one search for each attempt.

        CloudWatch Logs is eventually consistent. That suffices: a log event can be found within seconds, and a retry
        comes a minute later.
        """
        return cls("logs")


def make_table(scope: Construct, encryption_key: Any) -> dynamodb.Table:
    """Create a table for the count; the stack deletes it, because its content is worthless after a day."""
    table = dynamodb.Table(
        scope,
        "AttemptTable",
        partition_key=dynamodb.Attribute(name="id", type=dynamodb.AttributeType.STRING),
        billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
        time_to_live_attribute="expiration",
        encryption=None if encryption_key is None else dynamodb.TableEncryption.CUSTOMER_MANAGED,
        encryption_key=encryption_key,
        removal_policy=RemovalPolicy.DESTROY,
    )
    acknowledgements.of_attempt_table(table)
    return table


def make_bucket(scope: Construct, encryption_key: Any) -> s3.Bucket:
    """Create a bucket for the count; the stack keeps it, because CloudFormation deletes only empty buckets."""
    bucket = s3.Bucket(
        scope,
        "AttemptBucket",
        block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
        enforce_ssl=True,
        encryption=s3.BucketEncryption.S3_MANAGED if encryption_key is None else s3.BucketEncryption.KMS,
        encryption_key=encryption_key,
        bucket_key_enabled=None if encryption_key is None else True,
        removal_policy=RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
    )
    acknowledgements.of_attempt_bucket(bucket)
    return bucket


def grant_table(grantee: iam.IGrantable, table: Any) -> None:
    """Allow the one call that counts in a table."""
    allow_on_table(grantee, table, "dynamodb:UpdateItem")


def grant_bucket(grantee: iam.IGrantable, bucket: Any, prefix: str) -> None:
    """Allow the calls that count in a bucket, on objects under the prefix only."""
    allow(grantee, f"{bucket.bucket_arn}/{prefix}*", "s3:GetObject", "s3:PutObject")
    if bucket.encryption_key is not None:
        allow(grantee, bucket.encryption_key.key_arn, "kms:Decrypt", "kms:GenerateDataKey")


def grant_logs(grantee: iam.IGrantable, function: lambda_.IFunction) -> None:
    """Allow a search of the function's own log group."""
    # IAM requires `:*` at the end of a log group's ARN:
    # https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/iam-access-control-overview-cwl.html
    group = log_group_of(function) or f"/aws/lambda/{qualified(function).name}"
    arn = Stack.of(known.underlying(function) or function).format_arn(
        service="logs",
        resource="log-group",
        resource_name=f"{group}:*",
        arn_format=ArnFormat.COLON_RESOURCE_NAME,
    )
    allow(grantee, arn, "logs:FilterLogEvents")


def expire_objects(scope: Construct, bucket: Any, prefix: str) -> None:
    """Add a lifecycle rule that removes objects under a prefix after a day, or warn if the bucket is imported."""
    if isinstance(bucket, s3.Bucket):
        if prefix not in notes(bucket, "expiring"):  # one rule suffices for several functions
            note(bucket, "expiring", prefix)
            # A day is the shortest time in S3. Previous versions expire too, or a bucket with versions would keep every
            # object.
            day = Duration.days(1)
            bucket.add_lifecycle_rule(prefix=prefix, expiration=day, noncurrent_version_expiration=day)
        return
    path: IConstruct = bucket
    Annotations.of(scope).add_warning_v2(
        "redrive:attempt-objects",
        f"{path.node.path} is imported, and its lifecycle cannot be set here: give it a rule that expires what is "
        f"under {prefix!r} after a day, or an object stays for each event",
    )
