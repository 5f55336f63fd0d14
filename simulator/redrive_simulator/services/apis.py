"""Simulates API Gateway and function URLs: events for HTTP requests, and responses from results.

https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html
"""

from __future__ import annotations

import json
import re
from base64 import b64decode, b64encode
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple, cast
from urllib.parse import urlencode

from redrive_model.resources.api import ApiSpec, Route

if TYPE_CHECKING:
    from redrive_simulator.engine.world import World

_PART = re.compile(r"\{(\w+)(\+?)\}")


class Response(NamedTuple):
    """The response to an HTTP request.

    Attributes:
        status: HTTP status.
        headers: Headers by name; several values of one are joined by commas.
        body: Body.
        cookies: Values of `Set-Cookie`.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    cookies: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode()

    def json(self) -> Any:
        """Return the body parsed as JSON."""
        return json.loads(self.body)


class Request(NamedTuple):
    """An HTTP request.

    Attributes:
        method: HTTP method.
        path: Path.
        body: Body, or `None`.
        headers: Headers by name.
        query: Values of the query by name.
    """

    method: str
    path: str
    body: bytes | str | None
    headers: Mapping[str, str]
    query: Mapping[str, list[str]]


class Api:
    """An API, which passes requests on to functions.

    Attributes:
        name: Name in the history.
    """

    __slots__ = ("spec", "world")

    def __init__(self, spec: ApiSpec, world: World) -> None:
        self.spec = spec
        self.world = world

    @property
    def name(self) -> str:
        """Name in the history."""
        return self.spec.name

    def route(self, method: str, path: str) -> tuple[Route, dict[str, str]] | None:
        """Return the route of a request, the most specific one, and the parameters in its path."""
        found: list[tuple[list[int], bool, Route, dict[str, str]]] = []
        for each in self.spec.routes:
            parameters = _match(each.path, path)
            if parameters is not None and each.method in (method, "ANY"):
                found.append((_generality(each.path), each.method == "ANY", each, parameters))
        best = min(found, key=lambda each: each[:2], default=None)
        return None if best is None else best[2:]

    def no_route(self) -> Response:
        """Return the response to a request without a route.

        https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html
        """
        return _refusal(403, "Missing Authentication Token") if self.spec.kind == "rest" else _refusal(404, "Not Found")

    def rejected(self) -> Response:
        """Return the response if Lambda does not run the function.

        https://docs.aws.amazon.com/lambda/latest/dg/services-apigateway-errors.html; for URLs, throttles are 429:
        https://docs.aws.amazon.com/lambda/latest/dg/urls-configuration.html
        """
        return _refusal(429, "Rate Exceeded.") if self.spec.kind == "url" else self._failure(500)

    def failed(self) -> Response:
        """Return the response to a function error, or to a result in a wrong format; see `rejected` for the page."""
        return self._failure(502)

    def timed_out(self) -> Response:
        """Return the response if API Gateway does not wait any longer.

        For REST APIs: https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html.
        AWS does not document the status of HTTP APIs; 503 is what users report.
        """
        return (
            _refusal(504, "Endpoint request timed out")
            if self.spec.kind == "rest"
            else _refusal(503, "Service Unavailable")
        )

    def _failure(self, status: int) -> Response:
        return _refusal(status, "Internal server error" if self.spec.kind == "rest" else "Internal Server Error")

    def event(self, request: Request, route: Route, parameters: Mapping[str, str], id: str) -> dict[str, Any]:
        """Return the event of a request."""
        is_binary = isinstance(request.body, bytes)
        body = b64encode(request.body).decode() if isinstance(request.body, bytes) else request.body
        common = {"body": body, "isBase64Encoded": is_binary}
        if route.payload == "2.0":
            return {**self._event_2(request, route, parameters, id), **common}
        return {**self._event_1(request, route, parameters, id), **common}

    def _event_1(self, request: Request, route: Route, parameters: Mapping[str, str], id: str) -> dict[str, Any]:
        context = {
            **self._context(id),
            "extendedRequestId": "simulated",
            "httpMethod": request.method,
            "identity": {"sourceIp": "127.0.0.1", "userAgent": request.headers.get("user-agent")},
            "path": f"/prod{request.path}",
            "protocol": "HTTP/1.1",
            "requestTime": _time(self.world.time),
            "requestTimeEpoch": round(self.world.time * 1000),
            "resourceId": "simulated",
            "resourcePath": route.path,
            "stage": "prod",
        }
        event: dict[str, Any] = {
            "resource": route.path,
            "path": request.path,
            "httpMethod": request.method,
            "headers": dict(request.headers),
            "multiValueHeaders": {name: [value] for name, value in request.headers.items()},
            "queryStringParameters": {name: several[-1] for name, several in request.query.items()} or None,
            "multiValueQueryStringParameters": dict(request.query) or None,
            "pathParameters": dict(parameters) or None,
            "stageVariables": None,
            "requestContext": context,
        }
        return event if self.spec.kind == "rest" else {"version": "1.0", **event}

    def _event_2(self, request: Request, route: Route, parameters: Mapping[str, str], id: str) -> dict[str, Any]:
        key = route.path if route.path == "$default" else f"{route.method} {route.path}"
        context = {
            **self._context(id),
            "http": {
                "method": request.method,
                "path": request.path,
                "protocol": "HTTP/1.1",
                "sourceIp": "127.0.0.1",
                "userAgent": request.headers.get("user-agent", ""),
            },
            "routeKey": key,
            "stage": "$default",
            "time": _time(self.world.time),
            "timeEpoch": round(self.world.time * 1000),
        }
        headers = {name.lower(): value for name, value in request.headers.items()}
        cookies = headers.pop("cookie", "")
        event: dict[str, Any] = {
            "version": "2.0",
            "routeKey": key,
            "rawPath": request.path,
            "rawQueryString": urlencode(request.query, doseq=True),
            "headers": headers,
            "requestContext": context,
        }
        if cookies:
            event["cookies"] = [each.strip() for each in cookies.split(";")]
        if request.query:
            event["queryStringParameters"] = {name: ",".join(several) for name, several in request.query.items()}
        if parameters:
            event["pathParameters"] = dict(parameters)
        return event

    def _context(self, id: str) -> dict[str, Any]:
        region, api = self.world.parameters.region, self.spec.id.lower()
        service = f"lambda-url.{region}.on.aws" if self.spec.kind == "url" else f"execute-api.{region}.amazonaws.com"
        return {
            "accountId": self.world.parameters.account,
            "apiId": api,
            "domainName": f"{api}.{service}",
            "domainPrefix": api,
            "requestId": id,
        }

    def response(self, result: Any, payload: str) -> Response:
        """Return the response that a function's result stands for."""
        if payload == "2.0" and not (isinstance(result, dict) and "statusCode" in result):
            return Response(200, {"content-type": "application/json"}, json.dumps(result).encode())
        if not isinstance(result, dict):
            return self.failed()
        found = cast("dict[str, Any]", result)
        status, body = found.get("statusCode"), found.get("body")
        single: dict[str, Any] = found.get("headers") or {}
        several: dict[str, list[Any]] = found.get("multiValueHeaders") or {}
        headers = {name.lower(): _text(value) for name, value in single.items()}
        headers |= {name.lower(): ",".join(map(_text, each)) for name, each in several.items()}
        if not str(status).isdigit() or not isinstance(body, (str, type(None))):
            return self.failed()
        headers.setdefault("content-type", "text/plain" if payload == "2.0" else "application/json")
        content = b64decode(body or "") if found.get("isBase64Encoded") else (body or "").encode()
        return Response(int(str(status)), headers, content, tuple(found.get("cookies") or ()))


def _match(pattern: str, path: str) -> dict[str, str] | None:
    """Return the parameters of a path that matches a pattern, or `None`."""
    if pattern == "$default":
        return {}
    parts, given = pattern.strip("/").split("/"), path.strip("/").split("/")
    found: dict[str, str] = {}
    for number, part in enumerate(parts):
        parameter = _PART.fullmatch(part)
        if parameter is not None and parameter[2]:
            rest = "/".join(given[number:])
            return {**found, parameter[1]: rest} if rest else None
        if number >= len(given) or (parameter is None and part != given[number]):
            return None
        if parameter is not None:
            found[parameter[1]] = given[number]
    return found if len(parts) == len(given) else None


def _generality(path: str) -> list[int]:
    """Return by how much a route is less specific than others, part by part."""
    if path == "$default":
        return [3]
    parameters = [_PART.fullmatch(part) for part in path.strip("/").split("/")]
    return [0 if each is None else 2 if each[2] else 1 for each in parameters]


def _refusal(status: int, message: str) -> Response:
    return Response(status, {"content-type": "application/json"}, json.dumps({"message": message}).encode())


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _time(time: float) -> str:
    return datetime.fromtimestamp(time, UTC).strftime("%d/%b/%Y:%H:%M:%S +0000")
