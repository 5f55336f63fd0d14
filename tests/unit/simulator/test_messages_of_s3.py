"""The message with which S3 tests a queue reaches the function behind it, and each way of the pages deals with it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from redrive import Idempotency, MemoryStore, sqs_handler
from redrive_simulator import Simulation
from tests.support.simulator.simulations import Template, arn, resource, sqs_stack, template

ROOT = Path(__file__).parents[3]
# As docs/sqs.md gives it to `FilterCriteria.filter`.
PATTERN = {"body": {"Records": {"eventSource": ["aws:s3"]}}}


def stack(**mapping: Any) -> Template:
    notifications = {"QueueConfigurations": [{"Event": "s3:ObjectCreated:*", "Queue": arn("Queue")}]}
    bucket = resource("AWS::S3::Bucket", BucketName="bucket", NotificationConfiguration=notifications)
    return template(Bucket=bucket, **sqs_stack(**mapping)["Resources"])


def played(function: Callable[..., Any], **mapping: Any) -> Simulation:
    simulation = Simulation.from_template(stack(**mapping), {"Function": function}, echo=False)
    simulation.client("s3").put_object(Bucket="bucket", Key="a", Body=b"x")
    simulation.run()
    return simulation


def outcome_of_test(simulation: Simulation) -> str:
    (test,) = [id for id, event in simulation.timeline.events.items() if "s3:TestEvent" in str(event.payload)]
    (found,) = [str(ended.outcome) for ended in simulation.ended if ended.event == test]
    return found


def keys_of(message: Any) -> list[str]:
    return [record["s3"]["object"]["key"] for record in message.json()["Records"]]


@pytest.mark.parametrize("key", [None, "Records[0].s3.object.key"])
def test_a_function_that_needs_records_has_it_dead_lettered(key: str | None) -> None:
    seen: list[str] = []
    idempotency = None if key is None else Idempotency(key=key, store=MemoryStore())

    @sqs_handler(idempotency=idempotency)
    def handler(message: Any) -> None:
        seen.extend(keys_of(message))

    simulation = played(handler)
    assert (seen, outcome_of_test(simulation)) == (["a"], "dead-lettered")
    (dead,) = simulation.queue("DeadLetters").bodies
    assert (dead["Event"], dead["Bucket"]) == ("s3:TestEvent", "bucket")


def test_a_filter_for_records_deletes_it() -> None:
    seen: list[str] = []

    @sqs_handler
    def handler(message: Any) -> None:
        seen.extend(keys_of(message))

    simulation = played(handler, FilterCriteria={"Filters": [{"Pattern": json.dumps(PATTERN)}]})
    assert (seen, outcome_of_test(simulation)) == (["a"], "filtered")


def test_a_function_can_return_for_it() -> None:
    seen: list[str] = []

    @sqs_handler
    def handler(message: Any) -> None:
        if message.json().get("Event") == "s3:TestEvent":
            return
        seen.extend(keys_of(message))

    simulation = played(handler)
    assert (seen, outcome_of_test(simulation)) == (["a"], "processed")


def test_the_page_has_the_same_filter() -> None:
    page = (ROOT / "docs/sqs.md").read_text(encoding="utf-8")
    assert f"FilterCriteria.filter({json.dumps(PATTERN)})" in page
