"""A stack without any construct of ours: a queue, a FIFO queue, asynchronous functions, streams, a bucket."""

from aws_cdk import App, CfnOutput, Duration, Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_kinesis as kinesis
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_destinations as destinations
from aws_cdk import aws_lambda_event_sources as sources
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from aws_cdk import aws_sqs as sqs

# Each fails until its variable FIXED is set, and prints what it has done.
CODE = """
import base64, json, os

def handler(event, context):
    if not os.environ.get("FIXED"):
        raise ValueError("not fixed yet")
    for record in event.get("Records", [event]):
        if "kinesis" in record:
            print(json.dumps({"done": json.loads(base64.b64decode(record["kinesis"]["data"]))["id"]}))
        elif "dynamodb" in record:
            print(json.dumps({"done": int(record["dynamodb"]["NewImage"]["id"]["N"])}))
        else:
            print(json.dumps({"done": json.loads(record["body"])["id"] if "body" in record else record["id"]}))
"""

app = App()
stack = Stack(app, "ByHand")


def function(id: str, **more: object) -> lambda_.Function:
    made = lambda_.Function(
        stack,
        id,
        runtime=lambda_.Runtime.PYTHON_3_13,
        handler="index.handler",
        code=lambda_.Code.from_inline(CODE),
        timeout=Duration.seconds(5),
        **more,  # pyright: ignore[reportArgumentType]
    )
    CfnOutput(stack, f"{id}Name", value=made.function_name)
    return made


def consumed(id: str, *, fifo: bool) -> None:
    # CloudFormation refuses `FifoQueue: false`, so that it is left out.
    kind = {"fifo": True} if fifo else {}
    dead = sqs.Queue(stack, f"{id}Dead", **kind)  # pyright: ignore[reportArgumentType]
    queue = sqs.Queue(
        stack,
        id,
        visibility_timeout=Duration.seconds(5),
        dead_letter_queue=sqs.DeadLetterQueue(queue=dead, max_receive_count=1),
        **kind,  # pyright: ignore[reportArgumentType]
    )
    function(f"{id}Function").add_event_source(sources.SqsEventSource(queue, batch_size=5))
    CfnOutput(stack, f"{id}QueueUrl", value=queue.queue_url)
    CfnOutput(stack, f"{id}DeadUrl", value=dead.queue_url)


consumed("Orders", fifo=False)
consumed("Ledger", fifo=True)

failed = sqs.Queue(stack, "Failed")
CfnOutput(stack, "FailedUrl", value=failed.queue_url)
function("ToQueue", on_failure=destinations.SqsDestination(failed), retry_attempts=0)

topic = sns.Topic(stack, "Topic")
behind = sqs.Queue(stack, "Behind")
topic.add_subscription(subscriptions.SqsSubscription(behind))  # pyright: ignore[reportArgumentType]
CfnOutput(stack, "BehindUrl", value=behind.queue_url)
function("ToTopic", on_failure=destinations.SnsDestination(topic), retry_attempts=0)  # pyright: ignore[reportArgumentType]

dead_events = sqs.Queue(stack, "DeadEvents")
CfnOutput(stack, "DeadEventsUrl", value=dead_events.queue_url)
function("Mailer", dead_letter_queue=dead_events)

readings = kinesis.Stream(stack, "Readings", shard_count=1)
bucket = s3.Bucket(stack, "ReadingsFailed")
sensor = function("Sensor")
lambda_.CfnEventSourceMapping(
    stack,
    "SensorMapping",
    function_name=sensor.function_name,
    event_source_arn=readings.stream_arn,
    starting_position="LATEST",
    enabled=False,
    destination_config=lambda_.CfnEventSourceMapping.DestinationConfigProperty(
        on_failure=lambda_.CfnEventSourceMapping.OnFailureProperty(destination=bucket.bucket_arn)
    ),
)
CfnOutput(stack, "StreamName", value=readings.stream_name)
CfnOutput(stack, "StreamArn", value=readings.stream_arn)
CfnOutput(stack, "BucketName", value=bucket.bucket_name)
CfnOutput(stack, "SensorArn", value=sensor.function_arn)

table = dynamodb.Table(
    stack,
    "Table",
    partition_key=dynamodb.Attribute(name="id", type=dynamodb.AttributeType.NUMBER),
    stream=dynamodb.StreamViewType.NEW_IMAGE,
)
lambda_.CfnEventSourceMapping(
    stack,
    "ChangesMapping",
    function_name=function("Changes").function_name,
    event_source_arn=table.table_stream_arn,
    starting_position="LATEST",
    enabled=False,
    destination_config=lambda_.CfnEventSourceMapping.DestinationConfigProperty(
        on_failure=lambda_.CfnEventSourceMapping.OnFailureProperty(destination=failed.queue_arn)
    ),
)
CfnOutput(stack, "TableName", value=table.table_name)
CfnOutput(stack, "TableStreamArn", value=str(table.table_stream_arn))

app.synth()
