"""Mistakes of an operator and odd content of a queue are named with a remedy, and nothing is lost."""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path
from typing import Any

import pytest

from redrive_cli.aws import Account, Aws
from redrive_cli.selection import expression
from tests.support.cli.shop import every_kind, moved, run, text
from tests.support.cli.world import World


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("failures", ""), "an empty WHERE names nothing"),
        (("failures", "  "), "an empty WHERE names nothing"),
        (("failures", "Shop", "--where", "nope(payload)"), "Unknown function: nope()"),
        (("failures", "Shop", "--where", "length()"), "Expected 1 argument"),
        (("failures", "Shop", "--where", "payload.["), "Incomplete expression"),
        (("failures", "Shop", "--endpoint-url", "banana"), "'banana' is no address"),
        (("replay", "orders-dlq", "--to", "queue:nope", "--yes"), "there is no queue nope: look at --to"),
        (("show", "OrdersDead/1"), "give WHERE as well, such as `redrive show OrdersDead/1 Shop`"),
        (("archive", "Shop", "--to", "no/such/folder.jsonl"), "cannot be made (No such file or directory)"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else None,
)
def test_a_mistake_is_named_in_one_line(world: World, arguments: tuple[str, ...], said: str) -> None:
    moved(world)
    result = run(*arguments)
    assert result.exit_code in (252, 254)
    assert said in " ".join(result.stderr.split())
    assert "Traceback" not in result.output
    assert not world.made("SendMessageBatch", "DeleteMessageBatch")


def test_a_function_that_only_some_payloads_reach_is_named_too() -> None:
    matches = expression("payload && nope(payload)")
    with pytest.raises(Exception, match="Unknown function"):
        matches({"payload": 1})
    assert not expression("length(payload) > `1`")({"payload": 1})


def line(**more: Any) -> str:
    raw = {"MessageId": "m-1", "Body": '{"n": 1}', "Attributes": {}}
    return json.dumps({"redrive": 1, "id": "a/m-1", "raw": raw, "payload": {"n": 1}, **more})


DAMAGED = {
    "cut off": (line()[:40].encode(), "is no JSON"),
    "no text": (b"\xff\xfe\x00", "is no text in UTF-8"),
    "a list": (b"[1]", "is no failure"),
    "another version": (line(redrive=9).encode(), "has version 9"),
    "a destination that is no text": (line(destination=7).encode(), "has the destination 7"),
    "attributes that are none": (line(raw={"Body": "{}", "MessageAttributes": {"a": 5}}).encode(), "member raw"),
    "no base64": (
        line(raw={"Body": "", "MessageAttributes": {"a": {"BinaryValue": {"base64": "!"}}}}).encode(),
        "member raw",
    ),
}


@pytest.mark.parametrize("damaged", DAMAGED)
def test_nothing_of_a_damaged_archive_is_sent(world: World, tmp_path: Path, damaged: str) -> None:
    moved(world)
    path = tmp_path / "a.jsonl"
    assert run("archive", "orders-dlq", "--to", str(path)).exit_code == 0
    content, said = DAMAGED[damaged]
    path.write_bytes(path.read_bytes() * 30 + content + b"\n")
    result = run("replay", str(path), "--yes")
    assert result.exit_code == 252
    assert f"{path}, line 31" in result.stderr
    assert said in result.stderr
    assert result.stdout == ""
    assert not world.made("SendMessageBatch")


def test_a_line_with_a_destination_that_is_none_stays_behind_and_the_others_are_sent(
    world: World, tmp_path: Path
) -> None:
    moved(world)
    path = tmp_path / "a.jsonl"
    run("archive", "orders-dlq", "--to", str(path))
    other = {**json.loads(path.read_text()), "id": "orders-dlq/other", "destination": "nowhere"}
    path.write_text(path.read_text() + json.dumps(other) + "\n")
    result = run("replay", str(path), "--yes")
    assert result.exit_code == 1
    assert "1 replayed, 1 not sent" in result.stdout
    assert "the archive says 'nowhere', which is no destination" in result.stderr


