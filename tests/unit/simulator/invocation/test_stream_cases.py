"""Streams, case by case. "Recorded" are the snapshots of functions on AWS in localstack/localstack.

DG is https://docs.aws.amazon.com/lambda/latest/dg/.
"""

from __future__ import annotations

import json
import time
from base64 import b64decode
from typing import Any

import pytest

from redrive import StreamFailure
from redrive_simulator import Outcome, Parameters, Simulation, days, hours
from tests.support.simulator.simulations import (
    attempt_times,
    contents,
    delivered,
    fails,
    fails_for,
    failures,
    kinds,
    numbers_of,
    put_all,
    reports,
    shard_of,
    simulated,
    stream_stack,
)


def test_a_failing_batch_is_tried_once_and_as_often_as_there_are_retries_then_the_shard_moves_on() -> None:
    """Recorded: 2 retries make approximateInvokeCount 3."""
    simulation = simulated(fails_for(1), MaximumRetryAttempts=2, BatchSize=2)
    put_all(simulation, (0, 1, 2, 3))
    simulation.run()
    assert delivered(simulation) == [[0, 1]] * 3 + [[2, 3]]
    (failure,) = failures(simulation)
    assert (failure.condition, failure.approximate_invoke_count) == ("RetryAttemptsExhausted", 3)
    assert (failure.batch_size, failure.function_error) == (2, "Unhandled")
    assert numbers_of(simulation, failure) == [0, 1]
    simulation.assert_ended()


def test_unlimited_retries_within_a_minute_come_to_eight_or_nine() -> None:
    """Recorded: max age 60 s and no limit of retries gave the count 8; the curve itself is a parameter."""
    simulation = simulated(fails, MaximumRecordAgeInSeconds=60)
    put_all(simulation, (0,))
    simulation.run()
    (failure,) = failures(simulation)
    assert failure.condition == "RecordAgeExceeded"
    assert failure.approximate_invoke_count in (8, 9)
    assert failure.status_code is None  # recorded: no responseContext
    assert attempt_times(simulation)[:4] == [0, 1, 2.5, 4.75]


def test_throttles_are_not_counted() -> None:
    """DG: throttles and service errors are retried until age or retention."""
    simulation = simulated(fails_for(1), MaximumRetryAttempts=1)
    simulation.throttle("Function", end=hours(1))
    put_all(simulation, (1,))
    simulation.run()
    assert simulation.function("Function").calls == 2
    assert failures(simulation)[0].approximate_invoke_count == 2


def test_only_the_expired_prefix_is_given_up() -> None:
    """Recorded: six records sent, one of them too old: one discarded, five processed."""
    simulation = simulated(lambda event, context: None, MaximumRecordAgeInSeconds=60)
    simulation.throttle("Function", end=61)
    put_all(simulation, (0,))
    simulation.run_until(30)
    put_all(simulation, (1, 2, 3, 4, 5))
    simulation.run()
    (failure,) = failures(simulation)
    assert (failure.condition, failure.batch_size, failure.approximate_invoke_count) == ("RecordAgeExceeded", 1, 1)
    done = [ended for ended in simulation.ended if ended.outcome is Outcome.PROCESSED and ended.source == "Stream"]
    assert len(done) == 5


# DG/services-kinesis-batchfailurereporting, and recorded. Of a batch of 0, 1, 2 with one try: what is given up.
RESPONSES = [
    (None, []),
    ({}, []),
    ("", []),
    ({"batchItemFailures": None}, []),
    ({"batchItemFailures": []}, []),
    ({"batchItemFailures": [{"itemIdentifier": 1}]}, [1, 2]),
    ({"batchItemFailures": [{"itemIdentifier": 2}, {"itemIdentifier": 1}]}, [1, 2]),  # the lowest counts
    ({"batchItemFailures": [{"itemIdentifier": 0}]}, [0, 1, 2]),
    ({"batchItemFailures": [{"itemIdentifier": ""}]}, [0, 1, 2]),
    ({"batchItemFailures": [{"itemIdentifier": None}]}, [0, 1, 2]),
    ({"batchItemFailures": [{"wrong": 1}]}, [0, 1, 2]),
    ({"batchItemFailures": [{"itemIdentifier": "unknown"}]}, [0, 1, 2]),
]


