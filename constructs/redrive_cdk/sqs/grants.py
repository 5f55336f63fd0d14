"""IAM grants for queues and their KMS keys, nothing broader."""

from __future__ import annotations

from aws_cdk import aws_iam as iam
from aws_cdk import aws_sqs as sqs


def grant_consuming(grantee: iam.IGrantable, queue: sqs.IQueue) -> list[iam.Grant]:
    """Allow receiving and deleting messages, and changing their visibility.

    https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html and, for keys,
    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html
    """
    grants = [
        _grant(
            grantee,
            queue,
            "sqs:ReceiveMessage",
            "sqs:DeleteMessage",
            "sqs:GetQueueAttributes",
            "sqs:ChangeMessageVisibility",
        )
    ]
    if queue.encryption_master_key is not None:
        grants.append(queue.encryption_master_key.grant(grantee, "kms:Decrypt"))
    return grants


def grant_sending(grantee: iam.IGrantable, queue: sqs.IQueue) -> iam.Grant:
    """Allow sending messages."""
    grant = _grant(grantee, queue, "sqs:SendMessage")
    key = queue.encryption_master_key
    return grant if key is None else grant.combine(key.grant(grantee, "kms:Decrypt", "kms:GenerateDataKey"))


def _grant(grantee: iam.IGrantable, queue: sqs.IQueue, *actions: str) -> iam.Grant:
    return iam.Grant.add_to_principal(grantee=grantee, actions=list(actions), resource_arns=[queue.queue_arn])
