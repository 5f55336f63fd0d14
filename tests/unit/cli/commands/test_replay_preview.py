"""What `redrive replay` shows and asks before it does anything."""

from __future__ import annotations

import json

import pytest

from redrive.settings.circuit import PAUSED_BY
from tests.support.cli.shop import QUEUES, moved, run
from tests.support.cli.world import World


@pytest.fixture(autouse=True)
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Standard input is a terminal."""
    monkeypatch.setattr("redrive_cli.output.terminal.is_a_terminal", lambda file: False)
    monkeypatch.setattr("redrive_cli.commands.common.is_a_terminal", lambda file: True)


def test_a_dry_run_shows_and_changes_nothing(world: World) -> None:
    for number in range(5):
        moved(world, {"n": number})
    result = run("replay", "orders-dlq", "--dry-run")
    assert result.exit_code == 0
    assert "5 failures of 5 would be replayed, in about 1 s" in result.stderr
    assert "orders" in result.stdout
    assert '{"n":0}' in result.stdout
    world.time += 1
    assert len(world.sqs.queues["orders-dlq"].all) == 5
    assert not world.made("SendMessageBatch", "DeleteMessageBatch")


def test_it_asks_with_the_count(world: World) -> None:
    moved(world)
    moved(world)
    declined = run("replay", "orders-dlq", typed="n\n")
    assert "Replay 2 failures to orders?" in declined.output
    assert "nothing was changed" in declined.stderr
    assert not world.sqs.queues["orders"].all
    accepted = run("replay", "orders-dlq", typed="y\n")
    assert accepted.exit_code == 0
    assert len(world.sqs.queues["orders"].all) == 2


def test_without_a_terminal_it_needs_consent_beforehand(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("redrive_cli.commands.common.is_a_terminal", lambda file: False)
    moved(world)
    result = run("replay", "orders-dlq")
    assert result.exit_code == 252
    assert "give --yes" in result.stderr
    assert not world.sqs.queues["orders"].all


def test_with_changes_the_samples_are_the_changed_ones(world: World) -> None:
    moved(world, {"n": 1})
    assert '{"n":2}' in run("replay", "orders-dlq", "--dry-run", "--set", "n=2").stdout


def test_a_disabled_mapping_stands_in_the_way(world: World) -> None:
    world.functions.mappings[0]["State"] = "Disabled"
    moved(world)
    assert "the mapping from orders to orders-function is disabled" in run("replay", "orders-dlq", "--dry-run").stderr


def test_an_open_circuit_stands_in_the_way(world: World) -> None:
    mapping = world.functions.mappings[0]
    mapping["State"] = "Disabled"
    world.functions.tags[mapping["EventSourceMappingArn"]] = {PAUSED_BY: "Warehouse"}
    environment = {"REDRIVE_CIRCUIT_1": json.dumps({"name": "Warehouse", "table": "circuits"})}
    world.functions.functions["orders-function"].environment = environment
    world.dynamodb.tables["circuits"] = {
        "circuit#Warehouse": {
            "id": {"S": "circuit#Warehouse"},
            "version": {"S": "1"},
            "expiration": {"N": str(int(world.time) + 900)},
            "open_until": {"N": str(world.time + 60)},
            "openings": {"N": "1"},
            "successes": {"N": "0"},
            "failures": {"L": []},
            "stretches": {"L": []},
        }
    }
    moved(world)
    said = run("replay", "orders-dlq", "--dry-run").stderr
    assert "the circuit Warehouse is open and has paused the mapping" in said
    assert "the circuit Warehouse, which protects orders-function, is open" in said


def test_a_function_that_was_not_deployed_since_the_failure_may_not_be_fixed(world: World) -> None:
    moved(world)
    assert "orders-function was last deployed 6 d ago, before" in run("replay", "orders-dlq", "--dry-run").stderr
    world.functions.functions["orders-function"].modified = "2026-11-26T09:00:00.000+0000"
    assert "last deployed" not in run("replay", "orders-dlq", "--dry-run").stderr


def test_what_may_not_be_looked_at_is_said(world: World) -> None:
    from tests.support.cli.world import refused

    def deny(service: str, operation: str, request: object) -> None:
        if operation == "ListEventSourceMappings":
            raise refused(
                "AccessDeniedException", operation, "not authorized to perform: lambda:ListEventSourceMappings"
            )

    world.before = deny
    moved(world)
    result = run("replay", "orders-dlq", "--dry-run")
    assert result.exit_code == 0
    assert "orders was not checked" in result.stderr


def test_nothing_to_replay_is_no_error(world: World) -> None:
    result = run("replay", "orders-dlq")
    assert (result.exit_code, "nothing to replay" in result.stderr) == (0, True)


def test_the_preview_is_data_too(world: World) -> None:
    moved(world)
    result = run("replay", "orders-dlq", "--dry-run", "--output", "json")
    preview = json.loads(result.stdout)["preview"]
    assert preview["destinations"] == [{"kind": "queue", "name": QUEUES + "orders", "count": 1}]
    assert preview["expected"] == 1