@pytest.mark.parametrize(("response", "lost"), RESPONSES, ids=[str(each[0])[:60] for each in RESPONSES])
def test_the_response_names_the_checkpoint(response: Any, lost: list[int]) -> None:
    def handler(event: dict[str, Any], context: Any) -> Any:
        known = dict(
            zip(contents(event), (each["kinesis"]["sequenceNumber"] for each in event["Records"]), strict=True)
        )
        if not isinstance(response, dict) or not response.get("batchItemFailures"):
            return response
        return {
            "batchItemFailures": [
                {name: known.get(value, value) for name, value in failure.items()}
                for failure in response["batchItemFailures"]
                if not isinstance(failure.get("itemIdentifier"), int) or failure["itemIdentifier"] in known
            ]
        }

    simulation = simulated(handler, partial=True, MaximumRetryAttempts=0)
    put_all(simulation, (0, 1, 2))
    simulation.run()
    assert [numbers_of(simulation, failure) for failure in failures(simulation)] == ([lost] if lost else [])
    if lost:  # recorded: null for what a response reports, whatever was wrong with it
        assert failures(simulation)[0].function_error is None


def test_progress_resets_the_budget() -> None:
    """Recorded: a batch of 3, 3 retries, the last bad: it was delivered 5 times; batchSize 1, count 4."""
    simulation = simulated(reports(2), partial=True, MaximumRetryAttempts=3)
    put_all(simulation, (0, 1, 2))
    simulation.run()
    assert delivered(simulation) == [[0, 1, 2], [2], [2], [2], [2]]
    (failure,) = failures(simulation)
    assert (failure.batch_size, failure.approximate_invoke_count) == (1, 4)


def test_without_bisect_good_records_behind_the_bad_one_are_given_up_with_it() -> None:
    """Observed (EXP2): [1, 2, 3] -> [2, 3] -> retries -> 2 and 3 discarded, batchSize 2."""
    simulation = simulated(reports(2), partial=True, MaximumRetryAttempts=1)
    put_all(simulation, (1, 2, 3))
    simulation.run()
    assert delivered(simulation) == [[1, 2, 3], [2, 3], [2, 3]]
    assert [numbers_of(simulation, failure) for failure in failures(simulation)] == [[2, 3]]


def test_with_bisect_only_the_bad_one_is_given_up() -> None:
    """Observed (EXP2), and DG: with bisect the batch is split at the returned number."""
    simulation = simulated(reports(2), partial=True, MaximumRetryAttempts=1, BisectBatchOnFunctionError=True)
    put_all(simulation, (1, 2, 3))
    simulation.run()
    assert delivered(simulation)[:3] == [[1, 2, 3], [2, 3], [2]]
    assert [numbers_of(simulation, failure) for failure in failures(simulation)] == [[2]]
    assert delivered(simulation)[-1] == [3]


def test_a_failing_batch_holds_up_its_shard_and_no_other() -> None:
    simulation = simulated(fails_for(0), shards=2, MaximumRetryAttempts=3, BatchSize=1)
    keys = {shard: next(key for key in map(str, range(99)) if shard_of(key) == shard) for shard in (0, 1)}
    for shard in (0, 1):
        for value in (shard, 2):
            simulation.put("Stream", value, partition_key=keys[shard])
    simulation.run()
    ends: dict[str, list[float]] = {}
    for entry in simulation.timeline:
        if entry.kind == "checkpoint":
            ends.setdefault(entry.lane, []).append(entry.time)
    assert ends == {"shardId-000000000001": [0, 0], "shardId-000000000000": [4.75, 4.75]}


def test_parallelization_makes_lanes_that_keep_the_order_of_each_key() -> None:
    """DG: order is kept per partition key."""
    seen: dict[str, list[int]] = {}

    def handler(event: dict[str, Any], context: Any) -> None:
        for record, value in zip(event["Records"], contents(event), strict=True):
            seen.setdefault(record["kinesis"]["partitionKey"], []).append(value)
            time.sleep(0.5)

    simulation = simulated(handler, ParallelizationFactor=4, BatchSize=5)
    for number in range(60):
        simulation.put("Stream", number, partition_key=str(number % 10))
    simulation.run()
    assert seen == {str(key): list(range(key, 60, 10)) for key in range(10)}
    lanes = {entry.lane for entry in simulation.timeline.attempts}
    assert lanes <= {f"shardId-000000000000/{number}" for number in range(4)}
    assert len(lanes) > 1
    assert simulation.now < 60 * 0.5  # at the same time


