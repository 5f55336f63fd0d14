"""`redrive simulate`: a scenario's events and faults, the account of what became of them, and the timeline."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.cli.shop import run
from tests.support.cli.world import World
from tests.support.simulator.simulations import (
    Template,
    arn,
    async_stack,
    resource,
    sqs_stack,
    stream_stack,
    table_stack,
    template,
)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def play(folder: Path, source: Template, scenario: str, *options: str, name: str = "s.yaml") -> Any:
    """The exit code and the account of a scenario."""
    (folder / "t.json").write_text(json.dumps(source))
    (folder / name).write_text(scenario)
    result = run("simulate", "t.json", name, "--output", "json", *options)
    assert result.exit_code in (0, 1), result.stderr
    return result.exit_code, json.loads(result.stdout)


def outcomes(account: Any) -> set[tuple[str, str, int]]:
    return {(each["source"], each["outcome"], each["events"]) for each in account["account"]}


def test_six_hours_of_retries_are_a_command(folder: Path) -> None:
    scenario = "send: [{queue: Queue, count: 3, every: 1m}]\nfaults: [{function: Function, end: 6h}]"
    code, account = play(folder, sqs_stack(queue={"VisibilityTimeout": 60}, receives=5), scenario)
    assert (code, account["lost"]) == (0, 0)
    assert outcomes(account) == {("Queue", "dead-lettered", 3)}


def test_a_lost_event_makes_the_exit_code_1(folder: Path) -> None:
    scenario = "send: [{function: Function}]\nfaults: [{function: Function}]"
    code, account = play(folder, async_stack(DestinationConfig={}), scenario)
    assert (code, account["lost"]) == (1, 1)
    shown = run("simulate", "t.json", "s.yaml").stdout
    assert "1 event in 3 min, 1 lost" in shown


@pytest.mark.parametrize("kind", ["error", "timeout", "crash", "throttle", "service_error"])
def test_each_fault_ends_with_the_outage(folder: Path, kind: str) -> None:
    scenario = f"send: [{{queue: Queue}}]\nfaults: [{{function: Function, kind: {kind}, end: 100}}]"
    code, account = play(folder, sqs_stack(queue={"VisibilityTimeout": 60}, receives=5), scenario)
    assert (code, outcomes(account)) == (0, {("Queue", "processed", 1)})


@pytest.mark.parametrize(
    ("fault", "outcome", "code"),
    [
        ("{target: Failures, kind: unreachable}", "undelivered", 1),
        ("{target: Failures, start: 1h}", "at its destination", 0),
        ("{target: Failures, end: 1, retried: false}", "at its destination", 0),
        ("{target: Failures, probability: 0.000001}", "at its destination", 0),
    ],
)
def test_a_target_cannot_be_reached(folder: Path, fault: str, outcome: str, code: int) -> None:
    scenario = f"send: [{{function: Function}}]\nfaults: [{{function: Function}}, {fault}]"
    found, account = play(folder, async_stack(), scenario)
    assert found == code
    assert ("Function", outcome, 1) in outcomes(account)


def test_what_is_tried_again_reaches_its_target_after_the_outage(folder: Path) -> None:
    stack = template(
        Bus=resource(
            "AWS::Events::Rule", ScheduleExpression="rate(1 hour)", Targets=[{"Id": "a", "Arn": arn("Queue")}]
        ),
        Queue=resource("AWS::SQS::Queue"),
        Other=resource("AWS::SQS::Queue"),
    )
    for retried, place in (("true", "kept"), ("false", "undelivered")):
        fault = f"faults: [{{target: Queue, end: 65m, retried: {retried}}}]"
        _, account = play(folder, stack, f"send: [{{queue: Other}}]\n{fault}\nuntil: 90m")
        assert place in {outcome for source, outcome, _ in outcomes(account) if source != "Other"}


def test_streams_and_tables_get_records(folder: Path) -> None:
    _, account = play(folder, stream_stack(), "send: [{stream: Stream, body: {a: 1}, key: k, count: 2}]")
    assert outcomes(account) == {("Stream", "processed", 2)}
    _, account = play(folder, table_stack(), "send: [{table: Table, body: {id: x}}]")
    assert outcomes(account) == {("Table", "processed", 1)}


def test_a_fifo_queue_gets_groups(folder: Path) -> None:
    _, account = play(folder, sqs_stack(fifo=True), "send: [{queue: Queue, group: a, count: 2}, {queue: Queue}]")
    assert outcomes(account) == {("Queue", "processed", 3)}


def test_until_ends_the_run(folder: Path) -> None:
    scenario = "send: [{queue: Queue}]\nfaults: [{function: Function}]\nuntil: 10s"
    _, account = play(folder, sqs_stack(queue={"VisibilityTimeout": 60}), scenario)
    assert outcomes(account) == {("Queue", "waiting", 1)}


def test_a_scenario_in_python(folder: Path) -> None:
    scenario = "def play(simulation):\n    simulation.send('Queue', {})\n    simulation.run()\n"
    _, account = play(folder, sqs_stack(), scenario, name="s.py")
    assert outcomes(account) == {("Queue", "processed", 1)}


def test_the_timeline_is_written(folder: Path) -> None:
    play(folder, sqs_stack(), "send: [{queue: Queue}]", "--timeline", "timeline.html")
    assert (folder / "timeline.html").read_text().startswith("<!DOCTYPE html>")


@pytest.mark.parametrize(
    ("scenario", "said"),
    [
        ("[1", "cannot be read as YAML"),
        ("1", "write an object with"),
        ("send: []", "send has no events"),
        ("sent: [{queue: Queue}]", "sent is not known"),
        ("send: {queue: Queue}", "write a list"),
        ("send: [{queue: Queue, function: Function}]", "send[0]: give exactly one of"),
        ("send: [{queue: Queue, count: 0}]", "send[0]: count 0"),
        ("send: [{queue: Queue, at: soon}]", "send[0]: at"),
        ("send: [{queue: Nothing}]", "no queue is called 'Nothing'"),
        ("send: [{table: Queue}]", "body is the item"),
        ("send: [{queue: Queue}]\nfaults: [{kind: error}]", "faults[0]: give either function"),
        ("send: [{queue: Queue}]\nfaults: [{function: Function, target: Queue}]", "faults[0]: give either function"),
        ("send: [{queue: Queue}]\nfaults: [{target: Queue, kind: error}]", "kind 'error': give one of unreachable for"),
        (
            "send: [{queue: Queue}]\nfaults: [{function: Function, kind: unreachable}]",
            "kind 'unreachable': give one of",
        ),
        ("send: [{queue: Queue}]\nfaults: [{target: Queue, retried: maybe}]", "retried 'maybe'"),
        ("send: [{queue: Queue}]\nfaults: [{function: Function, retried: true}]", "only with target"),
        ("send: [{queue: Queue}]\nfaults: [{target: Nothing}]", "'Nothing'"),
        ("send: [{queue: Queue}]\nfaults: [{function: Function, kind: fire}]", "faults[0]: kind 'fire'"),
        ("send: [{queue: Queue}]\nfaults: [{function: Function, start: 9, end: 3}]", "is not after start"),
        ("send: [{queue: Queue}]\nfaults: [{function: Function, probability: 2}]", "probability 2"),
    ],
)
def test_what_is_no_scenario_is_refused(folder: Path, scenario: str, said: str) -> None:
    (folder / "t.json").write_text(json.dumps(sqs_stack()))
    (folder / "s.yaml").write_text(scenario)
    result = run("simulate", "t.json", "s.yaml")
    assert result.exit_code == 252
    assert said in result.stderr


def test_a_module_without_a_play_and_a_missing_file_are_refused(folder: Path) -> None:
    (folder / "t.json").write_text(json.dumps(sqs_stack()))
    (folder / "s.py").write_text("")
    assert "has no function play(simulation)" in run("simulate", "t.json", "s.py").stderr
    assert run("simulate", "t.json", "missing.yaml").exit_code == 252
    assert run("simulate", "t.json", "missing.py").exit_code == 252


def test_a_template_that_cannot_be_deployed_is_not_played(folder: Path) -> None:
    stack = sqs_stack()
    del stack["Resources"]["Function"]["Properties"]["Role"]
    (folder / "t.json").write_text(json.dumps(stack))
    (folder / "s.yaml").write_text("send: [{queue: Queue}]")
    result = run("simulate", "t.json", "s.yaml")
    assert result.exit_code == 252
    assert "Function: 'Role' is a required property" in result.stderr


def test_what_a_deployed_stack_has_besides_its_template_is_named_as_not_played(folder: Path, world: World) -> None:
    (folder / "s.yaml").write_text("send: [{queue: Orders}]")
    world.sqs.queues["orders"].policy = None
    result = run("simulate", "Shop", "s.yaml")
    assert "Orders: RedrivePolicy is not set, in the template {" in result.stderr
    assert "the template is played, without what differs from it" in result.stderr
