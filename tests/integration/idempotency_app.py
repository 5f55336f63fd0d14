"""A table for idempotency, and functions that use it: for messages, and for calls."""

from aws_cdk import App, CfnOutput, Duration, RemovalPolicy, Stack
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_

from redrive_cdk import Backoff, IdempotencyTable, SqsConsumer
from tests.support.integration.functions import inline_function

CONSUMING = """
import json
from redrive import Idempotency, sqs_handler

@sqs_handler(idempotency=Idempotency())
def handler(message):
    print(json.dumps({"tried": message.body}))
    if message.body.startswith("fails once") and message.receive_count < 2:
        raise ValueError("not yet")
    print(json.dumps({"done": message.body}))
"""
CHARGING = """
import json, uuid
from redrive import idempotent

@idempotent(key="order", payload="amount")
def handler(event, context):
    print(json.dumps({"done": event["order"]}))
    return {"receipt": str(uuid.uuid4())}
"""

app = App()
stack = Stack(app, "RedriveIdempotency")


def function(name: str, code: str) -> lambda_.Function:
    made = inline_function(stack, name, code)
    assert made.role is not None
    CfnOutput(stack, f"{name}Role", value=made.role.role_name)
    return made


table = IdempotencyTable(
    stack,
    "Done",
    expiry=Duration.hours(9),
    encryption_key=kms.Key(stack, "Secret"),
    removal_policy=RemovalPolicy.DESTROY,
)
CfnOutput(stack, "TableName", value=table.table.table_name)
CfnOutput(stack, "TableArn", value=table.table.table_arn)

waits = Backoff(base=1, cap=1, jitter="equal")
consumer = SqsConsumer(stack, "Orders", function=function("Consuming", CONSUMING), max_receive_count=5, backoff=waits)
table.protects(consumer)
CfnOutput(stack, "QueueUrl", value=consumer.queue.queue_url)

table.grant(function("Charging", CHARGING))
app.synth()
