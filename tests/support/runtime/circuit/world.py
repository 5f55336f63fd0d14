"""Lambda, SQS and a store for circuits, as the function sees them that pauses event source mappings."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

import pytest
from botocore.exceptions import ClientError

from redrive.aws.clients import clients
from redrive.circuit.state import CircuitState, StoredCircuit
from redrive.circuit.stores import LocalCircuits, stores
from redrive.core.system import clock, sleeper
from redrive.settings.base import encode, variable
from redrive.settings.circuit import SwitchSettings
from tests.support.runtime.sqs.queue import VirtualTime

QUEUE = "https://sqs.eu-west-1.amazonaws.com/111111111111/timers"
CIRCUIT = "Payments"
CHECK: dict[str, Any] = {"source": "aws.events", "detail-type": "Scheduled Event"}
CHANGE: dict[str, Any] = {"Records": [{"eventSource": "aws:dynamodb", "dynamodb": {}}]}
NOT_NOW = ("ResourceInUseException", "ResourceConflictException", "TooManyRequestsException", "ThrottlingException")


def refused(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "no"}}, "UpdateEventSourceMapping")


def timer(timers: int) -> dict[str, Any]:
    return {"Records": [{"eventSource": "aws:sqs", "body": json.dumps({"timers": timers})}]}


@dataclass
class Mapping:
    """A mapping; a change of it takes its time."""

    state: str = "Enabled"
    tags: dict[str, str] = field(default_factory=dict[str, str])
    changed_at: float = 0.0


@dataclass
class World:
    """Lambda, SQS and a store for circuits, as the switch sees them.

    Attributes:
        takes: Seconds that Lambda takes to change a mapping.
        fails: Called with the name of each call before it is made; raises the error of the call. What it returns is
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
        self._finish_changes()

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
            mapping.changed_at = self.time.now + self.takes
            self._finish_changes()
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

    def _finish_changes(self) -> None:
        for mapping in self.mappings.values():
            if mapping.state in ("Enabling", "Disabling") and mapping.changed_at <= self.time.now:
                mapping.state = {"Enabling": "Enabled", "Disabling": "Disabled"}[mapping.state]


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
