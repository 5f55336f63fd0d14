"""`redrive replay` does not go round in circles with what fails again."""

from __future__ import annotations

import json
from typing import Any

from tests.support.cli.replays import history, replay
from tests.support.cli.shop import moved, run, text
from tests.support.cli.world import World
from tests.support.runtime.destinations import stream_failures as streams


def test_what_comes_back_during_the_replay_is_counted_and_not_sent_again(world: World) -> None:
    """A permanent failure is back in the dead-letter queue within a second."""
    for number in range(30):
        moved(world, {"n": number})

    def fail(service: str, operation: str, request: Any) -> None:
        if operation != "SendMessageBatch":
            return
        queue = world.sqs.queues["orders"]
        while queue.ready:
            message = queue.ready.popleft()
            message.moved_from, message.visible_at = queue.arn, 0
            world.sqs.queues["orders-dlq"].ready.append(message)

    world.after = fail
    found = replay("orders-dlq", code=1)
    assert found["replayed"] == 30
    assert len(world.made("SendMessageBatch")) <= 30
    assert {history(each)["times"] for each in world.sqs.queues["orders-dlq"].all} == {1}
    assert found["failed_again"] + found["unseen"] <= 30


def test_it_stops_when_replayed_events_fail_again(world: World) -> None:
    for number in range(500):
        moved(world, {"n": number})

    def fail(service: str, operation: str, request: Any) -> None:
        if operation == "SendMessageBatch":
            queue = world.sqs.queues["orders"]
            while queue.ready:
                message = queue.ready.popleft()
                message.moved_from = queue.arn
                world.sqs.queues["orders-dlq"].ready.appendleft(message)

    world.after = fail
    found = replay("orders-dlq", "--stop-at", "10%", code=1)
    assert found["stopped"] == "replayed events failed again"
    assert found["replayed"] < 400
    assert len(world.sqs.queues["orders-dlq"].all) == 500


def test_what_was_brought_back_too_often_is_held_back_and_listed(world: World) -> None:
    id = moved(world)
    message = world.sqs.queues["orders-dlq"].ready[0]
    for _ in range(3):
        replay("orders-dlq")
        (message,) = world.sqs.queues["orders"].ready
        world.sqs.queues["orders"].ready.clear()
        message.moved_from = world.sqs.queues["orders"].arn
        world.sqs.queues["orders-dlq"].ready.append(message)
    assert message.attributes["RedriveMessageId"] == text(id)
    found = replay("orders-dlq", code=2)
    assert (found["held_back"], found["replayed"]) == (1, 0)
    result = run("replay", "orders-dlq")
    assert result.exit_code == 2
    assert message.id in result.stderr
    assert "--max-replays 4" in result.stderr
    assert replay("orders-dlq", "--max-replays", "4")["replayed"] == 1


def test_a_record_that_is_set_aside_again_under_its_key_stays(world: World) -> None:
    """The helper writes a record under the same key each time, and then reports success."""
    bucket = world.s3.buckets["readings-failed"]
    bucket["aws/lambda/aside"] = json.dumps(streams.KINESIS_SET_ASIDE).encode()
    name = streams.KINESIS_SET_ASIDE["function"]

    def set_aside_again(event: Any) -> None:
        mark = event["Records"][0]["redriveReplay"]["id"]  # another one each time
        again = {**streams.KINESIS_SET_ASIDE, "reason": "again", "mark": mark}
        bucket["aws/lambda/aside"] = json.dumps(again).encode()

    function = world.functions.create(name, set_aside_again)
    for _ in range(2):
        found = replay("Shop", code=1)
        assert (found["failed_again"], found["deleted"]) == (1, 0)
        assert json.loads(bucket["aws/lambda/aside"])["reason"] == "again"
    function.run = lambda event: None
    assert replay("Shop")["deleted"] == 1
    assert bucket == {}
