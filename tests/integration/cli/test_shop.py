"""app.py: what its helpers have dead-lettered and set aside is brought back after the fix."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.integration.cli.conftest import Redrive, fix, wait_for
from tests.integration.conftest import deploying
from tools.local_aws import LocalAws
from tools.traffic import Outgoing, count, log_events, send

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def aws() -> Iterator[LocalAws]:
    """A local AWS without what the tests of ../shop have sent."""
    with LocalAws() as running:
        yield running


@pytest.fixture(scope="module")
def shop(aws: LocalAws) -> dict[str, str]:
    return deploying(aws)(Path("app.py"))


def test_orders_that_the_helper_has_dead_lettered_run_after_the_fix(
    aws: LocalAws, shop: dict[str, str], redrive: Redrive
) -> None:
    """A recorded failure of idempotency does not hold the replay back."""
    ids = [f"recalled {number}" for number in range(8)]
    orders = [Outgoing(json.dumps({"id": id, "lines": ["recalled-lamp"]})) for id in ids]
    send(aws, shop["OrdersQueueUrl"], orders)
    wait_for(lambda: count(aws, shop["OrdersDeadLetterQueueUrl"]) == 8, "8 dead letters")
    found = redrive("failures", "RedriveShop", "--list")["failures"]
    assert {(each["kind"], each["reason"]) for each in found} == {("sent_by_helper", "recalled-lamp is recalled")}
    shown = redrive("show", found[0]["id"], "--logs")
    assert any(shown["original_id"] in each["line"] for each in shown["logs"])
    assert redrive("replay", "RedriveShop", "--dry-run")["preview"]["expected"] == 8
    fix(aws, shop["OrdersFunctionName"], RECALL_ENDED="1")
    outcome = redrive("replay", "RedriveShop", "--note", "recall ended", "--follow", "--yes")
    assert (outcome["replayed"], outcome["failed_again"]) == (8, 0)
    done = {line["done"] for _, line in log_events(aws, shop["OrdersFunctionName"], "done")}
    assert done == set(ids)


def test_a_reading_that_was_set_aside_fails_again_until_it_is_changed(
    aws: LocalAws, shop: dict[str, str], redrive: Redrive, tmp_path: Any
) -> None:
    data = json.dumps({"id": "x/1", "sensor": "x", "celsius": -300}).encode()
    aws.client("kinesis").put_record(StreamName=shop["ReadingsStreamName"], Data=data, PartitionKey="x")
    bucket = shop["ReadingsFailureBucketName"]

    def kept() -> int:
        return int(aws.client("s3").list_objects_v2(Bucket=bucket).get("KeyCount", 0))

    wait_for(lambda: kept() == 1, "set aside")
    where = ("RedriveShop", "--where", "kind == 'record_set_aside'")
    assert redrive("replay", *where, "--yes", code=1)["failed_again"] == 1
    assert kept() == 1
    path = tmp_path / "a.jsonl"
    assert redrive("archive", *where, "--to", str(path))["archived"] == 1
    line = json.loads(path.read_text())
    assert line["payload"]["Records"][0]["kinesis"]["partitionKey"] == "x"
