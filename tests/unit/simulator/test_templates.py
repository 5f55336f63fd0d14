"""Templates: expressions, names, what is not modelled, and the real constructs."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import Duration, Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from aws_cdk import aws_sqs as sqs
from aws_cdk.assertions import Template

from app import ShopStack
from redrive_cdk import AsyncInvocation, DynamoDBStreamConsumer, KinesisConsumer, SqsConsumer
from redrive_simulator import AssemblyError, NotModelledError, Outcome, Simulation, UnknownNameError
from tests.support.constructs.cdk import new_app, new_stack, python_function
from tests.support.simulator.simulations import arn, fails, function, mapping, resource, sqs_stack, template

ROLE = "arn:aws:iam::111111111111:role/Reader"
ELSEWHERE = "arn:aws:sqs:eu-west-1:111111111111:elsewhere"


def test_a_resource_whose_condition_does_not_hold_is_not_there() -> None:
    stack = sqs_stack()
    stack["Conditions"] = {"Never": {"Fn::Equals": ["a", "b"]}}
    stack["Resources"]["Other"] = {"Type": "AWS::SQS::Queue", "Condition": "Never"}
    with pytest.raises(UnknownNameError, match="Queue, DeadLetters"):
        Simulation.from_template(stack).queue("Other")


def named(**paths: str) -> Simulation:
    return Simulation.from_template(
        {
            "Resources": {
                name: {"Type": "AWS::SQS::Queue", "Metadata": {"aws:cdk:path": path}} for name, path in paths.items()
            }
        }
    )


def test_names_are_logical_ids_paths_or_endings() -> None:
    simulation = named(
        OrdersQueueC538DD4C="Shop/Orders/Queue/Resource", OrdersDeadLettersA73944CE="Shop/Orders/DeadLetters/Resource"
    )
    queue = simulation.queue("OrdersQueueC538DD4C")
    for name in ("OrdersQueue", "Shop/Orders/Queue", "Orders/Queue", "Queue"):
        assert simulation.queue(name) is queue
    assert queue.name == "OrdersQueue"


def test_a_whole_name_counts_more_than_an_ending() -> None:
    simulation = named(Queue="Shop/Queue/Resource", OrdersQueue="Shop/OrdersQueue/Resource")
    assert simulation.queue("Queue").name == "Queue"


def test_an_unknown_or_ambiguous_name_says_what_there_is() -> None:
    simulation = named(OneQueue="Shop/One/Queue/Resource", TwoQueue="Shop/Two/Queue/Resource")
    with pytest.raises(UnknownNameError, match=r"'Three'.*OneQueue = Shop/One/Queue, TwoQueue = Shop/Two/Queue"):
        simulation.queue("Three")
    with pytest.raises(UnknownNameError, match=r"'Queue' may be any of these: OneQueue"):
        simulation.queue("Queue")
    with pytest.raises(UnknownNameError, match="the template has no function"):
        Simulation.from_template(template(Queue=resource("AWS::SQS::Queue")), {"Function": fails})


def test_what_is_not_modelled_is_named_and_an_error_where_it_matters() -> None:
    stack = sqs_stack()
    stack["Resources"] |= {
        "Cluster": resource("AWS::ECS::Cluster"),
        "Role": resource("AWS::IAM::Role", AssumeRolePolicyDocument={}),
        "Alarm": resource(
            "AWS::CloudWatch::Alarm",
            ComparisonOperator="GreaterThanThreshold",
            EvaluationPeriods=1,
            MetricName="Errors",
        ),
        "Elsewhere": resource("AWS::Pipes::Pipe", RoleArn=ROLE, Source=ELSEWHERE, Target=ELSEWHERE),
    }
    simulation = Simulation.from_template(stack)
    assert simulation.not_modelled == ("Cluster (AWS::ECS::Cluster)", "Elsewhere (AWS::Pipes::Pipe)")
    stack["Resources"]["Mapping"]["Properties"]["Topics"] = ["topic"]
    with pytest.raises(NotModelledError, match=r"Mapping \(AWS::Lambda::EventSourceMapping\): Topics.*strict=False"):
        Simulation.from_template(stack)
    lenient = Simulation.from_template(stack, strict=False)
    assert "Mapping (AWS::Lambda::EventSourceMapping): Topics" in lenient.not_modelled


def test_a_source_that_is_not_modelled_is_an_error() -> None:
    kafka = mapping("arn:aws:kafka:eu-west-1:111111111111:cluster/c/1")  # pyright: ignore[reportArgumentType]
    with pytest.raises(NotModelledError, match="source arn:aws:kafka"):
        Simulation.from_template(template(Function=function(), Mapping=kafka))


def test_a_template_can_be_a_file_or_the_cdk_s_own(tmp_path: Path) -> None:
    file = tmp_path / "template.json"
    file.write_text(json.dumps(sqs_stack()))
    stack = new_stack()
    sqs.Queue(stack, "Queue")
    for source in (file, str(file), Template.from_stack(stack)):
        assert Simulation.from_template(source).queue("Queue").name == "Queue"


# The real constructs.


def template_of(stack: Stack) -> dict[str, Any]:
    return dict(Template.from_stack(stack).to_json())


def test_the_shop_of_the_examples_from_its_assembly(tmp_path: Path) -> None:
    app = new_app(outdir=str(tmp_path))
    ShopStack(app, "RedriveShop")
    app.synth()
    simulation = Simulation.from_assembly(tmp_path, seed=7, echo=False)
    assert simulation.not_modelled == ()
    simulation.send("OrdersQueue", {"id": 1, "lines": ["chair"]})
    simulation.send("OrdersQueue", {"id": 2, "lines": []})
    simulation.send("OrdersQueue", {"id": 3, "lines": ["slow-starter-3"]})
    simulation.send("OrdersQueue", {"id": 4, "lines": ["lost"]})
    simulation.invoke("InvoicesFunction", invoice(1, "endless-table"), asynchronous=True)
    simulation.invoke("InvoicesFunction", invoice(2, "broken-font", currency="CHF"), asynchronous=True)
    simulation.put("ReadingsStream", {"id": 1, "celsius": 20}, partition_key="a")
    simulation.put("ReadingsStream", {"id": 2, "celsius": -300}, partition_key="a")
    simulation.run()
    assert {body["id"] for body in simulation.queue("OrdersDeadLetterQueue").bodies} == {2, 4}
    (record,) = simulation.queue("InvoicesFailureQueue").bodies
    assert record["requestPayload"]["id"] == 1
    assert record["requestContext"]["condition"] == "RetriesExhausted"
    (aside,) = simulation.bucket("ReadingsFailureBucket").objects.values()
    assert aside.json()["reason"] == "colder than anything can be"
    drawn = [json.loads(line) for _, line in simulation.function("InvoicesFunction").log if '"drawn"' in line]
    assert drawn == [{"drawn": 2, "attempt": 2, "is_last": True}]
    assert simulation.function("RatesFunction").calls == 3
    simulation.assert_ended()


def invoice(id: int, *lines: str, currency: str = "EUR") -> dict[str, Any]:
    return {"id": id, "lines": list(lines), "total": 10.0, "currency": currency}


def test_an_assembly_that_is_none_and_a_stack_that_is_not_there_say_so(tmp_path: Path) -> None:
    with pytest.raises(AssemblyError, match=r"no manifest\.json"):
        Simulation.from_assembly(tmp_path)
    app = new_app(outdir=str(tmp_path))
    for name in ("One", "Two"):
        Stack(app, name)
    app.synth()
    with pytest.raises(AssemblyError, match="has the stacks One, Two"):
        Simulation.from_assembly(tmp_path)
    Simulation.from_assembly(tmp_path, "Two")


def test_consumers_of_every_kind_from_their_constructs() -> None:
    stack = new_stack()
    table = dynamodb.Table(
        stack,
        "Table",
        partition_key=dynamodb.Attribute(name="id", type=dynamodb.AttributeType.STRING),
        stream=dynamodb.StreamViewType.NEW_AND_OLD_IMAGES,
    )
    names = ("Orders", "Fifo", "Readings", "Changes", "Invoices")
    functions = {name: python_function(stack, f"{name}Function") for name in names}
    SqsConsumer(stack, "Orders", function=functions["Orders"])
    SqsConsumer(stack, "Fifo", function=functions["Fifo"], fifo=True, content_based_deduplication=True)
    KinesisConsumer(stack, "Readings", function=functions["Readings"], retry_attempts=1)
    DynamoDBStreamConsumer(stack, "Changes", function=functions["Changes"], table=table, retry_attempts=1)
    AsyncInvocation(stack, "Invoices", function=functions["Invoices"], retry_attempts=1)
    simulation = Simulation.from_template(template_of(stack), {f"{name}Function": fails for name in names})
    simulation.send("OrdersQueue", {"id": 1})
    simulation.send("FifoQueue", {"id": 1}, group_id="a")
    simulation.put("ReadingsStream", {"id": 1}, partition_key="a")
    simulation.change("Table", {"id": "1"})
    simulation.invoke("InvoicesFunction", {"id": 1}, asynchronous=True)
    simulation.run()
    simulation.assert_ended()
    assert len(simulation.queue("OrdersDeadLetterQueue")) == 1
    assert len(simulation.queue("FifoDeadLetterQueue")) == 1
    assert simulation.queue("InvoicesFailureQueue").bodies[0]["requestContext"]["approximateInvokeCount"] == 2
    outcomes = [ended.outcome for ended in simulation.ended if ended.source in ("ReadingsStream", "Table")]
    assert outcomes == [Outcome.DESTINATION] * 2


def test_a_chain_from_function_to_topic_to_queue() -> None:
    stack = new_stack()
    topic = sns.Topic(stack, "Topic")
    queue = sqs.Queue(stack, "Queue", visibility_timeout=Duration.minutes(1))
    topic.add_subscription(subscriptions.SqsSubscription(queue, raw_message_delivery=True))  # pyright: ignore[reportArgumentType]
    listener = python_function(stack, "Listener")
    topic.add_subscription(subscriptions.LambdaSubscription(listener))  # pyright: ignore[reportArgumentType]
    consumer = python_function(stack, "Consumer")
    SqsConsumer(stack, "Orders", function=consumer, queue=queue, max_receive_count=2)
    heard: list[Any] = []
    simulation = Simulation.from_template(
        template_of(stack), {"Listener": lambda event, context: heard.append(event), "Consumer": fails}
    )
    published = simulation.topic("Topic")
    published.publish('{"id": 7}')
    simulation.run()
    assert [record["Sns"]["Message"] for record in heard[0]["Records"]] == ['{"id": 7}']
    assert simulation.queue("OrdersDeadLetterQueue").bodies == [{"id": 7}]
    root = next(iter(simulation.timeline.events))
    assert {entry.source for entry in simulation.timeline.of_events(root)} >= {"Topic", "Listener", "Queue"}


def test_a_function_that_feeds_its_own_queue_is_stopped_as_a_loop() -> None:
    """DG/invocation-recursion: after about 16 invocations; an SQS message stays until it goes to the dead letters."""
    from redrive.aws.clients import client

    def handler(event: Any, context: Any) -> None:
        for record in event["Records"]:
            client("sqs").send_message(QueueUrl=simulation.queue("Queue").spec.url, MessageBody=record["body"])

    simulation = Simulation.from_template(sqs_stack(receives=2), {"Function": handler})
    simulation.send("Queue", "round")
    simulation.run()
    assert simulation.function("Function").calls == 16
    assert simulation.queue("DeadLetters").bodies == ["round"]
    allowed = sqs_stack(function_={"RecursiveLoop": "Allow"})
    simulation = Simulation.from_template(
        allowed,
        {
            "Function": lambda event, context: (
                handler(event, context) if simulation.function("Function").calls < 40 else None
            )
        },
    )
    simulation.send("Queue", "round")
    simulation.run()
    assert simulation.function("Function").calls == 40


def test_destinations_of_every_kind_are_reached() -> None:
    targets = {
        "Queue": resource("AWS::SQS::Queue"),
        "Topic": resource("AWS::SNS::Topic"),
        "Bucket": resource("AWS::S3::Bucket"),
        "Bus": resource("AWS::Events::EventBus", Name="bus"),
        "Other": function(),
    }
    heard: list[Any] = []
    for name in targets:
        target = {"Ref": "Topic"} if name == "Topic" else arn(name)
        stack = template(
            Function=function(),
            Config=resource(
                "AWS::Lambda::EventInvokeConfig",
                FunctionName={"Ref": "Function"},
                Qualifier="$LATEST",
                MaximumRetryAttempts=0,
                DestinationConfig={"OnFailure": {"Destination": target}},
            ),
            **targets,
        )
        simulation = Simulation.from_template(
            stack, {"Function": fails, "Other": lambda event, context: heard.append(event)}
        )
        simulation.invoke("Function", {"id": 7}, asynchronous=True)
        simulation.run()
        match name:
            case "Queue":
                record = simulation.queue("Queue").bodies[0]
            case "Topic":
                record = simulation.topic("Topic").messages[0]
            case "Bucket":
                ((key, kept),) = simulation.bucket("Bucket").objects.items()
                uuid = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
                assert re.fullmatch(rf"aws/lambda/async/Function/2026/01/01/2026-01-01T12\.00\.00-{uuid}", key)
                record = kept.json()
            case "Bus":
                (event,) = simulation.bus("Bus").events
                assert (event["source"], event["detail-type"]) == (
                    "lambda",
                    "Lambda Function Invocation Result - Failure",
                )
                assert event["resources"] == [
                    "arn:aws:events:eu-west-1:111111111111:event-bus/bus",
                    "arn:aws:lambda:eu-west-1:111111111111:function:Function:$LATEST",
                ]
                record = event["detail"]
            case _:
                record = heard[0]
        assert record["requestPayload"] == {"id": 7}
        simulation.assert_ended()
