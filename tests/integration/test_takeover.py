"""An app with the CDK's own event sources, taken over while messages and records wait: the same mappings, nothing lost.

MiniStack does not retry a stream's batch as Lambda does, so that its mapping is disabled while the records wait.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.integration.conftest import Deploy, wait_until
from tools.local_aws import LocalAws
from tools.traffic import Outgoing, log_events, send

pytestmark = pytest.mark.integration

APP = Path(__file__).parent / "takeover_app.py"
STACK = "RedriveTakeover"
WAITING = [f"waiting-{number}" for number in range(20)]


class Takeover(NamedTuple):
    """The stack's outputs, and its mappings before and after: physical ids by logical id."""

    outputs: dict[str, str]
    before: dict[str, str]
    after: dict[str, str]


def mappings(aws: LocalAws) -> dict[str, str]:
    """Returns the mappings, found as the page says: in the answer of `aws cloudformation describe-stack-resources`."""
    answer = aws.client("cloudformation").describe_stack_resources(StackName=STACK)
    return {
        each["LogicalResourceId"]: each["PhysicalResourceId"]
        for each in answer["StackResources"]
        if each["ResourceType"] == "AWS::Lambda::EventSourceMapping"
    }


@pytest.fixture(scope="module")
def takeover(aws: LocalAws, deploy: Deploy) -> Takeover:
    outputs = deploy(APP, ours="no")
    before = mappings(aws)
    ids: dict[str, str] = {name: logical for name in ("Orders", "Readings") for logical in before if name in logical}
    aws.client("lambda").update_event_source_mapping(UUID=before[ids["Readings"]], Enabled=False)
    send(aws, outputs["QueueUrl"], [Outgoing(body) for body in WAITING])
    for body in WAITING:
        aws.client("kinesis").put_record(StreamName=outputs["StreamName"], Data=body.encode(), PartitionKey="a")
    deploy(APP, ours="yes", OrdersMapping=ids["Orders"], ReadingsMapping=ids["Readings"])
    return Takeover(outputs, before, mappings(aws))


def test_the_mappings_are_those_that_were_there(takeover: Takeover) -> None:
    assert takeover.after == takeover.before
    assert len(takeover.after) == 2


@pytest.mark.parametrize("function", ["Orders", "Readings"])
def test_each_waiting_event_is_processed(aws: LocalAws, takeover: Takeover, function: str) -> None:
    def processed() -> list[Any]:
        return [line["processed"] for _, line in log_events(aws, takeover.outputs[f"{function}Name"], "processed")]

    wait_until(lambda: set(processed()) >= set(WAITING), seconds=90, what="all that waited")
    assert set(processed()) == set(WAITING)


def test_the_mapping_reports_failed_messages_one_by_one_from_now_on(aws: LocalAws, takeover: Takeover) -> None:
    for uuid in takeover.after.values():
        mapping = aws.client("lambda").get_event_source_mapping(UUID=uuid)
        assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
