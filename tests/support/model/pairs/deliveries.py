"""Rules for idempotency and for what is delivered: tables, claims, notifications, dead letters."""

from __future__ import annotations

from typing import Any

from tests.support.model.pairs.templates import (
    DAY,
    KEPT,
    QUEUE,
    asynchronous,
    protected,
    queue_with,
    reads,
    reads_stream,
)
from tests.support.simulator.simulations import Template, arn, function, resource, template


def table_of_idempotency(**others: Any) -> Template:
    """A function with a table of idempotency."""
    table = {
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        "TimeToLiveSpecification": {"AttributeName": "expiration", "Enabled": True},
    }
    settings = {"Fn::Sub": '{"name": "Done", "table": "${Table}"}'}
    return template(
        Table=resource("AWS::DynamoDB::GlobalTable", **{**table, **others}),
        Function=function(Environment={"Variables": {"REDRIVE_IDEMPOTENCY_1": settings}}),
    )


#: Deliveries to a function, with or without a dead-letter queue.
WAYS = ("rule", "rule of another target", "schedule", "pipe", "subscription", "subscription of a queue")


def delivers(way: str, *, guarded: bool) -> Template:
    """A function and a queue with something that delivers to one of them."""
    target: dict[str, Any] = {"Arn": arn("Function"), "Id": "One"}
    kept = {"DeadLetterConfig": {"Arn": arn("DeadLetters")}} if guarded else {}
    redrive = {"RedrivePolicy": {"deadLetterTargetArn": arn("DeadLetters")}} if guarded else {}
    match way:
        case "rule":
            found = resource("AWS::Events::Rule", EventPattern={"source": ["shop"]}, Targets=[{**target, **kept}])
        case "rule of another target":
            first = {**target, "Id": "Two", "DeadLetterConfig": {"Arn": arn("DeadLetters")}}
            found = resource(
                "AWS::Events::Rule", ScheduleExpression="rate(1 hour)", Targets=[first, {**target, **kept}]
            )
        case "schedule":
            found = resource("AWS::Scheduler::Schedule", Target={"Arn": arn("Function"), **kept})
        case "pipe":
            source = "arn:aws:kinesis:eu-west-1:111111111111:stream/news"
            given = {"KinesisStreamParameters": {"StartingPosition": "LATEST", **kept}}
            found = resource("AWS::Pipes::Pipe", Source=source, SourceParameters=given, Target=arn("Function"))
        case "subscription":
            topic = "arn:aws:sns:eu-west-1:111111111111:news"
            given = {"TopicArn": topic, "Protocol": "lambda", "Endpoint": arn("Function")}
            found = resource("AWS::SNS::Subscription", **given, **redrive)
        case _:
            topic = "arn:aws:sns:eu-west-1:111111111111:news"
            given = {"TopicArn": topic, "Protocol": "sqs", "Endpoint": arn("Queue")}
            found = resource("AWS::SNS::Subscription", **given, **redrive)
    return queue_with(Delivery=found)


def notifies(target: str, principal: str = "s3.amazonaws.com", *, custom: bool = False, **more: Any) -> Template:
    """A bucket that notifies a queue or a topic whose policy names a principal."""
    names = {"Queue": ("QueuePolicy", "SQS", "Queues"), "Topic": ("TopicPolicy", "SNS", "Topics")}
    kind, service, member = names[target]
    address = arn("Queue") if target == "Queue" else {"Ref": "Topic"}
    given = {f"{target}Configurations": [{"Event": "s3:ObjectCreated:*", target: address}]}
    if custom:
        given = {f"{target}Configurations": [{"Events": ["s3:ObjectCreated:*"], f"{target}Arn": address}]}
        asked = resource("Custom::S3BucketNotifications", BucketName={"Ref": "Bucket"}, NotificationConfiguration=given)
        made = {"Bucket": resource("AWS::S3::Bucket"), "Notifications": asked}
    else:
        made = {"Bucket": resource("AWS::S3::Bucket", NotificationConfiguration=given)}
    statement = {"Effect": "Allow", "Principal": {"Service": principal}, "Action": "*", "Resource": "*"}
    policy = {"PolicyDocument": {"Statement": [statement]}, member: [{"Ref": target}], **more}
    return template(
        Queue=resource("AWS::SQS::Queue"),
        Topic=resource("AWS::SNS::Topic"),
        Policy=resource(f"AWS::{service}::{kind}", **policy),
        **made,
    )


def ruled(*ids: str, **trigger: Any) -> Template:
    """A rule that delivers to a queue elsewhere once for each id, by a schedule or what is given."""
    targets = [{"Arn": "arn:aws:sqs:eu-west-1:111111111111:other", "Id": id} for id in ids]
    trigger = trigger or {"ScheduleExpression": "rate(1 hour)"}
    return template(Rule=resource("AWS::Events::Rule", Targets=targets, **trigger))


