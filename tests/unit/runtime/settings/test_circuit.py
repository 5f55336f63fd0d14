"""Table of a circuit breaker: from the settings that a construct has written, or passed by hand."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from redrive import (
    Backoff,
    CircuitBreaker,
    CircuitOpen,
    CircuitPolicy,
    CircuitSettings,
    LocalCircuits,
    MemoryCircuits,
    SettingsError,
)
from redrive.circuit.policy import OPEN_TIME, policy_of
from redrive.circuit.stores import CircuitStore, stores
from redrive.settings.base import encode, variable
from redrive.settings.circuit import read_circuit
from tests.support.runtime.circuit.circuits import fleet
from tests.support.runtime.sqs.queue import VirtualTime

FULL = CircuitSettings(
    name="Payments",
    table="circuits",
    failure_threshold=2,
    failure_rate=0.25,
    minimum_calls=20,
    window=90,
    open_time=Backoff(5, 2, 20, jitter="equal"),
    success_threshold=1,
    lease=10,
    cache_age=2,
)


@pytest.fixture(autouse=True)
def time() -> Iterator[VirtualTime]:
    time = VirtualTime()
    with fleet(time):
        yield time


@pytest.fixture
def tables() -> Iterator[dict[str, MemoryCircuits]]:
    made: dict[str, MemoryCircuits] = {}

    def make(table: str) -> CircuitStore:
        return made.setdefault(table, MemoryCircuits())

    with stores.replaced(make):
        yield made


def write(monkeypatch: pytest.MonkeyPatch, *settings: CircuitSettings) -> None:
    for number, each in enumerate(settings, 1):
        monkeypatch.setenv(variable(CircuitSettings, number), json.dumps(encode(each)))


def fail_at(breaker: CircuitBreaker) -> None:
    with pytest.raises(ZeroDivisionError):
        breaker.call(lambda: 1 / 0)


@pytest.mark.parametrize("settings", [FULL, CircuitSettings(name="a"), CircuitSettings(table="t", window=1.5)])
def test_what_was_written_is_what_is_read(monkeypatch: pytest.MonkeyPatch, settings: CircuitSettings) -> None:
    environment = {variable(CircuitSettings, 1): json.dumps(encode(settings))}
    assert read_circuit(environment, settings.name) == settings


def test_a_policy_is_made_of_what_was_written() -> None:
    assert policy_of(FULL) == CircuitPolicy(
        failure_threshold=2,
        failure_rate=0.25,
        minimum_calls=20,
        window=90,
        open_time=Backoff(5, 2, 20, jitter="equal"),
        success_threshold=1,
        lease=10,
    )
    assert policy_of(CircuitSettings()) == CircuitPolicy()
    assert CircuitPolicy().open_time is OPEN_TIME


def test_the_constructs_table_and_policy_are_used(
    monkeypatch: pytest.MonkeyPatch, tables: dict[str, MemoryCircuits], time: VirtualTime
) -> None:
    write(monkeypatch, CircuitSettings(name="Other", table="other"), CircuitSettings(name="Payments", table="mine"))
    breaker = CircuitBreaker("Payments")
    for _ in range(5):
        fail_at(breaker)
    assert list(tables) == ["mine"]
    assert tables["mine"].read("Payments").state.status(time.now) == "open"


def test_the_only_circuit_needs_no_name(monkeypatch: pytest.MonkeyPatch, tables: dict[str, MemoryCircuits]) -> None:
    write(monkeypatch, CircuitSettings(name="Payments", table="mine", failure_threshold=1))
    breaker = CircuitBreaker()
    fail_at(breaker)
    with pytest.raises(CircuitOpen, match="'Payments'"):
        breaker.call(int)


def test_what_is_passed_by_hand_wins(monkeypatch: pytest.MonkeyPatch, tables: dict[str, MemoryCircuits]) -> None:
    write(monkeypatch, CircuitSettings(name="Payments", table="mine", failure_threshold=1))
    breaker = CircuitBreaker("Payments", settings=CircuitSettings(failure_threshold=2))
    fail_at(breaker)
    assert breaker.call(int) == 0
    by_hand = CircuitBreaker("Payments", settings=CircuitSettings(table="by-hand", failure_threshold=1))
    fail_at(by_hand)
    strict = CircuitBreaker("Payments", policy=CircuitPolicy(failure_threshold=9))
    assert strict.call(int) == 0
    assert list(tables) == ["mine", "by-hand"]


def test_without_a_construct_the_state_is_in_the_process(tables: dict[str, MemoryCircuits]) -> None:
    fail_at(CircuitBreaker("Payments"))
    assert tables == {}


def test_a_name_that_no_construct_knows_is_an_error_that_says_the_way_out(
    monkeypatch: pytest.MonkeyPatch, tables: dict[str, MemoryCircuits]
) -> None:
    write(monkeypatch, CircuitSettings(name="Payments", table="mine"))
    with pytest.raises(SettingsError, match=r"'Payment'; known are: 'Payments'; .* or store=LocalCircuits\(\)"):
        CircuitBreaker("Payment").call(int)
    assert CircuitBreaker("Payment", store=LocalCircuits()).call(int) == 0


@pytest.mark.parametrize("value", ['"0.5"', "true", "[1]"])
def test_a_rate_that_is_no_number_is_an_error(value: str) -> None:
    environment = {variable(CircuitSettings, 1): f'{{"failure_rate": {value}}}'}
    with pytest.raises(SettingsError, match=r"failure_rate is .*, expected a number"):
        read_circuit(environment, None)


def test_a_store_that_takes_the_tables_place_is_asked_anew() -> None:
    """A breaker of a module outlives a simulation, and the next one has stores of its own."""
    breaker = CircuitBreaker("Payments", settings=CircuitSettings(table="circuits"))

    def fail() -> None:
        raise ConnectionError

    for circuits in (MemoryCircuits(), MemoryCircuits()):
        with stores.replaced(lambda table, circuits=circuits: circuits):
            for _ in range(5):
                with pytest.raises(ConnectionError):
                    breaker.call(fail)
            with pytest.raises(CircuitOpen):
                breaker.call(fail)
