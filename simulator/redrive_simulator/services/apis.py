"""Simulates API Gateway and function URLs: routes of requests, and answers without a function."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from redrive_model.resources.api import ApiSpec, Route
from redrive_simulator.services.http_events import Arrival, event_of
from redrive_simulator.services.http_messages import Request, Response, refusal
from redrive_simulator.services.http_responses import failed, preflight, response_of

if TYPE_CHECKING:
    from redrive_simulator.engine.world import World

_PART = re.compile(r"\{([^{}+]+)(\+?)\}")


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

    def answer(self, request: Request) -> Response | None:
        """Return the response to a request that no route is asked for: a browser's question about its origin."""
        cors = self.spec.cors if self.spec.kind == "http" else None
        return None if cors is None else preflight(request, cors)

    def route(self, method: str, path: str) -> tuple[Route, dict[str, str]] | None:
        """Return the route of a request, the most specific one, and the parameters in its path."""
        found: list[tuple[list[int], bool, Route, dict[str, str]]] = []
        for each in self.spec.routes:
            parameters = _match(each.path, path)
            if parameters is not None and each.method in (method, "ANY"):
                found.append((_generality(each.path), each.method == "ANY", each, parameters))
        best = min(found, key=lambda each: each[:2], default=None)
        if best is None:
            return None
        _, _, route, parameters = best
        if self.spec.kind != "rest":  # as recorded, a REST API passes them on as they are sent
            parameters = {name: unquote(value) for name, value in parameters.items()}
        return route, parameters

    def no_route(self) -> Response:
        """Return the response to a request without a route.

        https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html
        """
        return refusal(403, "Missing Authentication Token") if self.spec.kind == "rest" else refusal(404, "Not Found")

    def no_key(self) -> Response:
        """Return the response to a request without the API key that it needs: the same page."""
        return refusal(403, "Forbidden")

    def rejected(self) -> Response:
        """Return the response if Lambda does not run the function.

        https://docs.aws.amazon.com/lambda/latest/dg/services-apigateway-errors.html; for URLs, throttles are 429:
        https://docs.aws.amazon.com/lambda/latest/dg/urls-configuration.html
        """
        return refusal(429, "Rate Exceeded.") if self.spec.kind == "url" else failed(self.spec, 500)

    def failed(self) -> Response:
        """Return the response to a function error."""
        return failed(self.spec)

    def timed_out(self) -> Response:
        """Return the response if API Gateway does not wait any longer.

        For REST APIs: https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html.
        AWS does not document the status of HTTP APIs; 503 is what users report.
        """
        return (
            refusal(504, "Endpoint request timed out")
            if self.spec.kind == "rest"
            else refusal(503, "Service Unavailable")
        )

    def event(self, request: Request, route: Route, parameters: Mapping[str, str], id: str) -> dict[str, Any]:
        """Return the event of a request."""
        where = self.world.parameters
        return event_of(
            self.spec, request, route, parameters, Arrival(id, self.world.time, where.region, where.account)
        )

    def response(self, request: Request, result: Any, payload: str) -> Response:
        """Return the response that a function's result stands for."""
        return response_of(self.spec, request, result, payload)


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
        if number >= len(given) or (parameter is None and part != unquote(given[number])):
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
