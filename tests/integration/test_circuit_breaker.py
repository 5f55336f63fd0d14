"""A circuit breaker, deployed: it pauses its consumer while what is behind the circuit is down, and nothing is lost.

The schedule of the check is switched off, and the check is made by hand, so that it is seen what stream and timer do by
themselves. MiniStack changes a mapping at once, where Lambda takes its time, and enforces no permissions: that is shown
by unit tests alone.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from redrive.aws.clients import clients
from redrive.circuit.dynamodb import DynamoDBCircuits
from redrive.circuit.state import CLOSED, CircuitState, StoredCircuit
from redrive.core.system import new_token
from tests.integration.conftest import Deploy, wait_until
from tools.local_aws import LocalAws
from tools.traffic import Outgoing, count, log_events, send

pytestmark = pytest.mark.integration

APP = Path(__file__).parent / "circuit_app.py"
PAUSED_BY = "redrive:paused-by"
OPEN_TIME = 4.0


class Deployed:
    """The stack, and what is in it."""

    def __init__(self, aws: LocalAws, outputs: dict[str, str]) -> None:
        self.aws = aws
        self.outputs = {name.removesuffix("Out"): value for name, value in outputs.items()}

    def mapping(self) -> tuple[str, str | None]:
        """The mapping's state, and which circuit has paused it."""
        lambda_ = self.aws.client("lambda")
        found = lambda_.get_event_source_mapping(UUID=self.outputs["Mapping"])
        tags = lambda_.list_tags(Resource=found["EventSourceMappingArn"])["Tags"]
        return found["State"], tags.get(PAUSED_BY)

    def set_mapping(self, name: str, *, enabled: bool) -> None:
        self.aws.client("lambda").update_event_source_mapping(UUID=self.outputs[name], Enabled=enabled)

    def lines(self, field: str) -> list[dict[str, Any]]:
        return [line for _, line in log_events(self.aws, self.outputs["Function"], field)]

    def done(self) -> dict[str, int]:
        """Messages that were processed, with the receive count at that time."""
        return {line["done"]: line["receives"] for line in self.lines("done")}

    def check(self) -> None:
        """Invokes the switch as the schedule does each minute."""
        reply = self.aws.client("lambda").invoke(
            FunctionName=self.outputs["Switch"], Payload=b'{"source":"aws.events"}'
        )
        assert "FunctionError" not in reply, reply["Payload"].read()

    def write(self, state: CircuitState) -> None:
        with clients.replaced(lambda service, _: self.aws.client(service)):  # pyright: ignore
            store = DynamoDBCircuits(self.outputs["Table"])
            before = store.read("Payments").version
            written = StoredCircuit(new_token(), state)
            assert store.swap("Payments", before, written) == written

    def fails(self, *, now: bool) -> None:
        """Sets whether the dependency behind the circuit is down."""
        table, key = self.aws.client("dynamodb"), {"id": {"S": "payments"}}
        if now:
            table.put_item(TableName=self.outputs["Down"], Item=key)
        else:
            table.delete_item(TableName=self.outputs["Down"], Key=key)

    def state(self) -> CircuitState:
        with clients.replaced(lambda service, _: self.aws.client(service)):  # pyright: ignore
            return DynamoDBCircuits(self.outputs["Table"]).read("Payments").state

    def until(self, condition: Callable[[], bool], what: str, seconds: float = 90) -> None:
        # Longer than the queue's visibility timeout: on a busy machine a function may be killed with messages in hand.
        wait_until(condition, seconds=seconds, what=what, seen=self.seen)

    def seen(self) -> list[object]:
        """All that a failure of these tests can be explained by."""
        queues = {name: count(self.aws, self.outputs[name]) for name in ("QueueUrl", "DeadLetterQueueUrl")}
        received = [line["received"] for line in self.lines("received")]
        switched = [line for _, line in log_events(self.aws, self.outputs["Switch"], "event")]
        events = self.lines("event")
        return [self.mapping(), self.state(), time.time(), queues, self.done(), received, events, switched]


@pytest.fixture(scope="module")
def stack(aws: LocalAws, deploy: Deploy) -> Deployed:
    stack = Deployed(aws, deploy(APP))
    aws.client("events").disable_rule(Name=stack.outputs["Check"])
    return stack


@pytest.fixture
def without_changes(stack: Deployed) -> Iterator[None]:
    """The changes of the circuit do not reach the switch."""
    stack.set_mapping("Changes", enabled=False)
    yield
    stack.set_mapping("Changes", enabled=True)


