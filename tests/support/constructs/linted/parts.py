"""Functions and queues in which the linters find nothing."""

from aws_cdk import Acknowledgment, Duration, Validations
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from tests.support.constructs.cdk import python_function

FOURTEEN_DAYS = Duration.days(14)
MINUTE = Duration.minutes(1)


def clean_function(scope: Construct, id: str) -> lambda_.Function:
    """A function in which nothing is left to find, so that what is found is the consumer's."""
    role = iam.Role(scope, f"{id}Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))  # pyright: ignore[reportArgumentType]
    log_group = logs.LogGroup(scope, f"{id}Logs", retention=logs.RetentionDays.ONE_MONTH)
    function = python_function(scope, id, memory_size=256, role=role, log_group=log_group)
    Validations.of(function).acknowledge(
        Acknowledgment(id="Serverless-LambdaDLQ", reason="Nothing invokes it asynchronously."),
        Acknowledgment(id="Serverless-LambdaTracing", reason="It does nothing."),
    )
    return function


def safe_queue(scope: Construct, id: str, **options: object) -> sqs.Queue:
    chosen = {"enforce_ssl": True, "encryption": sqs.QueueEncryption.SQS_MANAGED, **options}
    return sqs.Queue(scope, id, **chosen)  # pyright: ignore[reportArgumentType]
