"""Findings of cdk-nag that cannot apply to what the constructs make, acknowledged with the reason.

The acknowledgements are the CDK's own (`Validations`), so that nothing here needs cdk-nag:
https://docs.aws.amazon.com/cdk/api/v2/docs/aws-cdk-lib.Validations.html
"""

from __future__ import annotations

from aws_cdk import Acknowledgment, Validations
from aws_cdk import aws_sqs as sqs


def acknowledge_dead_letter_queue(queue: sqs.IQueue) -> None:
    """A dead-letter queue has no dead-letter queue."""
    reason = "This is a dead-letter queue: nothing receives from it but people and tools that replay its messages."
    Validations.of(queue).acknowledge(
        Acknowledgment(id="AwsSolutions-SQS3", reason=reason),
        Acknowledgment(id="Serverless-SQSRedrivePolicy", reason=reason),
    )
