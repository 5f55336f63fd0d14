"""Versions, aliases and names that are missing, or are there twice, are errors; handlers see which one runs."""

from __future__ import annotations

import os
from typing import Any

import pytest
from botocore.exceptions import ClientError

from redrive_simulator import NotModelledError, Simulation, TemplateError, UnknownNameError
from tests.support.simulator.apis import INVOKED, PROXY
from tests.support.simulator.simulations import (
    Template,
    async_stack,
    attempt_times,
    fails,
    function,
    resource,
    template,
)

NAMED = "arn:aws:lambda:eu-west-1:111111111111:function:Function"


def versions(alias: dict[str, Any] | None = None, **more: dict[str, Any]) -> Template:
    """`Function`, with the version 1 and its alias `live`."""
    return template(
        Function=function(FunctionName="Function"),
        Version=resource("AWS::Lambda::Version", FunctionName={"Ref": "Function"}),
        Alias=resource(
            "AWS::Lambda::Alias",
            **{
                "FunctionName": {"Ref": "Function"},
                "FunctionVersion": {"Fn::GetAtt": ["Version", "Version"]},
                "Name": "live",
                **(alias or {}),
            },
        ),
        **more,
    )


@pytest.mark.parametrize("qualifier", ["nope", "2"])
def test_an_invocation_of_a_version_that_there_is_not(qualifier: str) -> None:
    """https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html, ResourceNotFoundException."""

    def calls(event: Any, context: Any) -> str:
        import boto3  # as a handler does it

        try:
            boto3.client("lambda").invoke(FunctionName="Function", Qualifier=qualifier, InvocationType="Event")
        except ClientError as error:
            return str(error)
        return ""

    simulation = Simulation.from_template(versions(), {"Function": calls})
    for name in (f"Function:{qualifier}", f"{NAMED}:{qualifier}"):
        with pytest.raises(UnknownNameError, match=rf"no version or alias '{qualifier}': the template has 1, live"):
            simulation.invoke(name)
    assert "(ResourceNotFoundException)" in simulation.invoke("Function").payload


def test_an_invocation_of_a_version_that_there_is() -> None:
    simulation = Simulation.from_template(
        versions(), {"Function": lambda event, context: [context.function_version, context.invoked_function_arn]}
    )
    answers = {
        name: simulation.invoke(name).payload
        for name in ("Function", "Function:$LATEST", "Function:1", "Function:live", NAMED, f"{NAMED}:live")
    }
    assert answers == {
        "Function": ["$LATEST", NAMED],
        "Function:$LATEST": ["$LATEST", NAMED],
        "Function:1": ["1", f"{NAMED}:1"],
        "Function:live": ["1", f"{NAMED}:live"],
        NAMED: ["$LATEST", NAMED],
        f"{NAMED}:live": ["1", f"{NAMED}:live"],
    }


def test_latest_by_name_has_the_configuration_of_the_function() -> None:
    stack = async_stack(MaximumRetryAttempts=0, function_={"FunctionName": "Function"})
    stack["Resources"]["Topic"] = resource(
        "AWS::SNS::Topic", Subscription=[{"Protocol": "lambda", "Endpoint": f"{NAMED}:$LATEST"}]
    )
    simulation = Simulation.from_template(stack, {"Function": fails})
    simulation.client("sns").publish(TopicArn=simulation.topic("Topic").spec.arn, Message="x")
    simulation.run()
    assert attempt_times(simulation) == [0]
    assert len(simulation.queue("Failures")) == 1


