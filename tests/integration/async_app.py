"""Asynchronous invocation with destinations that app.py does not show, each function failing until it is corrected."""

from aws_cdk import App, CfnOutput, Stack
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from aws_cdk import aws_sqs as sqs

from redrive_cdk import AsyncInvocation, AttemptCounting
from tests.support.integration.functions import inline_function

FAILING = """
import json, os
from redrive import async_handler

@async_handler
def handler(event, attempt):
    print(json.dumps({"tried": event["id"], "attempt": attempt.number, "is_last": attempt.is_last}))
    if not os.environ.get("CORRECTED"):
        raise ValueError(f"cannot do {event['id']}")
    print(json.dumps({"done": event["id"]}))
"""
COLLECTING = """
import json

def handler(event, context):
    print(json.dumps({"record": event}))
"""

app = App()
stack = Stack(app, "RedriveAsync")


def function(name: str, code: str = FAILING) -> lambda_.Function:
    # An attempt is counted within a share of this time, on a busy machine too.
    return inline_function(stack, name, code, timeout=60)


queue = AsyncInvocation(
    stack,
    "Queue",
    function=function("ToQueue"),
    encryption_key=kms.Key(stack, "Secret"),
    count_attempts=AttemptCounting.dynamodb(),
)
assert queue.failure_queue is not None
CfnOutput(stack, "QueueUrl", value=queue.failure_queue.queue_url)

topic = sns.Topic(stack, "Failed")
listener = sqs.Queue(stack, "Listener")
topic.add_subscription(subscriptions.SqsSubscription(listener))  # pyright: ignore[reportArgumentType]
AsyncInvocation(
    stack,
    "Topic",
    function=function("ToTopic"),
    retry_attempts=1,
    on_failure=topic,
    count_attempts=AttemptCounting.s3(),
)
CfnOutput(stack, "ListenerUrl", value=listener.queue_url)

AsyncInvocation(
    stack,
    "Function",
    function=function("ToFunction"),
    retry_attempts=1,
    on_failure=function("Collector", COLLECTING),
    count_attempts=AttemptCounting.logs(),
)
app.synth()
