"""`redrive failures`: every place and kind is found, and looking changes nothing but the receive count."""

from __future__ import annotations

import json

import pytest

from tests.support.cli.shop import every_kind, moved, run, run_json, why
from tests.support.cli.world import World


def test_every_kind_is_found_in_its_place(world: World) -> None:
    ids = every_kind(world)
    found = run_json("failures", "Shop", "--list")
    assert {each["kind"]: each["id"] for each in found["failures"]} == ids
    places = {each["where"].rpartition(":")[2]: each for each in found["places"]}
    assert set(places) == {
        "orders-dlq",
        "ledger-dlq.fifo",
        "invoices-failed",
        "mailer-dlq",
        "//readings-failed/aws/lambda/",
    }
    assert {each["place"] for each in found["places"]} >= {"OrdersDead", "ReadingsFailed/aws/lambda"}
    assert (places["orders-dlq"]["count"], places["orders-dlq"]["not_understood"]) == (3, 1)


def test_without_a_place_all_stacks_are_looked_at(world: World) -> None:
    moved(world)
    assert [each["count"] for each in run_json("failures")["places"]] == [0, 0, 0, 1, 0]


def test_a_table_fits_80_columns(world: World) -> None:
    every_kind(world)
    world.sqs.put("orders-dlq", "{}", why(reason="a very long reason " * 20, error="AnErrorWithAVeryLongName" * 3))
    for arguments in (("--list",), (), ("--by", "reason"), ("--by", "hour")):
        result = run("failures", "Shop", *arguments)
        assert result.exit_code == 0, result.stderr
        assert max(map(len, result.stdout.splitlines())) <= 80
    assert "OrdersDead: 4 failures" in run("failures", "Shop").stdout
    assert "no failures: LedgerDead" in run("failures", "Shop").stdout


def test_looking_gives_all_messages_back(world: World) -> None:
    ids = {moved(world) for _ in range(25)}
    run_json("failures", "Shop")
    queue = world.sqs.queues["orders-dlq"]
    world.time += 1  # given back with a timeout of 0
    assert run_json("failures", "orders-dlq")["places"][0]["count"] == 25
    assert {each.id for each in queue.all} == ids
    assert {each.receives for each in queue.all} == {2}
    changes = {name for _, name in world.names()} - {"ChangeMessageVisibilityBatch", "ReceiveMessage"}
    assert not [name for name in changes if not name.startswith(("Get", "List", "Describe"))]


def test_messages_that_come_again_while_looking_count_once(world: World) -> None:
    """The visibility timeout ends in the middle of the look."""
    for _ in range(40):
        moved(world)

    def pass_time(service: str, operation: str, request: object) -> None:
        if operation == "ReceiveMessage":
            world.time += 20

    world.before = pass_time
    found = run_json("failures", "orders-dlq", "--list")
    assert len(found["failures"]) == len({each["id"] for each in found["failures"]}) == 40
    assert found["places"][0]["unseen"] == 0


def test_what_is_in_flight_and_what_was_not_looked_at_is_counted(world: World) -> None:
    for _ in range(30):
        moved(world)
    world.sqs.receive_message(world.sqs.queues["orders-dlq"].url, 4)
    (place,) = run_json("failures", "orders-dlq", "--look", "10")["places"]
    assert (place["count"], place["in_flight"], place["seen"], place["unseen"]) == (30, 4, 10, 16)


def test_only_counting_receives_nothing(world: World) -> None:
    moved(world)
    assert run_json("failures", "orders-dlq", "--look", "0")["places"][0]["unseen"] == 1
    assert not world.made("ReceiveMessage")


def test_in_a_fifo_queue_what_waits_behind_its_group_is_not_seen(world: World) -> None:
    for number in range(15):
        moved(world, {"n": number}, "ledger.fifo", group="a")
    (place,) = run_json("failures", "ledger-dlq.fifo")["places"]
    assert (place["seen"], place["unseen"]) == (10, 5)


def test_sqs_limit_of_messages_in_flight_ends_the_look(world: World) -> None:
    world.sqs.most_in_flight = 20
    for _ in range(50):
        moved(world)
    result = run("failures", "orders-dlq")
    assert "20" not in result.stderr
    assert "SQS lets no more messages be in flight" in result.stderr
    assert "30 not seen" in result.stdout


def test_a_queue_with_a_policy_of_its_own_needs_consent(world: World) -> None:
    world.sqs.create("last")
    world.sqs.create("second", "last", most=3)
    result = run("failures", "second")
    assert (result.exit_code, world.made("ReceiveMessage")) == (252, [])
    assert "redrive policy of its own" in result.stderr
    assert run("failures", "second", "--yes").exit_code == 0
    assert run("failures", "second", "--look", "0").exit_code == 0


@pytest.mark.parametrize("by", ["reason", "type", "function", "hour"])
def test_failures_are_counted_against_time(world: World, by: str) -> None:
    for number in range(6):
        world.sqs.put("orders-dlq", "{}", why(reason="outage" if number < 5 else "bug", error="TimeoutError"))
        world.time += 1800
    found = run_json("failures", "orders-dlq", "--by", by)["over_time"]
    assert sum(each["count"] for each in found) == 6
    expected = {"reason": ["outage", "bug"], "type": ["TimeoutError"], "function": ["orders-function"]}
    if by == "hour":
        assert [each["count"] for each in found] == [2, 2, 2]
    else:
        assert [each[by] for each in found] == expected[by]
        assert len(found[0]["hours"]) == 3


def test_each_line_is_a_failure_of_its_own(world: World) -> None:
    every_kind(world)
    result = run("failures", "Shop", "--list", "--output", "jsonl")
    assert {json.loads(line)["kind"] for line in result.stdout.splitlines()} >= {"moved_by_sqs", "not_understood"}


def test_selected_ones_are_counted_apart(world: World) -> None:
    moved(world, {"total": 50})
    moved(world, {"total": 150})
    (place,) = run_json("failures", "orders-dlq", "--where", "payload.total > `100`")["places"]
    assert (place["seen"], place["not_selected"], place["unseen"]) == (1, 1, 0)


@pytest.mark.parametrize(
    ("where", "code", "said"),
    [
        ("Nothing", 254, "no stack and no queue is called 'Nothing' in eu-west-1"),
        ("s3://nothing/", 254, "no bucket nothing"),
        ("arn:aws:sqs:eu-west-1:222222222222:theirs", 254, "no queue theirs in account 222222222222"),
        ("arn:aws:sns:eu-west-1:111111111111:topic", 252, "neither a queue nor a bucket"),
        ("missing.jsonl", 252, "is no file"),
    ],
)
def test_what_keeps_no_failures_is_said_in_a_sentence(world: World, where: str, code: int, said: str) -> None:
    result = run("failures", where)
    assert result.exit_code == code
    assert said in result.stderr
    assert result.stdout == ""
