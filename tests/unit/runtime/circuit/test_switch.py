"""The function that pauses event source mappings: what it calls, and that it ends well whatever happens on the way."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from hypothesis import given
from hypothesis import strategies as st

from redrive.aws.clients import clients
from redrive.circuit.state import CLOSED, CircuitState, StoredCircuit
from redrive.circuit.stores import LocalCircuits, stores
from redrive.circuit.switch.calls import EventSourceMapping, perform
from redrive.circuit.switch.decision import MappingState
from redrive.circuit.switch.handler import SwitchIncomplete, handler
from redrive.core.system import clock, sleeper
from redrive.failures.errors import SettingsError
from redrive.settings.base import encode, variable
from redrive.settings.circuit import PAUSED_BY, SWITCH_HANDLER, SwitchSettings
from tests.support.runtime.log import Log
from tests.support.runtime.sqs.queue import VirtualTime

QUEUE = "https://sqs.eu-west-1.amazonaws.com/111111111111/timers"
CIRCUIT = "Payments"
CHECK: dict[str, Any] = {"source": "aws.events", "detail-type": "Scheduled Event"}
CHANGE: dict[str, Any] = {"Records": [{"eventSource": "aws:dynamodb", "dynamodb": {}}]}
NOT_NOW = ("ResourceInUseException", "ResourceConflictException", "TooManyRequestsException", "ThrottlingException")


def test_the_name_that_the_construct_deploys_is_that_of_the_handler() -> None:
    module, _, name = SWITCH_HANDLER.rpartition(".")
    assert getattr(import_module(module), name) is handler


def refused(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "no"}}, "UpdateEventSourceMapping")


def timer(timers: int) -> dict[str, Any]:
    return {"Records": [{"eventSource": "aws:sqs", "body": json.dumps({"timers": timers})}]}


@dataclass
class Mapping:
    """A mapping; a change of it takes its time."""

    state: str = "Enabled"
    tags: dict[str, str] = field(default_factory=dict[str, str])
    settled_at: float = 0.0


@dataclass
class World:
    """Lambda, SQS and a store for circuits, as the switch sees them.

    Attributes:
        takes: Seconds that Lambda takes to change a mapping.
        fails: Is told the name of each call before it is made, and raises what is to go wrong; what it answers is
            raised when the call has had its effect: its reply is lost.
        calls: The calls that change something.
        timers: When the switch is to run again, and the message.
    """

    time: VirtualTime
    mappings: dict[str, Mapping] = field(default_factory=lambda: {"a": Mapping()})
    takes: float = 0.0
    fails: Callable[[str], Exception | None] = lambda _: None
    store: LocalCircuits = field(default_factory=LocalCircuits)
    calls: list[tuple[Any, ...]] = field(default_factory=list[tuple[Any, ...]])
    timers: list[tuple[float, str]] = field(default_factory=list[tuple[float, str]])

    def circuit(self, state: CircuitState) -> None:
        before = self.store.read(CIRCUIT).version
        self.store.swap(CIRCUIT, before, StoredCircuit(f"{before}+", state))

    def opens(self, seconds: float = 30.0) -> None:
        self.circuit(CircuitState(open_until=self.time.now + seconds, opened_at=self.time.now, openings=1))

    def is_open(self) -> bool:
        return self.store.read(CIRCUIT).state.status(self.time.now) == "open"

    def wait(self, seconds: float) -> None:
        self.time.advance(seconds)
        self._settle()

    # The store.

    def read(self, circuit: str) -> StoredCircuit:
        lost = self.fails("read")
        if lost is not None:
            raise lost
        return self.store.read(circuit)

    # Lambda and SQS.

    def get_event_source_mapping(self, *, UUID: str) -> dict[str, Any]:  # noqa: N803
        return self._call("get", lambda: {"State": self._of(UUID).state, "EventSourceMappingArn": f"arn:{UUID}"})

    def list_tags(self, *, Resource: str) -> dict[str, Any]:  # noqa: N803
        return self._call("list", lambda: {"Tags": dict(self._of(Resource).tags)})

    def tag_resource(self, *, Resource: str, Tags: dict[str, str]) -> None:  # noqa: N803
        self._call("tag", lambda: self._of(Resource).tags.update(Tags))
        self.calls.append(("tag", Resource, Tags))

    def untag_resource(self, *, Resource: str, TagKeys: list[str]) -> None:  # noqa: N803
        self._call("untag", lambda: [self._of(Resource).tags.pop(key, None) for key in TagKeys])
        self.calls.append(("untag", Resource, TagKeys))

    def update_event_source_mapping(self, *, UUID: str, Enabled: bool) -> None:  # noqa: N803
        def update() -> None:
            mapping = self._of(UUID)
            if mapping.state not in ("Enabled", "Disabled"):
                raise refused("ResourceInUseException")
            mapping.state = "Enabling" if Enabled else "Disabling"
            mapping.settled_at = self.time.now + self.takes
            self._settle()
            self.calls.append(("update", UUID, Enabled))

        self._call("update", update)

    def send_message(self, *, QueueUrl: str, DelaySeconds: int, MessageBody: str) -> None:  # noqa: N803
        assert QueueUrl == QUEUE
        assert 0 <= DelaySeconds <= 900
        self._call("send", lambda: self.timers.append((self.time.now + DelaySeconds, MessageBody)))

    def _of(self, name: str) -> Mapping:
        found = self.mappings.get(name.removeprefix("arn:"))
        if found is None:
            raise refused("ResourceNotFoundException")
        return found

    def _call(self, name: str, call: Callable[[], Any]) -> Any:
        lost = self.fails(name)
        result = call()
        if lost is not None:
            raise lost
        return result

    def _settle(self) -> None:
        for mapping in self.mappings.values():
            if mapping.state in ("Enabling", "Disabling") and mapping.settled_at <= self.time.now:
                mapping.state = {"Enabling": "Enabled", "Disabling": "Disabled"}[mapping.state]


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    with a_world(monkeypatch) as made:
        yield made


class a_world:  # noqa: N801
    """A world with the switch in it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *mappings: str) -> None:
        self._settings = SwitchSettings(name=CIRCUIT, table="circuits", queue_url=QUEUE, mappings=mappings or ("a",))
        self._monkeypatch = monkeypatch
        self._stack = ExitStack()

    def __enter__(self) -> World:
        self._monkeypatch.setenv(variable(SwitchSettings, 1), json.dumps(encode(self._settings)))
        world = World(VirtualTime(), {each: Mapping() for each in self._settings.mappings})
        self._stack.enter_context(clock.replaced(world.time))
        self._stack.enter_context(sleeper.replaced(world.wait))
        self._stack.enter_context(clients.replaced(lambda _service, _limits: world))
        self._stack.enter_context(stores.replaced(lambda _table: world))  # pyright: ignore[reportArgumentType]
        return world

    def __exit__(self, *_: object) -> None:
        self._stack.close()


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


