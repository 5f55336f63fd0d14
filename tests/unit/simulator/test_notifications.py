"""Buckets, topics and tables tell others what happens in them; other readers are errors."""

from __future__ import annotations

from typing import Any

import pytest
from aws_cdk import RemovalPolicy
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_s3_notifications as s3n
from aws_cdk import aws_sqs as sqs
from aws_cdk.assertions import Template

from redrive_simulator import NotModelledError, Parameters, Simulation, days
from tests.support.constructs.cdk import new_stack
from tests.support.simulator.heard import Heard, rule, simulated
from tests.support.simulator.simulations import arn, function, resource, template

ROLE = "arn:aws:iam::111111111111:role/Reader"
PIPE = {"RoleArn": ROLE, "Target": "arn:aws:ecs:eu-west-1:111111111111:cluster/c"}


def write(simulation: Simulation, key: str) -> None:
    simulation.client("s3").put_object(Bucket="bucket", Key=key, Body=b"x")


def test_a_bucket_notifies_functions_queues_and_topics() -> None:
    heard = Heard()
    only_csv = {"S3Key": {"Rules": [{"Name": "prefix", "Value": "in/"}, {"Name": "suffix", "Value": ".csv"}]}}
    only_copies = {"S3Key": {"Rules": [{"Name": "prefix", "Value": "copy"}]}}
    notifications = {
        "LambdaConfigurations": [{"Event": "s3:ObjectCreated:*", "Function": arn("Function"), "Filter": only_csv}],
        "QueueConfigurations": [{"Event": "s3:ObjectRemoved:*", "Queue": arn("Queue")}],
        "TopicConfigurations": [{"Event": "s3:ObjectCreated:Copy", "Topic": {"Ref": "Topic"}, "Filter": only_copies}],
    }
    stack = template(
        Function=function(),
        Queue=resource("AWS::SQS::Queue"),
        Topic=resource("AWS::SNS::Topic"),
        Bucket=resource("AWS::S3::Bucket", BucketName="bucket", NotificationConfiguration=notifications),
    )
    simulation = simulated(heard, stack)
    write(simulation, "in/a b.csv")
    write(simulation, "other/a.csv")
    client_ = simulation.client("s3")
    client_.copy_object(Bucket="bucket", Key="copy", CopySource="bucket/in/a b.csv")
    client_.delete_object(Bucket="bucket", Key="other/a.csv")
    simulation.run()
    (record,) = heard.events[0]["Records"]
    assert len(heard.events) == 1
    assert (record["eventName"], record["s3"]["object"]["key"]) == ("ObjectCreated:Put", "in/a+b.csv")
    test, removed = simulation.queue("Queue").bodies
    assert test["Event"] == "s3:TestEvent"
    assert removed["Records"][0]["eventName"] == "ObjectRemoved:Delete"
    assert [message.get("Event") for message in simulation.topic("Topic").messages] == ["s3:TestEvent", None]
    request = next(event for event in simulation.timeline.events.values() if event.source == "Function")
    assert request.cause == "s3://bucket/in/a b.csv"


def test_a_bucket_sends_its_events_to_the_default_bus() -> None:
    heard = Heard()
    stack = template(
        Function=function(),
        Bucket=resource(
            "AWS::S3::Bucket",
            BucketName="bucket",
            NotificationConfiguration={"EventBridgeConfiguration": {"EventBridgeEnabled": True}},
        ),
        Rule=rule(EventPattern={"source": ["aws.s3"], "detail-type": ["Object Created"]}),
    )
    simulation = simulated(heard, stack)
    write(simulation, "a")
    simulation.run()
    assert [event["detail"]["object"]["key"] for event in heard.events] == ["a"]


def test_notifications_that_the_cdk_sets_up_work() -> None:
    stack = new_stack()
    bucket = s3.Bucket(stack, "Bucket", removal_policy=RemovalPolicy.DESTROY)
    queue = sqs.Queue(stack, "Queue")
    bucket.add_event_notification(
        s3.EventType.OBJECT_CREATED,
        s3n.SqsDestination(queue),  # pyright: ignore[reportArgumentType]
        s3.NotificationKeyFilter(prefix="in/"),
    )
    simulation = Simulation.from_template(Template.from_stack(stack))
    name = simulation.bucket("Bucket").spec.bucket_name
    for key in ("in/a", "out/b"):
        simulation.client("s3").put_object(Bucket=name, Key=key, Body=b"x")
    assert [body.get("Event") for body in simulation.queue("Queue").bodies] == ["s3:TestEvent", None]


