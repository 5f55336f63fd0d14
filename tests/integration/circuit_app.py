"""A circuit in front of something that can be made to fail, and a consumer that it pauses."""

from aws_cdk import App, CfnOutput, Duration, RemovalPolicy, Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_

from redrive_cdk import Backoff, CircuitBreaker, SqsConsumer

CONSUMING = """
import json, os
import boto3
from redrive import CircuitBreaker, sqs_handler

payments = CircuitBreaker(cache_age=0, unasked=0)
dynamodb = boto3.client("dynamodb")

@payments
def charge(order):
    if "Item" in dynamodb.get_item(TableName=os.environ["DOWN"], Key={"id": {"S": "payments"}}, ConsistentRead=True):
        raise ConnectionError("no answer")

@sqs_handler
def handler(message):
    print(json.dumps({"received": message.body}))
    charge(message.body)
    print(json.dumps({"done": message.body, "receives": message.receive_count}))
"""

app = App()
stack = Stack(app, "RedriveCircuit")
id_ = dynamodb.Attribute(name="id", type=dynamodb.AttributeType.STRING)
down = dynamodb.Table(stack, "Down", partition_key=id_, removal_policy=RemovalPolicy.DESTROY)
function = lambda_.Function(
    stack,
    "Consuming",
    runtime=lambda_.Runtime.PYTHON_3_14,
    handler="index.handler",
    code=lambda_.Code.from_inline(CONSUMING),
    timeout=Duration.seconds(10),
    environment={"DOWN": down.table_name},
)
down.grant_read_data(function)
batch_size = int(app.node.try_get_context("batch_size") or 10)
rests = app.node.try_get_context("rests") != "no"
orders = SqsConsumer(
    stack,
    "Orders",
    function=function,
    max_receive_count=5,
    backoff=Backoff(base=1, cap=1, jitter="equal"),
    batch_size=batch_size,
)
payments = CircuitBreaker(
    stack,
    "Payments",
    failure_threshold=2,
    success_threshold=1,
    open_time=Backoff(4, 1, 4, jitter="none"),
    encryption_key=kms.Key(stack, "Secret"),
    pauses=[orders] if rests else [],
)
if not rests:
    payments.grant(function)
assert orders.dead_letter_queue is not None
for name, value in {
    "Down": down.table_name,
    "Table": payments.table.table_name,
    "Function": function.function_name,
    "Mapping": orders.event_source_mapping.event_source_mapping_id,
    "QueueUrl": orders.queue.queue_url,
    "DeadLetterQueueUrl": orders.dead_letter_queue.queue_url,
    **(
        {}
        if payments.switch is None
        else {
            "Switch": payments.switch.function.function_name,
            "Changes": payments.switch.changes.event_source_mapping.event_source_mapping_id,
            "Check": payments.switch.check.rule_name,
        }
    ),
}.items():
    CfnOutput(stack, f"{name}Out", value=value)
app.synth()
