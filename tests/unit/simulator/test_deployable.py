"""Templates that CloudFormation refuses are not simulated: by its registry's schemas, and rules that they lack."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from redrive_model.template import schemas
from redrive_simulator import Simulation, TemplateError
from tests.support.simulator.heard import rule
from tests.support.simulator.simulations import (
    Template,
    arn,
    async_stack,
    function,
    resource,
    sqs_stack,
    stream_stack,
    template,
)


def with_(stack: Template, name: str, **properties: Any) -> Template:
    """The stack with these properties of a resource; `None` leaves one out."""
    given = {**stack["Resources"][name]["Properties"], **properties}
    stack["Resources"][name]["Properties"] = {key: value for key, value in given.items() if value is not None}
    return stack


def with_second_mapping() -> Template:
    stack = sqs_stack()
    stack["Resources"]["Second"] = stack["Resources"]["Mapping"]
    return stack


def filters(number: int, size: int = 1) -> dict[str, Any]:
    return {"FilterCriteria": {"Filters": [{"Pattern": f'{{"body": ["{"x" * size}"]}}'}] * number}}


def subscribed(**properties: Any) -> Template:
    given = {"TopicArn": {"Ref": "Topic"}, "Protocol": "sqs", "Endpoint": arn("Queue"), **properties}
    return template(
        Topic=resource("AWS::SNS::Topic"),
        Queue=resource("AWS::SQS::Queue"),
        Subscription=resource("AWS::SNS::Subscription", **given),
    )


def ruled(**properties: Any) -> Template:
    return template(Function=function(), Rule=rule(**properties))


PATTERN = {"source": ["shop"]}
BY_SCHEMA: list[tuple[str, Template, str]] = [
    ("required", with_(sqs_stack(), "Function", Role=None), r"Function: 'Role' is a required property"),
    ("type", sqs_stack(BatchSize="ten"), r"Mapping: BatchSize: 'ten' is no integer"),
    ("minimum", sqs_stack(function_={"MemorySize": 64}), "Function: MemorySize: 64 is less than the minimum of 128"),
    ("choice", with_(sqs_stack(), "Mapping", FunctionResponseTypes=["Some"]), "FunctionResponseTypes.0: 'Some' is no"),
    (
        "pattern",
        with_(sqs_stack(), "Function", Role="role"),
        "Function: Role: 'role' does not match",
    ),
    (
        "number of members",
        with_(
            ruled(EventPattern=PATTERN),
            "Rule",
            Targets=[{"Id": str(each), "Arn": arn("Function")} for each in range(6)],
        ),
        r"Rule: Targets: .*'Arn': ….* is too long",
    ),
    (
        "a member of a member",
        template(Function=function(), Rule=rule({"RetryPolicy": {"MaximumRetryAttempts": 186}}, EventPattern=PATTERN)),
        "Rule: Targets.0.RetryPolicy.MaximumRetryAttempts: 186 is greater than the maximum of 185",
    ),
    ("read only", template(Api=resource("AWS::ApiGateway::RestApi", RestApiId="a")), "Api: RestApiId is set by AWS"),
    (
        "one of several",
        template(Alarm=resource("AWS::CloudWatch::Alarm", ComparisonOperator="LessThanThreshold", EvaluationPeriods=1)),
        "Alarm: exactly one of Metrics, MetricName",
    ),
    ("not modelled", template(Role=resource("AWS::IAM::Role")), "Role: 'AssumeRolePolicyDocument' is a required"),
]
BY_RULES: list[tuple[str, Template, str]] = [
    ("two mappings", with_second_mapping(), "Lambda refuses a second mapping of the same source and function"),
    (
        "a bucket on success",
        async_stack(DestinationConfig={"OnSuccess": {"Destination": "arn:aws:s3:::results"}}),
        "OnSuccess is an S3 bucket",
    ),
    ("no starting position", with_(stream_stack(), "Mapping", StartingPosition=None), "no StartingPosition"),
    (
        "a position without its time",
        with_(stream_stack(), "Mapping", StartingPosition="AT_TIMESTAMP"),
        "StartingPosition AT_TIMESTAMP without a time",
    ),
    ("filters of a queue", sqs_stack(**filters(11)), "11 filters: a mapping has at most 10"),
    ("filters of a stream", stream_stack(**filters(11)), "11 filters: a mapping has at most 10"),
    ("size of a filter", sqs_stack(**filters(1, 4_096)), "Lambda takes 4,096"),
    ("pattern of a rule", ruled(EventPattern={"source": "shop"}), 'Rule: "source" is "shop": a field takes a list'),
    ("schedule", ruled(ScheduleExpression="rate(1 minutes)"), "Rule: rate.1 minutes.: the unit of 1 has no s"),
    (
        "filter policy",
        subscribed(FilterPolicy={"kind": "order"}),
        'Subscription: "kind" is "order": a field takes a list',
    ),
    (
        "keys of a filter policy",
        subscribed(FilterPolicy={str(each): ["a"] for each in range(6)}),
        "Subscription: the filter policy .* has 6 keys: SNS takes 5",
    ),
]


@pytest.mark.parametrize(
    ("stack", "sentence"), [each[1:] for each in BY_SCHEMA + BY_RULES], ids=[each[0] for each in BY_SCHEMA + BY_RULES]
)
def test_what_cloudformation_refuses_is_an_error_that_names_it(stack: Template, sentence: str) -> None:
    with pytest.raises(TemplateError, match=sentence):
        Simulation.from_template(stack)


CONDITIONS = {"IsLarge": {"Fn::Equals": [{"Ref": "Size"}, "large"]}}
SIZE = {"Size": {"Type": "String", "Default": "small"}, "Memory": {"Type": "Number", "Default": 256}}


@pytest.mark.parametrize(
    "memory",
    [
        {"Ref": "Memory"},
        {"Fn::If": ["IsLarge", "64", "128"]},
        {"Fn::If": ["IsLarge", 64, {"Ref": "AWS::NoValue"}]},
        {"Fn::FindInMap": ["Sizes", {"Ref": "Size"}, "memory"]},
    ],
    ids=["parameter", "condition", "no value", "mapping"],
)
def test_values_are_checked_as_the_template_makes_them(memory: Any) -> None:
    stack = sqs_stack(function_={"MemorySize": memory})
    stack |= {"Parameters": SIZE, "Conditions": CONDITIONS}
    stack["Mappings"] = {"Sizes": {"small": {"memory": 128}, "large": {"memory": 64}}}
    assert Simulation.from_template(stack).not_checked == ()
    with pytest.raises(TemplateError, match="MemorySize: 64 is less than the minimum of 128"):
        Simulation.from_template(stack, template_parameters={"Size": "large", "Memory": "64"})


def test_values_of_the_deployment_and_types_without_a_schema_are_not_checked() -> None:
    stack = sqs_stack(function_={"Role": {"Fn::ImportValue": "role"}, "Description": {"Fn::Sub": "${AWS::StackName}"}})
    stack["Resources"] |= {"Own": resource("Custom::Thing", Anything=1), "Other": resource("Vendor::Service::Thing")}
    assert Simulation.from_template(stack).not_checked == ()


def test_a_region_without_schemas_takes_those_of_the_largest() -> None:
    assert schemas._files("xx-nowhere-1") == schemas._files("us-east-1")


@pytest.fixture
def without_schemas(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(schemas, "find_spec", lambda name: None)
    schemas._folder.cache_clear()
    yield
    schemas._folder.cache_clear()


@pytest.mark.usefixtures("without_schemas")
def test_without_the_schemas_the_simulation_says_that_it_has_not_checked() -> None:
    (named,) = Simulation.from_template(with_(sqs_stack(), "Function", Role=None)).not_checked
    assert "pip install 'redrive[schemas]'" in named
    with pytest.raises(TemplateError, match="second mapping"):
        Simulation.from_template(with_second_mapping())
