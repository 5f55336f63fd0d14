"""What surrounds functions: schedules, rules of event buses, notifications of buckets, filter policies, readers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App, RemovalPolicy, Stack
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_s3_notifications as s3n
from aws_cdk import aws_sqs as sqs

from redrive import CircuitBreaker as Breaker
from redrive import SqsMessage, client, sqs_handler
from redrive_cdk import CircuitBreaker, SqsConsumer
from redrive_model.template.errors import TemplateError
from redrive_simulator import NotModelledError, Outcome, Parameters, Simulation, days, hours, minutes
from tests.support.constructs.cdk import CONTEXT, new_stack, python_function
from tests.support.simulator.simulations import arn, fails, function, resource, template


class Heard:
    """A handler that keeps its events, with the virtual times."""

    def __init__(self) -> None:
        self.events: list[Any] = []
        self.times: list[float] = []
        self.simulation: Simulation | None = None

    def __call__(self, event: Any, context: Any) -> None:
        self.events.append(event)
        assert self.simulation is not None
        self.times.append(self.simulation.now)


def simulated(heard: Heard, stack: dict[str, Any], **options: Any) -> Simulation:
    simulation = Simulation.from_template(stack, {"Function": heard}, **options)
    heard.simulation = simulation
    return simulation


def rule(target: dict[str, Any] | None = None, **properties: Any) -> dict[str, Any]:
    return resource("AWS::Events::Rule", Targets=[{"Id": "1", "Arn": arn("Function"), **(target or {})}], **properties)


# Schedules.


@pytest.mark.parametrize(
    ("kind", "expression", "times"),
    [
        ("rule", "rate(5 minutes)", [300, 600, 900]),
        ("rule", "cron(0/20 * * * ? *)", [1200, 2400, 3600]),
        ("schedule", "rate(20 minutes)", [0, 1200, 2400]),
        ("schedule", "at(2026-01-01T12:10:00)", [600]),
    ],
)
def test_a_schedule_invokes_its_function(kind: str, expression: str, times: list[float]) -> None:
    heard = Heard()
    scheduled = (
        rule(ScheduleExpression=expression)
        if kind == "rule"
        else resource(
            "AWS::Scheduler::Schedule",
            ScheduleExpression=expression,
            FlexibleTimeWindow={"Mode": "OFF"},
            Target={"Arn": arn("Function"), "RoleArn": "arn:aws:iam::111111111111:role/r", "Input": '{"a": 1}'},
        )
    )
    simulation = simulated(heard, template(Function=function(), Rule=scheduled))
    assert simulation.not_modelled == ()
    simulation.run_until(times[-1] + 1)
    assert heard.times == times
    if kind == "rule":
        assert heard.events[0]["detail-type"] == "Scheduled Event"
        assert heard.events[0]["time"] == f"2026-01-01T12:{int(times[0]) // 60:02}:00Z"
    else:
        assert heard.events[0] == {"a": 1}


def test_a_run_without_a_time_does_not_wait_for_schedules_and_a_disabled_one_never_fires() -> None:
    heard = Heard()
    simulation = simulated(
        heard,
        template(
            Function=function(),
            Rule=rule(ScheduleExpression="rate(1 minute)"),
            Off=rule(ScheduleExpression="rate(1 minute)", State="DISABLED"),
        ),
    )
    simulation.invoke("Function", "x", asynchronous=True, at=90)
    simulation.run()
    assert (simulation.now, len(heard.events)) == (90, 2)


def test_a_schedule_that_aws_refuses_is_refused() -> None:
    with pytest.raises((TemplateError, ValueError), match="rate"):
        Simulation.from_template(template(Function=function(), Rule=rule(ScheduleExpression="rate(1 minutes)")))


def test_a_run_goes_on_until_the_circuit_has_enabled_its_consumer_again(tmp_path: Path) -> None:
    payments = Breaker("Payments")

    @payments
    def charge() -> None:
        if simulation.now < minutes(20):
            raise ConnectionError("payments are down")

    @sqs_handler
    def handler(message: SqsMessage) -> None:
        charge()

    app = App(context=CONTEXT, outdir=str(tmp_path))
    stack = Stack(app, "Shop")
    orders = SqsConsumer(stack, "Orders", function=python_function(stack, "OrdersFunction"))
    CircuitBreaker(stack, "Payments", pauses=[orders])
    app.synth()
    simulation = Simulation.from_assembly(tmp_path, handlers={"OrdersFunction": handler}, seed=1, echo=False)
    for number in range(20):
        simulation.send("OrdersQueue", str(number))
    simulation.run()
    orders_ended = [ended.outcome for ended in simulation.ended if ended.source == "OrdersQueue"]
    assert orders_ended == [Outcome.PROCESSED] * 20
    assert minutes(20) <= simulation.now < hours(2)


# Rules.


def put(simulation: Simulation, detail: Any, bus: str = "default", source: str = "shop") -> None:
    entry = {"EventBusName": bus, "Source": source, "DetailType": "sold", "Detail": json.dumps(detail)}
    assert simulation.client("events").put_events(Entries=[entry])["FailedEntryCount"] == 0


def test_a_rule_brings_the_events_that_match_to_its_targets() -> None:
    heard = Heard()
    stack = template(
        Function=function(), Rule=rule(EventPattern={"source": ["shop"], "detail": {"price": [{"numeric": [">", 5]}]}})
    )
    simulation = simulated(heard, stack)
    put(simulation, {"price": 7})
    put(simulation, {"price": 3})
    simulation.run()
    assert [event["detail"] for event in heard.events] == [{"price": 7}]
    outcomes = [ended.outcome for ended in simulation.ended if ended.source == "default"]
    assert outcomes == [Outcome.PROCESSED, Outcome.FILTERED]


@pytest.mark.parametrize(
    ("target", "seen"),
    [
        ({"Input": '{"constant": 1}'}, {"constant": 1}),
        ({"InputPath": "$.detail.lines[1]"}, {"name": "b"}),
        (
            {
                "InputTransformer": {
                    "InputPathsMap": {
                        "id": "$.detail.id",
                        "first": "$.detail.lines[0].name",
                        "lines": "$.detail.lines",
                    },
                    "InputTemplate": '{"id": <id>, "text": "order <id> of <first>", '
                    '"lines": <lines>, "by": "<aws.events.rule-name>"}',
                }
            },
            {"id": 7, "text": "order 7 of a", "lines": [{"name": "a"}, {"name": "b"}], "by": "Rule"},
        ),
        ({"InputTransformer": {"InputPathsMap": {"id": "$.detail.id"}, "InputTemplate": '"sold <id>"'}}, "sold 7"),
    ],
    ids=["constant", "path", "transformer", "text"],
)
def test_a_target_gets_its_input(target: dict[str, Any], seen: Any) -> None:
    heard = Heard()
    simulation = simulated(heard, template(Function=function(), Rule=rule(target, EventPattern={"source": ["shop"]})))
    put(simulation, {"id": 7, "lines": [{"name": "a"}, {"name": "b"}]})
    simulation.run()
    assert heard.events == [seen]


def test_events_go_on_to_queues_topics_and_other_buses_and_causes_are_known() -> None:
    heard = Heard()
    targets = [
        {"Id": name, "Arn": arn(name) if name != "Topic" else {"Ref": name}} for name in ("Queue", "Topic", "Other")
    ]
    stack = template(
        Function=function(),
        Queue=resource("AWS::SQS::Queue"),
        Topic=resource("AWS::SNS::Topic"),
        Bus=resource("AWS::Events::EventBus", Name="one"),
        Other=resource("AWS::Events::EventBus", Name="two"),
        Rule=resource(
            "AWS::Events::Rule", EventBusName={"Ref": "Bus"}, EventPattern={"source": ["shop"]}, Targets=targets
        ),
        Second=rule(EventBusName="two", EventPattern={"source": ["shop"]}),
    )
    simulation = simulated(heard, stack)
    put(simulation, {"id": 7}, bus="one")
    simulation.run()
    assert [body["detail"] for body in simulation.queue("Queue").bodies] == [{"id": 7}]
    assert [message["detail"] for message in simulation.topic("Topic").messages] == [{"id": 7}]
    assert [event["detail"] for event in heard.events] == [{"id": 7}]
    first = simulation.bus("Bus").events[0]["id"]
    assert len(simulation.timeline.of_events(first).attempts) == 1


@pytest.mark.parametrize("dead_letters", [True, False])
def test_an_event_that_a_target_refuses_is_dead_lettered_or_lost(dead_letters: bool) -> None:
    target = {"Arn": arn("Fifo"), **({"DeadLetterConfig": {"Arn": arn("Failed")}} if dead_letters else {})}
    stack = template(
        Function=function(),
        Fifo=resource("AWS::SQS::Queue", FifoQueue=True, ContentBasedDeduplication=True),
        Failed=resource("AWS::SQS::Queue"),
        Rule=rule(target, EventPattern={"source": ["shop"]}),
    )
    simulation = Simulation.from_template(stack)
    put(simulation, {"id": 7})
    simulation.run()
    (ended,) = (each for each in simulation.ended if each.source == "default")
    if dead_letters:
        assert (ended.outcome, ended.place) == (Outcome.DEAD_LETTERED, "Failed")
        (letter,) = simulation.queue("Failed").messages
        assert letter.json()["detail"] == {"id": 7}
        assert letter.attributes is not None
        assert letter.attributes["TARGET_ARN"]["stringValue"].endswith(":Fifo.fifo")
    else:
        assert ended.outcome is Outcome.UNDELIVERED
        with pytest.raises(AssertionError, match="1 of 1 events were lost"):
            simulation.assert_nothing_lost()


def test_results_of_invocations_match_rules() -> None:
    heard = Heard()
    stack = template(
        Function=function(),
        Failing=function(),
        Bus=resource("AWS::Events::EventBus", Name="results"),
        Config=resource(
            "AWS::Lambda::EventInvokeConfig",
            FunctionName={"Ref": "Failing"},
            Qualifier="$LATEST",
            MaximumRetryAttempts=0,
            DestinationConfig={"OnFailure": {"Destination": arn("Bus")}},
        ),
        Rule=rule(EventBusName="results", EventPattern={"detail-type": [{"suffix": "Failure"}]}),
    )
    simulation = Simulation.from_template(stack, {"Function": heard, "Failing": fails})
    heard.simulation = simulation
    simulation.invoke("Failing", {"id": 1}, asynchronous=True)
    simulation.run()
    assert heard.events[0]["detail"]["requestPayload"] == {"id": 1}


def test_an_event_for_a_bus_outside_the_template_is_sent_away() -> None:
    simulation = Simulation.from_template(template(Function=function()))
    put(simulation, {"id": 7}, bus="elsewhere")
    (ended,) = simulation.ended
    assert (ended.outcome, ended.place) == (Outcome.SENT_AWAY, "elsewhere")


# Buckets.


def write(simulation: Simulation, key: str) -> None:
    simulation.client("s3").put_object(Bucket="bucket", Key=key, Body=b"x")


def test_a_bucket_notifies_functions_queues_and_topics() -> None:
    heard = Heard()
    only_csv = {"S3Key": {"Rules": [{"Name": "prefix", "Value": "in/"}, {"Name": "suffix", "Value": ".csv"}]}}
    notifications = {
        "LambdaConfigurations": [{"Event": "s3:ObjectCreated:*", "Function": arn("Function"), "Filter": only_csv}],
        "QueueConfigurations": [{"Event": "s3:ObjectRemoved:*", "Queue": arn("Queue")}],
        "TopicConfigurations": [{"Event": "s3:ObjectCreated:Copy", "Topic": {"Ref": "Topic"}}],
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
    from aws_cdk.assertions import Template

    simulation = Simulation.from_template(Template.from_stack(stack))
    name = simulation.bucket("Bucket").spec.bucket_name
    for key in ("in/a", "out/b"):
        simulation.client("s3").put_object(Bucket=name, Key=key, Body=b"x")
    assert [body.get("Event") for body in simulation.queue("Queue").bodies] == ["s3:TestEvent", None]


# Topics, tables, readers.


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
    simulation.run_until(days(1))
    assert len(simulation.table("Table").items) == 2
    simulation.run_until(days(2))
    assert [item["id"] for item in simulation.table("Table").items] == [{"S": "b"}]
    removed = heard.events[-1]["Records"][-1]
    assert removed["eventName"] == "REMOVE"
    assert removed["userIdentity"] == {"type": "Service", "principalId": "dynamodb.amazonaws.com"}


@pytest.mark.parametrize(
    ("kind", "properties"),
    [
        ("AWS::Pipes::Pipe", {"Source": arn("Queue"), "Target": "arn:aws:ecs:eu-west-1:111111111111:cluster/c"}),
        ("AWS::StepFunctions::StateMachine", {"DefinitionString": {"Fn::Sub": '{"Resource": "${Function.Arn}"}'}}),
    ],
    ids=["pipe", "state machine"],
)
def test_a_reader_that_is_not_simulated_is_an_error_if_it_touches_something_that_is(
    kind: str, properties: dict[str, Any]
) -> None:
    others = {"Queue": resource("AWS::SQS::Queue"), "Function": function()}
    with pytest.raises(NotModelledError, match=rf"Other \({kind}\), which uses arn:aws:"):
        Simulation.from_template(template(**others, Other=resource(kind, **properties)))
    elsewhere = resource(kind, Source="arn:aws:sqs:eu-west-1:111111111111:elsewhere")
    assert Simulation.from_template(template(**others, Other=elsewhere)).not_modelled


def test_a_function_that_puts_events_in_a_handler_reaches_the_rule() -> None:
    heard = Heard()

    def sells(event: Any, context: Any) -> None:
        entry = {"Source": "shop", "DetailType": "sold", "Detail": "{}"}
        client("events").put_events(Entries=[entry])

    stack = template(Function=function(), Seller=function(), Rule=rule(EventPattern={"source": ["shop"]}))
    simulation = Simulation.from_template(stack, {"Function": heard, "Seller": sells})
    heard.simulation = simulation
    request = simulation.invoke("Seller").request_id
    simulation.run()
    assert len(heard.events) == 1
    assert len(simulation.timeline.of_events(request).attempts) == 2
