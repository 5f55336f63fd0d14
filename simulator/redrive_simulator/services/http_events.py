"""Makes the events of HTTP requests.

https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html
The events of REST APIs have the fields that were recorded on AWS:
https://github.com/localstack/localstack/blob/main/tests/aws/services/apigateway/test_apigateway_lambda.snapshot.json
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple
from urllib.parse import unquote

from redrive_model.resources.api import ApiSpec, Route
from redrive_simulator.services.http_messages import Request

_DEFAULT_STAGE = "$default"
# Types of content that HTTP APIs and URLs hand on as text. AWS does not list them; this is LocalStack's list, and as
# recorded on AWS, forms are not in it (test_lambda_url_form_payload).
_TEXT_TYPES = ("text", "application/json", "application/xml", "application/javascript")
_UNKNOWN_IDENTITY = (
    *("accessKey", "accountId", "caller", "cognitoAuthenticationProvider", "cognitoAuthenticationType"),
    *("cognitoIdentityId", "cognitoIdentityPoolId", "principalOrgId", "user", "userArn"),
)


class Arrival(NamedTuple):
    """Where and when a request has arrived.

    Attributes:
        id: Request id.
        time: Time, in seconds since the epoch.
        region: Region of the API.
        account: Account of the API.
    """

    id: str
    time: float
    region: str
    account: str


def event_of(
    api: ApiSpec, request: Request, route: Route, parameters: Mapping[str, str], arrival: Arrival
) -> dict[str, Any]:
    """Return the event of a request, in the format of its route."""
    made = _event_2 if route.payload == "2.0" else _event_1
    return made(api, request, route, parameters, arrival)


def matches(pattern: str, media_type: str) -> bool:
    """Decide if a binary media type of a REST API is that of some content; its second part may be `*`, or both."""
    kind, _, rest = pattern.partition("/")
    return pattern in (media_type, "*/*") or (rest == "*" and media_type.startswith(f"{kind}/"))


def _event_1(
    api: ApiSpec, request: Request, route: Route, parameters: Mapping[str, str], arrival: Arrival
) -> dict[str, Any]:
    is_rest, stage = api.kind == "rest", api.stage.name
    headers = _headers(api, request, arrival)
    if not is_rest:
        headers = {name.lower(): value for name, value in headers.items()}
    path = f"/{stage}{request.path}" if stage != _DEFAULT_STAGE else request.path
    identity: dict[str, Any] = dict.fromkeys(_UNKNOWN_IDENTITY)
    identity |= {"sourceIp": "127.0.0.1", "userAgent": request.header("user-agent")}
    if route.needs_key:
        identity["apiKey"] = request.header("x-api-key")
    context = {
        **_context(api, request, arrival),
        "extendedRequestId": "simulated",
        "httpMethod": request.method,
        "identity": identity,
        "path": path,
        "protocol": "HTTP/1.1",
        "requestTime": _time(arrival.time),
        "requestTimeEpoch": round(arrival.time * 1000),
        "resourceId": "simulated" if is_rest else None,
        "resourcePath": route.path,
        "stage": stage,
    }
    if is_rest:
        context["deploymentId"] = "simulated"
    body, is_encoded = _body(api, request)
    event: dict[str, Any] = {
        "resource": route.path,
        "path": request.path if is_rest else path,
        "httpMethod": request.method,
        "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "queryStringParameters": {name: several[-1] for name, several in request.query.items()} or None,
        "multiValueQueryStringParameters": dict(request.query) or None,
        "pathParameters": dict(parameters) or None,
        "stageVariables": dict(api.stage.variables) or None,
        "requestContext": context,
        "body": body,
        "isBase64Encoded": is_encoded,
    }
    return event if is_rest else {"version": "1.0", **event}


def _event_2(
    api: ApiSpec, request: Request, route: Route, parameters: Mapping[str, str], arrival: Arrival
) -> dict[str, Any]:
    """Return an event in format 2.0, in which what is empty is left out."""
    key = route.path if route.path == "$default" else f"{route.method} {route.path}"
    stage, path = api.stage.name, unquote(request.path)
    path = path if stage == _DEFAULT_STAGE else f"/{stage}{path}"
    context = {
        **_context(api, request, arrival),
        "http": {
            "method": request.method,
            "path": path,
            "protocol": "HTTP/1.1",
            "sourceIp": "127.0.0.1",
            "userAgent": request.header("user-agent") or "",
        },
        "routeKey": key,
        "stage": stage,
        "time": _time(arrival.time),
        "timeEpoch": round(arrival.time * 1000),
    }
    headers = {name.lower(): value for name, value in _headers(api, request, arrival).items()}
    cookies = headers.pop("cookie", "")
    body, is_encoded = _body(api, request)
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": key,
        "rawPath": path,
        "rawQueryString": request.query_text,
        "headers": headers,
        "requestContext": context,
        "isBase64Encoded": is_encoded,
    }
    if cookies:
        event["cookies"] = [each.strip() for each in cookies.split(";")]
    if request.query:
        event["queryStringParameters"] = {name: ",".join(several) for name, several in request.query.items()}
    if parameters:
        event["pathParameters"] = dict(parameters)
    if api.stage.variables:
        event["stageVariables"] = dict(api.stage.variables)
    if body is not None:
        event["body"] = body
    return event


def _context(api: ApiSpec, request: Request, arrival: Arrival) -> dict[str, Any]:
    context: dict[str, Any] = {
        "accountId": arrival.account,
        "apiId": api.id.lower(),
        "domainName": _host(api, arrival),
        "domainPrefix": api.id.lower(),
        "requestId": arrival.id,
    }
    if request.authorizer is not None:
        context["authorizer"] = dict(request.authorizer)
    return context


def _host(api: ApiSpec, arrival: Arrival) -> str:
    region = arrival.region
    service = f"lambda-url.{region}.on.aws" if api.kind == "url" else f"execute-api.{region}.amazonaws.com"
    return f"{api.id.lower()}.{service}"


def _headers(api: ApiSpec, request: Request, arrival: Arrival) -> dict[str, str]:
    """Return the headers of a request, with those that AWS adds on its way."""
    added = {
        "Host": _host(api, arrival),
        "X-Amzn-Trace-Id": f"Root=1-{round(arrival.time):08x}-{arrival.id.replace('-', '')[:24]}",
        "X-Forwarded-For": "127.0.0.1",
        "X-Forwarded-Port": "443",
        "X-Forwarded-Proto": "https",
    }
    missing = {name: value for name, value in added.items() if request.header(name.lower()) is None}
    return {**request.headers, **missing}


def _body(api: ApiSpec, request: Request) -> tuple[str | None, bool]:
    """Return the body of an event, and whether it is in base64, which its type decides."""
    body = request.body
    if body is None:
        return None, False
    media_type = (request.header("content-type") or "").partition(";")[0].strip().lower()
    content = body.encode() if isinstance(body, str) else body
    if api.kind == "rest":
        is_binary = any(matches(each, media_type) for each in api.binary)
    elif media_type:
        is_binary = not any(each in media_type for each in _TEXT_TYPES)
    else:
        is_binary = isinstance(body, bytes)
    # A REST API takes what is not a binary media type for UTF-8:
    # https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-payload-encodings.html
    return (b64encode(content).decode(), True) if is_binary else (content.decode(errors="replace"), False)


def _time(time: float) -> str:
    return datetime.fromtimestamp(time, UTC).strftime("%d/%b/%Y:%H:%M:%S +0000")
