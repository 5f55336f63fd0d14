"""Claims of idempotency are renewed in virtual time, by the invocations that hold them."""

from __future__ import annotations

import time
from typing import Any

import pytest

from redrive import Idempotency, InProgress, KinesisRecord, async_handler, idempotent, kinesis_handler
from redrive.settings.idempotency import IdempotencySettings
from redrive_simulator import Simulation
from tests.support.simulator.simulations import async_stack, function, stream_stack, template

SETTINGS = IdempotencySettings(table="done")


def test_a_handler_that_takes_minutes_keeps_its_claim() -> None:
    ran: list[float] = []
    refused: list[float] = []

    @idempotent(key="order", settings=SETTINGS)
    def charge(event: Any, context: Any) -> str:
        ran.append(simulation.now)
        time.sleep(200)
        return "charged"

    def handler(event: Any, context: Any) -> str:
        try:
            return charge(event, context)
        except InProgress:
            refused.append(simulation.now)
            return "in progress"

    simulation = Simulation.from_template(template(Function=function(Timeout=300)), {"Function": handler})
    for moment in (0, 5, 30, 45, 100, 199, 250):
        simulation.invoke("Function", {"order": 7}, asynchronous=True, at=moment)
    simulation.run()
    assert ran == [0]
    assert refused == [5, 30, 45, 100, 199]


@pytest.mark.parametrize("timeout", [30, 300, 900])
@pytest.mark.parametrize("after", [0, 5, 25])
def test_an_asynchronous_event_runs_at_its_retry_after_a_crash(timeout: int, after: float) -> None:
    """Lambda waits a minute before it, and does not try more than three times."""
    ran: list[float] = []

    @async_handler(idempotency=Idempotency(settings=SETTINGS))
    def handler(event: Any, attempt: Any) -> None:
        ran.append(simulation.now)
        time.sleep(after)
        if len(ran) == 1:
            raise SystemExit

    simulation = Simulation.from_template(async_stack(function_={"Timeout": timeout}), {"Function": handler})
    simulation.invoke("Function", {"order": 7}, asynchronous=True)
    simulation.run()
    assert len(ran) == 2
    assert 60 <= ran[1] - ran[0] - after <= 62
    assert simulation.queue("Failures").messages == []


class Killed(BaseException):
    """Ends the code, as far as idempotency is concerned: nothing is done, and nothing is tidied up."""


def test_stream_records_are_not_given_up_after_a_crash() -> None:
    """Their retries meet the claim for less than a minute, and not for the five of the timeout."""
    ran: list[float] = []

    @kinesis_handler(idempotency=Idempotency(settings=SETTINGS))
    def handler(record: KinesisRecord[bytes]) -> None:
        if record.json() == 1:
            ran.append(simulation.now)
            time.sleep(15)
            if len(ran) == 1:
                raise Killed

    stack = stream_stack(partial=True, MaximumRetryAttempts=10)
    stack["Resources"]["Function"]["Properties"]["Timeout"] = 300
    simulation = Simulation.from_template(stack, {"Function": handler})
    for number in range(3):
        simulation.put("Stream", number, partition_key="a")
    simulation.run()
    assert len(ran) == 2
    assert ran[1] - ran[0] < 15 + 60
    assert simulation.queue("Failures").messages == []
