"""Consumers of streams that app.py does not show: a table's stream with a queue, and streams that are there already."""

from aws_cdk import App, CfnOutput, Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_kinesis as kinesis
from aws_cdk import aws_lambda as lambda_

from redrive_cdk import DynamoDBStreamConsumer, KinesisConsumer
from tests.support.integration.functions import inline_function

CHANGES = """
import json
from redrive import Permanent, dynamodb_stream_handler

@dynamodb_stream_handler
def handler(record):
    if record.new_image and record.new_image["amount"] < 0:
        raise Permanent("a negative amount")
    images = {"old": record.old_image, "new": record.new_image}
    print(json.dumps({"change": record.event_name, "keys": record.keys, **images}))
"""
RECORDS = """
import json
from redrive import kinesis_handler

@kinesis_handler
def handler(record):
    print(json.dumps({"received": record.json(), "key": record.partition_key}))
"""

app = App()
stack = Stack(app, "RedriveStreams")


def function(name: str, code: str) -> lambda_.Function:
    return inline_function(stack, name, code)


changes = DynamoDBStreamConsumer(
    stack,
    "Changes",
    function=function("ChangesFunction", CHANGES),
    partition_key=dynamodb.Attribute(name="id", type=dynamodb.AttributeType.STRING),
    on_failure="queue",
)
CfnOutput(stack, "TableName", value=changes.table.table_name)
assert changes.failure_queue is not None
CfnOutput(stack, "ChangesFailureQueueUrl", value=changes.failure_queue.queue_url)

for name, position in (
    ("FromTheStart", lambda_.StartingPosition.TRIM_HORIZON),
    ("FromNow", lambda_.StartingPosition.LATEST),
):
    arn = stack.format_arn(service="kinesis", resource="stream", resource_name=app.node.get_context("stream"))
    KinesisConsumer(
        stack,
        name,
        function=function(f"{name}Function", RECORDS),
        stream=kinesis.Stream.from_stream_arn(stack, f"{name}Stream", arn),
        starting_position=position,
    )
app.synth()
