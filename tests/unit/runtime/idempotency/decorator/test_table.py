"""Place of the records: the table of the settings, and the environment variable that turns idempotency off."""

from __future__ import annotations

import json
from typing import Any

import pytest

from redrive import Idempotency, IdempotencySettings, MemoryStore, SettingsError, idempotent
from redrive.idempotency.stores import stores, switch
from tests.support.runtime.idempotency.decorated import decorated
from tests.support.runtime.idempotency.functions import KINDS, Calls, Kind, Store
from tests.support.runtime.log import Log
from tests.support.runtime.sqs.queue import VirtualTime

pytestmark = pytest.mark.usefixtures("seams")


# The switch.


def test_the_switch_turns_it_off(kind: Kind, store: Store, calls: Calls) -> None:
    charge = decorated(kind, store, calls, key="id")
    with switch.replaced(True):
        assert [charge({}), charge({})] == [{"done": {}}] * 2
    assert (len(calls.made), store.calls) == (2, [])


def test_the_environment_turns_it_off_and_that_is_logged(
    kind: Kind, store: Store, calls: Calls, monkeypatch: pytest.MonkeyPatch, log: Log
) -> None:
    charge = decorated(kind, store, calls)
    monkeypatch.setenv("REDRIVE_IDEMPOTENCY", "off")
    charge(7)
    charge(7)
    assert (calls.made, store.calls) == ([7, 7], [])
    assert log("redrive.idempotency.off")
    with switch.replaced(False):
        charge(7)
    monkeypatch.setenv("REDRIVE_IDEMPOTENCY", "on")
    charge(7)
    assert (len(calls.made), store.statuses) == (3, ["COMPLETED"])


def test_an_environment_that_says_neither_is_refused(
    kind: Kind, store: Store, calls: Calls, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REDRIVE_IDEMPOTENCY", "false")
    with pytest.raises(SettingsError, match="REDRIVE_IDEMPOTENCY is 'false': give 'on' or 'off'"):
        decorated(kind, store, calls)(7)
    assert calls.made == []


# Place of the records.


def test_the_table_is_that_of_the_settings(calls: Calls) -> None:
    asked: list[str] = []
    memory = MemoryStore()

    def factory(table: str) -> MemoryStore:
        asked.append(table)
        return memory

    charge = decorated(KINDS["plain"], None, calls, settings=IdempotencySettings(table="orders-done"))
    with stores.replaced(factory):
        charge(7)
        charge(8)
    assert asked == ["orders-done"]
    assert len(memory.records) == 2


def written(*tables: dict[str, Any]) -> dict[str, str]:
    return {f"REDRIVE_IDEMPOTENCY_{number}": json.dumps(each) for number, each in enumerate(tables, start=1)}


@pytest.mark.parametrize(("name", "table"), [("Orders", "a"), ("Refunds", "b")])
def test_the_construct_names_the_table(
    monkeypatch: pytest.MonkeyPatch, calls: Calls, time: VirtualTime, name: str, table: str
) -> None:
    settings = [{"name": "Orders", "table": "a", "expiry": 500}, {"name": "Refunds", "table": "b", "expiry": 600}]
    for variable, value in written(*settings).items():
        monkeypatch.setenv(variable, value)
    made: dict[str, MemoryStore] = {}
    with stores.replaced(lambda table: made.setdefault(table, MemoryStore())):
        idempotent(using=Idempotency(name, key=str, lease=10))(calls)(7)
        (stored,) = made[table].records.values()
        assert stored.expiration == time.now + (500 if table == "a" else 600)
        with pytest.raises(
            SettingsError, match="no idempotency table is known as None; known are: 'Orders', 'Refunds'"
        ):
            idempotent(key=str)(calls)(7)
    assert calls.made == [7]


def test_without_a_table_nothing_is_run(calls: Calls) -> None:
    with pytest.raises(SettingsError, match=r"have an IdempotencyTable grant the function, or pass settings="):
        idempotent(key=str)(calls)(7)
    assert calls.made == []