HEADER = '{"journal": "redrive-journal-1", "run": "x", "places": ["arn:aws:sqs:eu-west-1:111111111111:orders-dlq"]}\n'


@pytest.mark.parametrize(
    ("journal", "is_readable"),
    [
        ("garbage", True),
        ("", True),
        ("\xff\x00", True),
        (HEADER + '{"intended": ["orders-dlq/1"]}\n{"sent": ["orders-dl', True),
        (HEADER + '{"intended": 5}\n', False),
        (HEADER + '{"intended": ["a"], "at": "soon"}\n', False),
        ('{"journal": "redrive-journal-1", "places": 7}\n', False),
    ],
    ids=["no journal", "empty", "no text", "cut off", "no list", "no time", "no places"],
)
def test_a_damaged_journal_is_named_where_it_could_hide_what_was_sent(
    world: World, tmp_path: Path, journal: str, is_readable: bool
) -> None:
    moved(world)
    state = tmp_path / "state"
    state.mkdir()
    (state / "x.jsonl").write_text(journal)
    (state / "folder.jsonl").mkdir()
    result = run("replay", "orders-dlq", "--yes")
    assert result.exit_code == (0 if is_readable else 255), result.output
    assert ("move it away to go on without it" in result.stderr) is not is_readable
    assert bool(world.sqs.queues["orders"].all) is is_readable


def test_numbers_that_are_not_json_stay_text(world: World, tmp_path: Path) -> None:
    bodies = ['[1e400, {"a": NaN}]', '{"n": 1e300}', '{"n": "NaN"}']
    for body in bodies:
        moved(world, body)
    listed = run("failures", "orders-dlq", "--list", "--output", "json")

    def refuse(constant: str) -> Any:
        raise AssertionError(f"{constant} is no JSON")

    payloads = [each["payload"] for each in json.loads(listed.stdout, parse_constant=refuse)["failures"]]
    assert payloads == [bodies[0], {"n": 1e300}, {"n": "NaN"}]
    path = str(tmp_path / "a.jsonl")
    run("drop", "orders-dlq", "--archive", path, "--yes")
    assert run("replay", path, "--yes").exit_code == 0
    assert sorted(world.sqs.queues["orders"].bodies) == sorted(bodies)


def test_a_payload_is_printed_as_it_is(world: World) -> None:
    id = moved(world, "x" * 500)
    assert "x" * 500 in run("show", id, "orders-dlq").stdout


def test_ten_attributes_and_binary_ones_come_back_whole(world: World) -> None:
    attributes = {f"a{number}": text("v") for number in range(9)}
    attributes["b"] = {"DataType": "Binary", "BinaryValue": bytes(range(256))}
    moved(world, attributes=attributes)
    assert run("replay", "orders-dlq", "--yes").exit_code == 0
    (message,) = world.sqs.queues["orders"].all
    assert message.attributes == attributes


def test_a_question_of_drop_has_the_number_that_will_be_deleted(world: World) -> None:
    every_kind(world)
    result = run("drop", "orders-dlq")
    assert "Delete 2 failures of 3?" in result.stderr


def test_no_room_on_the_disk(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    moved(world)

    def write(file: int, content: bytes) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("redrive_cli.archiving.os.write", write)
    result = run("drop", "orders-dlq", "--archive", str(tmp_path / "a.jsonl"), "--yes")
    assert result.exit_code == 255
    assert "what is not in it was not deleted" in result.stderr
    result = run("replay", "orders-dlq", "--yes")
    assert result.exit_code == 255
    assert "make room on the disk, and run the same command to continue" in result.stderr
    assert len(world.sqs.queues["orders-dlq"].all) == 1


def test_the_region_is_that_of_the_aws_command_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_REGION", "eu-central-1")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    assert Aws(Account()).client("sqs").meta.region_name == "eu-central-1"
    assert Aws(Account(region="eu-west-3")).client("sqs").meta.region_name == "eu-west-3"
