"""Represents HTTP requests to APIs, and their responses."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple


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
        path: Path, as it is sent.
        body: Body, or `None`.
        headers: Headers by name.
        query: Values of the query by name.
        query_text: The query, as it is sent.
        authorizer: What the authorizer passes on to the function; `None`: nothing authorizes.
    """

    method: str
    path: str
    body: bytes | str | None
    headers: Mapping[str, str]
    query: Mapping[str, list[str]]
    query_text: str
    authorizer: Mapping[str, Any] | None = None

    def header(self, name: str) -> str | None:
        """Return a header, whose name may be written in any case, or `None`."""
        return next((value for each, value in self.headers.items() if each.lower() == name), None)


def refusal(status: int, message: str) -> Response:
    """Return a response of API Gateway itself."""
    return Response(status, {"content-type": "application/json"}, json.dumps({"message": message}).encode())
