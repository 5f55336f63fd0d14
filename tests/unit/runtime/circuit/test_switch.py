"""The function that pauses event source mappings: which calls it makes, and when it runs again."""

from __future__ import annotations

import json
from importlib import import_module

import pytest

from redrive.circuit.state import CLOSED
from redrive.circuit.switch.calls import EventSourceMapping, perform
from redrive.circuit.switch.decision import MappingState
from redrive.circuit.switch.handler import handler
from redrive.settings.circuit import PAUSED_BY, SWITCH_HANDLER
from tests.support.runtime.circuit.world import CHANGE, CHECK, CIRCUIT, Mapping, World, a_world, timer


def test_the_name_that_the_construct_deploys_is_that_of_the_handler() -> None:
    module, _, name = SWITCH_HANDLER.rpartition(".")
    assert getattr(import_module(module), name) is handler


def test_an_open_circuit_pauses_and_a_timer_for_its_end_is_set(world: World) -> None:
    world.opens(29.5)
    handler(CHANGE, None)
    assert world.calls == [("tag", "arn:a", {PAUSED_BY: CIRCUIT}), ("update", "a", False)]
    assert [(at - world.time.now, json.loads(body)) for at, body in world.timers] == [(30, {"timers": 1})]


def test_when_the_open_time_is_over_the_timer_resumes(world: World) -> None:
    world.opens(30)
    handler(CHANGE, None)
    world.calls.clear()
    world.wait(30)
    handler(timer(1), None)
    assert world.calls == [("update", "a", True), ("untag", "arn:a", [PAUSED_BY])]
    assert len(world.timers) == 1


def test_what_is_as_it_should_be_is_left_alone(world: World) -> None:
    handler(CHECK, None)
    world.opens(600)
    handler(CHANGE, None)
    done = list(world.calls)
    handler(CHANGE, None)
    handler(CHECK, None)
    assert world.calls == done
    assert world.timers == []  # the check of a minute comes before


def test_a_mapping_that_was_disabled_by_somebody_else_is_not_touched(world: World) -> None:
    world.mappings["a"].state = "Disabled"
    world.opens()
    handler(CHANGE, None)
    world.wait(30)
    handler(timer(1), None)
    world.circuit(CLOSED)
    handler(CHECK, None)
    assert world.calls == []


def test_what_a_deployment_has_enabled_meanwhile_is_paused_again(world: World) -> None:
    world.opens(600)
    handler(CHANGE, None)
    world.mappings["a"].state = "Enabled"
    handler(CHECK, None)
    assert world.mappings["a"].state == "Disabled"


def test_a_slow_change_is_looked_at_again_and_the_tag_is_kept_until_it_is_done(world: World) -> None:
    world.opens(600)
    handler(CHANGE, None)
    world.takes = 5
    world.circuit(CLOSED)
    handler(CHANGE, None)
    assert world.mappings["a"].state == "Enabling"
    assert PAUSED_BY in world.mappings["a"].tags
    (again,) = world.timers
    assert again == (world.time.now + 2, '{"timers": 1}')
    world.wait(2)
    handler(timer(1), None)
    assert world.timers[-1] == (world.time.now + 4, '{"timers": 2}')
    world.wait(4)
    handler(timer(2), None)
    assert world.mappings["a"] == Mapping("Enabled", {}, world.mappings["a"].changed_at)
    assert len(world.timers) == 2


def test_the_circuits_name_is_made_to_fit_a_tag(monkeypatch: pytest.MonkeyPatch) -> None:
    mapping = EventSourceMapping("a", "arn:a", MappingState("Enabled", is_paused=False))
    with a_world(monkeypatch) as world:
        perform("pause", mapping, "Zahlungen für 🦊 & " + 300 * "x")
        value = world.mappings["a"].tags[PAUSED_BY]
    assert value.startswith("Zahlungen f-r - - xxx")
    assert len(value) == 256


@pytest.mark.parametrize("body", ["", "{}", "[]", '{"timers": null}', "again"])
def test_a_timer_that_a_person_has_sent_is_one(world: World, body: str) -> None:
    world.opens()
    handler({"Records": [{"eventSource": "aws:sqs", "body": body}]}, None)
    assert [body for _, body in world.timers] == ['{"timers": 2}']
