"""IAM grants for streams, the tables that have them, and their KMS keys, nothing broader."""

from __future__ import annotations

from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kinesis as kinesis
from constructs import Construct

from redrive_cdk.core.destinations import grant_delivery, grant_writing, kind_of
from redrive_cdk.core.encrypted import key_of
from redrive_cdk.core.grants import Grantee, allow, grant
from redrive_cdk.core.other_side import Call
from redrive_cdk.core.types import AnyBucket, AnyDeadLetterTarget
from redrive_cdk.streams.options import AnySetAside

# Calls that Lambda needs: https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-create.html
_READING_KINESIS = (
    "kinesis:DescribeStream",
    "kinesis:DescribeStreamSummary",
    "kinesis:GetRecords",
    "kinesis:GetShardIterator",
    "kinesis:ListShards",
    "kinesis:SubscribeToShard",
)
_READING_DYNAMODB = ("dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator")


def grant_failure_places(
    grantee: Grantee,
    on_failure: AnyDeadLetterTarget | AnyBucket | None,
    set_aside: AnySetAside | None,
    prefix: str,
) -> None:
    """Allow delivery to the on-failure destination, and setting records aside, in a bucket under the prefix only."""
    if on_failure is not None:
        grant_delivery(grantee, on_failure)
    if set_aside is None or set_aside is on_failure:
        return
    if kind_of(set_aside) == "bucket":
        grant_writing(grantee, set_aside, prefix)
    else:
        grant_delivery(grantee, set_aside)


def grant_reading_kinesis(
    grantee: Grantee, stream: kinesis.IStream, stream_arn: str, consumer: kinesis.IStreamConsumer | None
) -> None:
    """Allow reading a Kinesis stream, also with enhanced fan-out by its consumer."""
    allow(grantee, stream_arn, *_READING_KINESIS, resource=stream)
    if consumer is not None:
        calls = ("kinesis:DescribeStreamConsumer", "kinesis:SubscribeToShard")
        allow(grantee, consumer.stream_consumer_arn, *calls, resource=consumer)
    key = key_of(stream)
    if key is not None:
        allow(grantee, key.key_arn, "kms:Decrypt", resource=key)


def grant_putting(scope: Construct, grantee: iam.IGrantable, stream: kinesis.IStream) -> iam.Grant:
    """Allow putting records into a Kinesis stream.

    https://docs.aws.amazon.com/streams/latest/dev/permissions-user-key-KMS.html
    """
    call = Call(stream, stream.stream_arn, ("kinesis:PutRecord", "kinesis:PutRecords"))
    return grant(scope, grantee, call, stream.encryption_key, ["kms:GenerateDataKey"])


def grant_reading_dynamodb(grantee: Grantee, table: dynamodb.ITable, stream_arn: str) -> None:
    """Allow reading a table's stream.

    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/iam-policy-read-stream-only.html
    """
    allow(grantee, stream_arn, *_READING_DYNAMODB, resource=table)
    allow(grantee, f"{table.table_arn}/stream/*", "dynamodb:ListStreams")
    key = key_of(table)
    if key is not None:
        allow(grantee, key.key_arn, "kms:Decrypt", "kms:DescribeKey", resource=key)
