"""`redrive replay --server-side` and `--follow`."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from redrive.core.system import sleeper
from tests.support.cli.shop import QUEUES, moved, run, why
from tests.support.cli.world import World


@pytest.fixture(autouse=True)
def quick(world: World) -> Iterator[None]:
    """Waits take no time."""

    def sleep(seconds: float) -> None:
        world.time += seconds

    with sleeper.replaced(sleep):
        yield


def test_sqs_moves_everything(world: World) -> None:
    for _ in range(25):
        moved(world)
    result = run("replay", "orders-dlq", "--server-side", "--rate", "50", "--yes")
    assert result.exit_code == 0, result.output
    assert "completed, 25 messages moved" in result.stdout
    assert len(world.sqs.queues["orders"].all) == 25
    (request,) = world.made("StartMessageMoveTask")
    assert request == {"SourceArn": QUEUES + "orders-dlq", "MaxNumberOfMessagesPerSecond": 50}
    assert not world.made("ReceiveMessage")


def test_what_the_helper_sent_fails_without_a_destination_and_the_remedy_is_said(world: World) -> None:
    world.sqs.put("orders-dlq", "{}", why())
    result = run("replay", "orders-dlq", "--server-side", "--yes")
    assert result.exit_code == 1
    assert "give --to, or leave --server-side out" in result.stderr
    result = run("replay", "orders-dlq", "--server-side", "--to", f"{QUEUES}orders", "--yes")
    assert result.exit_code == 0
    assert len(world.sqs.queues["orders"].all) == 1


@pytest.mark.parametrize(
    "arguments",
    [
        *(("--keep",), ("--limit", "1"), ("--set", "a=1"), ("--note", "x"), ("--reason", "x"), ("--newer", "1h")),
        *(("--rate", "501"), ("--to", "queue:orders"), ("--follow",), ("--stop-at", "10%")),
    ],
)
def test_what_sqs_cannot_do_is_refused(world: World, arguments: tuple[str, ...]) -> None:
    moved(world)
    assert run("replay", "orders-dlq", "--server-side", "--yes", *arguments).exit_code == 252
    assert not world.made("StartMessageMoveTask")


def test_ctrl_c_cancels_the_task(world: World) -> None:
    moved(world)

    def press(service: str, operation: str, request: object) -> None:
        if operation == "ListMessageMoveTasks":
            raise KeyboardInterrupt

    world.before = press
    assert run("replay", "orders-dlq", "--server-side", "--yes").exit_code == 130
    assert world.made("CancelMessageMoveTask") == [{"TaskHandle": "task-1"}]


def test_only_queues_have_such_a_task(world: World) -> None:
    assert run("replay", "s3://readings-failed/", "--server-side", "--yes").exit_code == 252


def test_a_followed_replay_counts_what_becomes_of_its_events(world: World) -> None:
    """Two of ten fail again, after a while; the others are processed."""
    for number in range(10):
        moved(world, {"n": number})
    looks = 0

    def consume(service: str, operation: str, request: object) -> None:
        nonlocal looks
        looks += operation == "ReceiveMessage"
        queue = world.sqs.queues["orders"]
        if looks > 20 and queue.ready:
            message = queue.ready.popleft()
            if json.loads(message.body)["n"] in (3, 4):
                message.moved_from = queue.arn
                world.sqs.queues["orders-dlq"].ready.append(message)

    world.before = consume
    result = run("replay", "orders-dlq", "--follow", "--yes", "--output", "json")
    found = json.loads(result.stdout)
    assert result.exit_code == 1
    assert (found["replayed"], found["failed_again"]) == (10, 2)
    assert found["followed"] == {"waiting": 0, "complete": True, "processed": 8}


def test_following_ends_after_its_time(world: World) -> None:
    moved(world)
    result = run("replay", "orders-dlq", "--follow", "--follow-for", "30s", "--yes", "--output", "json")
    assert json.loads(result.stdout)["followed"] == {"waiting": 1, "complete": False, "processed": None}
