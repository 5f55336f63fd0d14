"""Who invokes a function: a caller who waits, one who does not, or CloudFormation."""

from __future__ import annotations

from typing import Any

import pytest

from redrive_model.explanation.explain import explain
from redrive_model.resources.stack import stack_of
from redrive_model.template.template import Place, read_template
from tests.support.simulator.simulations import Template, arn, function, resource, template


def explained(made: Template) -> Any:
    return explain(stack_of(read_template(made, Place("eu-west-1", "111111111111"), {})))


def api(*methods: dict[str, str]) -> Template:
    uri = {"Fn::Sub": "arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/${Function.Arn}/invocations"}
    found = {
        f"Method{number}": resource(
            "AWS::ApiGateway::Method",
            RestApiId={"Ref": "Api"},
            ResourceId="root",
            HttpMethod="POST",
            Integration={"Type": "AWS", "Uri": uri, "RequestParameters": parameters},
        )
        for number, parameters in enumerate(methods)
    }
    allowed = resource("AWS::Lambda::Permission", FunctionName=arn("Function"), Principal="apigateway.amazonaws.com")
    return template(Api=resource("AWS::ApiGateway::RestApi"), Function=function(), Allowed=allowed, **found)


EVENT = {"integration.request.header.X-Amz-Invocation-Type": "'Event'"}


@pytest.mark.parametrize(
    ("methods", "kinds"),
    [
        ([{}], {"synchronous"}),
        ([EVENT], {"asynchronous"}),
        ([{name.lower(): value for name, value in EVENT.items()}], {"asynchronous"}),
        ([EVENT, {}], {"asynchronous", "synchronous"}),
        ([{**EVENT, "integration.request.header.X-Amz-Invocation-Type": "'RequestResponse'"}], {"synchronous"}),
    ],
    ids=["waits", "does not wait", "in small letters", "both", "waits explicitly"],
)
def test_api_gateway_waits_unless_a_header_says_that_it_does_not(
    methods: list[dict[str, str]], kinds: set[str]
) -> None:
    ways = explained(api(*methods)).ways
    assert {each.kind for each in ways} == kinds
    for way in ways:
        lost = {each.rule for each in way.findings} & {"redrive:no-failure-destination"}
        assert bool(lost) is (way.kind == "asynchronous")


@pytest.mark.parametrize("kind", ["Custom::Thing", "AWS::CloudFormation::CustomResource"])
def test_a_function_of_a_custom_resource_is_invoked_by_cloudformation(kind: str) -> None:
    made = template(Function=function(), Other=function(), Thing=resource(kind, ServiceToken=arn("Function")))
    found = explained(made)
    assert found.not_reached == ("Other",)
    assert "Function: CloudFormation invokes it, for custom resources" in found.not_modelled


def test_a_custom_resource_that_cannot_be_evaluated_keeps_nothing_from_being_read() -> None:
    thing = resource("Custom::Thing", ServiceToken=arn("Function"), Value={"Fn::FindInMap": ["a", "b", "c"]})
    policy = resource("AWS::SQS::QueuePolicy", Queues=["q"], PolicyDocument={"Fn::FindInMap": ["a", "b", "c"]})
    assert explained(template(Function=function(), Thing=thing, Policy=policy)).not_reached == ("Function",)
