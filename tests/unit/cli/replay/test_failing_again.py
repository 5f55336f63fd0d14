"""A replay counts the events that it brings back and those that fail again, wherever they turn up."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from redrive.core.system import sleeper
from redrive.testing.failure_records import invocation_record
from tests.support.cli.functions import ARN
from tests.support.cli.shop import QUEUES, STREAM, kinesis_failure, moved, run, text
from tests.support.cli.world import World
from tests.support.runtime.destinations import stream_failures as streams

EVENTS = 30
LATER = "2026-11-27T00:00:00.000Z"


def aside(number: int, **more: Any) -> dict[str, Any]:
    """A record of the stream that the handler of `readings` has set aside."""
    record = {**streams.KINESIS_SET_ASIDE, "function": "readings", "sequenceNumber": str(number), **more}
    kinesis = {**record["record"]["kinesis"], "sequenceNumber": str(number)}
    shard = "shardId-000000000000" if number % 2 else None
    again = {**record["record"], "kinesis": kinesis, "eventSourceARN": STREAM}
    return {**record, "shardId": shard, "eventSourceARN": STREAM, "record": again}


def sets_aside_again(world: World, put: Callable[[str, str], Any]) -> None:
    world.functions.create("readings", lambda event: [put(*_again(each)) for each in event["Records"]] and None)


def _again(record: Any) -> tuple[str, str]:
    number = record["kinesis"]["sequenceNumber"]
    return number, json.dumps(aside(int(number), timestamp=LATER))


def fails_back(world: World, source: str, dead: str) -> None:
    """Let what is sent to a queue fail and move to its dead-letter queue."""

    def fail(service: str, operation: str, request: Any) -> None:
        if operation == "SendMessageBatch":
            ready = world.sqs.queues[source].ready
            while ready:
                message = ready.popleft()
                message.moved_from = world.sqs.queues[source].arn
                world.sqs.queues[dead].ready.append(message)

    world.after = fail


def set_aside_into_a_queue(world: World, folder: Path) -> list[str]:
    world.sqs.create("aside")
    for number in range(EVENTS):
        world.sqs.put("aside", json.dumps(aside(number + 1)))
    sets_aside_again(world, lambda _, body: world.sqs.put("aside", body))
    return ["aside"]


def set_aside_into_a_bucket_under_another_key(world: World, folder: Path) -> list[str]:
    world.sqs.create("aside")
    settings = {"source_arn": STREAM, "set_aside_bucket": "readings-failed", "set_aside_prefix": "aside/"}
    for number in range(EVENTS):
        world.sqs.put("aside", json.dumps(aside(number + 1)))
    sets_aside_again(
        world, lambda key, body: world.s3.buckets["readings-failed"].update({f"aside/{key}": body.encode()})
    )
    world.functions.functions["readings"].environment = {"REDRIVE_STREAM_1": json.dumps(settings)}
    return ["aside"]


def a_batch_is_set_aside_record_by_record(world: World, folder: Path) -> list[str]:
    world.sqs.create("aside")
    settings = {"set_aside_queue_url": world.sqs.queues["aside"].url}
    for number in range(EVENTS):
        failure = kinesis_failure(number * 10 + 1, number * 10 + 1)
        world.s3.buckets["readings-failed"][f"batch-{number}"] = json.dumps(failure).encode()
    sets_aside_again(world, lambda _, body: world.sqs.put("aside", body))
    world.functions.functions["readings"].environment = {"REDRIVE_STREAM_1": json.dumps(settings)}
    return ["s3://readings-failed/"]


def moved_into_the_queue_that_is_replayed(world: World, folder: Path) -> list[str]:
    for number in range(EVENTS):
        moved(world, {"n": number})
    fails_back(world, "orders", "orders-dlq")
    return ["orders-dlq"]


def moved_into_the_dead_letters_of_another_queue(world: World, folder: Path) -> list[str]:
    world.sqs.create("other", "other-dlq")
    world.sqs.create("other-dlq")
    for number in range(EVENTS):
        moved(world, {"n": number})
    fails_back(world, "other", "other-dlq")
    return ["orders-dlq", "--to", "queue:other"]


def an_archive_comes_back_into_the_dead_letter_queue(world: World, folder: Path) -> list[str]:
    for number in range(EVENTS):
        moved(world, {"n": number})
    run("drop", "orders-dlq", "--yes", "--archive", str(folder / "saved.jsonl"))
    fails_back(world, "orders", "orders-dlq")
    return [str(folder / "saved.jsonl")]


def without_room_for_an_attribute(world: World, folder: Path) -> list[str]:
    for number in range(EVENTS):
        moved(world, {"n": number}, attributes={f"a{each}": text("1") for each in range(10)})
    fails_back(world, "orders", "orders-dlq")
    return ["orders-dlq"]


def _asynchronously(world: World, put: Callable[[str], Any]) -> None:
    for number in range(EVENTS):
        world.sqs.put(
            "invoices-failed", json.dumps(invocation_record({"n": number}, function=f"{ARN}invoices:$LATEST"))
        )

    def fail(service: str, operation: str, request: Any) -> None:
        if operation == "Invoke":
            put(world.functions.functions["invoices"].last_request)

    world.after = fail


def an_event_ends_at_its_destination(world: World, folder: Path) -> list[str]:
    def put(id: str) -> None:
        record = invocation_record({}, function=f"{ARN}invoices:$LATEST")
        record["requestContext"]["requestId"] = id
        world.sqs.put("invoices-failed", json.dumps(record))

    _asynchronously(world, put)
    return ["invoices-failed"]


def an_event_ends_in_a_bucket_that_is_not_replayed(world: World, folder: Path) -> list[str]:
    def put(id: str) -> None:
        record = invocation_record({}, function=f"{ARN}invoices:$LATEST")
        record["requestContext"]["requestId"] = id
        world.s3.buckets["readings-failed"][id] = json.dumps(record).encode()

    _asynchronously(world, put)
    kept = {"OnFailure": {"Destination": "arn:aws:s3:::readings-failed"}}
    world.functions.configurations[0]["DestinationConfig"] = kept
    return ["invoices-failed"]


def an_event_ends_in_the_dead_letter_queue_of_its_function(world: World, folder: Path) -> list[str]:
    def put(id: str) -> None:
        attributes = {"RequestID": text(id), "ErrorCode": {"DataType": "Number", "StringValue": "200"}}
        world.sqs.put("mailer-dlq", "{}", {**attributes, "ErrorMessage": text("boom")})

    _asynchronously(world, put)
    world.functions.configurations.clear()
    world.functions.settings["invoices"] = {"DeadLetterConfig": {"TargetArn": f"{QUEUES}mailer-dlq"}}
    return ["invoices-failed"]


PLACES = (
    set_aside_into_a_queue,
    set_aside_into_a_bucket_under_another_key,
    a_batch_is_set_aside_record_by_record,
    moved_into_the_queue_that_is_replayed,
    moved_into_the_dead_letters_of_another_queue,
    an_archive_comes_back_into_the_dead_letter_queue,
    without_room_for_an_attribute,
    an_event_ends_at_its_destination,
    an_event_ends_in_a_bucket_that_is_not_replayed,
    an_event_ends_in_the_dead_letter_queue_of_its_function,
)


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.__name__)
def test_a_replay_that_follows_counts_each_once(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: Callable[[World, Path], list[str]]
) -> None:
    monkeypatch.setattr("redrive_cli.replay.engine.THREADS", 1)  # what fails does so before the reply is here
    where = place(world, tmp_path)
    with sleeper.replaced(lambda seconds: setattr(world, "time", world.time + seconds)):
        result = run("replay", *where, "--yes", "--follow", "--follow-for", "1m", "--output", "json")
    found = json.loads(result.stdout)
    assert (found["replayed"], found["failed_again"]) == (EVENTS, EVENTS), result.stderr
    assert result.exit_code == 1


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.__name__)
def test_a_replay_stops_when_too_many_fail_again(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: Callable[[World, Path], list[str]]
) -> None:
    monkeypatch.setattr("redrive_cli.replay.engine.THREADS", 1)
    where = place(world, tmp_path)
    found = json.loads(run("replay", *where, "--yes", "--stop-at", "50%", "--output", "json").stdout)
    assert found["stopped"] == "replayed events failed again"
    # Events that come back into the place itself are seen when their turn comes.
    assert found["replayed"] < EVENTS or where[0] in ("orders-dlq", "invoices-failed")


def test_what_had_failed_before_is_no_event_of_the_replay(world: World) -> None:
    """Other failures of the same shard, and an older report of the same record."""
    world.sqs.create("aside")
    for number in range(3):
        world.sqs.put("aside", json.dumps(aside(number + 1)))
    world.functions.create("readings")
    for older in (aside(1), aside(9, timestamp=LATER)):
        world.sqs.put("invoices-failed", json.dumps(older))
    world.functions.settings["readings"] = {"DeadLetterConfig": {"TargetArn": f"{QUEUES}invoices-failed"}}
    found = json.loads(run("replay", "aside", "--yes", "--follow", "--output", "json").stdout)
    assert (found["replayed"], found["failed_again"]) == (3, 0)
