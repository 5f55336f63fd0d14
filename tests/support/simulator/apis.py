"""Small APIs, and requests to them."""

from __future__ import annotations

from typing import Any

from redrive_simulator import Response, Simulation
from tests.support.simulator.simulations import Template, arn, function, resource, template

INVOKED = {
    "Fn::Sub": "arn:aws:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${Function.Arn}/invocations",
}
PROXY = {"Type": "AWS_PROXY", "IntegrationHttpMethod": "POST", "Uri": INVOKED}


def rest(method: dict[str, Any] | None = None, stage: dict[str, Any] | None = None, **api: Any) -> Template:
    """`Api`, a REST API that hands everything below `/` to `Function`."""
    made = template(
        Function=function(),
        Api=resource("AWS::ApiGateway::RestApi", Name="api", **api),
        Proxy=resource(
            "AWS::ApiGateway::Resource",
            RestApiId={"Ref": "Api"},
            ParentId={"Fn::GetAtt": ["Api", "RootResourceId"]},
            PathPart="{proxy+}",
        ),
        Method=resource(
            "AWS::ApiGateway::Method",
            **{
                "RestApiId": {"Ref": "Api"},
                "ResourceId": {"Ref": "Proxy"},
                "HttpMethod": "ANY",
                "AuthorizationType": "NONE",
                "Integration": PROXY,
                **(method or {}),
            },
        ),
    )
    if stage is not None:
        made["Resources"]["Stage"] = resource("AWS::ApiGateway::Stage", RestApiId={"Ref": "Api"}, **stage)
    return made


def http(
    route: dict[str, Any] | None = None,
    stage: dict[str, Any] | None = None,
    version: str = "2.0",
    integration: dict[str, Any] | None = None,
    **api: Any,
) -> Template:
    """`Api`, an HTTP API that hands everything below `/orders/` to `Function`."""
    made = template(
        Function=function(),
        Api=resource("AWS::ApiGatewayV2::Api", Name="api", ProtocolType="HTTP", **api),
        Proxy=resource(
            "AWS::ApiGatewayV2::Integration",
            ApiId={"Ref": "Api"},
            IntegrationType="AWS_PROXY",
            IntegrationUri=arn("Function"),
            PayloadFormatVersion=version,
            **(integration or {}),
        ),
        Route=resource(
            "AWS::ApiGatewayV2::Route",
            ApiId={"Ref": "Api"},
            **{
                "RouteKey": "ANY /orders/{id}",
                "Target": {"Fn::Sub": "integrations/${Proxy}"},
                **(route or {}),
            },
        ),
    )
    if stage is not None:
        made["Resources"]["Stage"] = resource("AWS::ApiGatewayV2::Stage", ApiId={"Ref": "Api"}, **stage)
    return made


def url(**properties: Any) -> Template:
    """`Api`, the URL of `Function`."""
    given = {"TargetFunctionArn": arn("Function"), "AuthType": "NONE", **properties}
    return template(Function=function(), Api=resource("AWS::Lambda::Url", **given))


def asked(stack: Template, *request: Any, answer: Any = None, **options: Any) -> tuple[Response, dict[str, Any]]:
    """The response, and the event of the function; empty if it was not invoked."""
    events: list[Any] = []

    def handler(event: Any, context: Any) -> Any:
        events.append(event)
        if isinstance(answer, Exception):
            raise answer
        return answer

    simulation = Simulation.from_template(stack, {"Function": handler}, echo=False)
    return simulation.request("Api", *request, **options), (events or [{}])[0]


OK = {"statusCode": 200}
