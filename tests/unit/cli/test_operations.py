"""The AWS operations of each command are those that the model lists, from which policies are made."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from redrive.core.system import sleeper
from redrive_model.operations import COMMANDS
from tests.support.cli.shop import QUEUES, TEMPLATE, every_kind, kinesis_failure, moved, run
from tests.support.cli.world import World
from tests.support.runtime.destinations import stream_failures as streams
from tests.support.simulator.simulations import function
from tests.unit.cli.commands.test_archive import Stream
from tests.unit.cli.stacks.test_actual_deliveries import deployed


def check(world: World, folder: Path) -> None:
    run("check", "Shop")
    deployed(world)
    run("check", "News")


def explain(world: World, folder: Path) -> None:
    run("explain", "Shop")
    deployed(world)
    run("explain", "News")


def simulate(world: World, folder: Path) -> None:
    (folder / "scenario.yaml").write_text("send: [{queue: Orders}]")
    run("simulate", "Shop", str(folder / "scenario.yaml"))
    deployed(world)
    run("simulate", "News", str(folder / "scenario.yaml"))


def failures(world: World, folder: Path) -> None:
    every_kind(world)
    run("failures")
    run("failures", "Shop", "--list")


def show(world: World, folder: Path) -> None:
    for id in every_kind(world).values():
        run("show", id, "--logs", "--records")
        run("show", id, "Shop")
    batch = world.sqs.put("invoices-failed", json.dumps(streams.failure(1, 3, 3)))
    run("show", f"invoices-failed/{batch.id}", "--records")


def replay(world: World, folder: Path) -> None:
    for arguments in (("--dry-run",), ("--to", "stream:other"), ("--to", f"{QUEUES}orders"), ("--follow",), ()):
        every_kind(world)
        world.sqs.put("invoices-failed", json.dumps(streams.failure(1, 3, 3)))
        key = "aws/lambda/kept"
        world.s3.buckets["readings-failed"][key] = json.dumps(kinesis_failure(1, 3)).encode()
        run("replay", "Shop", "--yes", *arguments)
    every_kind(world)
    world.functions.mappings[0]["State"] = "Disabled"
    circuit = {"REDRIVE_CIRCUIT_1": json.dumps({"name": "Warehouse", "table": "circuits"})}
    world.functions.functions["orders-function"].environment = circuit
    run("replay", "orders-dlq", "--dry-run")
    run("replay", "orders-dlq", "--server-side", "--yes")
    moved(world)
    world.sqs.tasks.clear()
    world.before = lambda service, operation, request: _interrupt(operation)
    run("replay", "orders-dlq", "--server-side", "--yes")


def _interrupt(operation: str) -> None:
    if operation == "ListMessageMoveTasks":
        raise KeyboardInterrupt


def archive(world: World, folder: Path) -> None:
    world.s3.buckets["backups"] = {}
    every_kind(world)
    world.sqs.create("more-orders", "orders-dlq")
    world.sqs.put("invoices-failed", json.dumps(streams.failure(1, 3, 3)))
    run("archive", "Shop", "--to", "s3://backups/a.jsonl")


def drop(world: World, folder: Path) -> None:
    world.s3.buckets["backups"] = {}
    every_kind(world)
    world.sqs.create("more-orders", "orders-dlq")
    world.sqs.put("invoices-failed", json.dumps(streams.failure(1, 3, 3)))
    run("drop", "Shop", "--archive", "s3://backups/a.jsonl", "--yes")


def watch(world: World, folder: Path) -> None:
    run("watch", "Shop", "--times", "1")
    run("watch", "orders-dlq", "--times", "1")


def circuits(world: World, folder: Path) -> None:
    circuit = {"name": "Warehouse", "table": "circuits"}
    switch = {**circuit, "queue_url": "https://timers", "mappings": [world.functions.mappings[0]["UUID"]]}
    environment = {"REDRIVE_CIRCUIT_1": json.dumps(circuit), "REDRIVE_SWITCH_1": json.dumps(switch)}
    resources = {**TEMPLATE["Resources"], "OrdersFunction": function(Environment={"Variables": environment})}
    world.cloudformation.stacks["Shop"]["template"] = {"Resources": resources}
    world.logs.groups["/aws/lambda/orders-function"] = []
    for arguments in (("--open", "Warehouse", "--yes"), (), ("--close", "Warehouse", "--yes")):
        run("circuits", "Shop", *arguments)


def forget(world: World, folder: Path) -> None:
    world.dynamodb.tables["done"] = {"k": {"id": {"S": "k"}, "status": {"S": "COMPLETED"}, "expiration": {"N": "1"}}}
    settings = {"REDRIVE_IDEMPOTENCY_1": json.dumps({"name": "Done", "table": "done"})}
    resources = {**TEMPLATE["Resources"], "Mailer": function(Environment={"Variables": settings})}
    world.cloudformation.stacks["Shop"]["template"] = {"Resources": resources}
    run("forget", "k", "--stack", "Shop", "--yes")


SCENARIOS: dict[str, Callable[[World, Path], None]] = {
    each.__name__: each
    for each in (check, explain, simulate, failures, show, replay, archive, drop, watch, circuits, forget)
}
# Other ways to the same: what a template or a place may need that the stack of the tests does not have.
SELDOM = {
    *(("cloudformation", "ListExports"), ("sqs", "GetQueueUrl")),
    *(("dynamodbstreams", name) for name in ("GetShardIterator", "GetRecords", "DescribeStream")),
    ("kinesis", "DescribeStreamSummary"),
}


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_makes_the_calls_that_the_model_lists_and_no_others(
    world: World, tmp_path: Path, command: str
) -> None:
    world.services["kinesis"] = _Both(world)
    with sleeper.replaced(lambda seconds: None):
        SCENARIOS[command](world, tmp_path)
    listed = {(each.service, each.name) for each in COMMANDS[command]}
    made = set(world.names())
    assert made - listed == set(), "calls that the model does not list"
    assert listed - made - SELDOM == set(), "listed, and never made"


class _Both(Stream):
    """A stream that can be read and written."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self.put_records = world.kinesis.put_records


def test_every_command_has_a_scenario() -> None:
    assert set(SCENARIOS) == set(COMMANDS)
