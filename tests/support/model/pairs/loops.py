"""Rules for events that come back to where they came from."""

from __future__ import annotations

from typing import Any

from tests.support.model.pairs.templates import KEPT, asynchronous, queue_with, reads, subscribes
from tests.support.simulator.simulations import Template, arn, function, resource, template


def notified(prefix: str | None, *, custom: bool = False) -> Template:
    """A bucket for failed events that invokes the function for new objects under a prefix."""
    made: dict[str, Any] = {}
    if custom:
        rules = [] if prefix is None else [{"Name": "prefix", "Value": prefix}]
        entry = {"LambdaFunctionArn": arn("Function"), "Filter": {"Key": {"FilterRules": rules}}}
        made["Notifications"] = {
            "Type": "Custom::S3BucketNotifications",
            "Properties": {
                "BucketName": {"Ref": "Bucket"},
                "NotificationConfiguration": {"LambdaFunctionConfigurations": [entry]},
            },
        }
        bucket = resource("AWS::S3::Bucket")
    else:
        rules = [] if prefix is None else [{"Name": "prefix", "Value": prefix}]
        entry = {"Event": "s3:ObjectCreated:*", "Function": arn("Function"), "Filter": {"S3Key": {"Rules": rules}}}
        bucket = resource("AWS::S3::Bucket", NotificationConfiguration={"LambdaConfigurations": [entry]})
    return template(Function=function(), Bucket=bucket, Config=asynchronous("Function", arn("Bucket")), **made)


RULE = resource(
    "AWS::Events::Rule",
    EventPattern={"source": ["lambda"]},
    EventBusName={"Ref": "Bus"},
    Targets=[{"Arn": arn("Function"), "Id": "a"}],
)

OTHERS_RULE = resource(
    "AWS::Events::Rule",
    EventPattern={"source": ["orders"]},
    EventBusName={"Ref": "Bus"},
    Targets=[{"Arn": arn("Function"), "Id": "a"}],
)

BY_NAME = {"Fn::Sub": "arn:aws:sqs:${AWS::Region}:${AWS::AccountId}:b"}

#: Rule, template that breaks it, template that passes.
LOOPS: list[tuple[str, Template, Template]] = [
    (
        "loop",
        queue_with(Mapping=reads(), Config=asynchronous("Function", arn("Queue"))),
        queue_with(Mapping=reads(by="Other"), Config=asynchronous("Function", arn("Queue"))),
    ),
    (
        "loop",
        template(
            Function=function(),
            Topic=resource("AWS::SNS::Topic"),
            Subscription=subscribes("Function"),
            Config=asynchronous("Function", {"Ref": "Topic"}),
        ),
        template(
            Function=function(),
            Other=function(),
            Topic=resource("AWS::SNS::Topic"),
            Subscription=subscribes("Other"),
            Config=asynchronous("Function", {"Ref": "Topic"}),
        ),
    ),
    ("loop", notified(None), notified("in/")),
    ("loop", notified("aws/lambda/async/", custom=True), notified("in/", custom=True)),
    (
        "loop",
        template(A=function(), B=function(), ToB=asynchronous("A", arn("B")), ToA=asynchronous("B", arn("A"))),
        template(
            A=function(),
            B=function(),
            ToB=asynchronous("A", arn("B")),
            Failures=KEPT,
            ToA=asynchronous("B", arn("Failures")),
        ),
    ),
    (
        "loop",
        template(
            Function=function(),
            Bus=resource("AWS::Events::EventBus", Name="bus"),
            Rule=RULE,
            Config=asynchronous("Function", arn("Bus")),
        ),
        template(
            Function=function(),
            Bus=resource("AWS::Events::EventBus", Name="bus"),
            Rule=OTHERS_RULE,
            Config=asynchronous("Function", arn("Bus")),
        ),
    ),
    (
        "loop-dead-letters-end",
        template(  # with `arn("B")`, CloudFormation would refuse a circular dependency
            A=resource("AWS::SQS::Queue", RedrivePolicy={"deadLetterTargetArn": BY_NAME, "maxReceiveCount": 5}),
            B=resource(
                "AWS::SQS::Queue",
                QueueName="b",
                RedrivePolicy={"deadLetterTargetArn": arn("A"), "maxReceiveCount": 5},
            ),
        ),
        template(
            A=resource("AWS::SQS::Queue", RedrivePolicy={"deadLetterTargetArn": arn("B"), "maxReceiveCount": 5}),
            B=resource("AWS::SQS::Queue", RedrivePolicy={"deadLetterTargetArn": arn("C"), "maxReceiveCount": 5}),
            C=KEPT,
        ),
    ),
]
