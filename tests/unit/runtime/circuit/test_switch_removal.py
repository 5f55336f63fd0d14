"""A deployment that takes a mapping from a circuit has it enabled, and always gets an answer."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import pytest

from redrive.circuit.switch.handler import handler
from redrive.settings.circuit import PAUSED_BY
from tests.support.runtime.circuit.world import Mapping, World, a_world, refused


class CloudFormation:
    """Endpoint to which the answer is sent.

    Attributes:
        answers: What has been answered.
        refusals: How many answers are refused first.
    """

    def __init__(self) -> None:
        self.answers: list[dict[str, Any]] = []
        self.refusals = 0
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_PUT(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if outer.refusals:
                    outer.refusals -= 1
                    self.send_response(503)
                else:
                    outer.answers.append({**json.loads(body), "type": self.headers["Content-Type"]})
                    self.send_response(200)
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None: ...  # noqa: A002

        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})

    def __enter__(self) -> CloudFormation:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def request(self, kind: str, **more: Any) -> dict[str, Any]:
        return {
            "RequestType": kind,
            "ResponseURL": f"http://127.0.0.1:{self._server.server_port}/answer?signed=yes",
            "StackId": "stack",
            "RequestId": "request",
            "LogicalResourceId": "Resumption",
            "ResourceProperties": {"ServiceToken": "arn", "Mapping": "a"},
            **more,
        }


@pytest.fixture
def cloudformation(monkeypatch: pytest.MonkeyPatch) -> Iterator[CloudFormation]:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:4566")  # that of a local AWS
    with CloudFormation() as made:
        yield made


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    with a_world(monkeypatch) as made:
        made.opens(600)
        yield made


ANSWER = {
    "Status": "SUCCESS",
    "Reason": "",
    "PhysicalResourceId": "Resumption",
    "StackId": "stack",
    "RequestId": "request",
    "LogicalResourceId": "Resumption",
    "type": "",
}


def test_what_is_paused_is_enabled_though_the_circuit_is_open(world: World, cloudformation: CloudFormation) -> None:
    world.takes = 7
    world.mappings["a"] = Mapping("Disabled", {PAUSED_BY: "Payments"})
    handler(cloudformation.request("Delete", PhysicalResourceId="Resumption"), None)
    assert (world.mappings["a"].state, world.mappings["a"].tags) == ("Enabled", {})
    assert cloudformation.answers == [ANSWER]


@pytest.mark.parametrize("state", ["Enabled", "Disabled"])
def test_what_is_not_paused_stays_as_it_is(world: World, cloudformation: CloudFormation, state: str) -> None:
    world.mappings["a"].state = state
    handler(cloudformation.request("Delete"), None)
    assert world.calls == []
    assert cloudformation.answers == [ANSWER]


@pytest.mark.parametrize("kind", ["Create", "Update"])
def test_other_requests_change_nothing_and_keep_the_id(world: World, cloudformation: CloudFormation, kind: str) -> None:
    world.mappings["a"] = Mapping("Disabled", {PAUSED_BY: "Payments"})
    handler(cloudformation.request(kind), None)
    handler(cloudformation.request(kind, PhysicalResourceId="first"), None)
    assert world.calls == []
    assert [each["PhysicalResourceId"] for each in cloudformation.answers] == ["Resumption", "first"]


def test_a_mapping_that_is_gone_is_no_failure(world: World, cloudformation: CloudFormation) -> None:
    del world.mappings["a"]
    handler(cloudformation.request("Delete"), None)
    assert cloudformation.answers == [ANSWER]


@pytest.mark.parametrize("code", ["AccessDeniedException", "ResourceInUseException"])
def test_a_failed_removal_is_retried_while_there_is_time_and_then_answered_with_its_reason(
    world: World, cloudformation: CloudFormation, code: str
) -> None:
    def fails(call: str) -> None:
        if call == "update" and world.time.now < working_from:
            raise refused(code)

    for seconds in (10, 100):
        world.mappings["a"] = Mapping("Disabled", {PAUSED_BY: "Payments"})
        start, working_from = world.time.now, world.time.now + seconds
        world.fails = fails
        handler(cloudformation.request("Delete"), None)
        assert min(seconds, 30) <= world.time.now - start < min(seconds, 30) + 5
    assert [each["Status"] for each in cloudformation.answers] == ["SUCCESS", "FAILED"]
    assert code in cloudformation.answers[1]["Reason"]


def test_a_mapping_that_lambda_does_not_finish_with_is_named_in_the_answer(
    world: World, cloudformation: CloudFormation
) -> None:
    world.mappings["a"] = Mapping("Updating", {PAUSED_BY: "Payments"})
    handler(cloudformation.request("Delete"), None)
    (answer,) = cloudformation.answers
    assert (answer["Status"], "enable it by hand" in answer["Reason"]) == ("FAILED", True)


def test_an_answer_that_does_not_arrive_is_sent_again(world: World, cloudformation: CloudFormation) -> None:
    cloudformation.refusals = 2
    handler(cloudformation.request("Create"), None)
    assert cloudformation.answers == [ANSWER]
    cloudformation.refusals = 3
    with pytest.raises(OSError, match="503"):
        handler(cloudformation.request("Create"), None)
