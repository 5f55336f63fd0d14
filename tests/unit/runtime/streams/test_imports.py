"""A cold start of a stream's handler pays for what its function uses, and for nothing else."""

from __future__ import annotations

import sys

import pytest

from tests.unit.runtime.test_imports import HEAVY, loaded_by

LATER = [
    "redrive.settings",
    "redrive.streams.failures",
    "redrive.streams.window",
    "redrive.streams.succeeded",
    "base64",
]
CONTEXT = """
class Context:
    def get_remaining_time_in_millis(self):
        return 30_000
"""
KINESIS = f"""
from redrive.streams.kinesis import kinesis_handler

@kinesis_handler
def handler(record):
    assert record.data == b"hi" and record.partition_key == "7" and record.sequence_number and record.shard_id
{CONTEXT}
record = {{
    "kinesis": {{"sequenceNumber": "1", "data": "aGk=", "partitionKey": "7", "approximateArrivalTimestamp": 1.5}},
    "eventID": "shardId-000000000000:1",
    "eventSourceARN": "arn:aws:kinesis:eu-west-1:1:stream/s",
}}
assert handler({{"Records": [record]}}, Context()) == {{"batchItemFailures": []}}
"""
DYNAMODB = f"""
from redrive.streams.dynamodb import dynamodb_stream_handler

@dynamodb_stream_handler
def handler(record):
    assert record.keys == {{"id": 7}} and record.new_image == {{"id": 7, "photo": b"hi"}} and record.old_image is None
{CONTEXT}
change = {{"SequenceNumber": "1", "Keys": {{"id": {{"N": "7"}}}}}}
change["NewImage"] = {{"id": {{"N": "7"}}, "photo": {{"B": "aGk="}}}}
record = {{"dynamodb": change, "eventName": "INSERT", "eventSourceARN": "arn:aws:dynamodb:eu-west-1:1:table/t"}}
assert handler({{"Records": [record]}}, Context()) == {{"batchItemFailures": []}}
"""
BY_KEY = KINESIS.replace("@kinesis_handler\n", "@kinesis_handler(ordered_by='partition_key')\n")
FAILING = KINESIS.replace('record.data == b"hi"', 'record.data == b"no"').replace(
    '{"batchItemFailures": []}', '{"batchItemFailures": [{"itemIdentifier": "1"}]}'
)
HANDLING = {"Kinesis": KINESIS, "Kinesis by key": BY_KEY, "DynamoDB": DYNAMODB}


@pytest.mark.parametrize("name", HANDLING)
def test_nothing_heavy_is_loaded(name: str) -> None:
    assert loaded_by(HANDLING[name]).isdisjoint([*HEAVY, *LATER, "datetime", "decimal", "concurrent.futures"])


@pytest.mark.parametrize("code", [*HANDLING.values(), FAILING], ids=[*HANDLING, "failing"])
def test_nothing_outside_of_the_standard_library_is_loaded(code: str) -> None:
    """A failure that is retried needs no call, and so no boto3."""
    foreign = {name.partition(".")[0] for name in loaded_by(code)} - sys.stdlib_module_names
    assert foreign == {"redrive"}


def test_the_check_sees_what_a_failure_loads() -> None:
    assert {"redrive.streams.failures", "redrive.core.log", "redrive.failures.diagnosis"} <= loaded_by(FAILING)
