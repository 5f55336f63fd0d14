"""Leave to use queues: exactly the calls that are made, and those on the keys that they take."""

from __future__ import annotations

from aws_cdk import aws_iam as iam
from aws_cdk import aws_sqs as sqs


def grant_consuming(grantee: iam.IGrantable, queue: sqs.IQueue) -> list[iam.Grant]:
    """Allow to receive messages, and to delete them or put them off.

    https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html and, for keys,
    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html

    Args:
        grantee: The function.
        queue: The source queue.

    Returns:
        The grants.
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
    """Allow to send messages.

    Args:
        grantee: Who sends.
        queue: Where to.

    Returns:
        The grant.
    """
    grant = _grant(grantee, queue, "sqs:SendMessage")
    key = queue.encryption_master_key
    return grant if key is None else grant.combine(key.grant(grantee, "kms:Decrypt", "kms:GenerateDataKey"))


def _grant(grantee: iam.IGrantable, queue: sqs.IQueue, *actions: str) -> iam.Grant:
    return iam.Grant.add_to_principal(grantee=grantee, actions=list(actions), resource_arns=[queue.queue_arn])
