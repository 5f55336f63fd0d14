"""Findings of cdk-nag that cannot apply to what the constructs make, acknowledged with the reason.

The acknowledgements are the CDK's own (`Validations`), so that nothing here needs cdk-nag:
https://docs.aws.amazon.com/cdk/api/v2/docs/aws-cdk-lib.Validations.html
"""

from __future__ import annotations

from aws_cdk import Acknowledgment, Validations
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs


def of_dead_letter_queue(queue: sqs.IQueue) -> None:
    """A dead-letter queue has no dead-letter queue."""
    Validations.of(queue).acknowledge(
        Acknowledgment(
            id="Serverless-SQSRedrivePolicy",
            reason="This is a dead-letter queue: only people, and tools that replay its messages, receive from it.",
        )
    )


def of_sqs_mapping(mapping: lambda_.EventSourceMapping) -> None:
    """A mapping of a queue has no destination.

    https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
    """
    Validations.of(mapping).acknowledge(
        Acknowledgment(
            id="Serverless-LambdaEventSourceMappingDestination",
            reason="Lambda takes no destination for a queue: the queue's redrive policy says where failed messages go.",
        )
    )
