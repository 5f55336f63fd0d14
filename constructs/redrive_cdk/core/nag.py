"""Acknowledges findings of cdk-nag that cannot apply to what the constructs create, each with its reason.

Writes what the CDK's own acknowledgements (`Validations`) write, so that nothing here needs cdk-nag:
https://docs.aws.amazon.com/cdk/api/v2/docs/aws-cdk-lib.Validations.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

from aws_cdk import Acknowledgment, Validations
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sqs as sqs
from constructs import IConstruct, RootConstruct

from redrive_cdk.core.tree import node_of, stack_of

_NO_REDRIVE_POLICY = (
    "Serverless-SQSRedrivePolicy",
    "This is a dead-letter queue: only people, and tools that replay its messages, receive from it.",
)


# Rules of cdk-nag's packs for compliance that find the same as a rule of its other packs.
_EQUIVALENTS: Mapping[str, tuple[str, ...]] = {
    "AwsSolutions-DDB3": ("DynamoDBInBackupPlan", "DynamoDBPITREnabled"),
    "AwsSolutions-S1": ("S3BucketLoggingEnabled",),
    "Serverless-LambdaDLQ": ("LambdaDLQ",),
}
_COMPLIANCE = ("HIPAA.Security", "NIST.800.53.R4", "NIST.800.53.R5", "PCI.DSS.321")


def acknowledge(construct: IConstruct, finding: str, reason: str, *more: tuple[str, str]) -> None:
    """Acknowledge findings on a construct, each with its reason, and the same in the packs for compliance."""
    form = _form()
    reasons = {
        f"{form.before}{id}": why
        for each, why in ((finding, reason), *more)
        for id in (each, *(f"{pack}-{rule}" for rule in _EQUIVALENTS.get(each, ()) for pack in _COMPLIANCE))
    }
    # The CDK's own call looks for warnings of each rule below the construct, and takes longer than making a queue.
    node_of(construct).add_metadata(form.type, reasons)


class _Form(NamedTuple):
    """The form in which the CDK writes an acknowledgement.

    Attributes:
        type: Type of the metadata.
        before: What is before the id of a rule.
    """

    type: str
    before: str


@cache
def _form() -> _Form:
    """Look how the CDK writes an acknowledgement: versions of it differ."""
    asked, id = RootConstruct(), "AnyRule"
    Validations.of(asked).acknowledge(Acknowledgment(id=id, reason="To see its form."))
    (entry,) = asked.node.metadata
    (written,) = entry.data
    return _Form(entry.type, written.removesuffix(id))


def of_sqs_consumer(consumer: IConstruct) -> None:
    """Acknowledge that a consumer's dead-letter queue has no dead-letter queue, and its mapping no destination.

    Once on the consumer for all in it: its source queue always has a redrive policy.
    https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
    """
    acknowledge(
        consumer,
        "Serverless-LambdaEventSourceMappingDestination",
        "Lambda takes no destination for a queue: the queue's redrive policy says where failed messages go.",
        _NO_REDRIVE_POLICY,
    )


def of_attempt_table(table: IConstruct) -> None:
    """Acknowledge that a table of attempt counts has no point-in-time recovery."""
    acknowledge(
        table,
        "AwsSolutions-DDB3",
        "It holds how often events were tried, for as long as Lambda tries them: nothing to recover.",
    )


def of_attempt_bucket(bucket: IConstruct) -> None:
    """Acknowledge that a bucket of attempt counts has no access logs."""
    acknowledge(
        bucket,
        "AwsSolutions-S1",
        "It holds how often events were tried, for a day: nobody's data.",
        *((f"{pack}-S3BucketVersioningEnabled", "Its objects are worthless after a day.") for pack in _COMPLIANCE),
    )


def of_failure_queue(queue: sqs.IQueue) -> None:
    """Acknowledge that a queue for failed events is a dead-letter queue, although no queue names it as its own."""
    acknowledge(
        queue,
        "AwsSolutions-SQS3",
        "Lambda sends failed events here: only people, and tools that replay them, receive from it.",
        _NO_REDRIVE_POLICY,
    )


def of_wildcards(policy: iam.Policy | iam.ManagedPolicy, arns: Sequence[str]) -> None:
    """Acknowledge the wildcards at the ends of ARNs, because names of objects and log streams are unknown in advance.

    cdk-nag reports each such resource under its name in the template. The name of a resource in another stack is an
    export that is not known yet, so that the user has to acknowledge that finding.
    """
    reason = (
        "The wildcard ends the ARN of one bucket, one prefix in it, one log group or one stack: no other is in reach. "
        "Lists of mappings and exports are allowed on no single resource."
    )
    findings = [
        (f"AwsSolutions-IAM5[Resource::{_as_cdk_nag_writes(each)}]", reason)
        for each in (stack_of(policy).resolve(list(arns)) if arns else ())
    ]
    if findings:
        acknowledge(policy, *findings[0], *findings[1:])


def _as_cdk_nag_writes(expression: Any) -> str:
    match expression:
        case str():
            return expression
        case {"Fn::Join": [separator, parts]}:
            return separator.join(_as_cdk_nag_writes(part) for part in parts)
        case {"Fn::GetAtt": [resource, attribute]}:
            return f"<{resource}.{attribute}>"
        case {"Ref": resource}:
            return f"<{resource}>"
        case _:
            return json.dumps(expression, separators=(",", ":"))


def of_failure_bucket(bucket: IConstruct) -> None:
    """Acknowledge a failure bucket without access logs, because the user chooses where these go."""
    acknowledge(
        bucket,
        "AwsSolutions-S1",
        "Access logs need a bucket of the user's choosing: give on_failure a bucket that has one, where "
        "CloudTrail's data events are not enough.",
    )