NOPE = f"{NAMED}:nope"
TARGET = [{"Id": "1", "Arn": NOPE}]
INVOKED_NOPE = f"arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/{NOPE}/invocations"
METHOD = {
    "HttpMethod": "ANY",
    "AuthorizationType": "NONE",
    "RestApiId": {"Ref": "Used"},
    "ResourceId": {"Fn::GetAtt": ["Used", "RootResourceId"]},
}
USES: dict[str, Template] = {
    "config": versions(
        Used=resource(
            "AWS::Lambda::EventInvokeConfig", FunctionName="Function", Qualifier="nope", MaximumRetryAttempts=0
        )
    ),
    "rule": versions(Used=resource("AWS::Events::Rule", EventPattern={"source": ["shop"]}, Targets=TARGET)),
    "topic": versions(Used=resource("AWS::SNS::Topic", Subscription=[{"Protocol": "lambda", "Endpoint": NOPE}])),
    "bucket": versions(
        Used=resource(
            "AWS::S3::Bucket",
            NotificationConfiguration={"LambdaConfigurations": [{"Event": "s3:ObjectCreated:*", "Function": NOPE}]},
        )
    ),
    "url": versions(
        Used=resource("AWS::Lambda::Url", TargetFunctionArn=NAMED, Qualifier="nope", AuthType="NONE"),
    ),
    "api": versions(
        Used=resource("AWS::ApiGateway::RestApi", Name="api"),
        Method=resource("AWS::ApiGateway::Method", **METHOD, Integration={**PROXY, "Uri": INVOKED_NOPE}),
    ),
    "alias": versions({"FunctionVersion": "2"}),
}


@pytest.mark.parametrize("name", USES)
def test_a_version_or_alias_that_something_uses_and_the_template_does_not_have_is_named(name: str) -> None:
    qualifier = "2" if name == "alias" else "nope"
    with pytest.raises(NotModelledError, match=rf"version or alias {qualifier} of its function is not in the template"):
        Simulation.from_template(USES[name])
    assert len(Simulation.from_template(USES[name], strict=False).not_modelled) == 1


def test_a_version_or_alias_that_the_template_has_is_not_named() -> None:
    stack = versions(
        Rule=resource(
            "AWS::Events::Rule",
            EventPattern={"source": ["shop"]},
            Targets=[{"Id": "1", "Arn": {"Ref": "Alias"}}, {"Id": "2", "Arn": {"Ref": "Version"}}],
        ),
        Api=resource("AWS::ApiGateway::RestApi", Name="api"),
        Method=resource(
            "AWS::ApiGateway::Method",
            **{
                **METHOD,
                "RestApiId": {"Ref": "Api"},
                "ResourceId": {"Fn::GetAtt": ["Api", "RootResourceId"]},
                "Integration": {**PROXY, "Uri": INVOKED},
            },
        ),
        Elsewhere=resource(
            "AWS::SNS::Topic", Subscription=[{"Protocol": "lambda", "Endpoint": NOPE.replace("Function", "Other")}]
        ),
    )
    assert Simulation.from_template(stack).not_modelled == ()


@pytest.mark.parametrize(
    ("kind", "properties"),
    [
        ("AWS::SQS::Queue", {"QueueName": "x"}),
        ("AWS::SNS::Topic", {"TopicName": "x"}),
        ("AWS::Events::EventBus", {"Name": "x"}),
        ("AWS::S3::Bucket", {"BucketName": "xxx"}),
        ("AWS::Kinesis::Stream", {"Name": "x", "ShardCount": 1}),
    ],
)
def test_a_name_that_two_resources_have_is_refused(kind: str, properties: dict[str, Any]) -> None:
    with pytest.raises(TemplateError, match="Second: its name is that of First, and AWS refuses a second one"):
        Simulation.from_template(template(First=resource(kind, **properties), Second=resource(kind, **properties)))
    Simulation.from_template(template(First=resource(kind, **properties)))


@pytest.mark.parametrize(
    ("stack", "kinds"),
    [
        (versions(), ["on-demand"] * 3),
        (
            versions({"ProvisionedConcurrencyConfig": {"ProvisionedConcurrentExecutions": 1}}),
            ["on-demand", "provisioned-concurrency", "provisioned-concurrency"],
        ),
        (
            {
                "Resources": {
                    **versions()["Resources"],
                    "Function": function(FunctionName="Function", SnapStart={"ApplyOn": "PublishedVersions"}),
                }
            },
            ["on-demand", "snap-start", "snap-start"],
        ),
    ],
    ids=["on demand", "provisioned", "snapshot"],
)
def test_the_variables_say_how_an_environment_was_started(stack: Template, kinds: list[str]) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html"""
    simulation = Simulation.from_template(
        stack, {"Function": lambda event, context: os.environ["AWS_LAMBDA_INITIALIZATION_TYPE"]}
    )
    assert [simulation.invoke(f"Function{name}").payload for name in ("", ":1", ":live")] == kinds
