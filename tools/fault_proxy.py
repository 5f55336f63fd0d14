"""microburst, a proxy that makes AWS fail in the ways it does fail.

    with LocalAws() as aws, FaultProxy(upstream=aws.endpoint) as proxy:
        proxy.inject({"service": "lambda", "times": 1, "error": {"code": "TooManyRequestsException"}})
        proxy.client("lambda", read_timeout=1, attempts=1).list_functions()

What can be in a rule is described at https://github.com/pingedbrain/microburst.
"""

from __future__ import annotations

import http.client
import json
from collections.abc import Mapping
from typing import Any

from tools.local_aws import client_of
from tools.local_server import HOST, LocalServer, LocalServerError
from tools.node import VENV

Rule = Mapping[str, Any]


class FaultProxy(LocalServer):
    """A running proxy, from entering the `with` block to leaving it. It passes everything on until `inject` is called.

    Args:
        upstream: Where it passes requests on to, such as `LocalAws().endpoint`.
        start_timeout: Seconds that it may take to answer.
    """

    NAME = "the fault proxy"
    PYTHON = VENV / "bin" / "python"
    PROGRAM = "import sys; from microburst.cli import main; sys.exit(main())"
    HEALTH = "/_microburst/health"

    def __init__(self, upstream: str, *, start_timeout: float = 30) -> None:
        super().__init__(start_timeout=start_timeout)
        self._upstream = upstream

    def client(self, service: str, *, read_timeout: float, attempts: int) -> Any:
        """A boto3 client of a service behind the proxy.

        Args:
            service: boto3's name of it.
            read_timeout: Seconds that it waits for a reply.
            attempts: How often it tries, the first included.
        """
        retries = {"mode": "standard", "total_max_attempts": attempts}
        return client_of(service, self.endpoint, connect_timeout=5, read_timeout=read_timeout, retries=retries)

    def inject(self, *rules: Rule) -> None:
        """Add rules to those there are. The first that matches a request decides about it."""
        self._control("PATCH", "rules", [dict(rule) for rule in rules])

    def clear(self) -> None:
        """Forget all rules, and what they did."""
        self._control("POST", "rules", [])
        self._control("DELETE", "fired")

    def fired(self) -> list[dict[str, Any]]:
        """Returns the faults since the last clearing, in order, each with its `service`, `operation` and `action`."""
        events: list[dict[str, Any]] = self._control("GET", "fired")
        return events

    def _arguments(self) -> list[str]:
        return ["--host", HOST, "--port", str(self._port), "--upstream", self._upstream]

    def _control(self, method: str, what: str, body: object = None) -> Any:
        encoded = None if body is None else json.dumps(body)
        status, answer = self._request(method, f"/_microburst/{what}", encoded)
        if status != http.client.OK:
            raise LocalServerError(f"the fault proxy did not take {method} {what} {encoded or ''} ({status}): {answer}")
        return json.loads(answer)
