"""Reads what invokes functions for HTTP requests: REST APIs, HTTP APIs and function URLs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from redrive_model import limits
from redrive_model.resources import values
from redrive_model.template.template import Resource

#: Resource types that are read here.
KINDS = (
    *("AWS::ApiGateway::RestApi", "AWS::ApiGatewayV2::Api", "AWS::Lambda::Url"),
    *("AWS::ApiGateway::Resource", "AWS::ApiGateway::Method"),
    *("AWS::ApiGatewayV2::Integration", "AWS::ApiGatewayV2::Route"),
    *("AWS::ApiGateway::Stage", "AWS::ApiGatewayV2::Stage"),
)
_FUNCTION = re.compile(r"functions/(.+)/invocations")
_EXTENSION = "x-amazon-apigateway-"
_VARIABLE = re.compile(r"\$\{stageVariables\.(\w+)\}")
# SAM writes this for a method that its API's default authorizer is not for.
_NOBODY = "NONE"
_DEFAULT_STAGE = "$default"
_API_KEY = "api_key"
_CORS_LISTS = ("alloworigins", "allowmethods", "allowheaders", "exposeheaders")


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """A method of a path.

    Attributes:
        method: HTTP method; `ANY` for all.
        path: Path with `{name}` for a part and `{name+}` for the rest; `$default` for all.
        function: ARN of the function, with its qualifier; `None` if it is no proxy of a function.
        payload: Version of the format of events and responses.
        timeout: Time for which API Gateway waits for the function.
        authorizer: What a request has to pass before the function, such as `AWS_IAM`; `None`: nothing.
        needs_key: Whether a request needs an API key.
        streams: Whether the response is streamed.
        maps: Whether its integration maps parameters of the request or the response.
    """

    method: str
    path: str
    function: str | None
    payload: Literal["1.0", "2.0"]
    timeout: float
    authorizer: str | None = None
    needs_key: bool = False
    streams: bool = False
    maps: bool = False


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage of an API.

    Attributes:
        name: Name; `$default` is not a part of paths.
        variables: Stage variables.
    """

    name: str
    variables: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class Cors:
    """The answer of an HTTP API or a URL to browsers that ask for another origin.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html

    Attributes:
        origins: Allowed origins; `*` for all.
        methods: Allowed methods.
        headers: Allowed headers.
        exposed: Headers that browsers may read.
        credentials: Whether browsers may send credentials.
        max_age: Time for which browsers may keep the answer; `None`: not set.
    """

    origins: tuple[str, ...] = ()
    methods: tuple[str, ...] = ()
    headers: tuple[str, ...] = ()
    exposed: tuple[str, ...] = ()
    credentials: bool = False
    max_age: int | None = None


@dataclass(frozen=True, slots=True)
class ApiSpec:
    """An API.

    Attributes:
        name: Logical id, without the CDK's hash if that is unique.
        id: Id at AWS.
        kind: `rest` for a REST API, `http` for an HTTP API, `url` for the URL of a function.
        routes: Its routes.
        stage: Its stage, the first one if there are several.
        binary: Media types that a REST API treats as binary.
        cors: Configuration of CORS; `None`: there is none, or functions and methods answer themselves.
    """

    name: str
    id: str
    kind: Literal["rest", "http", "url"]
    routes: tuple[Route, ...]
    stage: Stage
    binary: tuple[str, ...] = ()
    cors: Cors | None = None


def read_apis(resources: Sequence[Resource]) -> list[tuple[Resource, ApiSpec]]:
    """Read the APIs among resources of the types `KINDS`."""
    found: list[tuple[Resource, ApiSpec]] = []
    for each in resources:
        others = [other for other in resources if _api_of(other) == each.reference]
        match each.kind:
            case "AWS::ApiGateway::RestApi":
                stage = _stage(others, "Variables", "prod")
                routes = (*_in_body(each, "1.0"), *_methods(others), *_elsewhere(each))
                routes = tuple(_with_variables(route, stage) for route in routes)
                body = values.fields(each.properties.get("Body"))
                binary = each.properties.get("BinaryMediaTypes") or body.get(f"{_EXTENSION}binary-media-types") or ()
                spec = ApiSpec(
                    each.name,
                    each.reference,
                    "rest",
                    routes,
                    stage,
                    binary=tuple(str(each).replace("~1", "/") for each in binary),
                )
                found.append((each, spec))
            case "AWS::ApiGatewayV2::Api" if each.properties.get("ProtocolType", "HTTP") == "HTTP":
                stage = _stage(others, "StageVariables", _DEFAULT_STAGE)
                routes = (*_in_body(each, "2.0"), *_routes(others), *_quickly_created(each), *_elsewhere(each))
                routes = tuple(_with_variables(route, stage) for route in routes)
                given = each.properties.get("CorsConfiguration")
                given = given or values.fields(each.properties.get("Body")).get(f"{_EXTENSION}cors")
                found.append((each, ApiSpec(each.name, each.reference, "http", routes, stage, cors=_cors(given))))
            case "AWS::Lambda::Url":
                stage, cors = Stage(_DEFAULT_STAGE), _cors(each.properties.get("Cors"))
                found.append((each, ApiSpec(each.name, each.reference, "url", (_of_url(each),), stage, cors=cors)))
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
            route = _route(str(each.properties["HttpMethod"]), f"/{'/'.join(parts)}", integration, "1.0")
            yield replace(
                route, authorizer=_authorizer(each), needs_key=values.flag(each.properties.get("ApiKeyRequired"))
            )


