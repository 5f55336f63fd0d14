"""`redrive archive` and `redrive drop`: nothing is deleted without a copy, and each copy can be replayed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.cli.shop import every_kind, kinesis_failure, moved, run, run_json, text, why
from tests.support.cli.world import World
from tests.support.runtime.destinations import stream_failures as streams


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_an_archive_has_each_kind_and_deletes_nothing(world: World, tmp_path: Path) -> None:
    ids = every_kind(world)
    path = tmp_path / "all.jsonl"
    # Neither stream of these two is there: the metadata is archived, and said to be incomplete.
    result = run("archive", "Shop", "--to", str(path), "--where", "kind != 'stream_batch'")
    assert result.exit_code == 0, result.output
    found = {each["kind"]: each["id"] for each in lines(path)}
    assert found == {kind: id for kind, id in ids.items() if kind not in ("stream_batch", "not_understood")}
    world.time += 1
    assert run_json("failures", "Shop")["places"][-1]["count"] == 2
    assert not world.made("DeleteMessageBatch", "DeleteObject")


def test_an_archive_is_replayed_to_where_its_failures_came_from(world: World, tmp_path: Path) -> None:
    binary = {"DataType": "Binary", "BinaryValue": b"\x00\xff"}
    moved(world, {"id": 1}, attributes={"picture": binary})
    world.sqs.put("orders-dlq", '{"id": 2}', why())
    moved(world, {"n": 1}, "ledger.fifo", group="a")
    every_kind(world)
    path = tmp_path / "all.jsonl"
    run("archive", "Shop", "--to", str(path), "--where", "kind != 'stream_batch' && kind != 'record_set_aside'")
    for queue in world.sqs.queues.values():
        queue.ready.clear()
        queue.flight.clear()
    result = run("replay", str(path), "--yes", "--output", "json")
    assert result.exit_code == 0, result.output
    orders = world.sqs.queues["orders"].all
    assert sorted(json.loads(each.body)["id"] for each in orders) == [1, 2, 7, 8]
    assert any(each.attributes.get("picture") == binary for each in orders)
    assert world.sqs.queues["ledger.fifo"].bodies == ['{"n": 1}']
    assert world.functions.functions["invoices"].events == [("live", {"id": 1})]
    assert world.functions.functions["mailer"].events == [(None, {"to": "a"})]
    assert len(world.functions.functions["readings"].calls) == 1


def test_a_changed_line_is_sent_as_it_was_changed(world: World, tmp_path: Path) -> None:
    moved(world, {"id": 1, "quantity": -1})
    world.sqs.put("invoices-failed", json.dumps(json.loads(record())))
    path = tmp_path / "some.jsonl"
    run("archive", "Shop", "--to", str(path))
    changed = [{**each, "payload": {**each["payload"], "quantity": 1}} for each in lines(path)]
    path.write_text("".join(json.dumps(each) + "\n" for each in changed), encoding="utf-8")
    assert run("replay", str(path), "--yes").exit_code == 0
    assert json.loads(world.sqs.queues["orders"].bodies[0]) == {"id": 1, "quantity": 1}
    assert world.functions.functions["invoices"].events == [("live", {"id": 1, "quantity": 1})]


def record() -> str:
    from redrive.testing.failure_records import invocation_record
    from tests.support.cli.functions import ARN

    return json.dumps(invocation_record({"id": 1}, function=f"{ARN}invoices:live"))


def test_an_interrupted_replay_of_an_archive_sends_each_line_once(world: World, tmp_path: Path) -> None:
    for number in range(25):
        moved(world, {"n": number})
    path = tmp_path / "some.jsonl"
    run("archive", "orders-dlq", "--to", str(path))
    sends = 0

    def end(service: str, operation: str, request: Any) -> None:
        nonlocal sends
        sends += operation == "SendMessageBatch"
        if sends == 2:
            raise KeyboardInterrupt

    world.before = end
    assert run("replay", str(path), "--yes").exit_code == 130
    world.before = lambda *_: None
    assert run("replay", str(path), "--yes").exit_code == 2, "held: a batch may have been sent"
    assert run("replay", str(path), "--yes", "--in-doubt").exit_code == 0
    numbers = sorted(json.loads(body)["n"] for body in world.sqs.queues["orders"].bodies)
    assert numbers == list(range(25))
    # Complete: another replay of the file is meant.
    assert run("replay", str(path), "--yes").exit_code == 0
    assert len(world.sqs.queues["orders"].bodies) == 50


def test_records_of_a_stream_are_read_into_the_archive(world: World, tmp_path: Path) -> None:
    world.services["kinesis"] = Stream()
    world.sqs.put("invoices-failed", json.dumps(streams.failure(1, 3, 3)))
    path = tmp_path / "some.jsonl"
    assert run("archive", "invoices-failed", "--to", str(path)).exit_code == 0
    (line,) = lines(path)
    numbers = [each["kinesis"]["sequenceNumber"] for each in line["payload"]["Records"]]
    assert numbers == ["1", "2", "3"]
    world.services["kinesis"] = Stream(gone=True)
    world.functions.create("myfunction")
    assert run("replay", str(path), "--yes").exit_code == 0
    (event,) = world.functions.functions["myfunction"].calls
    assert [each["kinesis"]["sequenceNumber"] for each in event["Records"]] == ["1", "2", "3"]


class Stream:
    def __init__(self, *, gone: bool = False) -> None:
        self._gone = gone

    def get_shard_iterator(self, **_: Any) -> dict[str, Any]:
        return {"ShardIterator": "i"}

    def get_records(self, **_: Any) -> dict[str, Any]:
        records = [] if self._gone else [streams.stored(number) for number in (1, 2, 3)]
        return {"Records": records, "NextShardIterator": None, "MillisBehindLatest": 0}


def test_what_is_gone_is_said_and_makes_the_archive_incomplete(world: World, tmp_path: Path) -> None:
    world.services["kinesis"] = Stream(gone=True)
    world.sqs.put("invoices-failed", json.dumps(streams.failure(1, 3, 3)))
    result = run("archive", "invoices-failed", "--to", str(tmp_path / "some.jsonl"))
    assert result.exit_code == 1
    assert "gone" in result.stderr


def test_an_archive_in_s3_is_written_and_replayed(world: World) -> None:
    moved(world)
    world.s3.buckets["backups"] = {}
    assert run("archive", "orders-dlq", "--to", "s3://backups/a/b.jsonl").exit_code == 0
    assert list(world.s3.buckets["backups"]) == ["a/b.jsonl"]
    assert run("replay", "s3://backups/a/b.jsonl", "--yes").exit_code == 0
    assert len(world.sqs.queues["orders"].all) == 1
    assert run_json("failures", "s3://backups/a/b.jsonl")["places"][0]["count"] == 1


@pytest.mark.parametrize("to", ["archive.txt", "s3://bucket", "s3://bucket/key"])
def test_a_name_that_is_none_of_an_archive_is_refused(world: World, to: str) -> None:
    assert run("archive", "orders-dlq", "--to", to).exit_code == 252


def test_a_file_is_never_overwritten(world: World, tmp_path: Path) -> None:
    path = tmp_path / "mine.jsonl"
    path.write_text("mine", encoding="utf-8")
    for command in (("archive", "--to"), ("drop", "--yes", "--archive")):
        assert run(*command[:-1], "orders-dlq", command[-1], str(path)).exit_code == 252
    assert path.read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize("line", ["no JSON", "{}", "[]", '{"redrive": 9, "raw": {}}'])
def test_a_line_of_another_kind_is_refused(world: World, tmp_path: Path, line: str) -> None:
    path = tmp_path / "other.jsonl"
    path.write_text(line + "\n", encoding="utf-8")
    result = run("failures", str(path))
    assert result.exit_code == 252
    assert "line 1" in result.stderr


def test_drop_archives_what_it_deletes(world: World, tmp_path: Path) -> None:
    ids = every_kind(world)
    moved(world, {"keep": True})
    path = tmp_path / "dropped.jsonl"
    condition = "kind != 'stream_batch' && !(payload.keep)"
    result = run("drop", "Shop", "--where", condition, "--archive", str(path), "--yes", "--output", "json")
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["dropped"] == 6
    assert {each["id"] for each in lines(path)} == set(ids.values()) - {ids["stream_batch"], ids["not_understood"]}
    assert sorted(world.sqs.queues["orders-dlq"].bodies) == ["by hand", '{"keep": true}']
    assert world.s3.buckets["readings-failed"] == {}


def test_nothing_is_deleted_before_it_is_written(world: World, tmp_path: Path) -> None:
    moved(world)
    path = tmp_path / "dropped.jsonl"

    def look(service: str, operation: str, request: Any) -> None:
        if operation == "DeleteMessageBatch":
            assert len(lines(path)) == 1

    world.before = look
    assert run("drop", "orders-dlq", "--archive", str(path), "--yes").exit_code == 0


def test_an_archive_that_cannot_be_written_keeps_everything(world: World) -> None:
    moved(world)
    result = run("drop", "orders-dlq", "--archive", "s3://missing/a.jsonl", "--yes")
    assert result.exit_code == 254
    assert len(world.sqs.queues["orders-dlq"].all) == 1


def test_a_batch_that_cannot_be_read_is_not_dropped(world: World, tmp_path: Path) -> None:
    world.services["kinesis"] = Stream(gone=True)
    world.sqs.put("invoices-failed", json.dumps(streams.failure(1, 3, 3)))
    result = run("drop", "invoices-failed", "--archive", str(tmp_path / "a.jsonl"), "--yes")
    assert result.exit_code == 1
    assert "stays" in result.stderr
    assert len(world.sqs.queues["invoices-failed"].all) == 1


def test_drop_asks_with_the_count_and_counts_without_asking(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("redrive_cli.commands.common.is_a_terminal", lambda file: True)
    moved(world)
    result = run("drop", "orders-dlq", typed="n\n")
    assert "Delete 1 failure of 1?" in result.output
    assert run("drop", "orders-dlq", "--dry-run").exit_code == 0
    world.time += 1
    assert len(world.sqs.queues["orders-dlq"].all) == 1


def test_large_drops_are_written_in_parts(world: World) -> None:
    for number in range(1200):
        moved(world, {"n": number})
    world.s3.buckets["backups"] = {}
    assert run("drop", "orders-dlq", "--archive", "s3://backups/a.jsonl", "--yes").exit_code == 0
    assert sorted(world.s3.buckets["backups"]) == ["a-2.jsonl", "a-3.jsonl", "a.jsonl"]
    assert sum(each.count(b"\n") for each in world.s3.buckets["backups"].values()) == 1200
    assert not world.sqs.queues["orders-dlq"].all


def test_kept_attributes_survive_an_archive(world: World, tmp_path: Path) -> None:
    moved(world, attributes={"tenant": text("a")})
    world.s3.buckets["readings-failed"]["aws/lambda/kept"] = json.dumps(kinesis_failure(1, 3)).encode()
    path = tmp_path / "a.jsonl"
    run("archive", "Shop", "--to", str(path))
    found = run_json("failures", str(path), "--list")["failures"]
    assert {each["kind"] for each in found} == {"moved_by_sqs", "stream_payload"}
    assert {"tenant": "a"} in [each["attributes"] for each in found]
    id = found[0]["id"]
    assert run_json("show", id)["id"] == id
