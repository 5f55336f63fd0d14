"""Sends HTTP requests to the APIs of a simulation."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode

from redrive_model.limits import LARGEST_REQUEST
from redrive_model.resources.api import Route
from redrive_simulator.errors import NotSimulatedError
from redrive_simulator.invocation.result import Result
from redrive_simulator.invocation.synchronous import invoke_in_turn
from redrive_simulator.services.apis import Api
from redrive_simulator.services.http_messages import Request, Response
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
        authorizer: Mapping[str, Any] | None = None,
    ) -> Response:
        """Send a request to a REST API, an HTTP API or the URL of a function, and wait for the response.

        The function gets the event of a proxy integration, in the format of its route. API Gateway answers a function
        error with 502 and a call that Lambda refuses with 500, and stops waiting before the function's own timeout may
        be over: after 29 s (REST, with 504) or 30 s (HTTP, with 503), unless the integration sets less. An HTTP API
        answers the questions of browsers about other origins itself. Authorizers, validation, models, mappings and
        streamed responses are not simulated; `authorizer` says what an authorizer would.
        https://docs.aws.amazon.com/lambda/latest/dg/services-apigateway-errors.html

        Args:
            api: Name of the API, or of the function's URL.
            method: HTTP method, such as `"POST"`.
            path: Path without the stage, encoded as a client does it, which may have a query: `"/orders/7?full=yes"`.
            body: Body: text and bytes as they are, anything else as JSON. Whether the event has it in base64 depends on
                the content type, and for a REST API on its binary media types. Default: none.
            headers: Headers. Default: a content type that fits the body.
            query: Further values of the query, one or several by name. Default: none.
            authorizer: What an authorizer that has let the request pass tells the function, as the event has it in
                `requestContext.authorizer`: `{"principalId": "me"}` (REST), `{"jwt": {"claims": {"sub": "me"}}}`,
                `{"lambda": {…}}` or `{"iam": {…}}` (HTTP and URLs). Default: none, for routes without an authorizer.

        Returns:
            The response, with `status`, `headers`, `body`, `text` and `json()`.

        Raises:
            NotSimulatedError: The route is no proxy of a function in the template, has an authorizer and `authorizer`
                is missing, streams its response, or maps parameters; or the function has no handler.
            RuntimeError: A handler called this method, or works for longer than `Parameters.longest_work`.
            UnknownNameError: No API, or more than one, has this name.
            ValueError: The event of the request is larger than 6 MiB, the path does not begin with `/`, or `authorizer`
                is given for a route without one.
        """
        __tracebackhide__ = True
        found = self._resources.apis.find(api)
        request = _request(method.upper(), path, body, headers or {}, query or {}, authorizer)
        answer = found.answer(request)
        if answer is not None:
            return answer
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
        _check_route(found, request, route)
        if route.needs_key and not request.header("x-api-key"):
            return found.no_key()
        id = self._world.new_id()
        event = found.event(request, route, parameters, id)
        size = len(json.dumps(event, ensure_ascii=False).encode("utf-8", "surrogatepass"))
        if size > LARGEST_REQUEST:
            raise ValueError(f"an event of {size:,} bytes: Lambda takes up to {LARGEST_REQUEST:,} bytes")
        scheduler = self._world.scheduler
        results: list[Result] = []
        answered = invoke_in_turn(function, event, route.function, id, None, results)
        late = scheduler.at(scheduler.now + route.timeout, scheduler.wake, answered)
        self._run(None, answered)
        scheduler.cancel(late)
        return _response(found, request, route, results)


def _check_route(api: Api, request: Request, route: Route) -> None:
    """Check that a route does nothing that is not simulated.

    Raises:
        NotSimulatedError: It does.
        ValueError: An authorizer is given and the route has none.
    """
    asked = f"{request.method} {request.path} of {api.name}"
    if route.streams:
        raise NotSimulatedError(f"{asked} streams its response, which is not simulated: invoke the function instead")
    if route.maps:
        raise NotSimulatedError(
            f"{asked} maps parameters (RequestParameters, ResponseParameters), which is not simulated: invoke the "
            "function with the event that it gets"
        )
    if route.authorizer is not None and request.authorizer is None:
        raise NotSimulatedError(
            f"{asked} is authorized by {route.authorizer}, which is not simulated: pass authorizer={{…}}, what it "
            "tells the function of a request that passes"
        )
    if route.authorizer is None and request.authorizer is not None:
        raise ValueError(f"authorizer={request.authorizer!r}: {asked} has no authorizer; leave it out")
    asks = request.method == "OPTIONS" and request.header("origin") is not None
    if asks and api.spec.kind == "url" and api.spec.cors is not None:
        raise NotSimulatedError(
            f"{asked}: Lambda answers the questions of browsers about origins itself, which is not simulated for URLs; "
            "check Cors in the template instead"
        )


def _response(api: Api, request: Request, route: Route, results: list[Result]) -> Response:
    if not results:
        return api.timed_out()
    (result,) = results
    if not result.ran:
        return api.rejected()
    return api.failed() if result.kind is not Kind.SUCCEEDED else api.response(request, result.response, route.payload)


def _request(
    method: str,
    path: str,
    body: Any,
    headers: Mapping[str, str],
    query: Mapping[str, str | list[str]],
    authorizer: Mapping[str, Any] | None,
) -> Request:
    if not path.startswith("/"):
        raise ValueError(f"path {path!r}: give one that begins with /, without host and stage")
    content = body if isinstance(body, (str, bytes, type(None))) else json.dumps(body)
    path, _, text = path.partition("#")[0].partition("?")
    values: dict[str, list[str]] = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        values.setdefault(name, []).append(value)
    for name, given in query.items():
        values.setdefault(name, []).extend([given] if isinstance(given, str) else given)
    text = "&".join(filter(None, (text, urlencode(query, doseq=True))))
    sent = dict(headers)
    if content is not None and content is not body and not any(name.lower() == "content-type" for name in sent):
        sent["Content-Type"] = "application/json"
    return Request(method, path, content, sent, values, text, authorizer)