def test_messages_wait_unreceived_while_the_circuit_is_open(aws: LocalAws, stack: Deployed) -> None:
    queue = stack.outputs["QueueUrl"]
    send(aws, queue, [Outgoing(f"before {number}") for number in range(3)])
    stack.until(lambda: len(stack.done()) == 3, "all is well")

    stack.fails(now=True)
    send(aws, queue, [Outgoing(f"hit {number}") for number in range(2)])
    stack.until(lambda: stack.mapping() == ("Disabled", "Payments"), "the mapping is paused")

    waiting = [f"waiting {number}" for number in range(10)]
    send(aws, queue, [Outgoing(body) for body in waiting])
    stack.fails(now=False)
    open_until = stack.state().open_until
    assert open_until is not None
    assert 1 < open_until - time.time() < OPEN_TIME
    while time.time() < open_until - 0.5:
        assert stack.mapping() == ("Disabled", "Payments")
        time.sleep(0.2)
    assert not {line["received"] for line in stack.lines("received")} & set(waiting)

    stack.until(lambda: stack.mapping() == ("Enabled", None), "the mapping is resumed")
    assert time.time() - open_until < 5
    stack.until(lambda: len(stack.done()) == 15, "all is done")
    stack.until(lambda: stack.state().open_until is None, "the circuit is closed")
    # Once for those that came to be the probe or later, twice for those that another execution environment had received
    # while that probe ran.
    assert {stack.done()[body] for body in waiting} <= {1, 2}
    stack.until(lambda: count(aws, queue) == 0, "the queue is empty")
    assert count(aws, stack.outputs["DeadLetterQueueUrl"]) == 0


def test_an_outage_over_several_probes_brings_nothing_into_the_dead_letter_queue(
    aws: LocalAws, stack: Deployed
) -> None:
    queue = stack.outputs["QueueUrl"]
    long = [f"long {number}" for number in range(10)]
    stack.fails(now=True)
    send(aws, queue, [Outgoing(body) for body in long])
    stack.until(lambda: stack.state().openings == 3, "two probes have failed")
    stack.until(lambda: stack.mapping() == ("Disabled", "Payments"), "the mapping is paused once more")
    stack.fails(now=False)
    stack.until(lambda: stack.done().keys() >= set(long), "all is done")
    stack.until(lambda: stack.mapping() == ("Enabled", None), "the mapping is resumed")
    stack.until(lambda: count(aws, queue) == 0, "the queue is empty")
    assert count(aws, stack.outputs["DeadLetterQueueUrl"]) == 0


@pytest.mark.usefixtures("without_changes")
def test_a_check_finds_what_was_missed(stack: Deployed) -> None:
    stack.write(CircuitState(open_until=time.time() + 600, opened_at=time.time(), openings=1))
    stack.check()
    assert stack.mapping() == ("Disabled", "Payments")
    stack.write(CLOSED)
    stack.check()
    assert stack.mapping() == ("Enabled", None)


@pytest.mark.usefixtures("without_changes")
def test_what_a_deployment_has_enabled_is_paused_again(stack: Deployed, deploy: Deploy) -> None:
    stack.write(CircuitState(open_until=time.time() + 600, opened_at=time.time(), openings=1))
    stack.check()
    deploy(APP, batch_size="5")
    assert stack.mapping() == ("Enabled", "Payments")
    stack.check()
    assert stack.mapping() == ("Disabled", "Payments")
    stack.write(CLOSED)
    stack.check()
    assert stack.mapping() == ("Enabled", None)


def test_to_delete_the_item_closes_the_circuit_and_resumes(aws: LocalAws, stack: Deployed) -> None:
    stack.write(CircuitState(open_until=time.time() + 600, opened_at=time.time(), openings=1))
    stack.until(lambda: stack.mapping() == ("Disabled", "Payments"), "the mapping is paused")
    aws.client("dynamodb").delete_item(TableName=stack.outputs["Table"], Key={"id": {"S": "circuit#Payments"}})
    stack.until(lambda: stack.mapping() == ("Enabled", None), "the mapping is resumed")


def test_what_a_person_has_disabled_stays_so(stack: Deployed) -> None:
    stack.set_mapping("Mapping", enabled=False)
    stack.write(CircuitState(open_until=time.time() + 600, opened_at=time.time(), openings=1))
    stack.check()
    assert stack.mapping() == ("Disabled", None)
    stack.write(CLOSED)
    stack.check()
    assert stack.mapping() == ("Disabled", None)
    stack.set_mapping("Mapping", enabled=True)


def test_a_deployment_that_takes_the_consumer_from_the_circuit_resumes_it(stack: Deployed, deploy: Deploy) -> None:
    """The last of these tests: there is no switch after it."""
    stack.write(CircuitState(open_until=time.time() + 600, opened_at=time.time(), openings=1))
    stack.until(lambda: stack.mapping() == ("Disabled", "Payments"), "the mapping is paused")
    deploy(APP, rests="no")
    assert stack.mapping() == ("Enabled", None)
