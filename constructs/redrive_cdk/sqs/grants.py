"""IAM grants for queues and their KMS keys, nothing broader."""

from __future__ import annotations

from aws_cdk import aws_iam as iam

from redrive_cdk.core.destinations import SENDING, SENDING_WITH_KEY
from redrive_cdk.core.grants import grant
from redrive_cdk.sqs.known_queue import KnownQueue

_CONSUMING = (
    "sqs:ReceiveMessage",
    "sqs:DeleteMessage",
    "sqs:GetQueueAttributes",
    "sqs:ChangeMessageVisibility",
)


def grant_consuming(grantee: iam.IGrantable, queue: KnownQueue) -> iam.Grant:
    """Allow receiving and deleting messages, and changing their visibility.

    https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html and, for keys,
    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html
    """
    return grant(grantee, queue.arn, _CONSUMING, queue.key, ["kms:Decrypt"])


def grant_sending(grantee: iam.IGrantable, queue: KnownQueue) -> iam.Grant:
    """Allow sending messages."""
    return grant(grantee, queue.arn, SENDING, queue.key, SENDING_WITH_KEY)
