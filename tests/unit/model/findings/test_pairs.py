"""Rules for several resources together: for each a template that breaks it and a similar one that passes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from redrive_model.findings import findings_of
from redrive_model.resources.stack import stack_of
from redrive_model.rules.circuit import PAUSE_RULES
from redrive_model.rules.deliveries import DELIVERY_RULES
from redrive_model.rules.functions import FUNCTION_RULES
from redrive_model.rules.invoker import CALL_RULES
from redrive_model.rules.loops import LOOP_RULES
from redrive_model.rules.sources import SOURCE_RULES
from redrive_model.template.several import StackTemplate, merged, read_templates
from redrive_model.template.template import Place
from tests.support.model.dead_letter_queues import UNFIT
from tests.support.model.helper_settings import HELPERS
from tests.support.simulator.simulations import Template, arn, function, resource, template

PLACE = Place("eu-west-1", "111111111111")
DAY = 24 * 60 * 60
QUEUE = resource(
    "AWS::SQS::Queue",
    VisibilityTimeout=60,
    RedrivePolicy={"deadLetterTargetArn": arn("DeadLetters"), "maxReceiveCount": 5},
)
KEPT = resource("AWS::SQS::Queue", MessageRetentionPeriod=14 * DAY)
STREAM: dict[str, Any] = {
    "StartingPosition": "TRIM_HORIZON",
    "MaximumRetryAttempts": 3,
    "MaximumRecordAgeInSeconds": 600,
    "BisectBatchOnFunctionError": True,
}


def found_in(*sources: Template, **values: Any) -> set[str]:
    """The ids of what templates break together."""
    stacks = [
        StackTemplate(stack=f"Stack{number}", template=each, place=PLACE, values=values)
        for number, each in enumerate(sources)
    ]
    return {each.rule for each in findings_of(stack_of(merged(read_templates(stacks))))}


def queue_with(**resources: dict[str, Any]) -> Template:
    """A queue with its dead-letter queue, and a function."""
    return template(Queue=QUEUE, DeadLetters=KEPT, Function=function(), Other=function(), **resources)


def reads(source: str = "Queue", by: str = "Function", *, patterns: tuple[Any, ...] = (), **others: Any) -> Any:
    """A mapping of a queue; the patterns are its filters."""
    if patterns:
        filters = [{} if each is None else {"Pattern": json.dumps(each)} for each in patterns]
        others["FilterCriteria"] = {"Filters": filters}
    return resource("AWS::Lambda::EventSourceMapping", EventSourceArn=arn(source), FunctionName={"Ref": by}, **others)


def reads_stream(source: Any, by: str = "Function", **others: Any) -> Any:
    destination = {"DestinationConfig": {"OnFailure": {"Destination": arn("Failures")}}}
    return resource(
        "AWS::Lambda::EventSourceMapping",
        **{"EventSourceArn": source, "FunctionName": {"Ref": by}, **STREAM, **destination, **others},
    )


def asynchronous(function_: str, on_failure: Any = None, **others: Any) -> Any:
    to = {} if on_failure is None else {"DestinationConfig": {"OnFailure": {"Destination": on_failure}}}
    return resource(
        "AWS::Lambda::EventInvokeConfig", FunctionName={"Ref": function_}, Qualifier="$LATEST", **to, **others
    )


def subscribes(endpoint: str, protocol: str = "lambda") -> Any:
    return resource("AWS::SNS::Subscription", TopicArn={"Ref": "Topic"}, Protocol=protocol, Endpoint=arn(endpoint))


def table_read_by(count: int, *, replicas: int = 1) -> Template:
    """A table whose stream has this many readers."""
    kind = "AWS::DynamoDB::Table" if replicas == 1 else "AWS::DynamoDB::GlobalTable"
    regions = {"Replicas": [{"Region": f"eu-west-{number}"} for number in range(replicas)]} if replicas > 1 else {}
    readers = {
        f"Mapping{number}": reads_stream({"Fn::GetAtt": ["Table", "StreamArn"]}, f"Function{number}")
        for number in range(count)
    }
    return template(
        Table=resource(kind, StreamSpecification={"StreamViewType": "NEW_IMAGE"}, **regions),
        Failures=KEPT,
        **readers,
        **{f"Function{number}": function() for number in range(count)},
    )


def with_environment(size: int, **others: Any) -> Any:
    return function(Environment={"Variables": {"TEXT": "x" * (size - 4), **others}})


def settings(**variables: Any) -> dict[str, Any]:
    """The environment of a function, with the settings of helpers as JSON."""
    return {"Environment": {"Variables": {name: json.dumps(value) for name, value in variables.items()}}}


def paused(source: Template, cap: float) -> Template:
    """A stack with a switch that pauses the mapping with the logical id `Mapping`."""
    names = {"name": "Payments", "table": "circuits"}
    switch = {
        "Fn::Join": [
            "",
            [json.dumps({**names, "queue_url": "u", "mappings": ["?"]}).partition("?")[0], {"Ref": "Mapping"}, '"]}'],
        ]
    }
    circuit = {**names, "open_time": {"base": 1, "cap": cap, "factor": 2, "jitter": "none"}}
    source["Resources"]["Switch"] = function(Environment={"Variables": {"REDRIVE_SWITCH_1": switch}})
    source["Resources"]["Caller"] = function(**settings(REDRIVE_CIRCUIT_1=circuit))
    return source


def reserving(reserved: int, *concurrencies: int, **others: Any) -> Template:
    """A function with a reserve, and mappings of queues with these maximums."""
    made: dict[str, Any] = {}
    for number, most in enumerate(concurrencies):
        made[f"Queue{number}"] = QUEUE
        made[f"Mapping{number}"] = reads(f"Queue{number}", ScalingConfig={"MaximumConcurrency": most})
    return template(DeadLetters=KEPT, Function=function(ReservedConcurrentExecutions=reserved), **made, **others)


def network(*, way: Mapping[str, Any] | None = None, endpoints: tuple[str, ...] = ()) -> Template:
    """A function whose helper uses a table, in a subnet with one way out or none, and with endpoints."""
    vpc = {"Ref": "Vpc"}
    made = {
        f"Endpoint{number}": resource(
            "AWS::EC2::VPCEndpoint",
            VpcId=vpc,
            ServiceName={"Fn::Join": ["", ["com.amazonaws.", {"Ref": "AWS::Region"}, f".{service}"]]},
        )
        for number, service in enumerate(endpoints)
    }
    if way is not None:
        made["Route"] = resource(
            "AWS::EC2::Route", RouteTableId={"Ref": "Table"}, DestinationCidrBlock="0.0.0.0/0", **way
        )
    idempotency = settings(REDRIVE_IDEMPOTENCY_1={"name": "Orders", "table": "orders"})
    return template(
        Vpc=resource("AWS::EC2::VPC"),
        Internet=resource("AWS::EC2::InternetGateway"),
        Subnet=resource("AWS::EC2::Subnet", VpcId=vpc),
        Table=resource("AWS::EC2::RouteTable", VpcId=vpc),
        Association=resource(
            "AWS::EC2::SubnetRouteTableAssociation", SubnetId={"Ref": "Subnet"}, RouteTableId={"Ref": "Table"}
        ),
        Function=function(VpcConfig={"SubnetIds": [{"Ref": "Subnet"}]}, **idempotency),
        **made,
    )


def protected(expiry: float, timeout: int = 10, **source: Any) -> Template:
    """A function that remembers its events for a time."""
    table = settings(REDRIVE_IDEMPOTENCY_1={"name": "Orders", "table": "orders", "expiry": expiry})
    return template(Function=function(**{"Timeout": timeout, **table}), Failures=KEPT, **source)


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


RED, BLUE = {"body": {"colour": ["red"]}}, {"body": {"colour": ["blue"]}}
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


#: Rule, template that breaks it, template that passes.
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


#: What delivers to a function, with or without a dead-letter queue.
WAYS = ("rule", "rule of another target", "schedule", "pipe", "subscription", "subscription of a queue")


def delivers(way: str, *, guarded: bool) -> Template:
    """A function and a queue with something that delivers to one of them."""
    target: dict[str, Any] = {"Arn": arn("Function"), "Id": "One"}
    kept = {"DeadLetterConfig": {"Arn": arn("DeadLetters")}} if guarded else {}
    redrive = {"RedrivePolicy": {"deadLetterTargetArn": arn("DeadLetters")}} if guarded else {}
    match way:
        case "rule":
            found = resource("AWS::Events::Rule", Targets=[{**target, **kept}])
        case "rule of another target":
            first = {**target, "DeadLetterConfig": {"Arn": arn("DeadLetters")}}
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


NOT_ALLOWED: list[tuple[str, dict[str, Any]]] = [
    ("Queue", {"principal": "sns.amazonaws.com"}),
    ("Queue", {"Queues": ["https://sqs.eu-west-1.amazonaws.com/111111111111/other"]}),
    ("Topic", {"principal": "events.amazonaws.com", "custom": True}),
]
PAIRS: list[tuple[str, Template, Template]] = [
    *UNFIT,
    *HELPERS,
    (
        "source-mapped-once",
        queue_with(One=reads(), Two=reads()),
        queue_with(One=reads(), Two=reads(by="Other")),
    ),
    (
        "source-mapped-once",
        queue_with(
            One=reads(),
            Two=resource("AWS::Lambda::EventSourceMapping", EventSourceArn=arn("Queue"), FunctionName=arn("Function")),
        ),
        queue_with(
            One=reads(),
            Version=resource("AWS::Lambda::Version", FunctionName={"Ref": "Function"}),
            Two=reads(by="Version"),
        ),
    ),
    (
        "source-filters-agree",
        queue_with(One=reads(patterns=(RED,)), Two=reads(by="Other", patterns=(BLUE,))),
        queue_with(One=reads(patterns=(RED, BLUE)), Two=reads(by="Other", patterns=(BLUE, RED))),
    ),
    (
        "source-filters-agree",
        queue_with(One=reads(patterns=(RED,)), Two=reads(by="Other")),
        queue_with(One=reads(patterns=(RED,)), Two=reads(by="Other", Enabled=False)),
    ),
    ("filtered-messages", queue_with(One=reads(patterns=(RED,))), queue_with(One=reads())),
    ("sqs-filters-have-patterns", queue_with(One=reads(patterns=(None,))), queue_with(One=reads(patterns=(RED,)))),
    ("sqs-filters-fit", queue_with(One=reads(patterns=(RED,) * 11)), queue_with(One=reads(patterns=(RED,) * 10))),
    (
        "sqs-filters-are-valid",
        queue_with(One=reads(patterns=({"body": {"colour": "red"}},))),
        queue_with(One=reads(patterns=({"body": {"colour": ["red"]}},))),
    ),
    (
        "filter-operators",
        queue_with(One=reads(patterns=({"body": {"colour": [{"wildcard": "r*"}]}},))),
        queue_with(One=reads(patterns=({"body": {"colour": [{"prefix": "r"}]}},))),
    ),
    ("filter-quota", queue_with(One=reads(patterns=(RED,) * 6)), queue_with(One=reads(patterns=(RED,) * 5))),
    ("stream-readers", table_read_by(3), table_read_by(2)),
    ("stream-readers", table_read_by(2, replicas=2), table_read_by(1, replicas=2)),
    (
        "async-configured-once",
        template(
            Function=function(),
            Failures=KEPT,
            A=asynchronous("Function", arn("Failures")),
            B=asynchronous("Function", MaximumRetryAttempts=0),
        ),
        template(
            Function=function(),
            Failures=KEPT,
            A=asynchronous("Function", arn("Failures")),
            Version=resource("AWS::Lambda::Version", FunctionName={"Ref": "Function"}),
            B=resource(
                "AWS::Lambda::EventInvokeConfig",
                FunctionName={"Ref": "Function"},
                Qualifier={"Fn::GetAtt": ["Version", "Version"]},
                MaximumRetryAttempts=0,
            ),
        ),
    ),
    ("no-concurrency", reserving(0, 2), reserving(5, 2)),
    (
        "low-concurrency",
        template(DeadLetters=KEPT, Queue=QUEUE, Function=function(ReservedConcurrentExecutions=4), Mapping=reads()),
        reserving(4, 4),
    ),
    ("shared-concurrency", reserving(10, 6, 6), reserving(12, 6, 6)),
    (
        "pollers-above-reserve",
        template(
            DeadLetters=KEPT,
            Queue=QUEUE,
            Function=function(ReservedConcurrentExecutions=29),
            Mapping=reads(ProvisionedPollerConfig={"MinimumPollers": 2, "MaximumPollers": 3}),
        ),
        template(
            DeadLetters=KEPT,
            Queue=QUEUE,
            Function=function(ReservedConcurrentExecutions=30),
            Mapping=reads(ProvisionedPollerConfig={"MinimumPollers": 2, "MaximumPollers": 3}),
        ),
    ),
    (
        "unused-destination",
        template(
            Queue=QUEUE,
            DeadLetters=KEPT,
            Function=function(DeadLetterConfig={"TargetArn": arn("DeadLetters")}),
            Mapping=reads(),
        ),
        template(
            Queue=QUEUE,
            DeadLetters=KEPT,
            Function=function(DeadLetterConfig={"TargetArn": arn("DeadLetters")}),
            Mapping=reads(),
            Topic=resource("AWS::SNS::Topic"),
            Subscription=subscribes("Function"),
        ),
    ),
    (
        "unused-destination",
        queue_with(Mapping=reads(), Config=asynchronous("Function", arn("DeadLetters"))),
        queue_with(
            Mapping=reads(),
            Config=asynchronous("Function", arn("DeadLetters")),
            Permission=resource("AWS::Lambda::Permission", FunctionName=arn("Function"), Principal="s3.amazonaws.com"),
        ),
    ),
    (
        "function-environment-fits",
        template(Function=with_environment(4_097)),
        template(Function=with_environment(4_096)),
    ),
    (
        "environment-size",
        template(Function=with_environment(4_090, N={"Ref": "Function0"}), Function0=function()),
        template(Function=with_environment(4_000, N={"Ref": "Function0"}), Function0=function()),
    ),
    (
        "function-layers-fit",
        template(Function=function(Layers=[f"arn:aws:lambda:eu-west-1:1:layer:l{n}:1" for n in range(6)])),
        template(Function=function(Layers=[f"arn:aws:lambda:eu-west-1:1:layer:l{n}:1" for n in range(5)])),
    ),
    ("no-endpoint", network(), network(endpoints=("dynamodb",))),
    ("no-endpoint", network(endpoints=("sqs",)), network(way={"NatGatewayId": "nat-1"})),
    ("no-endpoint", network(way={"GatewayId": {"Ref": "Internet"}}), network(way={"TransitGatewayId": "tgw-1"})),
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
        template(
            A=resource("AWS::SQS::Queue", RedrivePolicy={"deadLetterTargetArn": arn("B"), "maxReceiveCount": 5}),
            B=resource("AWS::SQS::Queue", RedrivePolicy={"deadLetterTargetArn": arn("A"), "maxReceiveCount": 5}),
        ),
        template(
            A=resource("AWS::SQS::Queue", RedrivePolicy={"deadLetterTargetArn": arn("B"), "maxReceiveCount": 5}),
            B=resource("AWS::SQS::Queue", RedrivePolicy={"deadLetterTargetArn": arn("C"), "maxReceiveCount": 5}),
            C=KEPT,
        ),
    ),
    (
        "pause-beyond-retention",
        paused(
            template(
                Queue=resource("AWS::SQS::Queue", MessageRetentionPeriod=600), Function=function(), Mapping=reads()
            ),
            600,
        ),
        paused(
            template(
                Queue=resource("AWS::SQS::Queue", MessageRetentionPeriod=600), Function=function(), Mapping=reads()
            ),
            599,
        ),
    ),
    (
        "pause-beyond-retention",
        paused(
            template(
                Stream=resource("AWS::Kinesis::Stream"),
                Failures=KEPT,
                Function=function(),
                Mapping=reads_stream(arn("Stream")),
            ),
            601,
        ),
        paused(
            template(
                Stream=resource("AWS::Kinesis::Stream"),
                Failures=KEPT,
                Function=function(),
                Mapping=reads_stream(arn("Stream")),
            ),
            45,
        ),
    ),
    (
        "paused-latest",
        paused(
            template(
                Stream=resource("AWS::Kinesis::Stream"),
                Failures=KEPT,
                Function=function(),
                Mapping=reads_stream(arn("Stream"), StartingPosition="LATEST"),
            ),
            45,
        ),
        template(
            Stream=resource("AWS::Kinesis::Stream"),
            Failures=KEPT,
            Function=function(),
            Mapping=reads_stream(arn("Stream"), StartingPosition="LATEST"),
        ),
    ),
    (
        "idempotency-expiry",
        protected(299, Queue=QUEUE, DeadLetters=KEPT, Mapping=reads()),
        protected(300, Queue=QUEUE, DeadLetters=KEPT, Mapping=reads()),
    ),
    *(
        ("delivery-notifications-are-allowed", notifies(target, **broken), notifies(target, custom=bool(broken)))
        for target, broken in NOT_ALLOWED
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


@pytest.mark.parametrize(
    ("rule", "broken", "passing"), PAIRS, ids=[f"{number} {pair[0]}" for number, pair in enumerate(PAIRS)]
)
def test_one_template_breaks_the_rule_and_the_other_passes(rule: str, broken: Template, passing: Template) -> None:
    assert f"redrive:{rule}" in found_in(broken)
    assert f"redrive:{rule}" not in found_in(passing)


def test_each_rule_for_several_resources_has_a_pair() -> None:
    kinds: list[Any] = [SOURCE_RULES, FUNCTION_RULES, DELIVERY_RULES, LOOP_RULES, CALL_RULES]
    known = {rules.id_of(each) for rules in kinds for each in rules.refusals}
    known |= {rule for rules in kinds for rule in rules.warnings} | set(PAUSE_RULES.warnings)
    assert known <= {f"redrive:{rule}" for rule, _, _ in PAIRS}


def test_what_passes_breaks_no_other_rule_of_these() -> None:
    """A warning must not come with the advice that another rule gives."""
    for rule, _, passing in PAIRS:
        others = {each for each in found_in(passing) if each in {"redrive:loop", "redrive:unused-destination"}}
        assert not others or rule == "unused-destination", rule
