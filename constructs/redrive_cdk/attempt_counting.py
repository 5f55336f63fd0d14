"""Where the attempts of an asynchronous event are counted: what that takes, made or taken, and allowed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aws_cdk import Annotations, ArnFormat, Duration, RemovalPolicy, Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from constructs import Construct, IConstruct

from redrive_cdk import acknowledgements, known
from redrive_cdk.accepted import AnyBucket, AnyTable
from redrive_cdk.grants import allow, allow_on_table
from redrive_cdk.notes import note, notes
from redrive_cdk.qualifiers import qualified

if TYPE_CHECKING:
    from redrive.settings import CounterKind

DEFAULT_PREFIX = "redrive-attempts/"


@dataclass(frozen=True, slots=True)
class AttemptCounting:
    """Where `@async_handler` counts how often an event was tried. Made by one of the class methods.

    Attributes:
        kind: The store.
        table: For DynamoDB: an existing table, `None` to have one made.
        bucket: For S3: an existing bucket, `None` to have one made.
        prefix: For S3: what the objects' keys begin with.
    """

    kind: CounterKind
    table: AnyTable | None = None
    bucket: AnyBucket | None = None
    prefix: str = DEFAULT_PREFIX

    @property
    def makes_store(self) -> bool:
        """Whether a table or a bucket is to be made."""
        return (self.kind, self.table, self.bucket) in (("dynamodb", None, None), ("s3", None, None))

    @classmethod
    def tmp(cls) -> AttemptCounting:
        """In `/tmp` of the execution environment: no resources, no permissions, no calls.

        Right only while retries run in the same execution environment. Another one begins at 0 again.
        """
        return cls("tmp")

    @classmethod
    def dynamodb(cls, table: AnyTable | None = None) -> AttemptCounting:
        """In a DynamoDB table: exact, one write an attempt.

        Args:
            table: A table with the partition key `id` (a string) and TTL on `expiration`, such as an `IdempotencyTable`
                has. Default: one is made.
        """
        return cls("dynamodb", table=table)

    @classmethod
    def s3(cls, bucket: AnyBucket | None = None, prefix: str = DEFAULT_PREFIX) -> AttemptCounting:
        """In objects of a bucket: exact, one write for a first attempt.

        Args:
            bucket: A bucket. Its lifecycle should remove what is under the prefix after a day; if this app makes it,
                it is told to. Default: one is made.
            prefix: What the objects' keys begin with.

        Raises:
            ValueError: The prefix is empty: every object of the bucket would be the function's to read and write.
        """
        if not prefix:
            raise ValueError(
                "prefix '': counting would reach, and its lifecycle rule would remove, every object of the bucket; "
                f"give one such as {DEFAULT_PREFIX!r}"
            )
        return cls("s3", bucket=bucket, prefix=prefix)

    @classmethod
    def logs(cls) -> AttemptCounting:
        """In the function's own log group: no resources, one search an attempt.

        CloudWatch Logs is eventually consistent: a retry is a minute away, what was logged is found within seconds.
        """
        return cls("logs")


def make_table(scope: Construct, encryption_key: Any) -> dynamodb.Table:
    """Make a table for counting: what is in it is worth nothing after a day."""
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
    """Make a bucket for counting. It stays when the stack is deleted, since CloudFormation deletes only empty ones."""
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
    """Allow to count in a table: one call."""
    allow_on_table(grantee, table, "dynamodb:UpdateItem")


def grant_bucket(grantee: iam.IGrantable, bucket: Any, prefix: str) -> None:
    """Allow to count in a bucket: to read and write objects under the prefix."""
    allow(grantee, f"{bucket.bucket_arn}/{prefix}*", "s3:GetObject", "s3:PutObject")
    if bucket.encryption_key is not None:
        allow(grantee, bucket.encryption_key.key_arn, "kms:Decrypt", "kms:GenerateDataKey")


def log_group_of(function: lambda_.IFunction) -> str | None:
    """The log group that was chosen for a function; `None` where Lambda chooses, and names it for the function."""
    made = known.underlying(function)
    resource = None if made is None else known.resource_of(made)
    configured: Any = resource.logging_config if isinstance(resource, lambda_.CfnFunction) else None
    group = getattr(configured, "log_group", None)
    return group if isinstance(group, str) else None


def grant_logs(grantee: iam.IGrantable, function: lambda_.IFunction) -> None:
    """Allow to search the function's own log group.

    With `:*` at the end, as IAM wants it:
    https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/iam-access-control-overview-cwl.html
    """
    group = log_group_of(function) or f"/aws/lambda/{qualified(function).name}"
    arn = Stack.of(known.underlying(function) or function).format_arn(
        service="logs",
        resource="log-group",
        resource_name=f"{group}:*",
        arn_format=ArnFormat.COLON_RESOURCE_NAME,
    )
    allow(grantee, arn, "logs:FilterLogEvents")


def expire_objects(scope: Construct, bucket: Any, prefix: str) -> None:
    """Have a bucket remove what is under a prefix after a day, the shortest time there is.

    With previous versions, which a bucket may keep: else every object ever written would stay as one.
    """
    if isinstance(bucket, s3.Bucket):
        if prefix not in notes(bucket, "expiring"):  # several functions may count in one, and one rule will do
            note(bucket, "expiring", prefix)
            day = Duration.days(1)
            bucket.add_lifecycle_rule(prefix=prefix, expiration=day, noncurrent_version_expiration=day)
        return
    path: IConstruct = bucket
    Annotations.of(scope).add_warning_v2(
        "redrive:attempt-objects",
        f"{path.node.path} is imported, and its lifecycle cannot be set here: give it a rule that expires what is "
        f"under {prefix!r} after a day, or an object stays for each event",
    )
