"""Sends HTTP requests to the APIs of a simulation."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, unquote

from redrive_model.limits import LARGEST_REQUEST
from redrive_model.resources.api import Route
from redrive_simulator.errors import NotSimulatedError
from redrive_simulator.invocation.result import Result
from redrive_simulator.invocation.synchronous import invoke_in_turn
from redrive_simulator.services.apis import Api, Request, Response
from redrive_simulator.simulation.run import Run
from redrive_simulator.timeline.entries import Kind


class Requests(Run):
    """Sends HTTP requests, as a part of `Simulation`."""

    def request(
        self,
        api: str,
        method: str,
        path: str,
        body: Any = None,
        *,
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, str | list[str]] | None = None,
    ) -> Response:
        """Send a request to a REST API, an HTTP API or the URL of a function, and wait for the response.

        The function gets the event of a proxy integration, in the format of its route. API Gateway answers a function
        error with 502 and a call that Lambda refuses with 500, and stops waiting before the function's own timeout may
        be over: after 29 s (REST, with 504) or 30 s (HTTP, with 503), unless the integration sets less. Authorizers,
        validation, models and mapping templates are not simulated.
        https://docs.aws.amazon.com/lambda/latest/dg/services-apigateway-errors.html

        Args:
            api: Name of the API, or of the function's URL.
            method: HTTP method, such as `"POST"`.
            path: Path without the stage, which may have a query: `"/orders/7?full=yes"`.
            body: Body: text and bytes as they are, anything else as JSON. Default: none.
            headers: Headers. Default: a content type that fits the body.
            query: Further values of the query, one or several by name. Default: none.

        Returns:
            The response, with `status`, `headers`, `body`, `text` and `json()`.

        Raises:
            NotSimulatedError: The route is no proxy of a function in the template, or the function has no handler.
            RuntimeError: A handler called this method, or works for longer than `Parameters.longest_work`.
            UnknownNameError: No API, or more than one, has this name.
            ValueError: The body is larger than 6 MiB, or the path does not begin with `/`.
        """
        __tracebackhide__ = True
        found = self._resources.apis.find(api)
        request = _request(method.upper(), path, body, headers or {}, query or {})
        matched = found.route(request.method, request.path)
        if matched is None:
            return found.no_route()
        route, parameters = matched
        function = None if route.function is None else self._resources.functions.get(route.function)
        if function is None or route.function is None:
            raise NotSimulatedError(
                f"{request.method} {request.path} of {found.name} leads to {route.function or 'something else'}: only "
                "proxy integrations of functions in the template are simulated"
            )
        id = self._world.new_id()
        event = found.event(request, route, parameters, id)
        scheduler = self._world.scheduler
        results: list[Result] = []
        answered = invoke_in_turn(function, event, route.function, id, None, results)
        late = scheduler.at(scheduler.now + route.timeout, scheduler.wake, answered)
        self._run(None, answered)
        scheduler.cancel(late)
        return _response(found, route, results)


def _response(api: Api, route: Route, results: list[Result]) -> Response:
    if not results:
        return api.timed_out()
    (result,) = results
    if not result.ran:
        return api.rejected()
    return api.failed() if result.kind is not Kind.SUCCEEDED else api.response(result.response, route.payload)


def _request(
    method: str, path: str, body: Any, headers: Mapping[str, str], query: Mapping[str, str | list[str]]
) -> Request:
    if not path.startswith("/"):
        raise ValueError(f"path {path!r}: give one that begins with /, without host and stage")
    content = body if isinstance(body, (str, bytes, type(None))) else json.dumps(body)
    size = len(content.encode() if isinstance(content, str) else content or b"")
    if size > LARGEST_REQUEST:
        raise ValueError(f"a body of {size:,} bytes: Lambda takes up to {LARGEST_REQUEST:,} bytes")
    path, _, text = path.partition("?")
    values: dict[str, list[str]] = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        values.setdefault(name, []).append(value)
    for name, given in query.items():
        values.setdefault(name, []).extend([given] if isinstance(given, str) else given)
    sent = dict(headers)
    if content is not None and content is not body and not any(name.lower() == "content-type" for name in sent):
        sent["Content-Type"] = "application/json"
    return Request(method, unquote(path), content, sent, values)
