"""A stack with the CDK's own event sources (`-c ours=no`), and the same stack after the switch to the constructs."""

from aws_cdk import App, CfnOutput, Duration, Stack
from aws_cdk import aws_kinesis as kinesis
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_event_sources as sources
from aws_cdk import aws_sqs as sqs

from redrive_cdk import KinesisConsumer, SqsConsumer
from tests.support.integration.functions import inline_function

# The function as it was: it cannot process anything, so that everything waits.
BROKEN = """
def handler(event, context):
    raise RuntimeError("no")
"""
MESSAGES = """
from redrive import sqs_handler

@sqs_handler
def handler(message):
    print('{"processed": "%s"}' % message.body)
"""
RECORDS = """
from redrive import kinesis_handler

@kinesis_handler
def handler(record):
    print('{"processed": "%s"}' % record.data.decode())
"""

app = App()
stack = Stack(app, "RedriveTakeover")
ours = app.node.get_context("ours") == "yes"
position = lambda_.StartingPosition.TRIM_HORIZON

orders = inline_function(stack, "Orders", MESSAGES if ours else BROKEN)
queue = sqs.Queue(stack, "OrdersQueue", visibility_timeout=Duration.seconds(10))
readings = inline_function(stack, "Readings", RECORDS if ours else BROKEN)
stream = kinesis.Stream(stack, "ReadingsStream", shard_count=1)
if ours:
    SqsConsumer(stack, "OrdersConsumer", function=orders, queue=queue, takes_over=app.node.get_context("OrdersMapping"))
    KinesisConsumer(
        stack,
        "ReadingsConsumer",
        function=readings,
        stream=stream,
        starting_position=position,
        takes_over=app.node.get_context("ReadingsMapping"),
    )
else:
    orders.add_event_source(sources.SqsEventSource(queue))
    readings.add_event_source(sources.KinesisEventSource(stream, starting_position=position))
CfnOutput(stack, "QueueUrl", value=queue.queue_url)
CfnOutput(stack, "StreamName", value=stream.stream_name)
app.synth()
