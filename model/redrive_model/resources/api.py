"""Reads what invokes functions for HTTP requests: REST APIs, HTTP APIs and function URLs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from redrive_model import limits
from redrive_model.resources import values
from redrive_model.template.template import Resource

#: Resource types that are read here.
KINDS = (
    *("AWS::ApiGateway::RestApi", "AWS::ApiGatewayV2::Api", "AWS::Lambda::Url"),
    *("AWS::ApiGateway::Resource", "AWS::ApiGateway::Method"),
    *("AWS::ApiGatewayV2::Integration", "AWS::ApiGatewayV2::Route"),
)
_FUNCTION = re.compile(r"functions/(.+)/invocations")
_EXTENSION = "x-amazon-apigateway-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """A method of a path.

    Attributes:
        method: HTTP method; `ANY` for all.
        path: Path with `{name}` for a part and `{name+}` for the rest; `$default` for all.
        function: ARN of the function, with its qualifier; `None` if it is no proxy of a function.
        payload: Version of the format of events and responses.
        timeout: Time for which API Gateway waits for the function.
    """

    method: str
    path: str
    function: str | None
    payload: Literal["1.0", "2.0"]
    timeout: float


@dataclass(frozen=True, slots=True)
class ApiSpec:
    """An API.

    Attributes:
        name: Logical id, without the CDK's hash if that is unique.
        id: Id at AWS.
        kind: `rest` for a REST API, `http` for an HTTP API, `url` for the URL of a function.
        routes: Its routes.
    """

    name: str
    id: str
    kind: Literal["rest", "http", "url"]
    routes: tuple[Route, ...]


def read_apis(resources: Sequence[Resource]) -> list[tuple[Resource, ApiSpec]]:
    """Read the APIs among resources of the types `KINDS`."""
    found: list[tuple[Resource, ApiSpec]] = []
    for each in resources:
        others = [other for other in resources if _api_of(other) == each.reference]
        match each.kind:
            case "AWS::ApiGateway::RestApi":
                routes = (*_in_body(each, "1.0"), *_methods(others), *_elsewhere(each))
                found.append((each, ApiSpec(each.name, each.reference, "rest", routes)))
            case "AWS::ApiGatewayV2::Api" if each.properties.get("ProtocolType", "HTTP") == "HTTP":
                routes = (*_in_body(each, "2.0"), *_routes(others), *_quickly_created(each), *_elsewhere(each))
                found.append((each, ApiSpec(each.name, each.reference, "http", routes)))
            case "AWS::Lambda::Url":
                found.append((each, ApiSpec(each.name, each.reference, "url", (_of_url(each),))))
            case _:
                pass
    return found


def _api_of(resource: Resource) -> str:
    return str(resource.properties.get("RestApiId") or resource.properties.get("ApiId"))


def _methods(resources: Sequence[Resource]) -> Iterator[Route]:
    parents = {
        each.reference: (str(each.properties["ParentId"]), str(each.properties["PathPart"]))
        for each in resources
        if each.kind == "AWS::ApiGateway::Resource"
    }
    for each in resources:
        if each.kind == "AWS::ApiGateway::Method":
            parts: list[str] = []
            at = str(each.properties["ResourceId"])
            while at in parents:
                at, part = parents[at]
                parts.insert(0, part)
            integration = _lowered(values.fields(each.properties.get("Integration")))
            yield _route(str(each.properties["HttpMethod"]), f"/{'/'.join(parts)}", integration, "1.0")


def _routes(resources: Sequence[Resource]) -> Iterator[Route]:
    integrations = {each.reference: each for each in resources if each.kind == "AWS::ApiGatewayV2::Integration"}
    for each in resources:
        if each.kind == "AWS::ApiGatewayV2::Route":
            target = integrations.get(str(each.properties.get("Target")).removeprefix("integrations/"))
            given = {} if target is None else _lowered(target.properties)
            method, _, path = str(each.properties["RouteKey"]).partition(" ")
            integration = {**given, "type": given.get("integrationtype"), "uri": given.get("integrationuri")}
            yield _route(method if path else "ANY", path or method, integration, "2.0")


def _quickly_created(api: Resource) -> Iterator[Route]:
    """Yield the route of a quick create: https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis.html."""
    if api.properties.get("Target"):
        method, _, path = str(api.properties.get("RouteKey", "$default")).partition(" ")
        integration = {"type": "aws_proxy", "uri": api.properties["Target"]}
        yield _route(method if path else "ANY", path or method, integration, "2.0")


def _in_body(api: Resource, payload: Literal["1.0", "2.0"]) -> Iterator[Route]:
    """Yield the routes of an OpenAPI definition, as SAM writes it.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions-integration.html
    """
    paths = values.fields(values.fields(api.properties.get("Body")).get("paths"))
    for path, methods in paths.items():
        for method, described in values.fields(methods).items():
            integration = _lowered(values.fields(values.fields(described).get(f"{_EXTENSION}integration")))
            if integration:
                name = "ANY" if method == f"{_EXTENSION}any-method" else method.upper()
                yield _route(name, path.removeprefix("/") if path == "/$default" else path, integration, payload)


def _elsewhere(api: Resource) -> Iterator[Route]:
    """Yield a route for all else if the definition is in a file, or made at deployment."""
    if "Body" in api.unknown or "BodyS3Location" in api.properties:
        yield Route(method="ANY", path="$default", function=None, payload="1.0", timeout=0.0)


def _of_url(url: Resource) -> Route:
    function = str(url.properties.get("TargetFunctionArn"))
    qualifier = url.properties.get("Qualifier")
    return Route(
        method="ANY",
        path="$default",
        function=f"{function}:{qualifier}" if qualifier else function,
        payload="2.0",
        timeout=float(limits.LONGEST_FUNCTION_TIMEOUT),
    )


def _route(method: str, path: str, integration: Mapping[str, Any], payload: Literal["1.0", "2.0"]) -> Route:
    uri = str(integration.get("uri"))
    found = _FUNCTION.search(uri)
    is_proxy = str(integration.get("type")).lower() == "aws_proxy" and (found is not None or ":lambda:" in uri)
    longest = limits.REST_INTEGRATION_TIMEOUT if payload == "1.0" else limits.HTTP_INTEGRATION_TIMEOUT
    given = integration.get("payloadformatversion")
    return Route(
        method=method.upper(),
        path=path,
        function=(found[1] if found else uri) if is_proxy else None,
        payload=("1.0" if str(given) == "1.0" else "2.0") if payload == "2.0" else "1.0",
        timeout=float(integration.get("timeoutinmillis") or longest * 1_000) / 1_000,
    )


def _lowered(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return fields by names that are the same in templates and in OpenAPI definitions."""
    return {name.lower(): value for name, value in fields.items()}
