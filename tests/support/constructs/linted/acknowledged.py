"""Findings of the packs for compliance that users decide about."""

from typing import Any

from aws_cdk import Acknowledgment, App, Stack, Validations
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3

from redrive_cdk import AsyncInvocation, CircuitBreaker

#: Findings of the packs for compliance alone: each is for who deploys an app to decide.
FOR_USERS = (
    "CloudWatchAlarmAction",
    "CloudWatchLogGroupEncrypted",
    "DynamoDBAutoScalingEnabled",
    "IAMNoInlinePolicy",
    "LambdaConcurrency",
    "LambdaInsideVPC",
    "S3BucketReplicationEnabled",
    "S3DefaultEncryptionKMS",
)

#: Findings in functions, tables and buckets that these apps make, and in tables that are worth a backup.
OF_THESE_APPS = {
    "DynamoDBInBackupPlan": (dynamodb.Table, dynamodb.TableV2),
    "LambdaDLQ": (lambda_.Function,),
    "S3BucketLoggingEnabled": (s3.Bucket,),
    "S3BucketVersioningEnabled": (s3.Bucket,),
}

#: Tables of constructs that keep what nobody needs to restore: these are the constructs' to acknowledge.
WORTHLESS = (CircuitBreaker, AsyncInvocation)


def leave_to_users(app: App) -> None:
    """Acknowledges what the packs for compliance find and the constructs do not acknowledge."""
    for pack in ("HIPAA.Security", "NIST.800.53.R5"):
        for rule in FOR_USERS:
            Validations.of(app).acknowledge(Acknowledgment(id=f"{pack}-{rule}", reason="It is for users to decide."))
        for construct in app.node.find_all():
            for rule, kinds in OF_THESE_APPS.items():
                if isinstance(construct, kinds) and is_of_user(construct, rule):
                    acknowledgment = Acknowledgment(id=f"{pack}-{rule}", reason="It is the app's.")
                    Validations.of(construct).acknowledge(acknowledgment)


def is_of_user(construct: Any, rule: str) -> bool:
    """Return True for a resource that is the app's own, or whose backup its users have to decide about."""
    around = construct.node.scope
    return isinstance(around, Stack) or (rule == "DynamoDBInBackupPlan" and not isinstance(around, WORTHLESS))
