"""Lists the stand-ins by boto3's names of the services."""

from __future__ import annotations

from collections.abc import Mapping

from redrive_simulator.handlers.clients.base import Client, Unanswered
from redrive_simulator.handlers.clients.dynamodb import DynamoDB
from redrive_simulator.handlers.clients.events import Events
from redrive_simulator.handlers.clients.functions import Lambda
from redrive_simulator.handlers.clients.kinesis import Kinesis
from redrive_simulator.handlers.clients.logs import Logs
from redrive_simulator.handlers.clients.s3 import S3
from redrive_simulator.handlers.clients.sns import Sns
from redrive_simulator.handlers.clients.sqs import Sqs

STAND_INS: Mapping[str, type[Client]] = {
    "apigateway": Unanswered,
    "apigatewayv2": Unanswered,
    "cloudformation": Unanswered,
    "dynamodb": DynamoDB,
    "dynamodbstreams": Unanswered,
    "events": Events,
    "kinesis": Kinesis,
    "lambda": Lambda,
    "logs": Logs,
    "pipes": Unanswered,
    "resourcegroupstaggingapi": Unanswered,
    "s3": S3,
    "scheduler": Unanswered,
    "sns": Sns,
    "sqs": Sqs,
}