def test_a_poisoned_lane_does_not_hold_up_the_others_of_its_shard() -> None:
    simulation = simulated(fails_for(0), ParallelizationFactor=10, MaximumRetryAttempts=8)
    for number in range(20):
        simulation.put("Stream", number, partition_key=str(number))
    simulation.run_until(0)
    done = [ended for ended in simulation.ended if ended.outcome is Outcome.PROCESSED]
    assert len(done) > 10


def test_a_record_that_outlives_the_stream_s_retention_is_lost() -> None:
    """DG: with the defaults a failing batch blocks its shard until the records expire."""
    simulation = simulated(fails_for(1), destination=False)
    put_all(simulation, (1,))
    simulation.run_until(hours(23))
    simulation.put("Stream", 2, partition_key="a")
    simulation.run()
    # The later one was waiting behind it, and is processed once it is gone.
    assert [(ended.outcome, ended.time >= days(1)) for ended in simulation.ended] == [
        (Outcome.EXPIRED, True),
        (Outcome.PROCESSED, True),
    ]


def test_a_destination_hears_of_forgotten_records_if_that_is_chosen() -> None:
    simulation = simulated(fails, parameters=Parameters(tell_destination_of_expired=True))
    put_all(simulation, (1,))
    simulation.run()
    assert failures(simulation)[0].condition == "RecordAgeExceeded"


def test_without_a_destination_what_is_given_up_is_lost() -> None:
    simulation = simulated(fails, destination=False, MaximumRetryAttempts=0)
    put_all(simulation, (1,))
    simulation.run()
    assert [ended.outcome for ended in simulation.lost] == [Outcome.DROPPED]
    assert "dropped" in kinds(simulation.timeline)


def test_the_batching_window_and_the_batch_size() -> None:
    sizes: list[int] = []
    simulation = simulated(
        lambda event, context: sizes.append(len(event["Records"])), BatchSize=3, MaximumBatchingWindowInSeconds=10
    )
    for at in (0, 2, 4, 20, 24):
        simulation.put("Stream", at, partition_key="a", at=at)
    simulation.run()
    assert sizes == [3, 2]
    assert attempt_times(simulation) == [4, 30]


def test_s3_gets_the_records_themselves() -> None:
    """DG/kinesis-on-failure-destination: the key, and the event as JSON in a text."""
    stack = stream_stack(MaximumRetryAttempts=0)
    stack["Resources"]["Bucket"] = {"Type": "AWS::S3::Bucket"}
    stack["Resources"]["Mapping"]["Properties"]["DestinationConfig"] = {
        "OnFailure": {"Destination": {"Fn::GetAtt": ["Bucket", "Arn"]}}
    }
    simulation = Simulation.from_template(stack, {"Function": fails})
    put_all(simulation, (7,))
    simulation.run()
    ((key, stored),) = simulation.bucket("Bucket").objects.items()
    assert key.split("/")[:2] == ["aws", "lambda"]
    assert key.split("/")[3:7] == ["shardId-000000000000", "2026", "01", "01"]
    failure = StreamFailure.parse(stored.content.decode())
    assert failure.payload is not None
    assert b64decode(failure.payload["Records"][0]["kinesis"]["data"]) == b"7"


def test_filters_leave_records_out() -> None:
    seen: list[Any] = []
    pattern = json.dumps({"data": {"celsius": [{"numeric": [">", 30]}]}})
    simulation = simulated(
        lambda event, context: seen.extend(contents(event)), FilterCriteria={"Filters": [{"Pattern": pattern}]}
    )
    put_all(simulation, [{"celsius": 20}, {"celsius": 31}, "text"])
    simulation.run()
    assert seen == [{"celsius": 31}]
    assert [ended.outcome for ended in simulation.ended].count(Outcome.FILTERED) == 2


@pytest.mark.parametrize(("size", "key"), [(10 * 1_048_576 + 1, "a"), (1, ""), (1, "a" * 257)])
def test_a_record_that_kinesis_would_not_take_is_refused(size: int, key: str) -> None:
    simulation = simulated(lambda event, context: None)
    with pytest.raises(ValueError, match="10 MiB, and 1 to 256 characters"):
        simulation.put("Stream", b"x" * size, partition_key=key)
