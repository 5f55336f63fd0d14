"""Destinations, deployed: what has failed arrives there, is read, and is replayed once the function is mended."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from redrive import InvocationRecord
from tests.integration.conftest import Deploy, wait_until
from tools.invocation_records import completed
from tools.local_aws import LocalAws
from tools.traffic import drain, log_events

pytestmark = pytest.mark.integration

NAMES = ("ToQueue", "ToTopic", "ToFunction")
EVENT = {"id": "Grüße, 12345678901234567890"}


@pytest.fixture(scope="module")
def stack(aws: LocalAws, deploy: Deploy) -> dict[str, str]:
    outputs = deploy(Path(__file__).parent / "async_app.py")
    for name in NAMES:
        aws.client("lambda").invoke(
            FunctionName=outputs[f"{name}Name"], InvocationType="Event", Payload=json.dumps(EVENT).encode()
        )
    return outputs


def tries(aws: LocalAws, stack: dict[str, str], name: str) -> list[tuple[int, bool]]:
    lines = log_events(aws, stack[f"{name}Name"], "tried")
    return [(line["attempt"], line["is_last"]) for _, line in lines if line["tried"] == EVENT["id"]]


@pytest.fixture(scope="module")
def records(aws: LocalAws, stack: dict[str, str]) -> dict[str, InvocationRecord]:
    """Records that have arrived at each function's destination."""
    found: dict[str, Any] = {}

    def from_queue(url: str) -> Any:
        return next((message.get("Body") for message in drain(aws, stack[url])), None)

    def from_topic() -> Any:
        notification = from_queue("ListenerUrl")
        return notification and json.loads(notification)["Message"]

    def from_function() -> Any:
        return next((line["record"] for _, line in log_events(aws, stack["CollectorName"], "record")), None)

    arrivals: dict[str, Callable[[], Any]] = {
        "ToQueue": lambda: from_queue("QueueUrl"),
        "ToTopic": from_topic,
        "ToFunction": from_function,
    }

    def all_there() -> bool:
        found.update({name: arrival() for name, arrival in arrivals.items() if not found.get(name)})
        return all(found.values())

    wait_until(all_there, seconds=60, what="a record at each destination")
    return {name: completed(body) for name, body in found.items()}


@pytest.mark.parametrize("name", NAMES)
def test_the_record_says_what_failed_and_why(records: dict[str, InvocationRecord], name: str) -> None:
    record = records[name]
    assert record.condition == "RetriesExhausted"
    assert record.payload == EVENT
    assert record.error_message == f"cannot do {EVENT['id']}"
    assert name in (record.function_arn or "")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("ToQueue", [(0, False), (1, False), (2, True)]),
        ("ToTopic", [(0, False), (1, True)]),
        ("ToFunction", [(0, False), (1, True)]),
    ],
)
@pytest.mark.usefixtures("records")
def test_it_was_tried_as_often_as_configured_and_knew_which_attempt_it_was(
    aws: LocalAws, stack: dict[str, str], name: str, expected: list[tuple[int, bool]]
) -> None:
    """Counted in DynamoDB, in S3 and in the log group."""
    assert tries(aws, stack, name) == expected


@pytest.mark.parametrize("name", NAMES)
def test_once_mended_the_function_does_what_is_replayed(
    aws: LocalAws, stack: dict[str, str], records: dict[str, InvocationRecord], name: str
) -> None:
    function = stack[f"{name}Name"]
    functions = aws.client("lambda")
    variables: Any = functions.get_function_configuration(FunctionName=function).get("Environment", {})
    functions.update_function_configuration(
        FunctionName=function, Environment={"Variables": {**variables.get("Variables", {}), "CORRECTED": "yes"}}
    )
    reply = functions.invoke(**records[name].invoke_arguments())
    assert reply["StatusCode"] == 202
    wait_until(
        lambda: EVENT["id"] in [line["done"] for _, line in log_events(aws, function, "done")],
        seconds=60,
        what="the event done",
    )
