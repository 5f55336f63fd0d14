"""Identifies destinations for failed events, and grants delivery to them.

https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, cast

from aws_cdk import aws_kms as kms
from constructs import Construct, IConstruct

from redrive_cdk.core import known
from redrive_cdk.core.encrypted import key_of
from redrive_cdk.core.grants import Grantee, allow
from redrive_cdk.core.tree import once, path_of, place_of, resource_of
from redrive_cdk.core.types import AnyDestination
from redrive_model.template.arns import Kind

#: Calls of sending to a queue, and those on its KMS key.
SENDING = ("sqs:SendMessage",)
SENDING_WITH_KEY = ("kms:Decrypt", "kms:GenerateDataKey")

# Each kind has an attribute of its own; an imported destination has no class that `isinstance` could test.
_ARNS: Mapping[str, Kind] = {
    "queue_arn": "queue",
    "topic_arn": "topic",
    "function_arn": "function",
    "event_bus_arn": "event bus",
    "bucket_arn": "bucket",
}


def kind_of(destination: AnyDestination) -> Kind:
    """Return the kind of a destination, or raise ValueError for anything else."""
    return _kind_and_arn_of(destination)[0]


def arn_of(destination: AnyDestination) -> str:
    """Return a destination's ARN."""
    return _kind_and_arn_of(destination)[1]


@once
def _kind_and_arn_of(destination: AnyDestination) -> tuple[Kind, str]:
    for attribute, kind in _ARNS.items():
        arn = getattr(destination, attribute, None)
        if arn is not None:
            return kind, str(arn)
    raise ValueError(
        f"{destination!r} is no destination: give an SQS queue, an SNS topic, a function, an event bus or an S3 bucket"
    )


def kind_in_role(construct: Construct, role: str, destination: AnyDestination) -> Kind:
    """Return the kind of a destination that is an option (`role`) of a construct, or raise ValueError naming both."""
    try:
        return kind_of(destination)
    except ValueError as error:
        raise ValueError(f"{path_of(construct)}: {role} {error}") from None


def is_fifo(destination: AnyDestination) -> bool:
    """Return whether a destination is known to be a FIFO queue or topic, even if it is imported."""
    if kind_of(destination) not in ("queue", "topic"):
        return False
    arn = arn_of(destination)
    # The CDK misses the end of an ARN if only the deployment knows Region or account.
    if getattr(destination, "fifo", False) or arn.endswith(".fifo"):
        return True
    made = resource_of(cast("IConstruct", destination)) or known.named_by(arn)
    return bool(getattr(made, "fifo_queue", False) or getattr(made, "fifo_topic", False))


def grant_delivery(grantee: Grantee, destination: AnyDestination) -> None:
    """Allow a role exactly the calls of delivery to a destination, and those on the destination's KMS key.

    Calls on keys: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html
    for queues, and https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html for topics. An event bus uses its
    key itself, which the key's policy must allow:
    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-encryption-key-policy.html
    """
    _GRANTS[kind_of(destination)](grantee, destination)


def _to_queue(grantee: Grantee, queue: Any) -> None:
    allow(grantee, arn_of(queue), *SENDING, resource=queue)
    _allow_key(grantee, key_of(queue, "encryption_master_key"), *SENDING_WITH_KEY)


def _to_topic(grantee: Grantee, topic: Any) -> None:
    allow(grantee, arn_of(topic), "sns:Publish", resource=topic)
    calls = ("kms:Decrypt", "kms:GenerateDataKey", "kms:GenerateDataKeyWithoutPlaintext")
    _allow_key(grantee, topic.master_key, *calls)


def _to_function(grantee: Grantee, function: Any) -> None:
    allow(grantee, arn_of(function), "lambda:InvokeFunction", resource=function)


def _to_event_bus(grantee: Grantee, bus: Any) -> None:
    allow(grantee, arn_of(bus), "events:PutEvents", resource=bus)


def _to_bucket(grantee: Grantee, bucket: Any) -> None:
    grant_writing(grantee, bucket, "")
    conditions = _while_it_is_its_accounts(bucket)
    allow(grantee, arn_of(bucket), "s3:ListBucket", conditions=conditions, resource=bucket)


def grant_writing(grantee: Grantee, bucket: Any, prefix: str) -> None:
    """Allow writing objects under a key prefix, without multipart uploads, and using the bucket's KMS key for it."""
    conditions = _while_it_is_its_accounts(bucket)
    allow(grantee, f"{arn_of(bucket)}/{prefix}*", "s3:PutObject", conditions=conditions, resource=bucket)
    _allow_key(grantee, key_of(bucket), "kms:GenerateDataKey")


def _while_it_is_its_accounts(bucket: Any) -> Mapping[str, Any]:
    # Protects against another account that takes over the name of a deleted bucket.
    return {"StringEquals": {"s3:ResourceAccount": place_of(bucket).account}}


def _allow_key(grantee: Grantee, key: kms.IKey | None, *actions: str) -> None:
    if key is not None:
        allow(grantee, key.key_arn, *actions, resource=key)


_GRANTS: Mapping[Kind, Callable[[Grantee, Any], None]] = {
    "queue": _to_queue,
    "topic": _to_topic,
    "function": _to_function,
    "event bus": _to_event_bus,
    "bucket": _to_bucket,
}
