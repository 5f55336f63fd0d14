"""IAM grants for queues and their KMS keys, nothing broader."""

from __future__ import annotations

from aws_cdk import aws_iam as iam
from aws_cdk import aws_sqs as sqs

from redrive_cdk.core.destinations import SENDING, SENDING_WITH_KEY
from redrive_cdk.core.grants import grant

_CONSUMING = (
    "sqs:ReceiveMessage",
    "sqs:DeleteMessage",
    "sqs:GetQueueAttributes",
    "sqs:ChangeMessageVisibility",
)


def grant_consuming(grantee: iam.IGrantable, queue: sqs.IQueue, *, sends_back: bool) -> iam.Grant:
    """Allow receiving and deleting messages, changing their visibility and, for the helper, sending them back.

    https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html and, for keys,
    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html
    """
    actions = (*_CONSUMING, *SENDING) if sends_back else _CONSUMING
    key_actions = SENDING_WITH_KEY if sends_back else ["kms:Decrypt"]
    return grant(grantee, queue.queue_arn, actions, queue.encryption_master_key, key_actions)


def grant_sending(grantee: iam.IGrantable, queue: sqs.IQueue) -> iam.Grant:
    """Allow sending messages."""
    return grant(grantee, queue.queue_arn, SENDING, queue.encryption_master_key, SENDING_WITH_KEY)
