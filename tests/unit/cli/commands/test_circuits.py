"""`redrive circuits`: state, cause and paused mappings; opened and closed by hand."""

from __future__ import annotations

import json

import pytest

from redrive import CircuitState, StoredCircuit
from redrive.circuit.dynamodb import DynamoDBCircuits
from redrive.settings.circuit import PAUSED_BY
from redrive_cli.aws import Account, Aws
from redrive_cli.circuits import with_clients
from tests.support.cli.shop import TEMPLATE, run, run_json
from tests.support.cli.world import World
from tests.support.simulator.simulations import function


@pytest.fixture
def mapping(world: World) -> dict[str, str]:
    """The mapping that the circuit pauses."""
    mapping = world.functions.mappings[0]
    circuit = json.dumps({"name": "Warehouse", "table": "circuits"})
    switch = json.dumps(
        {"name": "Warehouse", "table": "circuits", "queue_url": "https://timers", "mappings": [mapping["UUID"]]}
    )
    resources = {
        **TEMPLATE["Resources"],
        "OrdersFunction": function(Environment={"Variables": {"REDRIVE_CIRCUIT_1": circuit}}),
        "Mailer": function(Environment={"Variables": {"REDRIVE_SWITCH_1": switch}}),
    }
    world.cloudformation.stacks["Shop"]["template"] = {"Resources": resources}
    return mapping


def swap(state: CircuitState) -> None:
    aws = Aws(Account())
    store = DynamoDBCircuits("circuits")
    with_clients(aws, lambda: store.swap("Warehouse", store.read("Warehouse").version, StoredCircuit("1", state)))


def test_a_circuit_is_closed_before_anything_is_stored(world: World, mapping: dict[str, str]) -> None:
    (circuit,) = run_json("circuits", "Shop")["circuits"]
    assert (circuit["name"], circuit["state"], circuit["cause"]) == ("Warehouse", "closed", None)
    assert circuit["mappings"] == [{"uuid": mapping["UUID"], "state": "Enabled", "paused": False}]


def test_an_open_circuit_says_why(world: World, mapping: dict[str, str]) -> None:
    swap(CircuitState(open_until=world.time + 60, opened_at=world.time - 5, openings=1))
    line = {"event": "redrive.circuit.opened", "circuit": "Warehouse", "error": "no answer within 3 s"}
    other = {**line, "circuit": "Other", "error": "other"}
    world.logs.groups["/aws/lambda/orders-function"] = [
        (world.time - 5, f"[WARNING] {json.dumps(line)}"),
        (world.time - 4, json.dumps(other)),
    ]
    (circuit,) = run_json("circuits", "Shop")["circuits"]
    assert (circuit["state"], circuit["cause"], circuit["openings"]) == ("open", "no answer within 3 s", 1)
    shown = run("circuits", "Shop").stdout
    assert "in 60 s" in shown
    assert "no answer within 3 s" in shown


def test_it_is_opened_by_hand_with_its_mappings_and_closed_again(world: World, mapping: dict[str, str]) -> None:
    opened = run_json("circuits", "Shop", "--open", "Warehouse", "--for", "30m", "--yes")
    assert opened["state"] == "open"
    assert opened["mappings"] == [{"uuid": mapping["UUID"], "state": "Disabled", "paused": True}]
    assert world.functions.tags[mapping["EventSourceMappingArn"]] == {PAUSED_BY: "Warehouse"}
    assert float(world.dynamodb.tables["circuits"]["circuit#Warehouse"]["open_until"]["N"]) == world.time + 1800
    closed = run_json("circuits", "Shop", "--close", "Warehouse", "--yes")
    assert (closed["state"], closed["mappings"][0]["state"]) == ("closed", "Enabled")
    assert world.functions.tags[mapping["EventSourceMappingArn"]] == {}


def test_a_mapping_that_somebody_else_has_disabled_stays_disabled(world: World, mapping: dict[str, str]) -> None:
    mapping["State"] = "Disabled"
    run_json("circuits", "Shop", "--close", "Warehouse", "--yes")
    assert mapping["State"] == "Disabled"


def test_a_member_that_writes_in_between_is_not_overwritten_unseen(world: World, mapping: dict[str, str]) -> None:
    swap(CircuitState())
    writes = 0

    def write(service: str, operation: str, request: object) -> None:
        nonlocal writes
        if operation == "PutItem" and writes == 0:
            writes += 1
            world.dynamodb.tables["circuits"]["circuit#Warehouse"]["version"] = {"S": "of another"}

    world.before = write
    assert run_json("circuits", "Shop", "--open", "Warehouse", "--yes")["state"] == "open"


@pytest.mark.parametrize("arguments", [("--open", "Other"), ("--open", "Warehouse", "--close", "Warehouse")])
def test_what_is_not_there_is_not_changed(world: World, mapping: dict[str, str], arguments: tuple[str, ...]) -> None:
    assert run("circuits", "Shop", *arguments, "--yes").exit_code == 252
    assert not world.made("PutItem")


def test_without_circuits_it_says_so(world: World) -> None:
    assert "no function" in run("circuits", "Shop").stderr
    assert run("circuits", "Nothing").exit_code == 254
