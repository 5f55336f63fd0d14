"""`redrive show`: one failure with everything that is known of it."""

from __future__ import annotations

import json

import pytest

from tests.support.cli.shop import every_kind, moved, run, run_json, why
from tests.support.cli.world import World

KINDS = [
    *("moved_by_sqs", "sent_by_helper", "invocation_record", "function_dead_letter"),
    *("stream_batch", "stream_payload", "record_set_aside", "not_understood"),
]


@pytest.mark.parametrize("kind", KINDS)
def test_an_id_is_enough(world: World, kind: str) -> None:
    ids = every_kind(world)
    found = run_json("show", ids[kind])
    assert (found["kind"], found["id"]) == (kind, ids[kind])
    assert run("show", ids[kind]).exit_code == 0


def test_with_a_place_the_last_part_of_the_id_is_enough(world: World) -> None:
    id = moved(world)
    found = run_json("show", id, "Shop")
    assert found["payload"] == {"id": 7, "total": 120}
    assert (found["receives"], found["replays"], found["came_from"][-6:]) == (1, 0, "orders")


def test_the_text_has_what_a_person_asks_for(world: World) -> None:
    id = world.sqs.put("orders-dlq", '{"id": 8}', why(reason="no lines", tenant="a")).id
    shown = run("show", f"orders-dlq/{id}").stdout
    for part in ("sent by the helper", "no lines", "Permanent", "orders-function", "request-1", "tenant=a", '"id": 8'):
        assert part in shown


def test_control_characters_do_not_reach_the_terminal(world: World) -> None:
    id = moved(world, "\x1b[2Jgone")
    assert "\x1b" not in run("show", f"orders-dlq/{id}").stdout


def test_what_is_not_there_is_said(world: World) -> None:
    result = run("show", "orders-dlq/5fb0f5a2")
    assert result.exit_code == 1
    assert "was not found" in result.stderr
    assert run("show", "5fb0f5a2").exit_code == 252


def test_log_lines_are_found_for_a_message_that_sqs_moved_without_a_reason(world: World) -> None:
    """The functions that consume its queue are asked."""
    id = moved(world)
    line = json.dumps({"event": "redrive.sqs.failure", "message_id": id, "error": "boom"})
    world.logs.groups["/aws/lambda/orders-function"] = [(world.time - 60, line), (world.time - 50, "other")]
    found = run_json("show", f"orders-dlq/{id}", "--logs")
    assert [each["line"] for each in found["logs"]] == [line]
    assert found["logs"][0]["function"] == "orders-function"
    assert "boom" in run("show", f"orders-dlq/{id}", "--logs").stdout


def test_a_function_without_a_log_group_has_no_lines(world: World) -> None:
    id = moved(world)
    assert run_json("show", f"orders-dlq/{id}", "--logs")["logs"] == []


def test_looking_for_one_gives_all_back(world: World) -> None:
    ids = [moved(world) for _ in range(30)]
    run_json("show", ids[-1], "orders-dlq")
    world.time += 1
    world.sqs.get_queue_attributes(world.sqs.queues["orders-dlq"].url, ["All"])
    assert not world.sqs.queues["orders-dlq"].flight


def test_lines_about_other_messages_of_the_invocation_are_left_out(world: World) -> None:
    """All failures of a batch have the same request id."""
    id = world.sqs.put("orders-dlq", "{}", why(id="first-1")).id
    common = {"event": "redrive.sqs.failure", "request_id": "request-1", "outcome": "dead_lettered", "error": "boom"}
    mine, other = (json.dumps({**common, "message_id": each}) for each in ("first-1", "other-1"))
    group = world.logs.groups["/aws/lambda/orders-function"] = [(world.time, other), (world.time, mine)]
    assert [each["line"] for each in run_json("show", id, "orders-dlq", "--logs")["logs"]] == [mine]
    shown = " ".join(run("show", id, "orders-dlq", "--logs").stdout.split())
    assert "redrive.sqs.failure outcome=dead_lettered error=boom request_id=request-1" in shown
    group.remove((world.time, mine))
    assert len(run_json("show", id, "orders-dlq", "--logs")["logs"]) == 1
