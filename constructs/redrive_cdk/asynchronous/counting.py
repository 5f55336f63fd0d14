"""Counts the attempts of asynchronous events: chooses, creates and grants the store for the count."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aws_cdk import Annotations, ArnFormat, Duration, RemovalPolicy
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from constructs import Construct, IConstruct

from redrive.settings.asynchronous import ATTEMPT_KEYS
from redrive_cdk.core import encrypted, known, nag
from redrive_cdk.core.arguments import check_fields
from redrive_cdk.core.failure_places import KEPT
from redrive_cdk.core.grants import allow, allow_on_table, only_keys
from redrive_cdk.core.notes import remember, remembered
from redrive_cdk.core.placement import refuse_circle_with
from redrive_cdk.core.qualifiers import qualified
from redrive_cdk.core.tree import path_of, stack_of
from redrive_cdk.core.types import AnyBucket, AnyKey, AnyTable

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

    def __post_init__(self) -> None:
        """Refuse wrong types.

        Raises:
            TypeError: A field has a wrong type.
        """
        check_fields(self)

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


def count_in(
    scope: Construct,
    function: lambda_.IFunction,
    grantee: iam.IGrantable,
    counting: AttemptCounting,
    encryption_key: AnyKey | None,
) -> dict[str, Any]:
    """Create or reuse the store for the count of attempts, allow counting, and return the counter's settings."""
    settings: dict[str, Any] = {"counter": counting.kind}
    remedy = "make AsyncInvocation in the function's stack, or give count_attempts one of a third"
    if counting.kind == "dynamodb":
        table: Any = counting.table or _make_table(scope, encryption_key)
        refuse_circle_with(scope, function, table, remedy=remedy)
        grant_table(grantee, table)
        settings["counter_table"] = table.table_name
    elif counting.kind == "s3":
        bucket: Any = counting.bucket or _make_bucket(scope, encryption_key)
        refuse_circle_with(scope, function, bucket, remedy=remedy)
        _expire_objects(scope, bucket, counting.prefix)
        _grant_bucket(grantee, bucket, counting.prefix)
        settings |= {"counter_bucket": bucket.bucket_name, "counter_prefix": counting.prefix}
    elif counting.kind == "logs":
        _grant_logs(grantee, function)
        # `None` if Lambda names the group: the helper then reads the name from the execution environment. Written
        # here, the name would make the function's environment refer to the function itself.
        settings["counter_log_group"] = known.log_group_of(function)
    return settings


def _make_table(scope: Construct, encryption_key: AnyKey | None) -> dynamodb.Table:
    """Create a table for the count; the stack deletes it, because its content is worthless after a day."""
    table = encrypted.make_table(
        scope, "AttemptTable", encryption_key=encryption_key, removal_policy=RemovalPolicy.DESTROY
    )
    nag.of_attempt_table(table)
    return table


def _make_bucket(scope: Construct, encryption_key: AnyKey | None) -> s3.Bucket:
    """Create a bucket for the count; the stack keeps it, because CloudFormation deletes only empty buckets."""
    bucket = encrypted.make_bucket(scope, "AttemptBucket", encryption_key=encryption_key, removal_policy=KEPT)
    nag.of_attempt_bucket(bucket)
    return bucket


def grant_table(grantee: iam.IGrantable, table: Any) -> None:
    """Allow the one call that counts in a table, on the items of attempts only."""
    allow_on_table(grantee, table, "dynamodb:UpdateItem", conditions=only_keys(f"{ATTEMPT_KEYS}*"))


def _grant_bucket(grantee: iam.IGrantable, bucket: Any, prefix: str) -> None:
    """Allow the calls that count in a bucket, on objects under the prefix only."""
    allow(grantee, f"{bucket.bucket_arn}/{prefix}*", "s3:GetObject", "s3:PutObject")
    if bucket.encryption_key is not None:
        allow(grantee, bucket.encryption_key.key_arn, "kms:Decrypt", "kms:GenerateDataKey")


def _grant_logs(grantee: iam.IGrantable, function: lambda_.IFunction) -> None:
    """Allow a search of the function's own log group."""
    # IAM requires `:*` at the end of a log group's ARN:
    # https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/iam-access-control-overview-cwl.html
    group = known.log_group_of(function) or f"/aws/lambda/{qualified(function).name}"
    arn = stack_of(known.underlying(function) or function).format_arn(
        service="logs",
        resource="log-group",
        resource_name=f"{group}:*",
        arn_format=ArnFormat.COLON_RESOURCE_NAME,
    )
    allow(grantee, arn, "logs:FilterLogEvents")


def _expire_objects(scope: Construct, bucket: Any, prefix: str) -> None:
    """Add a lifecycle rule that removes objects under a prefix after a day, or warn if the bucket is imported."""
    if isinstance(bucket, s3.Bucket):
        if prefix not in remembered(bucket, "expiring"):  # one rule suffices for several functions
            remember(bucket, "expiring", prefix)
            # A day is the shortest time in S3. Previous versions expire too, or a bucket with versions would keep every
            # object.
            day = Duration.days(1)
            bucket.add_lifecycle_rule(prefix=prefix, expiration=day, noncurrent_version_expiration=day)
        return
    path: IConstruct = bucket
    Annotations.of(scope).add_warning_v2(
        "redrive:attempt-objects",
        f"{path_of(path)} is imported, and its lifecycle cannot be set here: give it a rule that expires what is "
        f"under {prefix!r} after a day, or an object stays for each event",
    )