def _routes(resources: Sequence[Resource]) -> Iterator[Route]:
    integrations = {each.reference: each for each in resources if each.kind == "AWS::ApiGatewayV2::Integration"}
    for each in resources:
        if each.kind == "AWS::ApiGatewayV2::Route":
            target = integrations.get(str(each.properties.get("Target")).removeprefix("integrations/"))
            given = {} if target is None else _lowered(target.properties)
            method, _, path = str(each.properties["RouteKey"]).partition(" ")
            integration = {**given, "type": given.get("integrationtype"), "uri": given.get("integrationuri")}
            route = _route(method if path else "ANY", path or method, integration, "2.0")
            yield replace(route, authorizer=_authorizer(each))


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
    body = values.fields(api.properties.get("Body"))
    paths = values.fields(body.get("paths"))
    for path, methods in paths.items():
        for method, described in values.fields(methods).items():
            integration = _lowered(values.fields(values.fields(described).get(f"{_EXTENSION}integration")))
            if integration:
                name = "ANY" if method == f"{_EXTENSION}any-method" else method.upper()
                route = _route(name, path.removeprefix("/") if path == "/$default" else path, integration, payload)
                several: list[Mapping[str, Any]] = {**body, **values.fields(described)}.get("security") or []
                needed = {needed for each in several for needed in each} - {_NOBODY}
                others = ", ".join(sorted(needed - {_API_KEY}))
                yield replace(route, authorizer=others or None, needs_key=_API_KEY in needed)


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
        authorizer="AWS_IAM" if url.properties.get("AuthType") == "AWS_IAM" else None,
        streams=url.properties.get("InvokeMode") == "RESPONSE_STREAM",
    )


def _stage(resources: Sequence[Resource], variables: str, otherwise: str) -> Stage:
    """Return the stage among the resources of an API."""
    for each in resources:
        if each.kind in ("AWS::ApiGateway::Stage", "AWS::ApiGatewayV2::Stage"):
            given = values.fields(each.properties.get(variables))
            name = str(each.properties.get("StageName", otherwise))
            return Stage(name, {name: values.text(value) for name, value in given.items()})
    return Stage(otherwise)


def _with_variables(route: Route, stage: Stage) -> Route:
    """Return a route with the stage variables that its function's ARN has.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/amazon-api-gateway-using-stage-variables.html
    """
    if route.function is None or "${" not in route.function:
        return route
    return replace(route, function=_VARIABLE.sub(lambda found: stage.variables.get(found[1], ""), route.function))


def _authorizer(route: Resource) -> str | None:
    """Return what authorizes the requests of a route or method."""
    kind = route.properties.get("AuthorizationType", _NOBODY)
    return None if kind == _NOBODY else str(route.properties.get("AuthorizerId") or kind)


def _cors(given: Any) -> Cors | None:
    """Read a configuration of CORS, whose names differ between templates and OpenAPI definitions by case alone."""
    found = _lowered(values.fields(given))
    if not found:
        return None
    origins, methods, headers, exposed = (tuple(map(str, found.get(name) or ())) for name in _CORS_LISTS)
    credentials, age = values.flag(found.get("allowcredentials")), values.count(found.get("maxage"))
    return Cors(origins, methods, headers, exposed, credentials, age)


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
        streams=str(integration.get("responsetransfermode")).upper() == "STREAM",
        maps=bool(integration.get("requestparameters") or integration.get("responseparameters")),
    )


def _lowered(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return fields by names that are the same in templates and in OpenAPI definitions."""
    return {name.lower(): value for name, value in fields.items()}
