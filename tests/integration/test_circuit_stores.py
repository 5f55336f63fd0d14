"""Rules for every store of circuits, shown for each of them; DynamoDB's is on the local AWS.

The table that the unit tests and the benchmark use is among them, so that their results are valid for DynamoDB.
"""

from __future__ import annotations

import time as real_time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from redrive import (
    CircuitBreaker,
    CircuitOpen,
    CircuitPolicy,
    CircuitState,
    CircuitStore,
    DynamoDBCircuits,
    LocalCircuits,
    MemoryCircuits,
    StoredCircuit,
)
from redrive.aws.clients import clients
from redrive.core.system import clock
from tests.support.integration.tables import make_table
from tests.support.runtime.circuit.circuits import Table
from tests.support.runtime.sqs.queue import VirtualTime
from tools.local_aws import LocalAws

pytestmark = pytest.mark.integration

TABLE = "circuit-conformance"
POLICY = CircuitPolicy(failure_threshold=4, success_threshold=2)


@pytest.fixture(scope="module")
def dynamodb(aws: LocalAws) -> object:
    client = aws.client("dynamodb")
    make_table(aws, TABLE)
    return client


@pytest.fixture
def time() -> Iterator[VirtualTime]:
    time = VirtualTime(float(round(real_time.time())))
    with clock.replaced(time):
        yield time


@pytest.fixture(params=["local", "memory", "made-up table", "dynamodb"])
def store(request: pytest.FixtureRequest, time: VirtualTime) -> Iterator[CircuitStore]:
    if request.param in ("local", "memory"):
        yield {"local": LocalCircuits, "memory": MemoryCircuits}[request.param]()
        return
    client = Table() if request.param == "made-up table" else request.getfixturevalue("dynamodb")
    with clients.replaced(lambda service, limits: {"dynamodb": client}[service]):
        yield DynamoDBCircuits(TABLE)


@pytest.fixture
def circuit() -> str:
    """A new name."""
    return f"Payments {uuid4()}"


def open_state(time: VirtualTime, **more: object) -> CircuitState:
    return CircuitState(open_until=time.now + 30, opened_at=time.now, openings=1).replace(**more)


# One store.


def test_nothing_is_known_of_a_new_circuit(store: CircuitStore, circuit: str) -> None:
    assert store.read(circuit) == StoredCircuit(None, CircuitState())


def test_what_is_written_is_what_is_read(store: CircuitStore, circuit: str, time: VirtualTime) -> None:
    written = StoredCircuit("one", open_state(time, probe="a", successes=1))
    assert store.swap(circuit, None, written) == written
    assert store.read(circuit) == written
    assert store.read(circuit + "2").version is None


moments = st.floats(1, 4e9)
states = st.builds(
    CircuitState,
    open_until=st.none() | moments,
    opened_at=st.none() | moments,
    openings=st.integers(0, 10**6),
    successes=st.integers(0, 100),
    probe=st.none() | st.text("abc-", min_size=1),
    failures=st.lists(moments, max_size=5).map(tuple),
    stretches=st.lists(st.tuples(*[st.integers(0, 10**9)] * 3), max_size=11).map(tuple),
)


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(state=states)
def test_every_state_comes_back_to_the_last_digit(store: CircuitStore, state: CircuitState) -> None:
    circuit = str(uuid4())
    store.swap(circuit, None, StoredCircuit("one", state))
    assert store.read(circuit).state == state


def test_a_write_by_someone_who_has_not_seen_the_last_one_is_refused_and_shows_it(
    store: CircuitStore, circuit: str, time: VirtualTime
) -> None:
    first = StoredCircuit("one", open_state(time))
    second = StoredCircuit("two", CircuitState(failures=(time.now,)))
    store.swap(circuit, None, first)
    assert store.swap(circuit, None, second) == first
    assert store.swap(circuit, "none of these", second) == first
    assert store.swap(circuit, "one", second) == second
    assert store.swap(circuit, "one", first) == second
    assert store.read(circuit) == second


