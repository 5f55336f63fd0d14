"""`redrive replay` brings each shard and each group of a FIFO queue back in its order."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.support.cli.replays import put_batches, replay
from tests.support.cli.shop import moved
from tests.support.cli.world import World


def test_each_shard_is_brought_back_in_its_order(world: World) -> None:
    put_batches(world, (7, 9, "a"), (1, 3, "a"), (4, 6, "a"), (2, 2, "b"))
    seen: list[tuple[str, str]] = []

    def handle(event: Any) -> None:
        seen.extend((each["eventID"][0], each["kinesis"]["sequenceNumber"]) for each in event["Records"])

    world.functions.functions["readings"].run = handle
    replay("Shop")
    assert [number for shard, number in seen if shard == "a"] == [str(number) for number in range(1, 10)]
    assert ("b", "2") in seen


@pytest.mark.parametrize(
    "answer",
    [
        lambda event: {"batchItemFailures": [{"itemIdentifier": "5"}]},
        lambda event: {"batchItemFailures": [{"itemIdentifier": "unknown"}]},
        lambda event: 1 / 0,
    ],
    ids=["names one", "names none of them", "raises"],
)
def test_a_batch_that_fails_again_stays_and_holds_those_behind_it(world: World, answer: Callable[[Any], Any]) -> None:
    put_batches(world, (1, 3, "a"), (4, 6, "a"), (7, 9, "a"))
    world.functions.functions["readings"].run = lambda event: (
        answer(event) if event["Records"][0]["kinesis"]["sequenceNumber"] == "4" else None
    )
    found = replay("Shop", code=1)
    assert (found["deleted"], found["failed_again"], found["not_sent"]) == (1, 1, 1)
    assert sorted(world.s3.buckets["readings-failed"]) == ["aws/lambda/006-a", "aws/lambda/009-a"]
    assert len(world.functions.functions["readings"].calls) == 2


def test_a_fifo_queue_gets_each_group_in_its_order(world: World) -> None:
    for number in range(90):
        moved(world, {"n": number}, "ledger.fifo", group="abc"[number % 3])
        world.time += 0.001
    replay("ledger-dlq.fifo")
    queue = world.sqs.queues["ledger.fifo"]
    for group in "abc":
        numbers = [json.loads(each.body)["n"] for each in queue.all if each.group == group]
        assert numbers == sorted(numbers)
        assert len(numbers) == 30


def test_a_fifo_message_that_is_refused_holds_its_group_and_no_other(world: World) -> None:
    for number in range(30):
        moved(world, {"n": number}, "ledger.fifo", group="ab"[number % 2])
        world.time += 0.001
    world.sqs.refuses = lambda operation, entry: (
        "InvalidMessageContents" if operation == "SendMessageBatch" and entry["MessageBody"] == '{"n": 6}' else None
    )
    found = replay("ledger-dlq.fifo", code=1)
    sent = [(each.group, json.loads(each.body)["n"]) for each in world.sqs.queues["ledger.fifo"].all]
    assert [number for group, number in sent if group == "a"] == [0, 2, 4]
    assert [number for group, number in sent if group == "b"] == list(range(1, 30, 2))
    assert found["not_sent"] == 12 - found["unseen"]


def test_a_fifo_message_is_not_dropped_although_its_old_deduplication_id_was_just_seen(world: World) -> None:
    """SQS accepts and drops what has a deduplication id of the last five minutes."""
    queue = world.sqs.queues["ledger.fifo"]
    queue.sent["old"] = (world.time, "id")
    moved(world, {"n": 1}, "ledger.fifo", group="a", deduplication="old")
    replay("ledger-dlq.fifo")
    assert queue.bodies == ['{"n": 1}']
