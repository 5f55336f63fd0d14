"""Handlers that use Powertools or requests, on a stack of the usual parts."""

from __future__ import annotations

import threading
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import boto3
import pytest
import requests
from aws_lambda_powertools.utilities import parameters
from aws_lambda_powertools.utilities.idempotency import DynamoDBPersistenceLayer, IdempotencyConfig, idempotent
from requests.adapters import HTTPAdapter
from urllib3.util.retry import Retry

from redrive_simulator import Simulation
from tests.support.simulator.usual_stack import REGION, body_of, invoked, stack

# Powertools.


def test_idempotency_of_powertools() -> None:
    charged: list[str] = []
    layer = DynamoDBPersistenceLayer(table_name="Keys", boto3_session=boto3.Session(**REGION))
    config = IdempotencyConfig(event_key_jmespath="Records[0].body", expires_after_seconds=60)

    @idempotent(persistence_store=layer, config=config)
    def handler(event: dict[str, Any], context: Any) -> Any:
        charged.append(body_of(event)["id"])
        return {"charged": True}

    simulation = Simulation.from_template(stack(), {"Function": handler}, echo=False)
    for at in (0, 10, 100):
        simulation.send("Queue", {"id": "7"}, at=at)
    simulation.send("Queue", {"id": "8"})
    simulation.run()
    assert charged == ["7", "8", "7"]  # the third is after the record has expired
    assert len(simulation.table("Keys").items) == 2
    simulation.assert_ended()


def test_parameters_of_powertools_are_read_again_when_they_are_old() -> None:
    asked: list[str] = []

    def handler(event: dict[str, Any], context: Any) -> None:
        assert parameters.get_parameter("/limit", max_age=60) == "5"

    simulation = Simulation.from_template(stack(), {"Function": handler}, echo=False)

    def get_parameter(Name: str, **_: Any) -> dict[str, Any]:  # noqa: N803
        asked.append(Name)
        return {"Parameter": {"Name": Name, "Value": "5"}}

    simulation.answer("ssm", "GetParameter", get_parameter)
    for at in (0, 30, 120):
        simulation.send("Queue", {}, at=at)
    simulation.run()
    simulation.assert_ended()
    assert len(simulation.queue("DeadLetters")) == 0
    assert len(asked) == 2


# Requests to other machines.


@pytest.fixture
def api() -> Iterator[str]:
    """The address of a service that is down twice."""
    answers = iter([503, 503, 200, 200])

    class Service(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(next(answers))
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, format: str, *args: Any) -> None: ...  # noqa: A002

    server = HTTPServer(("127.0.0.1", 0), Service)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


def test_requests_with_retries_wait_in_virtual_time(api: str) -> None:
    def work() -> int:
        with requests.Session() as session:
            retry = Retry(total=3, backoff_factor=1, status_forcelist=[503], allowed_methods=["POST"])
            session.mount("http://", HTTPAdapter(max_retries=retry))
            return session.post(api, json={"id": 7}, timeout=5).status_code

    assert invoked(work) == (200, 2)  # urllib3 waits 0 s and 2 s


def test_requests_to_other_machines_fail_with_the_way_out() -> None:
    def handler(event: dict[str, Any], context: Any) -> None:
        try:
            requests.post("http://192.0.2.1/charge", json={}, timeout=2)
        except requests.ConnectionError:
            urllib.request.urlopen("http://192.0.2.1/charge", timeout=2)

    simulation = Simulation.from_template(stack(), {"Function": handler}, echo=False)
    simulation.send("Queue", {})
    with pytest.raises(Exception, match=r"a connection to .*192\.0\.2\.1.*allow_network=True"):
        simulation.run()
