"""`redrive replay`: what goes back where, and what stays."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from redrive.destinations.history import NOTE
from tests.support.cli.replays import history, replay
from tests.support.cli.shop import QUEUES, every_kind, kinesis_failure, moved, run, text, why
from tests.support.cli.world import World
from tests.support.runtime.destinations import stream_failures as streams


def test_a_message_that_sqs_moved_goes_back_to_its_queue_as_it_was(world: World) -> None:
    tenant, picture = text("a"), {"DataType": "Binary", "BinaryValue": b"\x00"}
    id = moved(world, attributes={"tenant": tenant, "picture": picture}, group="fair")
    found = replay("Shop", "--note", "fixed in 42")
    (message,) = world.sqs.queues["orders"].all
    assert json.loads(message.body) == {"id": 7, "total": 120}
    assert (message.attributes["tenant"], message.attributes["picture"]) == (tenant, picture)
    assert message.attributes["RedriveMessageId"] == text(id)
    assert history(message) == {"times": 1, "run": found["run"]}
    assert message.attributes[NOTE] == text("fixed in 42")
    assert message.group == "fair"
    assert not world.sqs.queues["orders-dlq"].all
    assert (found["replayed"], found["deleted"], found["stopped"]) == (1, 1, None)


def test_a_message_that_the_helper_sent_goes_to_the_only_queue_of_its_dead_letter_queue(world: World) -> None:
    world.sqs.put("orders-dlq", '{"id": 8}', why(tenant="a"))
    replay("orders-dlq")
    (message,) = world.sqs.queues["orders"].all
    assert message.attributes["RedriveMessageId"] == text("first-1")
    assert "RedriveReason" not in message.attributes
    assert message.attributes["tenant"] == text("a")


def test_where_several_queues_share_a_dead_letter_queue_the_function_tells(world: World) -> None:
    world.sqs.create("more-orders", "orders-dlq")
    world.sqs.put("orders-dlq", "{}", why())
    replay("orders-dlq")
    assert len(world.sqs.queues["orders"].all) == 1


def test_what_cannot_be_told_stays_and_is_said(world: World) -> None:
    world.sqs.create("more-orders", "orders-dlq")
    world.functions.map(QUEUES + "more-orders", "orders-function")
    world.sqs.put("orders-dlq", "{}", why())
    found = replay("orders-dlq", code=1)
    assert (found["replayed"], found["not_sent"]) == (0, 1)
    assert "more-orders, orders" in found["problems"][0]["why"]
    assert len(world.sqs.queues["orders-dlq"].all) == 1


def test_an_asynchronous_event_goes_to_its_function_and_qualifier(world: World) -> None:
    every_kind(world)
    found = replay("invoices-failed", "--where", "kind == 'invocation_record'")
    assert world.functions.functions["invoices"].events == [("live", {"id": 1})]
    assert found["replayed"] == 1


def test_with_identity_an_event_carries_its_first_request_id(world: World) -> None:
    every_kind(world)
    replay("invoices-failed", "--where", "kind == 'invocation_record'", "--with-identity")
    ((_, event),) = world.functions.functions["invoices"].events
    assert event["redrive-replay-1"]["event"] == {"id": 1}


def test_a_functions_dead_letter_goes_to_the_function_that_the_stack_names(world: World) -> None:
    every_kind(world)
    replay("Shop", "--where", "kind == 'function_dead_letter'")
    assert world.functions.functions["mailer"].events == [(None, {"to": "a"})]
    every_kind(world)
    found = replay("mailer-dlq", code=1)
    assert "name the stack" in found["problems"][0]["why"]


def test_stream_records_go_to_their_function_as_an_event_of_the_original_shape(world: World) -> None:
    world.s3.buckets["readings-failed"]["aws/lambda/kept"] = json.dumps(kinesis_failure(1, 3)).encode()
    replay("Shop")
    (event,) = world.functions.functions["readings"].calls
    assert [each["kinesis"]["sequenceNumber"] for each in event["Records"]] == ["1", "2", "3"]
    assert all("redriveReplay" in each for each in event["Records"])
    assert world.s3.buckets["readings-failed"] == {}


def test_what_is_not_understood_is_never_touched(world: World) -> None:
    ids = every_kind(world)
    put = world.s3.buckets["readings-failed"]
    put["aws/lambda/other"] = b"other"
    found = replay("Shop", "--where", "kind != 'stream_batch' && kind != 'record_set_aside'", code=0)
    (left,) = world.sqs.queues["orders-dlq"].all
    assert f"orders-dlq/{left.id}" == ids["not_understood"]
    assert "aws/lambda/other" in put
    assert found["not_understood"] == 2


def test_only_what_is_selected_goes_back(world: World) -> None:
    for total in (50, 150, 250):
        moved(world, {"total": total})
    replay("orders-dlq", "--where", "payload.total > `100`")
    assert sorted(json.loads(body)["total"] for body in world.sqs.queues["orders"].bodies) == [150, 250]
    world.time += 1
    assert [json.loads(body)["total"] for body in world.sqs.queues["orders-dlq"].bodies] == [50]


def test_a_limit_is_never_passed(world: World) -> None:
    for _ in range(57):
        moved(world)
    assert replay("orders-dlq", "--limit", "23")["replayed"] == 23
    assert len(world.sqs.queues["orders"].all) == 23
    assert len(world.sqs.queues["orders-dlq"].all) == 34


def test_keep_leaves_the_originals_and_sends_each_once(world: World) -> None:
    for _ in range(35):
        moved(world)
    found = replay("orders-dlq", "--keep")
    assert (found["replayed"], found["deleted"]) == (35, 0)
    assert len(world.sqs.queues["orders"].all) == len(world.sqs.queues["orders-dlq"].all) == 35


def test_a_records_own_stream_is_read_again(world: World, tmp_path: Path) -> None:
    """What the stream no longer has is named, and the report stays."""
    world.services["kinesis"] = GoneStream()
    world.sqs.put("invoices-failed", json.dumps(streams.KINESIS))
    found = replay("invoices-failed", code=1)
    assert found["gone"] == 500
    assert found["not_sent"] == 1
    assert any("gone" in each["why"] for each in found["problems"])
    assert len(world.sqs.queues["invoices-failed"].all) == 1


class GoneStream:
    """A stream whose retention has ended for all records."""

    def get_shard_iterator(self, **_: Any) -> dict[str, Any]:
        return {"ShardIterator": "i"}

    def get_records(self, **_: Any) -> dict[str, Any]:
        return {"Records": [], "NextShardIterator": None, "MillisBehindLatest": 0}


@pytest.mark.parametrize(
    "arguments",
    [
        ("--stop-at", "0%"),
        ("--stop-at", "much"),
        ("--to", "nowhere"),
        ("--to-region", "us-east-1"),
        ("--set", "=1"),
        ("--where", "payload.["),
        ("--older", "yesterday"),
        ("--rate", "0"),
        ("--limit", "0"),
    ],
)
def test_a_command_line_that_makes_no_sense_does_nothing(world: World, arguments: tuple[str, ...]) -> None:
    moved(world)
    result = run("replay", "orders-dlq", "--yes", *arguments)
    assert result.exit_code == 252
    assert arguments[0].removeprefix("--") in result.stderr or arguments[1] in result.stderr
    assert not world.made("SendMessageBatch", "ReceiveMessage")
