"""A stack with topics, of which one has subscribers of each kind."""

from __future__ import annotations

from typing import Any

from tests.support.simulator.simulations import arn, function, resource, template


def subscription(topic: str, protocol: str, endpoint: str, **properties: Any) -> dict[str, Any]:
    return resource(
        "AWS::SNS::Subscription", TopicArn={"Ref": topic}, Protocol=protocol, Endpoint=arn(endpoint), **properties
    )


TOPICS = template(
    Topic=resource("AWS::SNS::Topic", TopicName="topic"),
    Fifo=resource("AWS::SNS::Topic", TopicName="topic.fifo", FifoTopic=True),
    Deduplicating=resource("AWS::SNS::Topic", TopicName="other.fifo", FifoTopic=True, ContentBasedDeduplication=True),
    Queue=resource("AWS::SQS::Queue"),
    Raw=resource("AWS::SQS::Queue"),
    Function=function(),
    ToQueue=subscription("Topic", "sqs", "Queue"),
    ToRaw=subscription("Topic", "sqs", "Raw", RawMessageDelivery=True),
    ToFunction=subscription("Topic", "lambda", "Function"),
)
TOPIC_ARN = "arn:aws:sns:eu-west-1:111111111111:{}"