def test_filter_policies_drop_what_they_do_not_want() -> None:
    def subscription(queue: str, **more: Any) -> dict[str, Any]:
        topic = {"TopicArn": {"Ref": "Topic"}, "Protocol": "sqs"}
        return resource("AWS::SNS::Subscription", **topic, Endpoint=arn(queue), RawMessageDelivery=True, **more)

    stack = template(
        Topic=resource("AWS::SNS::Topic"),
        One=resource("AWS::SQS::Queue"),
        Two=resource("AWS::SQS::Queue"),
        First=subscription("One", FilterPolicy={"kind": ["order"]}),
        Second=subscription(
            "Two",
            FilterPolicy={"price": [{"numeric": [">", 5]}]},
            FilterPolicyScope="MessageBody",
        ),
    )
    simulation = Simulation.from_template(stack)
    sns, topic = simulation.client("sns"), simulation.topic("Topic").spec.arn
    order = {"kind": {"DataType": "String", "StringValue": "order"}}
    sns.publish(TopicArn=topic, Message='{"price": 3}', MessageAttributes=order)
    sns.publish(TopicArn=topic, Message='{"price": 7}')
    assert simulation.queue("One").bodies == [{"price": 3}]
    assert simulation.queue("Two").bodies == [{"price": 7}]


def test_an_expired_item_is_deleted_by_the_service_and_its_stream_says_so() -> None:
    heard = Heard()
    stack = template(
        Function=function(),
        Table=resource(
            "AWS::DynamoDB::Table",
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            StreamSpecification={"StreamViewType": "NEW_AND_OLD_IMAGES"},
            TimeToLiveSpecification={"AttributeName": "ends", "Enabled": True},
        ),
        Mapping=resource(
            "AWS::Lambda::EventSourceMapping",
            EventSourceArn={"Fn::GetAtt": ["Table", "StreamArn"]},
            FunctionName={"Ref": "Function"},
            StartingPosition="LATEST",
        ),
    )
    simulation = simulated(heard, stack, parameters=Parameters(ttl_delay=days(1)))
    start = int(Parameters().start.timestamp())
    simulation.change("Table", {"id": "a", "ends": start + 60})
    simulation.change("Table", {"id": "b", "ends": start + 60})
    simulation.change("Table", {"id": "b", "ends": start + 600_000}, at=30)
    simulation.change("Table", {"id": "six years ago", "ends": start - 6 * 366 * 86_400})
    simulation.run_until(days(1))
    assert len(simulation.table("Table").items) == 3
    simulation.run_until(days(2))
    assert sorted(item["id"]["S"] for item in simulation.table("Table").items) == ["b", "six years ago"]
    removed = heard.events[-1]["Records"][-1]
    assert removed["eventName"] == "REMOVE"
    assert removed["userIdentity"] == {"type": "Service", "principalId": "dynamodb.amazonaws.com"}


@pytest.mark.parametrize(
    ("kind", "properties"),
    [
        ("AWS::Pipes::Pipe", {"Source": arn("Queue"), **PIPE}),
        (
            "AWS::StepFunctions::StateMachine",
            {"DefinitionString": {"Fn::Sub": '{"Resource": "${Function.Arn}"}'}, "RoleArn": ROLE},
        ),
    ],
    ids=["pipe", "state machine"],
)
def test_a_reader_that_is_not_simulated_is_an_error_if_it_touches_something_that_is(
    kind: str, properties: dict[str, Any]
) -> None:
    others = {"Queue": resource("AWS::SQS::Queue"), "Function": function()}
    with pytest.raises(NotModelledError, match=rf"Other \({kind}\), which uses arn:aws:"):
        Simulation.from_template(template(**others, Other=resource(kind, **properties)))
    elsewhere = resource("AWS::Pipes::Pipe", Source="arn:aws:sqs:eu-west-1:111111111111:elsewhere", **PIPE)
    assert Simulation.from_template(template(**others, Other=elsewhere)).not_modelled
