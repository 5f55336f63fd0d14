"""`redrive replay` with `--set` and `--edit`: payloads are changed on the way."""

from __future__ import annotations

import json

import pytest

from tests.support.cli.replays import replay
from tests.support.cli.shop import moved
from tests.support.cli.world import World


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