def test_a_write_that_is_sent_again_is_recognized(store: CircuitStore, circuit: str, time: VirtualTime) -> None:
    written = StoredCircuit("one", open_state(time))
    assert [store.swap(circuit, None, written).version for _ in range(2)] == ["one", "one"]


def test_of_writes_at_once_one_wins(store: CircuitStore, circuit: str, time: VirtualTime) -> None:
    with ThreadPoolExecutor(8) as pool:
        found = list(
            pool.map(lambda name: store.swap(circuit, None, StoredCircuit(name, open_state(time))), "abcdefgh")
        )
    assert len({each.version for each in found}) == 1
    assert store.read(circuit) in found


def test_a_circuit_that_was_taken_away_is_a_new_one(aws: LocalAws, dynamodb: object, time: VirtualTime) -> None:
    """By hand, or by TTL."""
    with clients.replaced(lambda service, limits: dynamodb):
        store = DynamoDBCircuits(TABLE)
        assert store.swap("gone", "one", StoredCircuit("two")) == StoredCircuit()


def test_an_item_that_has_expired_counts_as_taken_away_before_ttl_does_it(
    aws: LocalAws, dynamodb: object, time: VirtualTime, circuit: str
) -> None:
    with clients.replaced(lambda service, limits: dynamodb):
        store = DynamoDBCircuits(TABLE)
        store.swap(circuit, None, StoredCircuit("one", open_state(time)))
        item = aws.client("dynamodb").get_item(TableName=TABLE, Key={"id": {"S": f"circuit#{circuit}"}})["Item"]
        assert item["expiration"] == {"N": str(round(time.now) + 30 + 86_400)}
        assert item["state"] == {"S": "open"}
        time.advance(30 + 86_400)
        assert store.read(circuit) == StoredCircuit("one", CircuitState())
        assert store.swap(circuit, "one", StoredCircuit("two")).version == "two"


# A circuit of several members.


def fail() -> None:
    raise ConnectionError("down")


def attempt(breaker: CircuitBreaker, call: Callable[[], object]) -> str:
    try:
        breaker.call(call)
    except ConnectionError:
        return "failed"
    except CircuitOpen:
        return "open"
    return "done"


def members(store: CircuitStore, circuit: str, count: int) -> list[CircuitBreaker]:
    return [CircuitBreaker(circuit, store=store, policy=POLICY, unasked=0) for _ in range(count)]


def test_a_fleet_opens_probes_and_closes_a_circuit_together(
    store: CircuitStore, circuit: str, time: VirtualTime
) -> None:
    fleet = members(store, circuit, 4)
    assert [attempt(member, fail) for member in fleet] == ["failed"] * 4
    time.advance(10)
    assert [attempt(member, int) for member in fleet] == ["open"] * 4
    time.advance(20)
    assert attempt(fleet[0], fail) == "failed"
    time.advance(44)
    assert [attempt(member, int) for member in fleet] == ["open"] * 4
    time.advance(1)
    assert [attempt(member, int) for member in fleet] == ["done"] * 4
    assert fleet[0].read() == CircuitState()


def test_of_members_at_once_one_probes(store: CircuitStore, circuit: str, time: VirtualTime) -> None:
    fleet = members(store, circuit, 8)
    for member in fleet[:4]:
        attempt(member, fail)
    time.advance(30)
    calls = [member.guard() for member in fleet]
    with ThreadPoolExecutor(8) as pool:
        refused = list(pool.map(lambda call: call.begin(), calls))
    assert sum(each is None for each in refused) == 1
    assert all(each > 0 for each in refused if each is not None)


def test_a_probe_whose_owner_is_gone_is_followed_by_another(
    store: CircuitStore, circuit: str, time: VirtualTime
) -> None:
    one, other, third = members(store, circuit, 3)
    for _ in range(4):
        attempt(one, fail)
    time.advance(30)
    assert one.guard().begin() is None
    time.advance(29)
    assert attempt(other, int) == "open"
    time.advance(1)
    assert [attempt(other, int), attempt(third, int)] == ["done", "done"]
    assert one.read() == CircuitState()
