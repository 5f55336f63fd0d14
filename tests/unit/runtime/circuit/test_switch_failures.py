"""The function that pauses event source mappings, when AWS fails or things change on the way."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from hypothesis import given
from hypothesis import strategies as st

from redrive.circuit.state import CLOSED, CircuitState
from redrive.circuit.switch.handler import SwitchIncomplete, handler
from redrive.core import SettingsError
from redrive.settings.base import variable
from redrive.settings.circuit import PAUSED_BY, SwitchSettings
from tests.support.runtime.circuit.world import CHANGE, CHECK, CIRCUIT, NOT_NOW, QUEUE, World, a_world, refused, timer
from tests.support.runtime.log import Log


@pytest.mark.parametrize("code", NOT_NOW)
def test_what_lambda_does_not_take_now_is_tried_again_soon(world: World, code: str) -> None:
    def fails(call: str) -> None:
        if call == "update":
            raise refused(code)

    world.opens(600)
    world.fails = fails
    handler(CHANGE, None)
    assert [body for _, body in world.timers] == ['{"timers": 1}']
    handler(timer(6), None)  # the last of them
    assert len(world.timers) == 1
    with pytest.raises(SwitchIncomplete, match="no changes now of the event source mappings a"):
        handler(CHECK, None)
    world.fails = lambda _: None
    handler(CHECK, None)
    assert world.mappings["a"].state == "Disabled"


def test_one_mapping_that_fails_does_not_keep_the_others_from_it(monkeypatch: pytest.MonkeyPatch) -> None:
    with a_world(monkeypatch, "a", "b", "c") as world:
        world.opens()
        seen: list[str] = []

        def fails(call: str) -> None:
            seen.append(call)
            if call == "tag" and seen.count("tag") == 1:
                raise refused("AccessDeniedException")

        world.fails = fails
        with pytest.raises(ClientError, match="AccessDenied"):
            handler(CHANGE, None)
        assert [world.mappings[each].state for each in "abc"] == ["Enabled", "Disabled", "Disabled"]
        assert len(world.timers) == 1


def test_a_mapping_that_a_deployment_has_removed_is_no_failure(world: World, log: Log) -> None:
    del world.mappings["a"]
    world.opens()
    handler(CHECK, None)
    assert [line["mapping"] for line in log("redrive.circuit.mapping_gone")] == ["a"]


def test_a_timer_that_cannot_be_set_does_not_keep_from_pausing(world: World) -> None:
    def fails(call: str) -> None:
        if call == "send":
            raise EndpointConnectionError(endpoint_url=QUEUE)

    world.opens()
    world.fails = fails
    with pytest.raises(EndpointConnectionError):
        handler(CHANGE, None)
    assert world.mappings["a"].state == "Disabled"


def unreadable(call: str) -> None:
    if call == "read":
        raise refused("ResourceNotFoundException")


def test_a_state_that_cannot_be_read_is_tried_again_before_anything_is_done(world: World) -> None:
    world.opens(600)
    handler(CHANGE, None)
    world.fails = unreadable
    for event in (CHANGE, timer(1)):
        with pytest.raises(ClientError):
            handler(event, None)
    assert world.mappings["a"].state == "Disabled"


def test_a_check_that_cannot_read_the_state_resumes_and_fails_so_that_it_is_seen(world: World, log: Log) -> None:
    world.opens(600)
    handler(CHANGE, None)
    world.fails = unreadable
    with pytest.raises(ClientError):
        handler(CHECK, None)
    assert (world.mappings["a"].state, world.mappings["a"].tags) == ("Enabled", {})
    assert log("redrive.circuit.switch_blind") != []


def test_a_check_that_can_read_the_state_a_moment_later_changes_nothing(world: World) -> None:
    world.opens(600)
    handler(CHANGE, None)
    done, reads = list(world.calls), iter("xx")

    def fails(call: str) -> None:
        if call == "read" and next(reads, None) is not None:
            raise refused("InternalServerError")

    world.fails = fails
    handler(CHECK, None)
    assert world.calls == done


def test_a_circuit_that_changes_while_the_switch_acts_on_it_is_seen(world: World) -> None:
    def fails(call: str) -> None:
        if call == "tag":  # another run has been started for this, and finds nothing to do
            world.circuit(CLOSED)

    world.opens()
    world.fails = fails
    handler(CHANGE, None)
    assert (world.mappings["a"].state, world.mappings["a"].tags) == ("Enabled", {})


@pytest.mark.parametrize("name", ["name", "table", "queue_url", "mappings"])
def test_settings_that_lack_something_are_an_error_that_says_so(
    world: World, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    written = {"name": CIRCUIT, "table": "circuits", "queue_url": QUEUE, "mappings": ["a"]}
    del written[name]
    monkeypatch.setenv(variable(SwitchSettings, 1), json.dumps(written))
    with pytest.raises(SettingsError, match=f"{name} is missing"):
        handler(CHECK, None)


def test_without_settings_it_says_who_makes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(variable(SwitchSettings, 1), raising=False)
    with pytest.raises(SettingsError, match=r"REDRIVE_SWITCH_1 is not there.*CircuitBreaker"):
        handler(CHECK, None)


#: Fates of a call: nothing happens, it is refused, it fails on its way, or its reply is lost.
FATES = st.sampled_from(["", "", "", "throttled", "refused", "unreached", "lost"])
HAPPENINGS = st.one_of(
    st.tuples(st.just("opens"), st.floats(1, 90)),
    st.tuples(st.just("half-opens"), st.just(0.0)),
    st.tuples(st.just("closes"), st.just(0.0)),
    st.tuples(st.just("deployed"), st.just(0.0)),
    st.tuples(st.just("change"), st.just(0.0)),
    st.tuples(st.just("check"), st.just(0.0)),
    st.tuples(st.just("wait"), st.floats(0, 40)),
)


@given(st.lists(HAPPENINGS, max_size=25), st.lists(FATES, max_size=60), st.floats(0, 20), st.booleans())
def test_whatever_has_happened_two_checks_put_right(
    happenings: list[tuple[str, float]], fates: list[str], takes: float, is_persons: bool
) -> None:
    """A mapping is disabled if and only if its circuit is open, unless a person has disabled it: then it stays so."""
    with pytest.MonkeyPatch.context() as monkeypatch, a_world(monkeypatch) as world:
        world.takes = takes
        if is_persons:
            world.mappings["a"].state = "Disabled"
        fate = iter(fates)

        def fails(_: str) -> Exception | None:
            match next(fate, ""):
                case "throttled":
                    raise refused("TooManyRequestsException")
                case "refused":
                    raise refused("InternalFailure")
                case "unreached":
                    raise EndpointConnectionError(endpoint_url=QUEUE)
                case "lost":
                    return EndpointConnectionError(endpoint_url=QUEUE)
                case _:
                    return None

        world.fails = fails

        def run(event: dict[str, Any]) -> None:
            with suppress(ClientError, EndpointConnectionError, SwitchIncomplete):
                handler(event, None)

        for what, seconds in happenings:
            match what:
                case "opens":
                    world.opens(seconds)
                case "half-opens":
                    world.circuit(CircuitState(open_until=world.time.now, openings=1))
                case "closes":
                    world.circuit(CLOSED)
                case "deployed" if not is_persons and world.mappings["a"].state == "Disabled":
                    world.mappings["a"].state = "Enabled"
                case "change":
                    run(CHANGE)
                case "check":
                    run(CHECK)
                case _:
                    world.wait(seconds)
                    for _, body in [each for each in world.timers if each[0] <= world.time.now]:
                        run({"Records": [{"eventSource": "aws:sqs", "body": body}]})
                    world.timers = [each for each in world.timers if each[0] > world.time.now]

        world.fails = lambda _: None
        for _ in range(2):
            world.wait(60)
            run(CHECK)
        world.wait(takes)
        mapping = world.mappings["a"]
        if is_persons:
            assert (mapping.state, mapping.tags) == ("Disabled", {})
        elif world.is_open():
            assert (mapping.state, PAUSED_BY in mapping.tags) == ("Disabled", True)
        else:
            assert mapping.state == "Enabled"
            run(CHECK)
            assert mapping.tags == {}
