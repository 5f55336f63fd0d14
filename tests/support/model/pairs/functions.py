"""Rules for a function and what invokes it: configuration, concurrency, environment, network."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.support.model.pairs.templates import KEPT, QUEUE, asynchronous, queue_with, reads, settings, subscribes
from tests.support.simulator.simulations import Template, arn, function, resource, template


def with_environment(size: int, **others: Any) -> Any:
    return function(Environment={"Variables": {"TEXT": "x" * (size - 4), **others}})


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


#: Rule, template that breaks it, template that passes.
FUNCTIONS: list[tuple[str, Template, Template]] = [
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
]
