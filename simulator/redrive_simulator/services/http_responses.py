"""Makes responses to HTTP requests from the results of functions.

Formats as the pages of `http_events` say, and as recorded on AWS: of REST APIs in
https://github.com/localstack/localstack/blob/main/tests/aws/services/apigateway/test_apigateway_lambda.py, of URLs in
https://github.com/localstack/localstack/blob/main/tests/aws/services/lambda_/test_lambda.py.
"""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Mapping
from typing import Any, cast

from redrive_model.resources.api import ApiSpec, Cors
from redrive_simulator.services.http_events import matches
from redrive_simulator.services.http_messages import Request, Response, refusal

_FIELDS = frozenset({"body", "headers", "isBase64Encoded", "multiValueHeaders", "statusCode"})
_ABOUT_CORS = "access-control-"


def response_of(api: ApiSpec, request: Request, result: Any, payload: str) -> Response:
    """Return the response that a function's result stands for."""
    found = (
        _inferred(result) if payload == "2.0" and not _has_status(result) else _stated(api, request, result, payload)
    )
    return found if api.cors is None else _with_cors(found, request, api.cors)


def failed(api: ApiSpec, status: int = 502) -> Response:
    """Return the response to a function error, to a result in a wrong format, or to a call that Lambda refuses.

    https://docs.aws.amazon.com/lambda/latest/dg/services-apigateway-errors.html
    """
    if api.kind == "url":  # as recorded (test_lambda_url_invocation_exception)
        return Response(status, {"content-type": "application/json"}, b"Internal Server Error")
    return refusal(status, "Internal server error" if api.kind == "rest" else "Internal Server Error")


def preflight(request: Request, cors: Cors) -> Response | None:
    """Return the response to a browser that asks before it sends a request; `None` if this is none."""
    if request.method != "OPTIONS" or not request.header("origin"):
        return None
    if not request.header("access-control-request-method"):
        return None
    lists = {
        "access-control-allow-methods": ",".join(cors.methods),
        "access-control-allow-headers": ",".join(cors.headers),
        "access-control-max-age": "" if cors.max_age is None else str(cors.max_age),
    }
    made = _with_cors(Response(204, {}, b""), request, cors)
    if not made.headers:  # of another origin
        return made
    return made._replace(headers={**made.headers, **{name: text for name, text in lists.items() if text}})


def _has_status(result: Any) -> bool:
    return isinstance(result, dict) and "statusCode" in result


def _inferred(result: Any) -> Response:
    """Return the response of a result without a status: a text as it is, anything else as JSON."""
    text = result if isinstance(result, str) else json.dumps(result, separators=(",", ":"))
    return Response(200, {"content-type": "application/json"}, text.encode())


def _stated(api: ApiSpec, request: Request, result: Any, payload: str) -> Response:
    if not isinstance(result, dict):
        return failed(api)
    found = cast("dict[str, Any]", result)
    # No field is mandatory for a REST API, and there are no others.
    if api.kind == "rest" and not _FIELDS.issuperset(found):
        return failed(api)
    status, body = found.get("statusCode", 200), found.get("body")
    headers = _headers(found.get("headers") or {}, found.get("multiValueHeaders") or {})
    if headers is None or not str(status).isdigit() or not isinstance(body, (str, type(None))):
        return failed(api)
    if payload == "2.0" and api.kind == "http":
        headers.setdefault("content-type", "text/plain")
    headers.setdefault("content-type", "application/json")
    content = (body or "").encode()
    if found.get("isBase64Encoded") and _wants_binary(api, request):
        try:
            content = b64decode(content, validate=True)
        except ValueError:
            return failed(api, 500)
    return Response(int(str(status)), headers, content, tuple(found.get("cookies") or ()))


def _headers(single: Mapping[str, Any], several: Mapping[str, Any]) -> dict[str, str] | None:
    """Return all headers by their names in lower case, `None` if one is in a wrong format."""
    found: dict[str, list[str]] = {}
    for name, each in several.items():
        if not isinstance(each, list):
            return None
        found.setdefault(name.lower(), []).extend(map(_text, cast("list[Any]", each)))
    for name, value in single.items():
        values = found.setdefault(name.lower(), [])
        if _text(value) not in values:
            values.append(_text(value))
    return {name: ",".join(values) for name, values in found.items()}


def _wants_binary(api: ApiSpec, request: Request) -> bool:
    """Decide if content in base64 is decoded: a REST API does so only if the first type that is accepted is binary.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-payload-encodings.html
    """
    if api.kind != "rest":
        return True
    accepted = (request.header("accept") or "").partition(",")[0].partition(";")[0].strip()
    return "*/*" in api.binary or any(matches(each, accepted) for each in api.binary)


def _with_cors(response: Response, request: Request, cors: Cors) -> Response:
    """Return a response with the headers of a configuration in place of those of the function."""
    headers = {name: value for name, value in response.headers.items() if not name.startswith(_ABOUT_CORS)}
    origin = request.header("origin")
    allowed = "*" if "*" in cors.origins else origin if origin in cors.origins else None
    if origin is not None and allowed is not None:
        headers["access-control-allow-origin"] = allowed
        if cors.credentials:
            headers["access-control-allow-credentials"] = "true"
        if cors.exposed:
            headers["access-control-expose-headers"] = ",".join(cors.exposed)
    return response._replace(headers=headers)


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
