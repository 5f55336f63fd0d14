"""Batches of messages under idempotency, with a proxy on the way to the table that makes AWS fail or answer late.

Whatever fails: what was done is done once for as long as its claim holds, and what could not be claimed does not run.
"""

from __future__ import annotations

import time
from typing import Any

import pytest

from redrive.core.system import clock
from tests.integration.conftest import wait_until
from tests.support.integration.idempotency_faults import (
    ALL,
    CLAIM,
    END,
    FAULTS,
    LOOK_UP,
    ONCE,
    QUICK,
    SIZE,
    Effects,
    Network,
    statuses,
)
from tools.local_aws import LocalAws

pytestmark = pytest.mark.integration


# Batches.


@pytest.mark.parametrize("kind", FAULTS)
@pytest.mark.parametrize("call", [CLAIM, END], ids=["claims", "completions"])
def test_a_fault_that_passes_leaves_each_message_done_once(
    aws: LocalAws, network: Network, table: str, consume: Any, effects: Effects, kind: str, call: dict[str, Any]
) -> None:
    network.inject(call, kind, times=3)
    assert consume() == []
    assert len(network.proxy.fired()) == 3
    assert consume(2) == []
    assert effects.of == ONCE
    assert statuses(aws, table) == {"COMPLETED": SIZE}


@pytest.mark.parametrize("kind", FAULTS)
@pytest.mark.parametrize("receive_count", [1, 2])  # looked up after they were refused, or at once
def test_a_fault_that_passes_lets_what_was_done_be_found(
    network: Network, consume: Any, effects: Effects, kind: str, receive_count: int
) -> None:
    assert consume() == []
    network.inject(LOOK_UP, kind, times=2)
    assert consume(receive_count) == []
    assert len(network.proxy.fired()) == 2
    assert effects.of == ONCE


@pytest.mark.parametrize("kind", QUICK)
def test_a_takeover_that_fails_for_a_while_is_one(
    aws: LocalAws, network: Network, table: str, consume: Any, effects: Effects, kind: str
) -> None:
    network.inject(END, "throttling")
    assert consume() == ALL
    network.proxy.clear()
    network.inject(END, kind, times=3)  # a takeover is an UPDATE, too
    with clock.replaced(lambda: time.time() + 32):
        assert consume(2) == []
        assert len(network.proxy.fired()) == 3
        assert effects.of == dict.fromkeys(ALL, 2)
        assert consume(3) == []
    assert effects.of == dict.fromkeys(ALL, 2)
    assert statuses(aws, table) == {"COMPLETED": SIZE}


@pytest.mark.parametrize("kind", QUICK)
def test_messages_that_cannot_be_claimed_do_not_run_and_are_not_locked_either(
    network: Network, consume: Any, effects: Effects, kind: str
) -> None:
    network.inject(CLAIM, kind)
    assert consume() == ALL
    assert effects.of == {}
    network.proxy.clear()
    assert consume(2) == []
    assert effects.of == ONCE


@pytest.mark.parametrize("kind", QUICK)
def test_messages_of_which_it_cannot_be_known_whether_they_are_done_do_not_run(
    network: Network, consume: Any, effects: Effects, kind: str
) -> None:
    assert consume() == []
    network.inject(LOOK_UP, kind)
    assert consume(2) == ALL
    network.proxy.clear()
    assert consume(3) == []
    assert effects.of == ONCE


@pytest.mark.parametrize("kind", FAULTS)
def test_messages_whose_completion_cannot_be_stored_are_received_again(
    aws: LocalAws, network: Network, table: str, consume: Any, effects: Effects, kind: str
) -> None:
    network.inject(END, kind)
    assert consume() == ALL
    network.proxy.clear()
    if kind == "late":
        time.sleep(1)
    stored = statuses(aws, table)
    assert stored.total() == SIZE
    assert stored["COMPLETED"] in {"lost": [SIZE], "late": range(SIZE + 1)}.get(kind, [0])
    assert len(consume(2)) == stored["INPROGRESS"]
    assert effects.of == ONCE


# When there is no time.


@pytest.mark.parametrize("kind", ["lost", "throttling"])
def test_claims_that_take_too_long_leave_time_to_answer(
    network: Network, consume: Any, effects: Effects, kind: str
) -> None:
    network.inject(CLAIM, kind, latency=2000)
    began = time.monotonic()
    assert consume(seconds=1.5) == ALL
    assert time.monotonic() - began < 1.5
    assert effects.of == {}


def test_completions_that_take_too_long_are_failures_in_time_to_answer(
    aws: LocalAws, network: Network, table: str, consume: Any, effects: Effects
) -> None:
    network.clients[1] = network.proxy.client("dynamodb", read_timeout=10, attempts=1)
    network.inject(END, "late", latency=3000)
    began = time.monotonic()
    left = consume(seconds=3)
    assert time.monotonic() - began < 3
    del network.clients[1]
    assert left == ALL
    assert set(effects.of.values()) == {1}
    wait_until(lambda: statuses(aws, table)["COMPLETED"] == len(effects.of), seconds=20, what="all have arrived")
    network.proxy.clear()
