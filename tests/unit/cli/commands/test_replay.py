"""`redrive replay`: what goes back where, in which order, and what stays."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from redrive.destinations.history import HISTORY, NOTE
from tests.support.cli.shop import QUEUES, every_kind, kinesis_failure, moved, run, text, why
from tests.support.cli.world import World
from tests.support.runtime.destinations import stream_failures as streams


def replay(*arguments: str, code: int = 0) -> Any:
    """Run a replay without questions, and read its outcomes."""
    result = run("replay", *arguments, "--yes", "--output", "json")
    assert result.exit_code == code, result.output
    return json.loads(result.stdout)


def history(message: Any) -> dict[str, Any]:
    return json.loads(message.attributes[HISTORY]["StringValue"])


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


def put_batches(world: World, *batches: tuple[int, int, str]) -> None:
    for first, last, shard in batches:
        key = f"aws/lambda/{last:03}-{shard}"  # not in the order of the stream
        content = json.dumps(kinesis_failure(first, last, shard)).encode()
        world.s3.buckets["readings-failed"][key] = content


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


def test_payloads_are_changed_on_the_way(world: World) -> None:
    moved(world, {"lines": [{"sku": "a", "quantity": -1}], "note": None})
    replay("orders-dlq", "--set", "lines[0].quantity=1", "--set", "note=was -1")
    assert [json.loads(body) for body in world.sqs.queues["orders"].bodies] == [
        {"lines": [{"sku": "a", "quantity": 1}], "note": "was -1"}
    ]


@pytest.mark.parametrize("change", ["lines[3].quantity=1", "lines.quantity=1", "other.deep=1"])
def test_a_change_that_does_not_fit_leaves_the_failure_alone(world: World, change: str) -> None:
    moved(world, {"lines": [1]})
    found = replay("orders-dlq", "--set", change, code=1)
    assert (found["replayed"], found["not_sent"]) == (0, 1)
    assert "--set" in found["problems"][0]["why"]


def test_payloads_can_be_edited_and_what_is_deleted_in_the_editor_stays(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        moved(world, {"n": number})
    monkeypatch.setattr(
        "click.edit", lambda content, **_: "\n".join(content.replace('{"n": 1}', '{"n": 11}').splitlines()[:2])
    )
    replay("orders-dlq", "--edit")
    assert sorted(json.loads(body)["n"] for body in world.sqs.queues["orders"].bodies) == [0, 11]
    assert [json.loads(body)["n"] for body in world.sqs.queues["orders-dlq"].bodies] == [2]


@pytest.mark.parametrize(
    ("to", "where"),
    [
        ("queue:other", "queue"),
        ("https://sqs.eu-west-1.amazonaws.com/111111111111/other", "queue"),
        (f"{QUEUES}other", "queue"),
        ("function:orders-function", "function"),
        ("stream:elsewhere", "stream"),
    ],
)
def test_events_can_be_brought_elsewhere(world: World, to: str, where: str) -> None:
    world.sqs.create("other")
    moved(world, {"id": 7}, attributes={"tenant": text("a")})
    replay("orders-dlq", "--to", to)
    assert not world.sqs.queues["orders-dlq"].all
    if where == "queue":
        (message,) = world.sqs.queues["other"].all
        assert (message.body, message.attributes["tenant"]) == ('{"id": 7}', text("a"))
    elif where == "function":
        (event,) = world.functions.functions["orders-function"].calls
        (record,) = event["Records"]
        assert (record["body"], record["eventSource"]) == ('{"id": 7}', "aws:sqs")
        assert record["messageAttributes"]["tenant"]["stringValue"] == "a"
    else:
        assert [each["Data"] for each in world.kinesis.records] == [b'{"id": 7}']


def test_a_function_that_returns_messages_as_failed_leaves_them(world: World) -> None:
    ids = [moved(world, {"n": number}) for number in range(3)]
    world.functions.functions["orders-function"].run = lambda event: {"batchItemFailures": [{"itemIdentifier": ids[1]}]}
    found = replay("orders-dlq", "--to", "function:orders-function", code=1)
    assert found["failed_again"] == 1
    assert [each.id for each in world.sqs.queues["orders-dlq"].all] == [ids[1]]


def test_stream_records_can_be_put_into_another_stream_with_their_keys(world: World) -> None:
    put_batches(world, (1, 3, "a"))
    world.kinesis.refuses = 1
    replay("Shop", "--to", "stream:elsewhere")
    assert [each["PartitionKey"] for each in world.kinesis.records] == ["p", "p", "p"]


def test_an_event_of_a_function_can_be_put_into_a_queue(world: World) -> None:
    every_kind(world)
    world.sqs.create("other")
    replay("invoices-failed", "--where", "kind == 'invocation_record'", "--to", "queue:other")
    assert world.sqs.queues["other"].bodies == ['{"id":1}']


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
