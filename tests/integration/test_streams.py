"""Streams, deployed: their records reach the functions, from where they should, and what is set aside is kept whole.

MiniStack neither retries, bisects nor delivers to a destination as Lambda does; that is shown by unit tests alone.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from redrive import StreamFailure
from tests.integration.conftest import Deploy, wait_until
from tools.local_aws import LocalAws
from tools.traffic import count, drain, log_events

pytestmark = pytest.mark.integration

STREAM = "there-before"


@pytest.fixture(scope="module")
def stack(aws: LocalAws, deploy: Deploy) -> dict[str, str]:
    """Deployed while its Kinesis stream holds a record, and given another one afterwards."""
    kinesis = aws.client("kinesis")
    kinesis.create_stream(StreamName=STREAM, ShardCount=1)
    kinesis.put_record(StreamName=STREAM, Data=b'"before"', PartitionKey="a")
    outputs = deploy(Path(__file__).parent / "streams_app.py", stream=STREAM)
    kinesis.put_record(StreamName=STREAM, Data=b'"after"', PartitionKey="a")
    return outputs


def lines(aws: LocalAws, stack: dict[str, str], function: str, field: str) -> list[dict[str, Any]]:
    return [line for _, line in log_events(aws, stack[f"{function}Name"], field)]


def test_from_the_trim_horizon_no_record_is_missed(aws: LocalAws, stack: dict[str, str]) -> None:
    def received() -> list[str]:
        return [line["received"] for line in lines(aws, stack, "FromTheStartFunction", "received")]

    wait_until(lambda: len(received()) >= 2, seconds=60, what="both records")
    assert received()[:2] == ["before", "after"]


def test_from_latest_a_record_that_was_there_before_is(aws: LocalAws, stack: dict[str, str]) -> None:
    """As are those that are put while the mapping is not yet reading, which is why it is not the default."""

    def received() -> list[str]:
        aws.client("kinesis").put_record(StreamName=STREAM, Data=b'"later"', PartitionKey="a")
        return [line["received"] for line in lines(aws, stack, "FromNowFunction", "received")]

    wait_until(lambda: bool(received()), seconds=60, what="a later record")
    assert "before" not in received()


def test_changes_of_a_table_arrive_in_order_as_plain_values(aws: LocalAws, stack: dict[str, str]) -> None:
    table = aws.client("dynamodb")
    table.put_item(TableName=stack["TableName"], Item={"id": {"S": "a"}, "amount": {"N": "1"}})
    table.put_item(TableName=stack["TableName"], Item={"id": {"S": "a"}, "amount": {"N": "2"}})
    table.delete_item(TableName=stack["TableName"], Key={"id": {"S": "a"}})

    def changes() -> list[dict[str, Any]]:
        found = lines(aws, stack, "ChangesFunction", "change")
        return [line for line in found if line["keys"] == {"id": "a"}]

    wait_until(lambda: len(changes()) == 3, seconds=60, what="three changes")
    one, two = {"id": "a", "amount": 1}, {"id": "a", "amount": 2}
    assert [(line["change"], line["old"], line["new"]) for line in changes()] == [
        ("INSERT", None, one),
        ("MODIFY", one, two),
        ("REMOVE", two, None),
    ]


def test_a_change_that_is_set_aside_is_in_the_queue_and_can_be_replayed(aws: LocalAws, stack: dict[str, str]) -> None:
    aws.client("dynamodb").put_item(TableName=stack["TableName"], Item={"id": {"S": "b"}, "amount": {"N": "-1"}})
    queue = stack["ChangesFailureQueueUrl"]
    wait_until(lambda: count(aws, queue) > 0, seconds=60, what="a record set aside")
    (message,) = drain(aws, queue)
    failure = StreamFailure.parse(message)
    assert failure.reason == "a negative amount"
    (record,) = failure.records().records
    assert record["dynamodb"]["NewImage"] == {"id": {"S": "b"}, "amount": {"N": "-1"}}
    # With the set-aside record in hand, the function can be called with it again.
    reply = aws.client("lambda").invoke(
        FunctionName=stack["ChangesFunctionName"], Payload=json.dumps({"Records": [record]}).encode()
    )
    assert json.loads(reply["Payload"].read()) == {"batchItemFailures": []}
    assert len(drain(aws, queue)) == 1  # still wrong, and set aside again
