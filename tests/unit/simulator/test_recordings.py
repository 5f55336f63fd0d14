"""Records as AWS made them, field by field: of events, of failed events, of dead letters.

The recordings are known from LocalStack's tests, whose snapshots were made on AWS (LSREC:
https://github.com/localstack/localstack, `tests/aws/services/lambda_`, recorded up to 25 November 2025). A text that
begins with `~` is a pattern for what differs from run to run. A difference has to be named in its case with its reason.
"""

from __future__ import annotations

import json

import pytest

from redrive_simulator import Parameters
from tests.support.simulator.recordings.case import Case, differences, heard
from tests.support.simulator.recordings.destinations import RECORDS
from tests.support.simulator.recordings.messages import MESSAGES
from tests.support.simulator.recordings.streams import BATCHES
from tests.support.simulator.simulations import sqs_stack, stream_stack

CASES = [*MESSAGES, *RECORDS, *BATCHES]


@pytest.mark.parametrize("case", CASES, ids=[each.name for each in CASES])
def test_a_record_is_as_aws_made_it(case: Case) -> None:
    simulated = json.loads(json.dumps(case.simulated()))
    assert set(differences(case.recorded, simulated)) == set(case.allowed), simulated


def test_the_comparison_sees_each_kind_of_difference() -> None:
    one = {"a": 1, "b": {"c": "~\\d+"}, "d": [1], "e": None}
    assert list(differences(one, {"a": 1, "b": {"c": "12"}, "d": [1], "e": None})) == []
    other = {"a": "1", "b": {"c": "x", "f": 1}, "d": [2], "g": 1}
    assert list(differences(one, other)) == ["a", "b.c", "b.f", "d[0]", "e", "g"]
    assert list(differences([1], [1, 2], "h")) == ["h"]


def test_the_times_are_those_of_the_simulation() -> None:
    """Milliseconds since the epoch, as texts; of a stream seconds with three decimals, of a table whole seconds."""
    start = Parameters().start.timestamp()
    found = heard(sqs_stack(), lambda simulation: simulation.send("Queue", "body", at=1.25))["Records"][0]
    assert found["attributes"]["SentTimestamp"] == str(round((start + 1.25) * 1000))
    read = heard(stream_stack(), lambda simulation: simulation.put("Stream", "x", partition_key="a", at=1.2345))
    assert read["Records"][0]["kinesis"]["approximateArrivalTimestamp"] == pytest.approx(start + 1.234, abs=0.0011)
