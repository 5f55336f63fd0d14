"""IAM grants for queues and their KMS keys, nothing broader."""

from __future__ import annotations

from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from redrive_cdk.core.destinations import SENDING, SENDING_WITH_KEY
from redrive_cdk.core.grants import grant, grant_function
from redrive_cdk.core.other_side import Call
from redrive_cdk.sqs.known_queue import KnownQueue

_CONSUMING = (
    "sqs:ReceiveMessage",
    "sqs:DeleteMessage",
    "sqs:GetQueueAttributes",
    "sqs:ChangeMessageVisibility",
)


def grant_consuming(scope: Construct, function: lambda_.IFunction, queue: KnownQueue, *, sends_back: bool) -> iam.Grant:
    """Allow receiving and deleting messages, changing their visibility and, for the helper, sending them back.

    https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html and, for keys,
    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html
    """
    actions = (*_CONSUMING, *SENDING) if sends_back else _CONSUMING
    key_actions = SENDING_WITH_KEY if sends_back else ["kms:Decrypt"]
    return grant_function(scope, function, Call(queue.queue, queue.arn, actions), queue.key, key_actions)


def grant_sending(scope: Construct, function: lambda_.IFunction, queue: KnownQueue) -> iam.Grant:
    """Allow a function to send messages."""
    return grant_function(scope, function, Call(queue.queue, queue.arn, SENDING), queue.key, SENDING_WITH_KEY)


def grant_producing(scope: Construct, grantee: iam.IGrantable, queue: KnownQueue) -> iam.Grant:
    """Allow anyone to send messages."""
    return grant(scope, grantee, Call(queue.queue, queue.arn, SENDING), queue.key, SENDING_WITH_KEY)