def subscribed(topic: dict[str, Any], queue: dict[str, Any]) -> Template:
    """A queue that is subscribed to a topic, with a dead-letter queue of its own kind."""
    given = {"TopicArn": {"Ref": "Topic"}, "Protocol": "sqs", "Endpoint": arn("Queue")}
    redrive = {"RedrivePolicy": {"deadLetterTargetArn": arn("Failures")}}
    return template(
        Topic=resource("AWS::SNS::Topic", **topic),
        Queue=resource("AWS::SQS::Queue", **queue),
        Failures=resource("AWS::SQS::Queue", MessageRetentionPeriod=14 * DAY),
        Subscription=resource("AWS::SNS::Subscription", **given, **redrive),
    )


def of_kind(source: Template, name: str, **properties: Any) -> Template:
    """The template with further properties of a resource."""
    source["Resources"][name].setdefault("Properties", {}).update(properties)
    return source


def with_input(**given: Any) -> Template:
    """A rule whose target has such an input."""
    made = ruled("One", EventPattern={"source": ["shop"]})
    made["Resources"]["Rule"]["Properties"]["Targets"][0].update(given)
    return made


NOT_ALLOWED: list[tuple[str, dict[str, Any]]] = [
    ("Queue", {"principal": "sns.amazonaws.com"}),
    ("Queue", {"Queues": ["https://sqs.eu-west-1.amazonaws.com/111111111111/other"]}),
    ("Topic", {"principal": "events.amazonaws.com", "custom": True}),
]

#: Rule, template that breaks it, template that passes.
DELIVERIES: list[tuple[str, Template, Template]] = [
    (
        "idempotency-expiry",
        protected(299, Queue=QUEUE, DeadLetters=KEPT, Mapping=reads()),
        protected(300, Queue=QUEUE, DeadLetters=KEPT, Mapping=reads()),
    ),
    *(
        ("delivery-notifications-are-allowed", notifies(target, **broken), notifies(target, custom=bool(broken)))
        for target, broken in NOT_ALLOWED
    ),
    ("delivery-rule-has-trigger", ruled("One", State="ENABLED"), ruled("One", EventPattern={"source": ["shop"]})),
    ("delivery-rule-has-trigger", ruled("One", "Two", State="ENABLED"), ruled("One", "Two")),
    *(
        ("delivery-target-input-is-valid", with_input(**broken), with_input(Input='"text"'))
        for broken in (
            {"Input": "text"},
            {"Input": "{}", "InputPath": "$.detail"},
            {"InputPath": "$..id"},
            {"InputTransformer": {"InputPathsMap": {"a": "$.id"}, "InputTemplate": "<b>"}},
        )
    ),
    ("delivery-target-ids-differ", ruled("One", "Two", "One"), ruled("One", "Two", "Three")),
    *(
        ("delivery-target-of-right-kind", of_kind(notifies(target), target, **fifo), notifies(target))
        for target, fifo in (("Queue", {"FifoQueue": True}), ("Topic", {"FifoTopic": True}))
    ),
    (
        "delivery-target-of-right-kind",
        subscribed({}, {"FifoQueue": True}),
        subscribed({"FifoTopic": True, "TopicName": "t.fifo"}, {}),
    ),
    *(("unguarded-delivery", delivers(way, guarded=False), delivers(way, guarded=True)) for way in WAYS),
    *(
        (rule, table_of_idempotency(**broken), table_of_idempotency())
        for rule, broken in {
            "table-key-is-id": {"KeySchema": [{"AttributeName": "order", "KeyType": "HASH"}]},
            "idempotency-ttl": {"TimeToLiveSpecification": {"AttributeName": "expires", "Enabled": True}},
            "idempotency-replicas": {"Replicas": [{"Region": "eu-west-1"}, {"Region": "eu-west-3"}]},
        }.items()
    ),
    (
        "idempotency-claim",
        protected(DAY, 181, Config=asynchronous("Function", arn("Failures"))),
        protected(DAY, 180, Config=asynchronous("Function", arn("Failures"))),
    ),
    (
        "idempotency-claim",
        protected(DAY, 60, Stream=resource("AWS::Kinesis::Stream"), Mapping=reads_stream(arn("Stream"))),
        protected(DAY, 4, Stream=resource("AWS::Kinesis::Stream"), Mapping=reads_stream(arn("Stream"))),
    ),
    (
        "dead-letter-retention",
        template(
            Queue=resource("AWS::SQS::Queue", **{**QUEUE["Properties"], "MessageRetentionPeriod": 14 * DAY}),
            DeadLetters=KEPT,
        ),
        template(
            Function=function(),
            Config=asynchronous("Function", arn("Queue")),
            Queue=resource("AWS::SQS::Queue", **{**QUEUE["Properties"], "MessageRetentionPeriod": 14 * DAY}),
            DeadLetters=KEPT,
        ),
    ),
]
