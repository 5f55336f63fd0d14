"""`redrive forget`: an idempotency record is shown, then deleted as it was shown."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.cli.shop import TEMPLATE, run, run_json
from tests.support.cli.world import World
from tests.support.simulator.simulations import function

KEY = "orders.handler#abc"


@pytest.fixture
def table(world: World) -> dict[str, Any]:
    item = {
        "id": {"S": KEY},
        "status": {"S": "COMPLETED"},
        "expiration": {"N": "1795683600"},
        "owner": {"S": "owner-1"},
        "data": {"S": '{"receipt": 7}'},
    }
    world.dynamodb.tables["done"] = {KEY: item}
    return world.dynamodb.tables["done"]


def test_a_record_is_shown_and_deleted(world: World, table: dict[str, Any]) -> None:
    found = run_json("forget", KEY, "--table", "done", "--yes")
    assert (found["status"], found["result"], found["deleted"]) == ("COMPLETED", '{"receipt": 7}', True)
    assert table == {}


def test_a_stack_names_its_tables(world: World, table: dict[str, Any]) -> None:
    settings = {"REDRIVE_IDEMPOTENCY_1": json.dumps({"name": "Done", "table": "done"})}
    resources = {**TEMPLATE["Resources"], "Mailer": function(Environment={"Variables": settings})}
    world.cloudformation.stacks["Shop"]["template"] = {"Resources": resources}
    run_json("forget", KEY, "--stack", "Shop", "--yes")
    assert table == {}


def test_a_record_that_changes_in_between_stays(world: World, table: dict[str, Any]) -> None:
    def change(service: str, operation: str, request: object) -> None:
        if operation == "DeleteItem":
            table[KEY]["owner"] = {"S": "owner-2"}

    world.before = change
    result = run("forget", KEY, "--table", "done", "--yes")
    assert result.exit_code == 1
    assert "changed since it was shown" in result.stderr
    assert KEY in table


def test_it_asks_and_warns_of_a_call_in_progress(
    world: World, table: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("redrive_cli.commands.common.is_a_terminal", lambda file: True)
    table[KEY]["status"] = {"S": "INPROGRESS"}
    result = run("forget", KEY, "--table", "done", typed="n\n")
    assert "in progress: a second call may run" in result.output
    assert KEY in table


def test_an_unknown_key_is_said(world: World, table: dict[str, Any]) -> None:
    assert run("forget", "other", "--table", "done", "--yes").exit_code == 1
    assert run("forget", KEY, "--yes").exit_code == 252
    assert run("forget", KEY, "--stack", "Shop", "--yes").exit_code == 252