def test_a_slow_lambda_is_looked_at_again_and_the_note_is_kept_until_it_is_done(world: World) -> None:
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
    assert world.mappings["a"] == Mapping("Enabled", {}, world.mappings["a"].settled_at)
    assert len(world.timers) == 2


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
        if call == "tag":  # another run has been told of this, and finds nothing to do
            world.circuit(CLOSED)

    world.opens()
    world.fails = fails
    handler(CHANGE, None)
    assert (world.mappings["a"].state, world.mappings["a"].tags) == ("Enabled", {})


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


@pytest.mark.parametrize("name", ["name", "table", "queue_url", "mappings"])
def test_settings_that_lack_something_are_an_error_that_says_so(
    world: World, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    told = {"name": CIRCUIT, "table": "circuits", "queue_url": QUEUE, "mappings": ["a"]}
    del told[name]
    monkeypatch.setenv(variable(SwitchSettings, 1), json.dumps(told))
    with pytest.raises(SettingsError, match=f"{name} is missing"):
        handler(CHECK, None)


def test_without_settings_it_says_who_makes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(variable(SwitchSettings, 1), raising=False)
    with pytest.raises(SettingsError, match=r"REDRIVE_SWITCH_1 is not there.*CircuitBreaker"):
        handler(CHECK, None)


#: What may happen to a call: nothing, it is refused, it fails on its way, or its reply is lost.
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
